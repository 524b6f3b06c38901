-- One goal on a KPI.
SELECT
  'finance' AS source,
  goal_id,
  nullif(trim(parent_goal_id), '') AS parent_goal_id,
  trim(name) AS name,
  trim(kpi_id) AS kpi_id,
  trim(baseline) AS baseline,
  trim(target) AS target,
  period_start AS start_date,
  period_end AS end_date,
  trim(owner) AS owner,
  nullif(trim(consequence), '') AS consequence,
  nullif(trim(level), '') AS level
FROM finance.goals
