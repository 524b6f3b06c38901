-- Rates for budgets: the newest at or before a day without age limit, direct or inverse against the reporting currency,
-- else one cross (readings 36). One row per currency and day on which some rate of it is known.
WITH unit AS (
  SELECT s.company_reporting_currency AS reporting, CAST(c.exponent AS INTEGER) AS reporting_exponent
  FROM run.setting s JOIN reference.currency c ON c.currency_code = s.company_reporting_currency
), scaled AS (
  SELECT rate_date, base, quote, CAST(CAST(rate AS DECIMAL(38, 10)) * 10000000000 AS HUGEINT) AS rate FROM staged.fx_rate
), step AS (
  SELECT rate_date, base AS from_currency, quote AS to_currency, rate AS up, CAST(10000000000 AS HUGEINT) AS down, 1 AS rank FROM scaled
  UNION ALL SELECT rate_date, quote, base, CAST(10000000000 AS HUGEINT), rate, 2 FROM scaled
), best AS (
  SELECT * FROM step QUALIFY row_number() OVER (PARTITION BY rate_date, from_currency, to_currency ORDER BY rank) = 1
), direct AS (
  SELECT b.rate_date, b.from_currency AS currency_code, b.up, b.down, b.rank FROM best b, unit WHERE b.to_currency = unit.reporting
), crossed AS (
  SELECT greatest(a.rate_date, b.rate_date) AS rate_date, a.from_currency AS currency_code, a.up * b.up // 10000000000 AS up,
    a.down * b.down // 10000000000 AS down, 3 AS rank
  FROM best a JOIN best b ON a.to_currency = b.from_currency AND a.rate_date = b.rate_date, unit
  WHERE b.to_currency = unit.reporting AND a.from_currency <> unit.reporting
    AND a.from_currency NOT IN (SELECT currency_code FROM direct)
  QUALIFY row_number() OVER (PARTITION BY a.rate_date, a.from_currency ORDER BY a.to_currency) = 1
), found AS (
  SELECT rate_date, currency_code, up, down, rank FROM direct UNION ALL SELECT rate_date, currency_code, up, down, rank FROM crossed
  UNION ALL SELECT DATE '1900-01-01', unit.reporting, 1, 1, 0 FROM unit
), exact AS (
  SELECT f.*, CAST(c.exponent AS INTEGER) AS exponent, unit.reporting_exponent
  FROM found f JOIN reference.currency c USING (currency_code), unit
  QUALIFY row_number() OVER (PARTITION BY f.currency_code, f.rate_date ORDER BY f.rank) = 1
)
SELECT currency_code, rate_date,
  CAST(up * power_of_ten(greatest(reporting_exponent - exponent, 0)) AS VARCHAR) AS multiply,
  CAST(down * power_of_ten(greatest(exponent - reporting_exponent, 0)) AS VARCHAR) AS divide,
  rate_date AS source_date, CASE rank WHEN 0 THEN 'same' WHEN 1 THEN 'direct' WHEN 2 THEN 'inverse' ELSE 'cross' END AS method
FROM exact
ORDER BY ALL
