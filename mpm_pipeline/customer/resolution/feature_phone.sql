-- The last digits of a telephone: eight, in North America all ten. A placeholder is null: seven times one digit at its end (also behind
-- codes of country and area), or digits in a row, also behind a country's code.
SELECT place, CASE WHEN length(digits) >= 7 AND NOT regexp_full_match(digits, '[0-9]*(0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7})|0*1234567[0-9]*|0*9876543(2|21|210)?|[2-9][0-9]{1,2}0?1234567890?')
  THEN right(digits, CASE WHEN regexp_full_match(digits, '1?[2-9]\d{2}[2-9]\d{6}') THEN 10 ELSE 8 END) END AS phone_key
FROM (SELECT place, regexp_replace(raw.text, '[^0-9]', '', 'g') AS digits FROM raw)
