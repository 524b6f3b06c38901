-- Names of companies that mean one account: every record with that name and an id or a domain lies in one account. A name of
-- companies in several towns means none; in `account_label` each key has the account that ids and domains make.
WITH named AS (
  SELECT n.key AS name, l.label
  FROM account_key n
  JOIN account_key k ON k."row" = n."row" AND k.rank < 4
  JOIN account_label l ON l.key = k.key
  WHERE n.rank = 4
), single AS (
  SELECT name, min(label) AS label FROM named GROUP BY name HAVING min(label) = max(label)
), every AS (
  SELECT DISTINCT key AS name, split_part(key, '|', 2) AS words, contains(substr(key, 6), '|') AS is_placed FROM account_key WHERE rank = 4
), placed AS (
  SELECT words, count(*) AS towns, any_value(name) AS name FROM every WHERE is_placed GROUP BY words
)
SELECT s.name AS one, l.key AS other
FROM single s JOIN (SELECT label, min(key) AS key FROM account_label GROUP BY label) l ON l.label = s.label
UNION
SELECT e.name, p.name FROM every e JOIN placed p ON p.words = e.words AND p.towns = 1
WHERE NOT e.is_placed AND (SELECT count(DISTINCT label) FROM named n WHERE n.name IN (e.name, p.name)) <= 1
