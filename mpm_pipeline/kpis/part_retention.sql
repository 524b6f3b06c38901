-- Net and gross retention against the month a year ago, and churn against the period's start, both at the end's rate
-- (readings 32). Nothing is said before twelve months of billing are there.
WITH span AS (
  SELECT p.period_grain, p.period_start, max(m.period_start) AS last_month, min(m.period_start) AS first_month
  FROM kpis.period p
  JOIN kpis.period m ON m.period_grain = 'month' AND m.period_start >= p.period_start AND m.period_start < p.period_end
  WHERE p.period_grain IN ('month', 'quarter', 'fiscal_year')
  GROUP BY ALL
), compared AS (
  SELECT period_grain, period_start, 'year' AS against, last_month, CAST(last_month - INTERVAL 12 MONTH AS DATE) AS base_month FROM span
  UNION ALL
  SELECT period_grain, period_start, 'start', last_month, CAST(first_month - INTERVAL 1 MONTH AS DATE) FROM span
), rated AS (
  SELECT c.*, least(p.period_end - 1, s.as_of_date) AS rate_date
  FROM compared c JOIN kpis.period p ON p.period_grain = 'month' AND p.period_start = c.last_month CROSS JOIN run.setting s
), pair AS (
  SELECT r.period_grain, r.period_start, r.against, b.account_id,
    coalesce(sum(to_reporting(b.closing_minor, f.multiply, f.divide)) FILTER (b.month_date = r.base_month), 0) AS then_minor,
    coalesce(sum(to_reporting(b.closing_minor, f.multiply, f.divide)) FILTER (b.month_date = r.last_month), 0) AS now_minor
  FROM rated r
  JOIN kpis.mrr_closing b ON b.month_date IN (r.base_month, r.last_month)
  LEFT JOIN kpis.fx_rate f ON f.currency_code = b.currency_code AND f.rate_date = r.rate_date
  GROUP BY ALL
), summed AS (
  SELECT period_grain, period_start, against, CAST(sum(then_minor) AS BIGINT) AS base, CAST(sum(now_minor) AS BIGINT) AS now,
    CAST(sum(least(then_minor, now_minor)) AS BIGINT) AS kept, count(*) AS accounts,
    CAST(sum(greatest(then_minor - now_minor, 0)) AS BIGINT) AS lost, count(*) FILTER (now_minor = 0) AS gone
  FROM pair WHERE then_minor > 0 GROUP BY period_grain, period_start, against
), began AS (
  SELECT min(local_date(i.created_at, s.company_time_zone)) AS first_date
  FROM (SELECT created_at FROM staged.invoice UNION ALL SELECT created_at FROM staged.subscription) i CROSS JOIN run.setting s
), figure AS (
  SELECT r.period_grain, r.period_start, k.kpi_id, r.base_month,
    CASE k.kpi_id WHEN 'nrr' THEN coalesce(s.now, 0) WHEN 'grr' THEN coalesce(s.kept, 0) WHEN 'logo_churn_rate' THEN coalesce(s.gone, 0)
      ELSE coalesce(s.lost, 0) END AS numerator,
    CASE k.kpi_id WHEN 'logo_churn_rate' THEN coalesce(s.accounts, 0) ELSE coalesce(s.base, 0) END AS denominator, coalesce(s.accounts, 0) AS n
  FROM rated r
  JOIN (VALUES ('nrr', 'year'), ('grr', 'year'), ('logo_churn_rate', 'start'), ('revenue_churn_rate', 'start')) k(kpi_id, against)
    ON k.against = r.against
  LEFT JOIN summed s ON s.period_grain = r.period_grain AND s.period_start = r.period_start AND s.against = r.against
)
SELECT f.kpi_id, f.period_grain, f.period_start, 'all' AS segment_kind, 'all' AS segment,
  CASE WHEN uncovered THEN NULL ELSE f.numerator END AS numerator, CASE WHEN uncovered THEN NULL ELSE f.denominator END AS denominator, f.n, CASE WHEN uncovered THEN 'not_covered' END AS null_reason
FROM (SELECT figure.*, kpi_id IN ('nrr', 'grr') AND base_month < date_trunc('month', began.first_date) AS uncovered FROM figure, began) f
ORDER BY ALL
