-- Declared ids under which two people are told: given name, family name and mailbox all contradict each other (a number given anew, a slip).
-- One row per record that bears such an id, with the oldest record that has a name or the mailbox in common with it (`head`): the id
-- joins these alone. More than four names are a matter of `person_guard`; and where fewer than eight ids are borne by several people's
-- records with name and mailbox, nothing tells what an id means here, and it joins.
WITH judged AS (
  SELECT i.digest, min(f.family) < max(f.family) AND min(f.given_key) < max(f.given_key) AND min(f.mailbox) < max(f.mailbox) AND count(DISTINCT f.face) <= 4 AND count(*) <= 200 AS is_suspect
  FROM person_id i JOIN feature f ON f."row" = i."row" WHERE f.given_key <> '' AND f.family <> '' AND f.mailbox IS NOT NULL
  GROUP BY i.digest HAVING min(f."row") < max(f."row")
), suspect AS (
  SELECT digest FROM judged WHERE is_suspect AND (SELECT count(*) FROM judged) >= 8
), borne AS (
  SELECT i.digest, i."row", nullif(f.given_key, '') AS given_key, nullif(f.family, '') AS family, f.mailbox
  FROM suspect s JOIN person_id i ON i.digest = s.digest JOIN feature f ON f."row" = i."row"
), met AS (
  SELECT a.digest, a."row" AS one, b."row" AS other, a."row" = b."row" OR has_in_common(a, b) AS is_akin,
    a.given_key IS NOT NULL AND a.family IS NOT NULL AND a.mailbox IS NOT NULL AND b.given_key IS NOT NULL AND b.family IS NOT NULL AND b.mailbox IS NOT NULL AS is_told
  FROM borne a JOIN borne b ON b.digest = a.digest
), torn AS (
  SELECT digest FROM met GROUP BY digest HAVING bool_or(is_told AND NOT is_akin)
), named AS (
  SELECT digest, any_value(id) AS id FROM person_listed SEMI JOIN torn USING (digest) GROUP BY digest
)
SELECT m.digest, m.one AS "row", n.id, min(m.other) FILTER (m.is_akin) AS head
FROM met m JOIN torn t ON t.digest = m.digest LEFT JOIN named n ON n.digest = m.digest GROUP BY m.digest, m.one, n.id
