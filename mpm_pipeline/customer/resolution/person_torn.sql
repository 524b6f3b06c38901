-- What must be parted again: records of components which hold given names that cannot be one (neither equal nor an initial or the
-- start of the other, nor spelt alike, or known as two), mailboxes at one company that differ by a number, or birth dates or names of two
-- generations (no first of January, which forms fill in), and of those within which somebody said that two records are two. More
-- than 50 given names in one component are not looked at in pairs: so many are never one. The engine compares bytes, so what is
-- not plain ASCII is looked at again, letter by letter.
WITH day AS (
  SELECT "row", concat_ws('-', left(digits, 4), substr(digits, 5, 2), right(digits, 2)) AS born FROM (
    SELECT "row", replace(birth_date, '-', '') AS digits FROM feature WHERE regexp_full_match(birth_date, '[12]\d{3}-?[01]\d-?[0-3]\d')
  ) WHERE NOT ends_with(digits, '0101')
), suspect AS (
  SELECT l.label
  FROM feature f JOIN component l ON l."row" = f."row"
  WHERE NOT f.is_company AND l.size > 1 GROUP BY l.label
  HAVING min(f.birth_date) < max(f.birth_date) OR min(f.generation) < max(f.generation) OR min(f.own_mailbox) < max(f.own_mailbox) OR min(CASE WHEN f.given_key <> '' THEN hash(f.given_key) END) < max(CASE WHEN f.given_key <> '' THEN hash(f.given_key) END)
), told AS (
  SELECT l.label, f."row", f.given_key, f.family, CASE WHEN f.mail_domain IS NOT NULL AND NOT f.is_role THEN f.mailbox END AS own_mailbox
  FROM suspect s JOIN component l ON l.label = s.label JOIN feature f ON f."row" = l."row"
  WHERE NOT f.is_company
), named AS (
  SELECT * FROM told WHERE given_key <> ''
), many AS (
  SELECT label, count(DISTINCT given_key) AS names FROM named GROUP BY label HAVING min(given_key) < max(given_key)
), face AS (
  SELECT DISTINCT n.label, n.given_key, n.family, n.own_mailbox, n.given_key IN (SELECT given FROM nickname) AS is_in_full, string_split(n.given_key, ' ') AS words,
    coalesce(n.family <> '' AND regexp_replace(split_part(n.own_mailbox, '@', 1), '[^\p{L}]', '', 'g') = replace(n.family, ' ', ''), false) AS is_of_family
  FROM named n JOIN many m ON m.label = n.label WHERE m.names <= 50
), clash AS (
  SELECT DISTINCT a.label
  FROM face a JOIN face b ON b.label = a.label AND a.given_key < b.given_key
  LEFT JOIN other_name o ON o.one = a.given_key AND o.other = b.given_key
  WHERE (o.one IS NOT NULL OR NOT (length(a.given_key) = 1 AND left(b.given_key, 1) = a.given_key)
      AND NOT (length(b.given_key) = 1 AND left(a.given_key, 1) = b.given_key)
      AND NOT (least(length(a.given_key), length(b.given_key)) >= 3 AND (starts_with(a.given_key, b.given_key) OR starts_with(b.given_key, a.given_key)))
      AND (len(a.words) > 1 AND len(b.words) > 1 AND list_has_any(a.words, b.words) AND NOT list_has_all(a.words, b.words) AND NOT list_has_all(b.words, a.words)
        OR strlen(a.given_key) > length(a.given_key) OR strlen(b.given_key) > length(b.given_key)
        OR jaro_winkler_similarity(a.given_key, b.given_key) < 0.85 AND damerau_levenshtein(a.given_key, b.given_key) > 1))
    AND NOT coalesce(a.own_mailbox = b.own_mailbox AND NOT (a.is_in_full AND b.is_in_full) AND NOT (a.is_of_family OR b.is_of_family) AND jaro_winkler_similarity(coalesce(a.family, b.family), coalesce(b.family, a.family)) >= 0.85, false)
    AND NOT coalesce(a.given_key = b.family OR b.given_key = a.family, false)
), numbered AS (
  SELECT DISTINCT label FROM told
  WHERE own_mailbox IS NOT NULL
  GROUP BY label, regexp_replace(own_mailbox, '([^0-9])[0-9]+@', '\1@') HAVING min(own_mailbox) < max(own_mailbox)
), generation AS (
  SELECT DISTINCT s.label, left(d.born, 4)::INTEGER AS year, substr(d.born, 6, 2) AS month, right(d.born, 2) AS day
  FROM suspect s JOIN component l ON l.label = s.label JOIN day d ON d."row" = l."row"
), torn AS (
  SELECT label FROM clash UNION SELECT label FROM numbered UNION SELECT label FROM many WHERE names > 50
  UNION SELECT s.label FROM suspect s JOIN component l ON l.label = s.label JOIN feature f ON f."row" = l."row" WHERE NOT f.is_company
    GROUP BY s.label HAVING min(f.generation) < max(f.generation)
  UNION SELECT a.label FROM generation a JOIN generation b ON b.label = a.label AND b.year >= a.year + 12 AND b.month <> a.month AND b.day <> a.day
  UNION SELECT a.label FROM decision d JOIN component a ON a."row" = d.one JOIN component b ON b."row" = d.other AND b.label = a.label WHERE d.decision = 'no'
)
SELECT c."row", coalesce(f.given_key, '') AS given, coalesce(f.family, '') AS family,
  CASE WHEN f.mail_domain IS NOT NULL AND NOT f.is_role THEN coalesce(f.mailbox, '') ELSE '' END AS mailbox, coalesce(d.born, '') AS born,
  coalesce(CAST(f.generation AS VARCHAR), '') AS generation
FROM torn t JOIN component c ON c.label = t.label JOIN feature f ON f."row" = c."row" LEFT JOIN day d ON d."row" = f."row"
