-- Plan, actual, variance and used share over the top lines of the budget (kpis 2.4; readings 40): months after as-of are in the
-- plan of their period with an actual of 0.
WITH top_line AS (
  SELECT b.* FROM kpis.fct_budget b
  WHERE b.parent_line_id IS NULL OR b.parent_line_id NOT IN (SELECT budget_line_id FROM kpis.fct_budget)
), summed AS (
  SELECT p.period_grain, p.period_start, sum(b.plan_minor) AS plan, sum(b.actual_minor) AS actual, count(*) AS n
  FROM kpis.period p JOIN top_line b ON b.month >= p.period_start AND b.month < p.period_end
  WHERE p.period_grain IN ('month', 'quarter', 'fiscal_year') GROUP BY ALL
)
SELECT k.kpi_id, s.period_grain, s.period_start, 'all' AS segment_kind, 'all' AS segment,
  CAST(CASE k.kpi_id WHEN 'budget_plan' THEN coalesce(s.plan, 0) WHEN 'budget_variance' THEN s.actual - coalesce(s.plan, 0) ELSE s.actual END AS BIGINT) AS numerator,
  CAST(CASE k.kpi_id WHEN 'budget_used_rate' THEN coalesce(s.plan, 0) END AS BIGINT) AS denominator,
  CAST(CASE k.kpi_id WHEN 'budget_plan' THEN coalesce(s.plan, 0) WHEN 'budget_variance' THEN s.actual - coalesce(s.plan, 0) WHEN 'budget_actual' THEN s.actual END
    AS BIGINT) AS value_minor, s.n
FROM summed s CROSS JOIN (VALUES ('budget_plan'), ('budget_actual'), ('budget_variance'), ('budget_used_rate')) k(kpi_id)
ORDER BY ALL
