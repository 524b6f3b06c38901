-- Breaches of the budget (readings 40, 53): amounts of a parent line that are not the sum of its children's, which is served in
-- their place, and ledger lines that name no line of the budget, so that they are in no line's actuals. Foreign amounts are
-- compared as they are served, so each of a line and those below it may be a half unit off. Without a budget nothing is unknown.
WITH RECURSIVE own AS (
  SELECT e.source, e.budget_line_id, e.month_date, e.view, min(e.entry_id) AS entry_id,
    CAST(sum(to_reporting(e.amount_minor, f.multiply, f.divide)) AS BIGINT) AS amount
  FROM staged.budget_entry e
  JOIN kpis.budget_rate f ON f.currency_code = e.currency_code AND f.rate_date = e.month_date
  WHERE e.view <> 'target'
  GROUP BY e.source, e.budget_line_id, e.month_date, e.view
), line AS (
  SELECT DISTINCT budget_line_id, parent_line_id FROM kpis.fct_budget
), below(budget_line_id, below_id) AS (
  SELECT budget_line_id, budget_line_id FROM line
  UNION
  SELECT b.budget_line_id, l.budget_line_id FROM below b JOIN line l ON l.parent_line_id = b.below_id
), blur AS (
  SELECT b.budget_line_id, e.month_date, e.view, count(*) AS half_units
  FROM below b
  JOIN staged.budget_entry e ON e.budget_line_id = b.below_id
  CROSS JOIN run.setting s
  WHERE e.currency_code <> s.company_reporting_currency
  GROUP BY b.budget_line_id, e.month_date, e.view
), served AS (
  SELECT budget_line_id, month AS month_date, 'plan' AS view, plan_minor AS amount FROM kpis.fct_budget
  UNION ALL SELECT budget_line_id, month, 'forecast', forecast_minor FROM kpis.fct_budget
  UNION ALL SELECT budget_line_id, month, 'committed', committed_minor FROM kpis.fct_budget
), broken AS (
  SELECT 'budget_parent_differs' AS rule, o.source, 'budget' AS object, o.entry_id AS record_id, CAST(NULL AS VARCHAR) AS region,
    o.budget_line_id AS value, o.view || ' of ' || left(CAST(o.month_date AS VARCHAR), 7) || ' is not the sum of its children''s, which is served' AS text
  FROM own o
  JOIN served s ON s.budget_line_id = o.budget_line_id AND s.month_date = o.month_date AND s.view = o.view
  LEFT JOIN blur b ON b.budget_line_id = o.budget_line_id AND b.month_date = o.month_date AND b.view = o.view
  WHERE 2 * abs(o.amount - s.amount) > coalesce(b.half_units, 0)
  UNION ALL
  SELECT 'unknown_budget_line', a.source, 'actuals', a.line_id, a.region, a.budget_line_id,
    'names no line of the budget, so it is in no line''s actuals'
  FROM staged.ledger_line a
  ANTI JOIN staged.budget_entry e ON e.budget_line_id = a.budget_line_id
  WHERE a.kind <> 'revenue' AND EXISTS (SELECT 1 FROM staged.budget_entry)
)
SELECT b.rule, b.source, b.object, b.record_id, b.region, CAST(NULL AS VARCHAR) AS team, b.value, b.text, CAST(NULL AS VARCHAR) AS exception_id
FROM broken b
