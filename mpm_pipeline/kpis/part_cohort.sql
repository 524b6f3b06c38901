-- Conversion, rejection and recycle rates of the cohorts that entered a stage in a period (readings 5, 17, 24): reached within
-- the window of days x 24 hours. A cohort is mature when the period's end plus the window is past; until then the value is
-- withheld and the Kaplan-Meier figure at the end of the window is its estimate.
WITH setting AS (
  SELECT as_of, to_hours(CAST(24 * funnel_conversion_window_days AS BIGINT)) AS length FROM run.setting
), kpi AS (
  SELECT * FROM (VALUES ('inquiry_mql', 'conversion_inquiry_mql'), ('mql_sal', 'conversion_mql_sal'), ('sal_sql', 'conversion_sal_sql'),
    ('sql_won', 'conversion_sql_won'), ('rejection', 'rejection_rate'), ('recycle', 'recycle_rate')) AS v(step, kpi_id)
), cohort AS (
  SELECT k.kpi_id, k.step, p.period_grain, p.period_start, p.period_end, p.ends_at + s.length <= s.as_of AS is_mature
  FROM kpis.period p
  CROSS JOIN kpi k
  CROSS JOIN setting s
), member AS (
  SELECT c.kpi_id, c.period_grain, c.period_start, c.is_mature, e.person_id IS NOT NULL AS is_there,
    coalesce(e.reached_at <= e.entered_at + s.length, false) AS is_reached, e.entered_at + s.length <= s.as_of AS is_observed,
    date_diff('microsecond', e.entered_at, least(CASE WHEN e.reached_at <= e.entered_at + s.length THEN greatest(e.reached_at, e.entered_at) END,
      e.entered_at + s.length, s.as_of)) AS waited
  FROM cohort c
  CROSS JOIN setting s
  LEFT JOIN kpis.cohort_step e ON e.step = c.step AND e.entered_date >= c.period_start AND e.entered_date < c.period_end
), at_risk AS (
  SELECT kpi_id, period_grain, period_start, waited, count(*) FILTER (WHERE is_reached) AS events,
    sum(count(*)) OVER (PARTITION BY kpi_id, period_grain, period_start ORDER BY waited DESC) AS risk
  FROM member
  WHERE is_there
  GROUP BY kpi_id, period_grain, period_start, waited
), survival AS (
  SELECT kpi_id, period_grain, period_start,
    CASE WHEN bool_or(events >= risk) THEN 1.0 ELSE round(1.0 - exp(sum(CASE WHEN events < risk THEN ln(1.0 - CAST(events AS DOUBLE) / CAST(risk AS DOUBLE)) END)), 6) END AS estimate
  FROM at_risk
  WHERE events > 0
  GROUP BY kpi_id, period_grain, period_start
), counted AS (
  SELECT kpi_id, period_grain, period_start, is_mature, count(*) FILTER (WHERE is_reached) AS numerator, count(*) FILTER (WHERE is_there) AS denominator,
    count(*) FILTER (WHERE is_there AND is_observed) AS observed
  FROM member
  GROUP BY kpi_id, period_grain, period_start, is_mature
)
SELECT c.kpi_id, c.period_grain, c.period_start, 'all' AS segment_kind, 'all' AS segment, c.numerator, c.denominator, c.denominator AS n,
  CASE WHEN NOT c.is_mature AND c.denominator > 0 THEN coalesce(v.estimate, 0.0) END AS estimate,
  CASE WHEN NOT c.is_mature THEN 'immature_cohort' END AS null_reason,
  CASE WHEN c.denominator > 0 THEN CAST(c.observed AS DOUBLE) / CAST(c.denominator AS DOUBLE) END AS maturity
FROM counted c
LEFT JOIN survival v ON v.kpi_id = c.kpi_id AND v.period_grain = c.period_grain AND v.period_start = c.period_start
