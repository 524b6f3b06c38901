-- The way from each currency to the reporting currency (readings 36): direct, else inverse, else one cross through the
-- alphabetically first third currency. For an event every leg is at most 7 days old; a budget takes the newest at or before its
-- month's first day. multiply and divide are whole numbers that carry the difference of exponents; more than 22 digits are cut.
WITH setting AS (
  SELECT s.company_reporting_currency AS reporting, CAST(c.exponent AS INTEGER) AS exponent, s.as_of_date
  FROM run.setting s JOIN reference.currency c ON c.currency_code = s.company_reporting_currency
), event AS (
  SELECT CAST(min(created_at) AS DATE) AS first_date, max(close_date) AS last_date FROM staged.opportunity
  UNION ALL SELECT min(close_date), NULL FROM staged.opportunity
  UNION ALL SELECT CAST(min("at") AS DATE), NULL FROM staged.opportunity_event
  UNION ALL SELECT min(start_date), max(end_date) FROM staged.cost
  UNION ALL SELECT CAST(least(min(created_at), min(paid_at)) AS DATE), NULL FROM staged.invoice
  UNION ALL SELECT CAST(min(created_at) AS DATE), NULL FROM staged.credit_note
  UNION ALL SELECT CAST(min(created_at) AS DATE), NULL FROM staged.refund
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
  SELECT 'event' AS purpose, CAST(unnest(generate_series(first_date, last_date, INTERVAL 1 DAY)) AS DATE) AS day, 7 AS max_age FROM span
  UNION ALL
  SELECT DISTINCT 'budget', month_date, 36500 FROM staged.budget_entry
), told AS (
  SELECT upper(base) AS base, upper(quote) AS quote, rate_date, rate_id, rate_mantissa(rate) AS mantissa, CAST(1000000000000000 AS HUGEINT) AS scale
  FROM staged.fx_rate
  WHERE regexp_full_match(rate, '\d*\.?\d+')
), rated AS (
  SELECT base, quote, rate_date, mantissa // gcd(mantissa, scale) AS multiply, scale // gcd(mantissa, scale) AS divide
  FROM told
  WHERE mantissa > 0 AND base <> quote
  QUALIFY row_number() OVER (PARTITION BY base, quote, rate_date ORDER BY rate_id DESC) = 1
), newest AS (
  SELECT c.purpose, c.day, r.base, r.quote, r.multiply, r.divide, r.rate_date
  FROM rated r
  JOIN calendar c ON c.day >= r.rate_date AND c.day <= r.rate_date + c.max_age
  QUALIFY row_number() OVER (PARTITION BY c.purpose, c.day, r.base, r.quote ORDER BY r.rate_date DESC) = 1
), leg AS (
  SELECT purpose, day, base AS currency_from, quote AS currency_to, multiply, divide, rate_date, 1 AS place FROM newest
  UNION ALL
  SELECT purpose, day, quote, base, divide, multiply, rate_date, 2 FROM newest
), pair AS (
  SELECT * FROM leg
  QUALIFY row_number() OVER (PARTITION BY purpose, day, currency_from, currency_to ORDER BY place) = 1
), way AS (
  SELECT p.purpose, p.day, p.currency_from, p.multiply, p.divide, p.rate_date, p.place, '' AS third
  FROM pair p JOIN setting s ON p.currency_to = s.reporting
  UNION ALL
  SELECT a.purpose, a.day, a.currency_from, a.multiply * b.multiply, a.divide * b.divide, least(a.rate_date, b.rate_date), 3, a.currency_to
  FROM pair a
  JOIN setting s ON a.currency_from <> s.reporting AND a.currency_to <> s.reporting
  JOIN pair b ON b.purpose = a.purpose AND b.day = a.day AND b.currency_from = a.currency_to AND b.currency_to = s.reporting
  UNION ALL
  SELECT c.purpose, c.day, s.reporting, 1, 1, c.day, 0, '' FROM calendar c CROSS JOIN setting s
), chosen AS (
  SELECT w.*, w.multiply * power_of_ten(greatest(s.exponent - CAST(f.exponent AS INTEGER), 0)) AS up,
    w.divide * power_of_ten(greatest(CAST(f.exponent AS INTEGER) - s.exponent, 0)) AS down
  FROM way w
  JOIN reference.currency f ON f.currency_code = w.currency_from
  CROSS JOIN setting s
  QUALIFY row_number() OVER (PARTITION BY w.purpose, w.day, w.currency_from ORDER BY w.place, w.third) = 1
), reduced AS (
  SELECT *, up // gcd(up, down) AS short_up, down // gcd(up, down) AS short_down FROM chosen
)
SELECT purpose, currency_from AS currency_code, day AS rate_date,
  CAST(cut_digits(short_up, length(CAST(greatest(short_up, short_down) AS VARCHAR)) - 22) AS VARCHAR) AS multiply,
  CAST(cut_digits(short_down, length(CAST(greatest(short_up, short_down) AS VARCHAR)) - 22) AS VARCHAR) AS divide,
  rate_date AS source_date, CASE place WHEN 0 THEN 'same' WHEN 1 THEN 'direct' WHEN 2 THEN 'inverse' ELSE 'cross' END AS method
FROM reduced
