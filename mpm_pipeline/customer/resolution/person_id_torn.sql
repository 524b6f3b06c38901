-- Declared ids under which two people are told: given name, family name and mailbox all contradict each other (a number given anew, a slip).
-- One row per record that bears such an id, with the oldest record that has a name or the mailbox in common with it (`head`): the id
-- joins these alone, and nobody that tells neither name nor mailbox (`is_named`). Records that tell the same are compared once.
-- More than four names are a matter of `person_guard`; and where fewer than eight ids are borne by several people's records with name
-- and mailbox, nothing tells what an id means here, and it joins; so does an id that names its object (`crm_contact:003`): its vendor links the records.
WITH judged AS (
  SELECT i.digest, min(f.family) < max(f.family) AND min(f.given_key) < max(f.given_key) AND min(f.mailbox) < max(f.mailbox) AND count(DISTINCT f.face) <= 4 AS is_suspect
  FROM person_id i JOIN feature f ON f."row" = i."row" WHERE f.given_key <> '' AND f.family <> '' AND f.mailbox IS NOT NULL
  GROUP BY i.digest HAVING min(f."row") < max(f."row")
), suspect AS (
  SELECT digest FROM judged WHERE is_suspect AND (SELECT count(*) FROM judged) >= 8 AND digest NOT IN (SELECT digest FROM person_listed WHERE contains(id, ':'))
), sign AS (
  SELECT i.digest, nullif(f.given_key, '') AS given_key, nullif(f.family, '') AS family, f.mailbox, min(i."row") AS "row"
  FROM suspect s JOIN person_id i ON i.digest = s.digest JOIN feature f ON f."row" = i."row"
  GROUP BY i.digest, nullif(f.given_key, ''), nullif(f.family, ''), f.mailbox QUALIFY count(*) OVER (PARTITION BY i.digest) <= 200
), met AS (
  SELECT a.digest, a."row" AS one, b."row" AS other, a."row" = b."row" OR has_in_common(a, b) AS is_akin,
    a.given_key IS NOT NULL AND a.family IS NOT NULL AND a.mailbox IS NOT NULL AND b.given_key IS NOT NULL AND b.family IS NOT NULL AND b.mailbox IS NOT NULL AS is_told
  FROM sign a JOIN sign b ON b.digest = a.digest
), torn AS (
  SELECT digest FROM met GROUP BY digest HAVING bool_or(is_told AND NOT is_akin)
), named AS (
  SELECT digest, any_value(id) AS id FROM person_listed SEMI JOIN torn USING (digest) GROUP BY digest
), headed AS (
  SELECT m.digest, m.one AS "row", min(m.other) FILTER (m.is_akin) AS head FROM met m SEMI JOIN torn t ON t.digest = m.digest GROUP BY m.digest, m.one
)
SELECT i.digest, i."row", n.id, CASE WHEN g.is_named THEN h.head ELSE i."row" END AS head, g.is_named
FROM (SELECT *, coalesce(given_key, family, mailbox) IS NOT NULL AS is_named FROM sign) g JOIN headed h ON h.digest = g.digest AND h."row" = g."row"
JOIN person_id i ON i.digest = g.digest JOIN feature f ON f."row" = i."row" AND nullif(f.given_key, '') IS NOT DISTINCT FROM g.given_key AND nullif(f.family, '') IS NOT DISTINCT FROM g.family
  AND f.mailbox IS NOT DISTINCT FROM g.mailbox
LEFT JOIN named n ON n.digest = i.digest
