-- Keys that several records bear, in words, under their numbers; those of people are read off the oldest record that bears them.
SELECT 'person' AS kind, n.key, n.key_type, CASE n.key_type WHEN 'handle' THEN f.handle WHEN 'phone_name' THEN f.phone_key || '|' || left(f.given_key, 1) || ' ' || f.family
  WHEN 'account_name' THEN a.label || '|' || f.name_key ELSE f.mailbox END AS key_value
FROM key_number n JOIN feature f ON f."row" = n."row" LEFT JOIN record_account a ON a."row" = n."row" AND n.key_type = 'account_name'
WHERE n.key_type NOT IN ('id', 'same_home', 'decision')
UNION ALL
SELECT 'person', n.key, 'id', any_value(i.id) FROM key_number n JOIN person_listed i ON i.digest = n.digest WHERE n.key_type = 'id' GROUP BY n.key
UNION ALL
SELECT 'person', n.key, 'same_home', h.sign FROM key_number n JOIN home h ON h."row" = n."row" WHERE n.key_type = 'same_home'
UNION ALL
SELECT 'person', n.key, 'decision', d.name FROM key_number n JOIN decided d ON d."row" = n."row" AND hash('decision', d.name) = n.digest WHERE n.key_type = 'decision'
UNION ALL
SELECT 'account', row_number() OVER () + (SELECT count(*) FROM key_number), split_part(key, '|', 1), key
FROM account_key GROUP BY key HAVING min("row") < max("row") OR max(records) > 1
UNION ALL
SELECT DISTINCT 'person', -1 - a.head, 'likeness', concat_ws(':', r.source, r.object, r.record_id) FROM alike_person a JOIN record r ON r."row" = a.head
