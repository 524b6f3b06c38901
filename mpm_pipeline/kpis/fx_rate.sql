-- One row per currency and day on which it can be turned into the reporting currency (readings 36): direct if fresh (at
-- most 7 days old), else inverse, else one cross through the alphabetically first third currency with both legs fresh.
-- multiply and divide are whole numbers that carry the difference of exponents; the reporting currency itself counts 1/1.
WITH setting AS (
  SELECT company_reporting_currency AS reporting, as_of_date, company_time_zone AS zone FROM run.setting
), event AS (
  SELECT CAST(min(created_at) AS DATE) AS first_date, max(close_date) AS last_date FROM staged.opportunity
  UNION ALL SELECT min(close_date), NULL FROM staged.opportunity
  UNION ALL SELECT CAST(min("at") AS DATE), NULL FROM staged.opportunity_event
  UNION ALL SELECT min(start_date), max(end_date) FROM staged.cost
  UNION ALL SELECT CAST(min(created_at) AS DATE), NULL FROM staged.invoice
  UNION ALL SELECT CAST(min(period_start_at) AS DATE), CAST(max(period_end_at) AS DATE) FROM staged.invoice_line
  UNION ALL SELECT CAST(min(created_at) AS DATE), NULL FROM staged.subscription
  UNION ALL SELECT CAST(min(created_at) AS DATE), NULL FROM staged.payment
  UNION ALL SELECT min(booked_on), max(booked_on) FROM staged.ledger_line
  UNION ALL SELECT min(month_date), max(month_date) FROM staged.budget_entry
  UNION ALL SELECT min(rate_date), NULL FROM staged.fx_rate
  UNION ALL SELECT min(start_date), NULL FROM staged.goal
), span AS (
  SELECT greatest(coalesce(least(min(e.first_date), min(s.as_of_date)), min(s.as_of_date)) - 1, DATE '1990-01-01') AS first_date,
    greatest(least(coalesce(max(e.last_date), min(s.as_of_date)), min(s.as_of_date) + 366), min(s.as_of_date) + 31) AS last_date
  FROM setting s
  LEFT JOIN event e ON true
), calendar AS (
  SELECT CAST(unnest(generate_series(first_date, last_date, INTERVAL 1 DAY)) AS DATE) AS day FROM span
), told AS (
  SELECT upper(base) AS base, upper(quote) AS quote, rate_date, rate_id,
    CAST(replace(rate, '.', '') AS HUGEINT) AS mantissa, length(rate) - coalesce(nullif(strpos(rate, '.'), 0), length(rate)) AS scale
  FROM staged.fx_rate
  WHERE regexp_full_match(rate, '\d{1,12}(\.\d{1,10})?')
), rated AS (
  SELECT base, quote, rate_date, mantissa, [CAST(1 AS HUGEINT), 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000][scale + 1] AS unit
  FROM told
  WHERE mantissa > 0 AND base <> quote
  QUALIFY row_number() OVER (PARTITION BY base, quote, rate_date ORDER BY rate_id DESC) = 1
), fresh AS (
  SELECT c.day, r.base, r.quote, r.mantissa, r.unit, r.rate_date
  FROM rated r
  JOIN calendar c ON c.day >= r.rate_date AND c.day <= r.rate_date + 7
  QUALIFY row_number() OVER (PARTITION BY c.day, r.base, r.quote ORDER BY r.rate_date DESC) = 1
), leg AS (
  SELECT day, base AS currency_from, quote AS currency_to, mantissa AS multiply, unit AS divide, rate_date, 1 AS place FROM fresh
  UNION ALL
  SELECT day, quote, base, unit, mantissa, rate_date, 2 FROM fresh
), pair AS (
  SELECT * FROM leg
  QUALIFY row_number() OVER (PARTITION BY day, currency_from, currency_to ORDER BY place) = 1
), way AS (
  SELECT p.day, p.currency_from, p.multiply, p.divide, p.rate_date, p.place, '' AS third
  FROM pair p JOIN setting s ON p.currency_to = s.reporting
  UNION ALL
  SELECT a.day, a.currency_from, a.multiply * b.multiply, a.divide * b.divide, least(a.rate_date, b.rate_date), 3, a.currency_to
  FROM pair a
  JOIN setting s ON a.currency_from <> s.reporting AND a.currency_to <> s.reporting
  JOIN pair b ON b.day = a.day AND b.currency_from = a.currency_to AND b.currency_to = s.reporting
), chosen AS (
  SELECT day, currency_from AS currency_code, multiply, divide, rate_date AS source_date,
    CASE place WHEN 1 THEN 'direct' WHEN 2 THEN 'inverse' ELSE 'cross' END AS method
  FROM way
  QUALIFY row_number() OVER (PARTITION BY day, currency_from ORDER BY place, third) = 1
  UNION ALL
  SELECT c.day, s.reporting, 1, 1, c.day, 'same' FROM calendar c CROSS JOIN setting s
), scaled AS (
  SELECT h.currency_code, h.day, h.source_date, h.method,
    h.multiply * power_of_ten(greatest(CAST(t.exponent AS INTEGER) - CAST(f.exponent AS INTEGER), 0)) AS multiply,
    h.divide * power_of_ten(greatest(CAST(f.exponent AS INTEGER) - CAST(t.exponent AS INTEGER), 0)) AS divide
  FROM chosen h
  CROSS JOIN setting s
  JOIN reference.currency f ON f.currency_code = h.currency_code
  JOIN reference.currency t ON t.currency_code = s.reporting
)
SELECT currency_code, day AS rate_date, CAST(multiply // gcd(multiply, divide) AS VARCHAR) AS multiply,
  CAST(divide // gcd(multiply, divide) AS VARCHAR) AS divide, source_date, method
FROM scaled
