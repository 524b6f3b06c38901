-- Birth dates that are told. One on which more are said to be born than chance allows (twenty names and one in a hundred) is no birth
-- date but what a form fills in.
SELECT birth_date, count(DISTINCT name_key) AS names, names >= 20 AND names * 100 > sum(names) OVER () AS is_filled_in
FROM feature WHERE birth_date IS NOT NULL AND NOT is_deleted GROUP BY birth_date
