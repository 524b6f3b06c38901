-- Recognised revenue of a period in reporting currency, with the basis that counts (readings 39).
SELECT 'recognised_revenue' AS kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment, revenue_minor AS numerator,
  rows_all AS n, rows_used, rows_all, CASE WHEN basis IS NULL THEN 'not_covered' END AS null_reason, basis
FROM kpis.revenue_period
