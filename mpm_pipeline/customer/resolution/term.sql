-- How rare each value of `$field` is among $count records of few: as rare as among $unseen, but where four names bear it (of a name: four
-- birth dates) it is a crowd's, as an office's address or a filled-in date is; then as common as in the records at hand.
SELECT $field, CASE WHEN bearers >= 4 THEN records / $count ELSE records / $unseen END::DOUBLE AS tf_$field
FROM (
  SELECT $field, count(*) AS records, count(DISTINCT CASE WHEN '$field' = 'name' THEN birth_date ELSE name END) AS bearers
  FROM candidate WHERE $field IS NOT NULL GROUP BY ALL)
ORDER BY ALL
