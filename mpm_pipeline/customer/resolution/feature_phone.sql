-- The last digits of a telephone: eight, in North America all ten; a placeholder is null.
SELECT place, CASE WHEN length(digits) >= 7 AND NOT regexp_full_match(digits, '0+|1+|9+|0*1234567[0-9]*')
  THEN right(digits, CASE WHEN regexp_full_match(digits, '1?[2-9]\d{2}[2-9]\d{6}') THEN 10 ELSE 8 END) END AS phone_key
FROM (SELECT place, regexp_replace(raw.text, '[^0-9]', '', 'g') AS digits FROM raw)
