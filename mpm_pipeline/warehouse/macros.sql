-- Small functions that all SQL models share; each is one expression, so that another engine can take its place.
CREATE MACRO half_even(x) AS CAST(trunc(x) AS BIGINT) + CASE
  WHEN abs(x - trunc(x)) > 0.5 THEN CAST(sign(x) AS BIGINT)
  WHEN abs(x - trunc(x)) = 0.5 AND CAST(trunc(x) AS BIGINT) % 2 <> 0 THEN CAST(sign(x) AS BIGINT)
  ELSE 0 END;
CREATE MACRO power_of_ten(exponent) AS CAST([1, 10, 100, 1000, 10000][exponent + 1] AS BIGINT);
CREATE MACRO to_minor(decimal_text, exponent) AS half_even(CAST(decimal_text AS DECIMAL(38, 10)) * power_of_ten(exponent));
CREATE MACRO email_of(raw) AS nullif(lower(trim(raw)), '');
CREATE MACRO plain(raw) AS regexp_replace(lower(raw), '[^\p{L}\p{N}]', '', 'g');
CREATE MACRO local_date(moment, zone) AS CAST(timezone(zone, moment) AS DATE);
CREATE MACRO day_start(day, zone) AS timezone(zone, CAST(day AS TIMESTAMP));
CREATE MACRO is_placeholder(raw) AS raw IS NULL OR regexp_replace(lower(raw), '\s', '', 'g')
  IN ('', '-', 'n/a', 'none', 'other', 'unknown', 'select', 'test', 'pleaseselect');
CREATE MACRO divide_half_even(n, d) AS CAST(sign(n) AS HUGEINT) * (abs(n) // d + CASE
  WHEN 2 * (abs(n) % d) > d THEN 1
  WHEN 2 * (abs(n) % d) = d AND (abs(n) // d) % 2 = 1 THEN 1
  ELSE 0 END);
CREATE MACRO to_reporting(amount_minor, multiply, divide) AS
  CAST(divide_half_even(CAST(amount_minor AS HUGEINT) * CAST(multiply AS HUGEINT), CAST(divide AS HUGEINT)) AS BIGINT);
