-- Names that several companies bear but only one of a country: a key of name and country, for the records that bear both.
WITH named AS (
  SELECT n."row", n.records, split_part(n.key, '|', 2) AS words, upper(trim(f.country)) AS land, l.label
  FROM account_key n JOIN feature f ON f."row" = n."row"
  LEFT JOIN account_key k ON k."row" = n."row" AND k.rank < 4
  LEFT JOIN account_label l ON l.key = k.key
  WHERE n.rank = 4 AND trim(f.country) <> ''
), many AS (
  SELECT words FROM named GROUP BY words HAVING min(label) < max(label)
), one AS (
  SELECT words, land, min(label) AS label FROM named SEMI JOIN many USING (words) GROUP BY words, land HAVING min(label) = max(label)
)
SELECT DISTINCT n."row", n.records, 'land|' || n.words || '|' || n.land AS key, o.label FROM named n JOIN one o ON o.words = n.words AND o.land = n.land
