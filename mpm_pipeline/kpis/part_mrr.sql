-- MRR, ARR and the bridge per period: closing of the last month, movements summed (readings 31); one row per covered period.
WITH span AS (
  SELECT p.period_grain, p.period_start, p.period_end,
    max(m.period_start) AS last_month, min(m.period_start) AS first_month
  FROM kpis.period p
  JOIN kpis.period m ON m.period_grain = 'month' AND m.period_start >= p.period_start AND m.period_start < p.period_end
  WHERE p.period_grain IN ('month', 'quarter', 'fiscal_year')
  GROUP BY ALL
), summed AS (
  SELECT s.period_grain, s.period_start,
    coalesce(sum(f.closing_minor) FILTER (f.month = s.last_month), 0) AS mrr,
    count(*) FILTER (f.month = s.last_month AND f.closing_minor > 0) AS payers,
    coalesce(sum(f.new_minor), 0) AS mrr_new, coalesce(sum(f.expansion_minor), 0) AS mrr_expansion,
    coalesce(sum(f.contraction_minor), 0) AS mrr_contraction, coalesce(sum(f.churn_minor), 0) AS mrr_churn,
    coalesce(sum(f.reactivation_minor), 0) AS mrr_reactivation, coalesce(sum(f.fx_minor), 0) AS mrr_fx
  FROM span s LEFT JOIN kpis.fct_mrr f ON f.month >= s.first_month AND f.month <= s.last_month
  GROUP BY s.period_grain, s.period_start
), long AS (
  UNPIVOT (SELECT period_grain, period_start, payers, CAST(mrr AS BIGINT) AS mrr, CAST(12 * mrr AS BIGINT) AS arr,
    CAST(mrr_new AS BIGINT) AS mrr_new, CAST(mrr_expansion AS BIGINT) AS mrr_expansion, CAST(mrr_contraction AS BIGINT) AS mrr_contraction,
    CAST(mrr_churn AS BIGINT) AS mrr_churn, CAST(mrr_reactivation AS BIGINT) AS mrr_reactivation, CAST(mrr_fx AS BIGINT) AS mrr_fx FROM summed)
  ON mrr, arr, mrr_new, mrr_expansion, mrr_contraction, mrr_churn, mrr_reactivation, mrr_fx INTO NAME kpi_id VALUE minor
)
SELECT kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment, minor AS numerator, minor AS value_minor, CAST(payers AS BIGINT) AS n
FROM long
ORDER BY ALL
