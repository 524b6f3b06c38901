-- Open deals and open pipeline at the period's end, or at as-of while it runs (readings 20, 26): stage and amount of the newest
-- history row of then, at the rate of that day; pipeline is what has reached it. Sales velocity of the 90 days before (KPI
-- definitions 2.2): open pipeline deals x win rate x average deal / average cycle days.
WITH moment AS (
  SELECT p.period_grain, p.period_start, p.is_complete, p.ends_at, s.as_of,
    CASE WHEN p.is_complete THEN p.period_end - 1 ELSE s.as_of_date END AS day
  FROM kpis.period p
  CROSS JOIN run.setting s
), held AS (
  SELECT m.period_grain, m.period_start, h.opportunity_id,
    CASE WHEN m.is_complete THEN o.pipeline_at < m.ends_at ELSE o.pipeline_at <= m.as_of END AS is_pipeline, h.amount_minor,
    to_reporting(h.amount_minor, f.multiply, f.divide) AS reporting_minor
  FROM moment m
  JOIN kpis.opportunity_state h ON NOT h.is_closed
    AND CASE WHEN m.is_complete THEN h."at" < m.ends_at AND h.to_at >= m.ends_at ELSE h.to_at > m.as_of END
  JOIN kpis.fct_opportunity o ON o.opportunity_id = h.opportunity_id
  LEFT JOIN kpis.fx_rate f ON f.currency_code = h.currency_code AND f.rate_date = m.day
), summed AS (
  SELECT period_grain, period_start, count(*) AS open_deals, count(*) FILTER (WHERE is_pipeline) AS pipeline_deals,
    CAST(coalesce(sum(reporting_minor) FILTER (WHERE is_pipeline), 0) AS BIGINT) AS pipeline_minor,
    count(amount_minor) FILTER (WHERE is_pipeline) AS priced, count(reporting_minor) FILTER (WHERE is_pipeline) AS rated
  FROM held
  GROUP BY period_grain, period_start
), closed AS (
  SELECT m.period_grain, m.period_start, count(*) AS decided, count(*) FILTER (WHERE o.is_won) AS won,
    count(o.amount_reporting_minor) FILTER (WHERE o.is_won) AS rated_won,
    CAST(sum(o.amount_reporting_minor) FILTER (WHERE o.is_won) AS HUGEINT) AS sum_won,
    CAST(sum(o.close_date - o.created_date) FILTER (WHERE o.is_won) AS HUGEINT) AS cycle_days
  FROM moment m
  JOIN kpis.fct_opportunity o ON o.is_closed AND o.close_date > m.day - 90 AND o.close_date <= m.day
  GROUP BY m.period_grain, m.period_start
), speed AS (
  SELECT m.period_grain, m.period_start, coalesce(c.decided, 0) AS decided,
    CASE WHEN c.rated_won > 0 AND c.cycle_days > 0 THEN CAST(divide_half_even(CAST(coalesce(g.pipeline_deals, 0) AS HUGEINT) * c.won * c.won * c.sum_won,
      CAST(c.decided AS HUGEINT) * c.rated_won * c.cycle_days) AS BIGINT) END AS value_minor,
    CASE WHEN c.rated_won > 0 AND c.cycle_days > 0 THEN CAST(CAST(coalesce(g.pipeline_deals, 0) AS HUGEINT) * c.won * c.won * c.sum_won AS DOUBLE)
      / CAST(CAST(c.decided AS HUGEINT) * c.rated_won * c.cycle_days AS DOUBLE) / power_of_ten(CAST(u.exponent AS INTEGER)) END AS value
  FROM moment m
  CROSS JOIN run.setting s
  JOIN reference.currency u ON u.currency_code = s.company_reporting_currency
  LEFT JOIN summed g ON g.period_grain = m.period_grain AND g.period_start = m.period_start
  LEFT JOIN closed c ON c.period_grain = m.period_grain AND c.period_start = m.period_start
)
SELECT 'opportunities_open' AS kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment, open_deals AS numerator,
  CAST(NULL AS DOUBLE) AS value, CAST(NULL AS BIGINT) AS value_minor, open_deals AS n, CAST(NULL AS BIGINT) AS rows_used, CAST(NULL AS BIGINT) AS rows_all, CAST(NULL AS VARCHAR) AS null_reason
FROM summed
UNION ALL
SELECT 'pipeline_open', period_grain, period_start, 'all', 'all', pipeline_minor, NULL, NULL, pipeline_deals, rated, priced, NULL FROM summed
UNION ALL
SELECT 'sales_velocity', period_grain, period_start, 'all', 'all', NULL, value, value_minor, decided, NULL, NULL,
  CASE WHEN value_minor IS NULL THEN 'zero_denominator' END
FROM speed
