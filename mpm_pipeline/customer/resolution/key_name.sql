-- Keys that several records bear, in words, under their numbers.
SELECT 'person' AS kind, key, key_type, key_value FROM key_number
UNION ALL
SELECT 'account', row_number() OVER () + (SELECT count(*) FROM key_number), split_part(key, '|', 1), key
FROM account_key GROUP BY key HAVING min("row") < max("row")
UNION ALL
SELECT DISTINCT 'person', -1 - a.head, 'likeness', concat_ws(':', r.source, r.object, r.record_id) FROM alike_person a JOIN record r ON r."row" = a.head
