-- Pairs of records that share a component but bear given names which cannot be one: neither equal nor an initial, nor spelt alike.
-- One pair for each pair of names in a component, and every record of both names; none where
-- a company's mailbox is the same and the family name alike (one person, oddly spelt) or given and family name are swapped.
WITH named AS (
  SELECT l.label, f."row", f.given_key, f.family, CASE WHEN f.mail_domain IS NOT NULL AND NOT f.is_role THEN f.mailbox END AS own_mailbox
  FROM feature f JOIN component l ON l."row" = f."row"
  WHERE NOT f.is_company AND f.given_key <> '' AND l.size > 1
), name AS (
  SELECT label, given_key FROM named GROUP BY label, given_key
), many AS (
  SELECT label FROM name GROUP BY label HAVING count(*) > 1
), clash AS (
  SELECT a.label, a.given_key AS one, b.given_key AS other
  FROM name a JOIN many m ON m.label = a.label JOIN name b ON b.label = a.label AND a.given_key < b.given_key
  WHERE NOT (length(a.given_key) = 1 AND left(b.given_key, 1) = a.given_key)
    AND NOT (length(b.given_key) = 1 AND left(a.given_key, 1) = b.given_key)
    AND NOT (least(length(a.given_key), length(b.given_key)) >= 3 AND (starts_with(a.given_key, b.given_key) OR starts_with(b.given_key, a.given_key)))
    AND jaro_winkler_similarity(a.given_key, b.given_key) < 0.85
    AND damerau_levenshtein(a.given_key, b.given_key) > 1
)
SELECT a."row" AS one, b."row" AS other
FROM clash c
JOIN named a ON a.label = c.label AND a.given_key = c.one
JOIN named b ON b.label = c.label AND b.given_key = c.other
WHERE NOT coalesce(a.own_mailbox = b.own_mailbox AND jaro_winkler_similarity(coalesce(a.family, b.family), coalesce(b.family, a.family)) >= 0.85, false)
  AND NOT coalesce(a.given_key = b.family OR b.given_key = a.family, false)
