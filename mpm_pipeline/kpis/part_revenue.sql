-- Recognised revenue of a period in reporting currency, with the basis that counts (readings 39).
SELECT 'recognised_revenue' AS kpi_id, p.period_grain, p.period_start, 'all' AS segment_kind, 'all' AS segment,
  CAST(coalesce(sum(r.amount_reporting_minor), 0) AS BIGINT) AS numerator, CAST(coalesce(sum(r.amount_reporting_minor), 0) AS BIGINT) AS value_minor,
  count(DISTINCT r.record_id) AS n, count(r.amount_reporting_minor) AS rows_used, count(r.record_id) AS rows_all,
  string_agg(DISTINCT r.basis, ';' ORDER BY r.basis) AS basis
FROM kpis.period p
JOIN kpis.revenue_day r ON r.revenue_date >= p.period_start AND r.revenue_date < p.period_end
WHERE p.period_grain IN ('month', 'quarter', 'fiscal_year')
GROUP BY p.period_grain, p.period_start
ORDER BY ALL
