-- One row per key that several records bear, under a number; a key of one record joins nobody.
WITH often AS (
  SELECT hash(key_value) AS digest FROM person_key GROUP BY digest HAVING count(*) > 1
)
SELECT k.key_type, k.key_value, count(DISTINCT k."row") AS records, CAST(row_number() OVER () - 1 AS BIGINT) AS key
FROM person_key k SEMI JOIN often o ON o.digest = hash(k.key_value)
GROUP BY k.key_type, k.key_value HAVING min(k."row") < max(k."row")
