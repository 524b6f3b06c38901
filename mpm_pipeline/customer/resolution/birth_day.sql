-- Birth dates as they are written (`source`, `text`), as ISO 8601; what is no date stays as it is, noughts alone (`00/00/0000`) are null. Whether the day or the month comes first
-- in `3/4/1980` is a source's habit: told by its dates in which only one of both can be, else by the sign between (`3.4.1980` is the third of
-- April). Two digits are a year of this century below 20: who is told about is grown up.
WITH part AS (
  SELECT place, source, trim(text) AS text,
    regexp_extract(trim(text), '^(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})(?:[ T].*)?$', ['a', 'sign', 'b', 'year']) AS told,
    regexp_extract(lower(trim(text)), '^(\d{1,2})[ -]([a-z]{3})[a-z]*\.?[ ,-]+(\d{4}|\d{2})$', ['day', 'month', 'year']) AS day_first,
    regexp_extract(lower(trim(text)), '^([a-z]{3})[a-z]*\.?[ -](\d{1,2})[ ,-]+(\d{4}|\d{2})$', ['month', 'day', 'year']) AS month_first,
    regexp_extract(trim(text), '^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T].*)?$', ['year', 'month', 'day']) AS ordered,
    regexp_extract(trim(text), '^(\d{4})(\d{2})(\d{2})(?:[ T].*)?$', ['year', 'month', 'day']) AS packed
  FROM birth
), habit AS (
  SELECT source, count(*) FILTER (TRY_CAST(told.a AS INTEGER) > 12) - count(*) FILTER (TRY_CAST(told.b AS INTEGER) > 12) AS days_first
  FROM part WHERE told.a <> '' GROUP BY source
), read AS (
  SELECT p.place, p.text, CASE
    WHEN ordered.year <> '' THEN [ordered.year, ordered.month, ordered.day]
    WHEN packed.year <> '' THEN [packed.year, packed.month, packed.day]
    WHEN told.a <> '' AND (h.days_first > 0 OR h.days_first = 0 AND told.sign = '.') THEN [told.year, told.b, told.a]
    WHEN told.a <> '' THEN [told.year, told.a, told.b]
    WHEN day_first.day <> '' THEN [day_first.year, day_first.month, day_first.day]
    WHEN month_first.day <> '' THEN [month_first.year, month_first.month, month_first.day] END AS parts
  FROM part p LEFT JOIN habit h ON h.source = p.source
), numbered AS (
  SELECT place, text, CASE WHEN length(parts[1]) = 2 THEN CASE WHEN parts[1] < '20' THEN '20' ELSE '19' END || parts[1] ELSE parts[1] END AS year,
    CASE WHEN regexp_full_match(parts[2], '\d+') THEN lpad(parts[2], 2, '0')
      ELSE lpad(nullif(list_position(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'], parts[2]), 0)::VARCHAR, 2, '0') END AS month,
    lpad(parts[3], 2, '0') AS day
  FROM read
)
SELECT place, CASE WHEN NOT regexp_full_match(text, '0[0./-]*(?:[ T].*)?') THEN coalesce(year || '-' || month || '-' || day, text) END AS birth_date FROM numbered ORDER BY place
