-- Pipeline created by the day on which it became pipeline, at that day's rate, in all and as far as marketing sourced or
-- influenced it; revenue won as far as marketing sourced it (readings 21-23, 26).
WITH value AS (
  SELECT 'pipeline_created' AS kpi_id, pipeline_date AS day, pipeline_amount_minor AS amount_minor, pipeline_reporting_minor AS reporting_minor
  FROM kpis.fct_opportunity WHERE pipeline_at IS NOT NULL
  UNION ALL
  SELECT 'pipeline_sourced_marketing', pipeline_date, pipeline_amount_minor, pipeline_reporting_minor
  FROM kpis.fct_opportunity WHERE pipeline_at IS NOT NULL AND sourced_by = 'marketing'
  UNION ALL
  SELECT 'pipeline_influenced_marketing', pipeline_date, pipeline_amount_minor, pipeline_reporting_minor
  FROM kpis.fct_opportunity WHERE pipeline_at IS NOT NULL AND is_influenced
  UNION ALL
  SELECT 'revenue_sourced_marketing', close_date, amount_minor, amount_reporting_minor
  FROM kpis.fct_opportunity WHERE is_won AND close_date IS NOT NULL AND sourced_by = 'marketing'
)
SELECT v.kpi_id, p.period_grain, p.period_start, 'all' AS segment_kind, 'all' AS segment,
  CAST(coalesce(sum(v.reporting_minor), 0) AS BIGINT) AS numerator, count(*) AS n, count(v.reporting_minor) AS rows_used, count(v.amount_minor) AS rows_all
FROM value v
JOIN kpis.period p ON v.day >= p.period_start AND v.day < p.period_end
GROUP BY v.kpi_id, p.period_grain, p.period_start
