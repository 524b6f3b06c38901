-- One row per key that several records bear, under a number; a key of one record joins nobody.
SELECT digest, any_value(key_type) AS key_type, min("row") AS "row", count(*) AS records, CAST(row_number() OVER () - 1 AS BIGINT) AS key
FROM person_key GROUP BY digest HAVING min("row") < max("row")
