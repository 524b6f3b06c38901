-- Net and gross retention against the month a year ago, and churn against the period's start, all at the end's rate (readings
-- 32). Retention is not covered before twelve months of billing are there. An account of which an amount, then or now, has no
-- rate is out of both sides of money rates; customers lost are counted whatever the rates.
WITH span AS (
  SELECT p.period_grain, p.period_start, max(m.period_start) AS last_month, min(m.period_start) AS first_month, max(m.period_end) AS month_end
  FROM kpis.period p
  JOIN kpis.period m ON m.period_grain = 'month' AND m.period_start >= p.period_start AND m.period_start < p.period_end
  GROUP BY p.period_grain, p.period_start
), compared AS (
  SELECT period_grain, period_start, last_month, 'year' AS against, CAST(last_month - INTERVAL 12 MONTH AS DATE) AS base_month, month_end FROM span
  UNION ALL
  SELECT period_grain, period_start, last_month, 'start', CAST(first_month - INTERVAL 1 MONTH AS DATE), month_end FROM span
), pair AS (
  SELECT c.period_grain, c.period_start, c.against, b.account_id, count(CASE WHEN b.month_date = c.base_month THEN 1 END) > 0 AS had,
    count(CASE WHEN b.month_date = c.last_month THEN 1 END) > 0 AS has, count(*) = count(f.multiply) AS is_rated,
    coalesce(sum(CASE WHEN b.month_date = c.base_month THEN to_reporting(b.closing_minor, f.multiply, f.divide) END), 0) AS then_minor,
    coalesce(sum(CASE WHEN b.month_date = c.last_month THEN to_reporting(b.closing_minor, f.multiply, f.divide) END), 0) AS now_minor
  FROM compared c
  CROSS JOIN run.setting s
  JOIN kpis.mrr_closing b ON b.month_date IN (c.base_month, c.last_month)
  LEFT JOIN kpis.fx_rate f ON f.currency_code = b.currency_code AND f.rate_date = least(c.month_end - 1, s.as_of_date)
  GROUP BY c.period_grain, c.period_start, c.against, b.account_id
), summed AS (
  SELECT period_grain, period_start, against, count(*) AS accounts, count(CASE WHEN is_rated THEN 1 END) AS rated,
    count(CASE WHEN NOT has THEN 1 END) AS gone, sum(CASE WHEN is_rated THEN then_minor END) AS base, sum(CASE WHEN is_rated THEN now_minor END) AS now,
    sum(CASE WHEN is_rated THEN least(then_minor, now_minor) END) AS kept, sum(CASE WHEN is_rated THEN greatest(then_minor - now_minor, 0) END) AS lost
  FROM pair WHERE had GROUP BY period_grain, period_start, against
), began AS (
  SELECT min(local_date(b.began_at, s.company_time_zone)) AS first_date
  FROM (
    SELECT l.period_start_at AS began_at
    FROM staged.invoice_line l
    JOIN staged.invoice i ON i.source = l.source AND i.invoice_id = l.invoice_id
    WHERE l.subscription_id IS NOT NULL AND i.finalized_at IS NOT NULL AND i.status NOT IN ('draft', 'void')
    UNION ALL
    SELECT started_at FROM staged.subscription
  ) b CROSS JOIN run.setting s
)
SELECT k.kpi_id, c.period_grain, c.period_start, 'all' AS segment_kind, 'all' AS segment,
  CAST(coalesce(CASE k.kpi_id WHEN 'nrr' THEN s.now WHEN 'grr' THEN s.kept WHEN 'logo_churn_rate' THEN s.gone ELSE s.lost END, 0) AS BIGINT) AS numerator,
  CAST(coalesce(CASE k.kpi_id WHEN 'logo_churn_rate' THEN s.accounts ELSE s.base END, 0) AS BIGINT) AS denominator, coalesce(s.accounts, 0) AS n,
  CASE WHEN k.kpi_id = 'logo_churn_rate' THEN NULL ELSE s.rated END AS rows_used,
  CASE WHEN k.kpi_id = 'logo_churn_rate' THEN NULL ELSE s.accounts END AS rows_all,
  CASE WHEN k.against = 'year' AND coalesce(c.base_month < date_trunc('month', b.first_date), true) THEN 'not_covered' END AS null_reason
FROM compared c
JOIN (VALUES ('nrr', 'year'), ('grr', 'year'), ('logo_churn_rate', 'start'), ('revenue_churn_rate', 'start')) AS k(kpi_id, against) ON k.against = c.against
CROSS JOIN began b
LEFT JOIN summed s ON s.period_grain = c.period_grain AND s.period_start = c.period_start AND s.against = c.against
