-- Texts without case, accents and signs (`words`), as given names without a title (`given`), the first of these (`short`), and the given
-- names or the first alone in full (`given_key`, `short_key`). One row per text of `raw`, under its `place`. What a form puts where
-- nobody told anything (`Unknown`, `[not provided]`) is null.
WITH plain AS (
  SELECT place, CASE WHEN words NOT IN (SELECT word FROM hollow_word) THEN words END AS words FROM (SELECT place, words(raw.text) AS words FROM raw)
), untitled AS (
  SELECT *, nullif(regexp_replace(words, '^((dr|prof|mr|mrs|ms|miss|sir|dame|herr|frau) )+', ''), '') AS given FROM plain
)
SELECT u.*, nullif(split_part(u.given, ' ', 1), '') AS short, given_words(n.given, u.given) AS given_key, coalesce(n.given, split_part(u.given, ' ', 1)) AS short_key
FROM untitled u LEFT JOIN nickname n ON n.short = split_part(u.given, ' ', 1)
