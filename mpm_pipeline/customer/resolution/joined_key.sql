-- Which records bear which key of a person or an account that joined records, under the key's number; `key_name` tells it in words.
SELECT 'person' AS kind, k."row", k.key, k.bits FROM shared_key k ANTI JOIN person_guard g ON g.key = k.key
UNION ALL
SELECT 'account', t."row", n.key, CASE WHEN a.rank < 2 THEN 20 WHEN a.rank < 3.5 THEN 10 ELSE 6 END 
FROM account_key a JOIN key_name n ON n.kind = 'account' AND n.key_value = a.key JOIN teller t ON t.speaker = a."row" WHERE a.rank <> 4.25
UNION ALL
SELECT 'person', "row", -1 - head, 6 FROM alike_person
