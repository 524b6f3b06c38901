-- Names of companies that mean one account: every record with that name and an id or a domain lies in one account. A name of
-- companies in several towns means none; in `account_label` each key has the account that ids and domains make.
WITH named AS (
  SELECT n.key AS name, min(l.label) AS low, max(l.label) AS high
  FROM account_key n
  JOIN account_key k ON k."row" = n."row" AND k.rank < 4
  JOIN account_label l ON l.key = k.key
  WHERE n.rank IN (4, 4.25)
  GROUP BY n.key
), every AS (
  SELECT e.name, e.words, e.is_placed, n.low, n.high
  FROM (SELECT DISTINCT key AS name, split_part(key, '|', 2) AS words, contains(substr(key, 6), '|') AS is_placed FROM account_key WHERE rank IN (4, 4.25)) e
  LEFT JOIN named n ON n.name = e.name
), placed AS (
  SELECT words, any_value(name) AS name, min(low) AS low, max(high) AS high FROM every WHERE is_placed GROUP BY words HAVING count(*) = 1
)
SELECT n.name AS one, l.key AS other
FROM named n JOIN (SELECT label, min(key) AS key FROM account_label GROUP BY label) l ON l.label = n.low
WHERE n.low = n.high
UNION ALL
SELECT e.name, p.name FROM every e JOIN placed p ON p.words = e.words
WHERE NOT e.is_placed AND coalesce(least(e.low, p.low) = greatest(e.high, p.high), true)
