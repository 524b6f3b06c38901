-- Plan, actual, variance and used share over the top lines of the budget (KPI definitions 2.4; readings 40): months after as-of
-- are in the plan of their period with an actual of 0. What has no rate is counted, and where nothing could be converted the
-- plan, the actual and what is made of both are missing.
WITH summed AS (
  SELECT p.period_grain, p.period_start, CAST(coalesce(sum(b.plan_minor), 0) AS BIGINT) AS plan, CAST(coalesce(sum(b.actual_minor), 0) AS BIGINT) AS actual,
    count(b.budget_line_id) AS n
  FROM kpis.period p
  LEFT JOIN kpis.fct_budget b ON b.is_top AND b.month >= p.period_start AND b.month < p.period_end
  GROUP BY p.period_grain, p.period_start
), planned AS (
  SELECT p.period_grain, p.period_start, count(*) AS rows_all, count(f.currency_code) AS rows_used
  FROM kpis.period p
  JOIN staged.budget_entry e ON e.view = 'plan' AND e.month_date >= p.period_start AND e.month_date < p.period_end
  LEFT JOIN kpis.budget_rate f ON f.currency_code = e.currency_code AND f.rate_date = e.month_date
  GROUP BY p.period_grain, p.period_start
), booked AS (
  SELECT p.period_grain, p.period_start, count(*) AS rows_all, count(e.amount_reporting_minor) AS rows_used
  FROM kpis.period p
  JOIN kpis.expense e ON e.kind <> 'revenue' AND e.booked_on >= p.period_start AND e.booked_on < p.period_end
  SEMI JOIN staged.budget_entry l ON l.budget_line_id = e.budget_line_id
  GROUP BY p.period_grain, p.period_start
), known AS (
  SELECT s.*, coalesce(a.rows_all, 0) AS plan_all, coalesce(a.rows_used, 0) AS plan_used, coalesce(b.rows_all, 0) AS actual_all,
    coalesce(b.rows_used, 0) AS actual_used, coalesce(a.rows_all > 0 AND a.rows_used = 0, false) OR coalesce(b.rows_all > 0 AND b.rows_used = 0, false) AS is_lost
  FROM summed s
  LEFT JOIN planned a ON a.period_grain = s.period_grain AND a.period_start = s.period_start
  LEFT JOIN booked b ON b.period_grain = s.period_grain AND b.period_start = s.period_start
)
SELECT k.kpi_id, x.period_grain, x.period_start, 'all' AS segment_kind, 'all' AS segment,
  CASE k.kpi_id WHEN 'budget_plan' THEN x.plan WHEN 'budget_variance' THEN x.actual - x.plan ELSE x.actual END AS numerator,
  CASE k.kpi_id WHEN 'budget_used_rate' THEN x.plan END AS denominator, x.n,
  CASE k.kpi_id WHEN 'budget_plan' THEN x.plan_used WHEN 'budget_actual' THEN x.actual_used ELSE x.plan_used + x.actual_used END AS rows_used,
  CASE k.kpi_id WHEN 'budget_plan' THEN x.plan_all WHEN 'budget_actual' THEN x.actual_all ELSE x.plan_all + x.actual_all END AS rows_all,
  CASE WHEN x.is_lost AND k.kpi_id IN ('budget_variance', 'budget_used_rate') THEN 'fx_missing' END AS null_reason
FROM known x
CROSS JOIN (VALUES ('budget_plan'), ('budget_actual'), ('budget_variance'), ('budget_used_rate')) AS k(kpi_id)
