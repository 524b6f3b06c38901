-- Goal attainment (KPI definitions 2.4; readings 56): (value - baseline) / (target - baseline), at the fiscal year that holds the
-- goal's start. The value is the figure of the goal's very period; of a span of whole months the last month's for what stands,
-- else the months together. Numerator and denominator are minor units or counts where they are whole, else only the value is.
WITH setting AS (
  SELECT s.as_of, s.as_of_date, s.company_reporting_currency AS reporting, CAST(c.exponent AS INTEGER) AS exponent
  FROM run.setting s JOIN reference.currency c ON c.currency_code = s.company_reporting_currency
), goal AS (
  SELECT g.goal_id, g.kpi_id, g.start_date, g.end_date, TRY_CAST(g.baseline AS DECIMAL(30, 8)) AS baseline, TRY_CAST(g.target AS DECIMAL(30, 8)) AS target,
    p.period_grain, y.period_start AS year_start, y.period_end AS year_end
  FROM staged.goal g
  JOIN setting s ON g.start_date <= s.as_of_date AND g.end_date > g.start_date
  JOIN kpis.period y ON y.period_grain = 'fiscal_year' AND g.start_date >= y.period_start AND g.start_date < y.period_end
  LEFT JOIN kpis.period p ON p.period_start = g.start_date AND p.period_end = g.end_date
), about AS (
  SELECT g.goal_id, f.unit, f.period_start, f.numerator, f.denominator, f.value, f.null_reason, f.state,
    g.period_grain IS NOT NULL OR c.kind = 'stock' OR f.kpi_id IN ('ltv_historic', 'nrr', 'grr') AS is_single,
    f.kpi_id <> 'scorecard_3_marketing_cost_per_sales_head' AS is_additive, g.period_grain IS NULL AND c.kind IN ('median', 'score') AS is_apart,
    row_number() OVER (PARTITION BY g.goal_id ORDER BY f.period_start DESC) AS place
  FROM goal g
  JOIN kpis.figure_measure f ON f.kpi_id = g.kpi_id AND f.segment_kind = 'all' AND f.period_grain = coalesce(g.period_grain, 'month')
    AND f.period_start >= g.start_date AND f.period_end <= g.end_date
  JOIN kpis.catalogue c ON c.kpi_id = f.kpi_id
  WHERE g.period_grain IS NOT NULL OR (extract(day FROM g.start_date) = 1 AND extract(day FROM g.end_date) = 1)
), together AS (
  SELECT goal_id, any_value(unit) AS unit, sum(numerator) AS numerator, CASE WHEN bool_or(is_additive) THEN sum(denominator) END AS denominator,
    count(denominator) = 0 AS is_sum, sum(value) AS value, max(CASE WHEN place = 1 THEN null_reason END) AS last_reason, bool_and(state <> 'provisional') AS is_final,
    coalesce(bool_or(null_reason = 'immature_cohort'), false) AS is_immature
  FROM about WHERE place = 1 OR NOT is_single GROUP BY goal_id
), told AS (
  SELECT t.goal_id, t.unit, t.is_final, t.numerator, t.is_sum, CASE WHEN t.is_sum THEN 1 ELSE t.denominator END AS denominator,
    CASE WHEN a.is_single OR t.is_sum THEN t.value ELSE CAST(t.numerator AS DOUBLE) / nullif(t.denominator, 0)
      / CASE t.unit WHEN 'money' THEN power_of_ten(s.exponent) WHEN 'points' THEN 0.01 ELSE 1 END END AS value,
    CASE WHEN a.is_apart THEN 'not_covered' WHEN t.is_immature THEN 'immature_cohort' WHEN a.is_single OR t.numerator IS NULL THEN coalesce(t.last_reason, CASE WHEN t.value IS NULL THEN 'not_covered' END)
      WHEN NOT t.is_sum AND coalesce(t.denominator, 0) = 0 THEN CASE WHEN a.is_additive THEN 'zero_denominator' ELSE 'not_covered' END END AS reason
  FROM together t
  JOIN about a ON a.goal_id = t.goal_id AND a.place = 1
  CROSS JOIN setting s
), scaled AS (
  SELECT g.*, t.is_final, t.value, CASE WHEN t.goal_id IS NULL THEN 'not_covered' WHEN t.reason IS NOT NULL THEN t.reason
      WHEN g.target = g.baseline THEN 'zero_denominator' END AS reason,
    CASE WHEN t.unit IN ('count', 'money') AND t.numerator % nullif(t.denominator, 0) = 0 THEN t.numerator // nullif(t.denominator, 0) END AS reached,
    CASE t.unit WHEN 'money' THEN g.baseline * power_of_ten(s.exponent) ELSE g.baseline END AS base,
    CASE t.unit WHEN 'money' THEN g.target * power_of_ten(s.exponent) ELSE g.target END AS aim
  FROM goal g
  LEFT JOIN told t ON t.goal_id = g.goal_id
  CROSS JOIN setting s
  WHERE g.baseline IS NOT NULL AND g.target IS NOT NULL
), exact AS (
  SELECT *, CASE WHEN reason IS NULL AND base = trunc(base) AND aim = trunc(aim) THEN reached - CAST(base AS BIGINT) END AS way,
    CASE WHEN reason IS NULL AND reached IS NOT NULL AND base = trunc(base) AND aim = trunc(aim) THEN CAST(aim AS BIGINT) - CAST(base AS BIGINT) END AS whole
  FROM scaled
)
SELECT 'goal_attainment' AS kpi_id, c.kpi_version, 'fiscal_year' AS period_grain, e.year_start AS period_start, e.year_end AS period_end,
  'goal' AS segment_kind, e.goal_id AS segment, CAST(e.way AS BIGINT) AS numerator, e.whole AS denominator,
  CASE WHEN e.reason IS NOT NULL THEN NULL WHEN e.whole IS NOT NULL THEN CAST(e.way AS DOUBLE) / CAST(e.whole AS DOUBLE)
    ELSE (e.value - CAST(e.baseline AS DOUBLE)) / CAST(e.target - e.baseline AS DOUBLE) END AS value,
  CAST(NULL AS BIGINT) AS value_minor, c.unit, CAST(NULL AS VARCHAR) AS currency_code, e.reason AS null_reason, CAST(NULL AS BIGINT) AS n,
  CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, CAST(NULL AS DOUBLE) AS estimate, CASE WHEN e.reason IS NULL THEN 1.0 END AS coverage,
  CAST(NULL AS DOUBLE) AS maturity, CAST(NULL AS VARCHAR) AS basis, CASE WHEN e.is_final THEN 'final' ELSE 'provisional' END AS state, s.as_of AS as_of_at
FROM exact e
JOIN kpis.catalogue c ON c.kpi_id = 'goal_attainment'
CROSS JOIN setting s
