-- One row per key that joins nobody, and why (identity 3). Different names count, not records: a busy person is no super-connector.
-- A name at an account stands for one person only where a namesake is unlikely: by how common both names are and how many work there.
-- Shares and crowds count in powers of two, so that a few new records change few guards; 2,000 unseen people keep shares of a small file small.
WITH sign AS (
  SELECT s.key, hash(left(f.given_key, 1) || f.family) AS name, CASE WHEN NOT f.is_role AND f.mail_domain IS NOT NULL THEN hash(f.mailbox) END AS mailbox,
    f.mail_domain, f.given_key <> '' AND f.family <> '' AS is_named
  FROM shared_key s JOIN feature f ON f."row" = s."row"
  WHERE s.key_type NOT IN ('phone_name', 'role_mailbox', 'decision')
), suspect AS (
  SELECT key FROM sign GROUP BY key HAVING min(mailbox) < max(mailbox) OR count(*) > 4 AND min(name) < max(name)
), carried AS (
  SELECT key, count(DISTINCT CASE WHEN is_named THEN name END) AS names, count(DISTINCT mailbox) AS mailboxes, count(DISTINCT mail_domain) AS domains
  FROM sign SEMI JOIN suspect USING (key) GROUP BY key
), given AS (
  SELECT given_key, power_of_two(count(DISTINCT coalesce(hash(mailbox), "row"))) AS people FROM feature WHERE name_key IS NOT NULL GROUP BY given_key
), family AS (
  SELECT family, power_of_two(count(DISTINCT coalesce(hash(mailbox), "row"))) AS people FROM feature WHERE name_key IS NOT NULL GROUP BY family
), crowd AS (
  SELECT a.label AS account, power_of_two(count(DISTINCT hash(f.name_key))) AS people FROM feature f JOIN record_account a ON a."row" = f."row" GROUP BY a.label
), namesake AS (
  SELECT s.key, max(c.people * (g.people / $everybody) * (y.people / $everybody)) AS expected
  FROM shared_key s JOIN feature f ON f."row" = s."row"
  JOIN record_account a ON a."row" = s."row" JOIN crowd c ON c.account = a.label
  JOIN given g ON g.given_key = f.given_key JOIN family y ON y.family = f.family
  WHERE s.key_type = 'account_name'
  GROUP BY s.key
), desk AS (
  SELECT split_part(key_value, '|', 1) AS phone FROM person_key WHERE key_type = 'phone_name' GROUP BY ALL HAVING count(DISTINCT key_value) > 40
), refused AS (
  SELECT n.key, n.key_type, n.key_value, n.records, CASE
      WHEN n.key_type = 'phone_name' THEN 'a telephone of many people'
      WHEN n.key_type = 'account_name' THEN 'namesakes are likely at this account'
      ELSE 'more different names than one person has' END AS reason
  FROM key_number n LEFT JOIN carried c ON c.key = n.key LEFT JOIN namesake e ON e.key = n.key
  WHERE (n.key_type IN ('id', 'mailbox', 'handle') AND c.names > 4)
    OR (n.key_type = 'phone_name' AND split_part(n.key_value, '|', 1) IN (SELECT phone FROM desk))
    OR (n.key_type = 'account_name' AND (c.mailboxes > greatest(c.domains, 1) + 1 OR e.expected > 0.02
      OR (c.mailboxes > greatest(c.domains, 1) AND e.expected > 0.002)))
)
SELECT r.key, any_value(r.key_type) AS key_type, any_value(r.key_value) AS key_value, any_value(r.records) AS records,
  count(DISTINCT CASE WHEN f.given_key <> '' AND f.family <> '' THEN left(f.given_key, 1) || f.family END) AS names, any_value(r.reason) AS reason
FROM refused r JOIN shared_key s ON s.key = r.key JOIN feature f ON f."row" = s."row"
GROUP BY r.key
