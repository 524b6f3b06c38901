-- Ledger lines booked up to as-of's day, in reporting currency at the rate of their booking date (readings 9).
SELECT
  l.line_id, l.booked_on, l.function, l.kind, to_reporting(l.amount_minor, f.multiply, f.divide) AS amount_reporting_minor,
  l.budget_line_id, l.is_shadow_marketing
FROM staged.ledger_line l
JOIN run.setting s ON l.booked_on <= s.as_of_date
LEFT JOIN kpis.fx_rate f ON f.currency_code = l.currency_code AND f.rate_date = l.booked_on
ORDER BY l.line_id
