-- Attributed return on spend (readings 42): (revenue credits of the channels with spend in the period - spend) / spend, by month
-- for each model, also where nothing was won; for all: linear. It is attributed, not incremental.
WITH spent AS (
  SELECT p.period_grain, p.period_start, f.channel, CAST(coalesce(sum(f.spend_reporting_minor), 0) AS BIGINT) AS spend_minor,
    count(*) AS rows_all, count(f.spend_reporting_minor) AS rows_used
  FROM kpis.fct_spend f
  CROSS JOIN run.setting s
  JOIN kpis.period p ON f.date >= p.period_start AND f.date < p.period_end
  WHERE f.date <= s.as_of_date
  GROUP BY p.period_grain, p.period_start, f.channel
), total AS (
  SELECT p.period_grain, p.period_start, CAST(coalesce(sum(t.spend_minor), 0) AS BIGINT) AS spend_minor, CAST(coalesce(sum(t.rows_all), 0) AS BIGINT) AS rows_all,
    CAST(coalesce(sum(t.rows_used), 0) AS BIGINT) AS rows_used
  FROM kpis.period p
  CROSS JOIN run.setting s
  LEFT JOIN spent t ON t.period_grain = p.period_grain AND t.period_start = p.period_start
  WHERE p.period_end > (SELECT min(f.date) FROM kpis.fct_spend f WHERE f.date <= s.as_of_date)
  GROUP BY p.period_grain, p.period_start
), model AS (
  SELECT * FROM (VALUES ('first'), ('last'), ('last_non_direct'), ('linear'), ('time_decay'), ('u_shaped'), ('w_shaped'), ('full_path')) AS v(model)
), earned AS (
  SELECT s.period_grain, s.period_start, a.model, CAST(coalesce(sum(a.credit_reporting_minor), 0) AS BIGINT) AS credit_minor,
    count(DISTINCT a.opportunity_id) AS deals, count(*) AS rows_all, count(a.credit_reporting_minor) AS rows_used
  FROM spent s
  JOIN kpis.period p ON p.period_grain = s.period_grain AND p.period_start = s.period_start
  JOIN kpis.fct_attribution a ON a.measure = 'revenue' AND a.channel = s.channel AND a.event_date >= p.period_start AND a.event_date < p.period_end
  WHERE s.spend_minor > 0
  GROUP BY s.period_grain, s.period_start, a.model
), returned AS (
  SELECT t.period_grain, t.period_start, m.model, coalesce(e.credit_minor, 0) - t.spend_minor AS numerator, t.spend_minor AS denominator,
    coalesce(e.deals, 0) AS n, t.rows_used + coalesce(e.rows_used, 0) AS rows_used, t.rows_all + coalesce(e.rows_all, 0) AS rows_all
  FROM total t
  CROSS JOIN model m
  LEFT JOIN earned e ON e.period_grain = t.period_grain AND e.period_start = t.period_start AND e.model = m.model
)
SELECT 'roi_attributed' AS kpi_id, period_grain, period_start, 'model' AS segment_kind, model AS segment, numerator, denominator, n, rows_used, rows_all
FROM returned WHERE period_grain = 'month'
UNION ALL
SELECT 'roi_attributed', period_grain, period_start, 'all', 'all', numerator, denominator, n, rows_used, rows_all
FROM returned WHERE model = 'linear'
