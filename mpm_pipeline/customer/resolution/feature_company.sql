-- A company's name without its legal form; a placeholder is null.
SELECT place, CASE WHEN words NOT IN (SELECT word FROM placeholder) THEN words END AS company_key
FROM (SELECT place, company_words(raw.text) AS words FROM raw)
