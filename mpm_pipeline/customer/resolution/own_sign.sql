-- What pairs of people (`one`, `other`) that are alike have in common of their own, apart from what all at an address share: `is_named`,
-- both names can be one person's; `is_born`, the birth date is the same or a slip away; `is_other`, a name that is only alike stands beside
-- another birth date, or the birth dates are of two generations, or each is told by three records alike (then none is a slip); `is_of_two`, the names tell two generations.
WITH told AS (
  SELECT "row", nullif(given_key, '') AS given, family, generation, list_filter(name_words, lambda word: length(word) > 1 AND NOT list_contains(string_split(coalesce(family, ''), ' '), word)) AS others,
    CASE WHEN NOT b.is_filled_in THEN replace(birth_date, '-', '') END AS born, coalesce(h.records, 1) > 2 AS is_often
  FROM candidate LEFT JOIN born b USING (birth_date) LEFT JOIN (SELECT head, count(*) AS records FROM home GROUP BY head) h ON h.head = candidate."row"
), met AS (
  SELECT p.place, a.given AS given, b.given AS other_given, a.family AS family, b.family AS other_family, a.born AS born, b.born AS other_born,
    a.generation <> b.generation AS is_of_two, list_has_any(a.others, b.others) AS is_shared, list_has_all(a.others, b.others) OR list_has_all(b.others, a.others) AS is_within, damerau_levenshtein(a.born, b.born) AS slips, coalesce(a.born <> b.born AND a.is_often AND b.is_often, false) AS is_settled
  FROM pair p JOIN told a ON a."row" = p.one JOIN told b ON b."row" = p.other
), compared AS (
  SELECT *, coalesce(given = other_family OR other_given = family, false) AS is_swapped,
    coalesce(is_shared AND is_within OR starts_with(given, other_given) OR starts_with(other_given, given)
      OR jaro_winkler_similarity(given, other_given) >= 0.85 OR damerau_levenshtein(given, other_given) <= 1, true)
      AND (is_within OR NOT is_shared) AND NOT EXISTS (SELECT 1 FROM other_name o WHERE o.one = least(given, other_given) AND o.other = greatest(given, other_given)) AS given_fits,
    coalesce(family = other_family OR jaro_winkler_similarity(family, other_family) >= 0.85 OR damerau_levenshtein(family, other_family) <= 1, true) AS family_fits
  FROM met
)
SELECT place, is_swapped OR given_fits AND family_fits AS is_named, coalesce(slips <= 1, false) AND NOT is_settled AS is_born,
  is_settled OR coalesce(slips > 2 AND NOT is_swapped AND given <> other_given AND NOT starts_with(given, other_given) AND NOT starts_with(other_given, given)
    OR length(born) = 8 AND length(other_born) = 8 AND abs(TRY_CAST(left(born, 4) AS INTEGER) - TRY_CAST(left(other_born, 4) AS INTEGER)) >= 12
      AND substr(born, 5, 2) <> substr(other_born, 5, 2) AND right(born, 2) <> right(other_born, 2), false) AS is_other, coalesce(is_of_two, false) AS is_of_two
FROM compared
ORDER BY place
