-- One row per key that joins nobody, and why (identity 3). Different names count, not records: a busy person is no super-connector.
-- A name at an account stands for one person only where a namesake is unlikely: by how common both names are and how many work there.
-- Shares and crowds count in powers of two, so that a few new records change few guards; 2,000 unseen people keep shares of a small file small.
WITH sign AS (
  SELECT s.key, f.face, f.own_mailbox, f.mail_at, f.is_named
  FROM shared_key s JOIN feature f ON f."row" = s."row"
  WHERE s.key_type NOT IN ('phone_name', 'role_mailbox', 'decision')
), suspect AS (
  SELECT key FROM sign GROUP BY key HAVING min(own_mailbox) < max(own_mailbox) OR count(*) > 4 AND min(face) < max(face)
), carried AS (
  SELECT key, count(DISTINCT CASE WHEN is_named THEN face END) AS names, count(DISTINCT own_mailbox) AS mailboxes, count(DISTINCT mail_at) AS domains
  FROM sign SEMI JOIN suspect USING (key) GROUP BY key
), bearer AS (
  SELECT hash(given_key) AS given, hash(family) AS family, coalesce(hash(mailbox), "row") AS who, "row", hash(name_key) AS name FROM feature WHERE name_key IS NOT NULL
), given AS (
  SELECT given, power_of_two(count(DISTINCT who)) AS people FROM bearer GROUP BY given
), family AS (
  SELECT family, power_of_two(count(DISTINCT who)) AS people FROM bearer GROUP BY family
), crowd AS (
  SELECT a.label AS account, power_of_two(count(DISTINCT hash(f.name_key))) AS people FROM feature f JOIN record_account a ON a."row" = f."row" GROUP BY a.label
), namesake AS (
  SELECT s.key, c.people * (g.people / $everybody) * (y.people / $everybody) AS expected
  FROM key_number s JOIN bearer b ON b."row" = s."row"
  JOIN record_account a ON a."row" = s."row" JOIN crowd c ON c.account = a.label
  JOIN given g ON g.given = b.given JOIN family y ON y.family = b.family
  WHERE s.key_type = 'account_name'
), desk AS (
  SELECT phone_key FROM (SELECT DISTINCT phone_key, face FROM feature WHERE NOT is_company AND is_named AND phone_key IS NOT NULL) GROUP BY phone_key HAVING count(*) > 40
), refused AS (
  SELECT n.key, CASE
      WHEN n.key_type = 'phone_name' THEN 'a telephone of many people'
      WHEN n.key_type = 'account_name' THEN 'namesakes are likely at this account'
      ELSE 'more different names than one person has' END AS reason
  FROM key_number n LEFT JOIN carried c ON c.key = n.key LEFT JOIN namesake e ON e.key = n.key
  WHERE (n.key_type IN ('id', 'mailbox', 'handle') AND c.names > 4)
    OR (n.key_type = 'phone_name' AND n."row" IN (SELECT f."row" FROM feature f SEMI JOIN desk d ON d.phone_key = f.phone_key))
    OR (n.key_type = 'account_name' AND (c.mailboxes > greatest(c.domains, 1) + 1 OR e.expected > 0.02
      OR (c.mailboxes > greatest(c.domains, 1) AND e.expected > 0.002)))
)
SELECT r.key, count(DISTINCT CASE WHEN f.is_named THEN f.face END) AS names, any_value(r.reason) AS reason
FROM refused r JOIN shared_key s ON s.key = r.key JOIN feature f ON f."row" = s."row"
GROUP BY r.key
