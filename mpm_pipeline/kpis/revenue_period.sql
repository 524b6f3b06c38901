-- Recognised revenue of each period (readings 39): finance's own lines decide a whole fiscal year; in a year without any it is
-- billing's, if there is billing at all. Before the first day on which the one that counts tells any, nothing is known (readings 1).
WITH fiscal AS (
  SELECT y.period_start, y.period_end, count(e.line_id) > 0 AS by_finance
  FROM kpis.period y
  LEFT JOIN kpis.expense e ON e.kind = 'revenue' AND e.booked_on >= y.period_start AND e.booked_on < y.period_end
  WHERE y.period_grain = 'fiscal_year'
  GROUP BY y.period_start, y.period_end
), began AS (
  SELECT min(revenue_date) AS first_day FROM kpis.revenue_day
), billing AS (
  SELECT count(*) > 0 AS is_on FROM run.source r JOIN reference.source_role o ON o.source = r.source AND o.role = 'billing' WHERE r.is_on
)
SELECT p.period_grain, p.period_start, any_value(CASE WHEN p.period_end <= g.first_day THEN NULL WHEN y.by_finance THEN 'finance' WHEN b.is_on THEN 'invoices' END) AS basis,
  CAST(coalesce(sum(r.revenue_minor), 0) AS BIGINT) AS revenue_minor, CAST(coalesce(sum(r.rows_all), 0) AS BIGINT) AS rows_all,
  CAST(coalesce(sum(r.rows_used), 0) AS BIGINT) AS rows_used
FROM kpis.period p
JOIN fiscal y ON p.period_start >= y.period_start AND p.period_start < y.period_end
CROSS JOIN billing b
CROSS JOIN began g
LEFT JOIN kpis.revenue_day r ON r.revenue_date >= p.period_start AND r.revenue_date < p.period_end
GROUP BY p.period_grain, p.period_start
