-- Median days from one stage to the next among those who reached it within the window (readings 5, 18); pairs with an imputed
-- or day-grain end are out.
WITH setting AS (
  SELECT as_of, to_hours(CAST(24 * funnel_conversion_window_days AS BIGINT)) AS length FROM run.setting
), step AS (
  SELECT * FROM (VALUES ('inquiry_mql'), ('mql_sal'), ('sal_sql'), ('sql_won')) AS v(step)
), cohort AS (
  SELECT k.step, p.period_grain, p.period_start, p.ends_at + s.length <= s.as_of AS is_mature, count(e.person_id) AS members,
    count(CASE WHEN e.entered_at + s.length <= s.as_of THEN 1 END) AS observed,
    count(CASE WHEN e.is_clean AND e.reached_at <= e.entered_at + s.length THEN 1 END) AS n,
    median(CASE WHEN e.is_clean AND e.reached_at <= e.entered_at + s.length THEN date_diff('microsecond', e.entered_at, e.reached_at) END) AS middle
  FROM kpis.period p
  CROSS JOIN step k
  CROSS JOIN setting s
  LEFT JOIN kpis.cohort_step e ON e.step = k.step AND e.entered_date >= p.period_start AND e.entered_date < p.period_end
  GROUP BY k.step, p.period_grain, p.period_start, p.ends_at + s.length <= s.as_of
)
SELECT 'velocity_' || step AS kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment, n,
  CASE WHEN is_mature THEN middle / 86400000000.0 END AS value, CASE WHEN NOT is_mature THEN 'immature_cohort' END AS null_reason,
  CASE WHEN members > 0 THEN CAST(observed AS DOUBLE) / CAST(members AS DOUBLE) END AS maturity
FROM cohort
