-- One row per cohort KPI and life cycle that entered its first stage, with the instant at which it reached the second
-- (readings 17, 18, 24): the next stage of the same cycle, rejection or recycling after mql, or the deal that the lead's
-- conversion made being won.
WITH pair AS (
  SELECT * FROM (VALUES ('inquiry_mql', 'inquiry', 'mql'), ('mql_sal', 'mql', 'sal'), ('sal_sql', 'sal', 'sql'),
    ('rejection', 'mql', 'rejected'), ('recycle', 'mql', 'recycled')) AS v(step, from_stage, to_stage)
), moved AS (
  SELECT p.step, a.person_id, a.cycle_no, a.entered_at, b.entered_at AS reached_at,
    NOT (a.is_imputed OR a.is_day_grain OR coalesce(b.is_imputed OR b.is_day_grain, false)) AS is_clean
  FROM pair p
  JOIN kpis.fct_lead_stage a ON a.stage = p.from_stage
  LEFT JOIN kpis.fct_lead_stage b ON b.stage = p.to_stage AND b.person_id = a.person_id AND b.cycle_no = a.cycle_no
), won AS (
  SELECT e.person_id, e.cycle_no, o.won_at, o.is_won_day_grain
  FROM kpis.life_event e
  JOIN kpis.fct_opportunity o ON o.opportunity_id = e.opportunity_id AND o.is_won AND o.won_at IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY e.person_id, e.cycle_no ORDER BY o.won_at, o.is_won_day_grain, o.opportunity_id) = 1
), every AS (
  SELECT * FROM moved
  UNION ALL
  SELECT 'sql_won', a.person_id, a.cycle_no, a.entered_at, w.won_at,
    NOT (a.is_imputed OR a.is_day_grain OR coalesce(w.is_won_day_grain, false))
  FROM kpis.fct_lead_stage a
  LEFT JOIN won w ON w.person_id = a.person_id AND w.cycle_no = a.cycle_no
  WHERE a.stage = 'sql'
)
SELECT e.step, e.person_id, e.cycle_no, e.entered_at, local_date(e.entered_at, s.company_time_zone) AS entered_date, e.reached_at, e.is_clean
FROM every e
CROSS JOIN run.setting s
