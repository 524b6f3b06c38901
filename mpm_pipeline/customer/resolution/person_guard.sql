-- One row per key that joins nobody, and why (identity 3). Different names count, not records: a busy person is no super-connector.
-- (2,000 unseen people keep shares of a small file small.) A name at an account stands for one person only where a namesake is unlikely: by how common both names are and how many work there.
WITH carried AS (
  SELECT k.key_type, k.key_value, count(*) AS records,
    count(DISTINCT CASE WHEN f.given_key <> '' AND f.family <> '' THEN left(f.given_key, 1) || f.family END) AS names,
    count(DISTINCT CASE WHEN NOT f.is_role AND f.mail_domain IS NOT NULL THEN f.mailbox END) AS mailboxes,
    count(DISTINCT f.mail_domain) AS domains
  FROM person_key k JOIN feature f ON f."row" = k."row"
  GROUP BY k.key_type, k.key_value
), given AS (
  SELECT given_key, count(DISTINCT coalesce(mailbox, CAST("row" AS VARCHAR))) / (2000 + sum(count(DISTINCT coalesce(mailbox, CAST("row" AS VARCHAR)))) OVER ()) AS share
  FROM feature WHERE name_key IS NOT NULL GROUP BY given_key
), family AS (
  SELECT family, count(DISTINCT coalesce(mailbox, CAST("row" AS VARCHAR))) / (2000 + sum(count(DISTINCT coalesce(mailbox, CAST("row" AS VARCHAR)))) OVER ()) AS share
  FROM feature WHERE name_key IS NOT NULL GROUP BY family
), crowd AS (
  SELECT label AS account, count(DISTINCT f.name_key) AS people FROM feature f JOIN record_account a ON a."row" = f."row" GROUP BY label
), namesake AS (
  SELECT DISTINCT k.key_value, c.people * g.share * y.share AS expected
  FROM person_key k JOIN feature f ON f."row" = k."row"
  JOIN record_account a ON a."row" = k."row" JOIN crowd c ON c.account = a.label
  JOIN given g ON g.given_key = f.given_key JOIN family y ON y.family = f.family
  WHERE k.key_type = 'account_name'
)
SELECT c.key_type, c.key_value, c.records, c.names, CASE
    WHEN c.key_type = 'phone_name' THEN 'a telephone of many people'
    WHEN c.key_type = 'account_name' THEN 'namesakes are likely at this account'
    ELSE 'more different names than one person has' END AS reason
FROM carried c
LEFT JOIN namesake n ON c.key_type = 'account_name' AND n.key_value = c.key_value
LEFT JOIN (SELECT split_part(key_value, '|', 1) AS phone, count(DISTINCT key_value) AS people FROM person_key WHERE key_type = 'phone_name' GROUP BY ALL) p
  ON c.key_type = 'phone_name' AND p.phone = split_part(c.key_value, '|', 1)
WHERE (c.key_type IN ('id', 'mailbox', 'handle') AND c.names > 4)
  OR (c.key_type = 'phone_name' AND p.people > 40)
  OR (c.key_type = 'account_name' AND (c.mailboxes > greatest(c.domains, 1) + 1 OR n.expected > 0.02
    OR (c.mailboxes > greatest(c.domains, 1) AND n.expected > 0.002)))
