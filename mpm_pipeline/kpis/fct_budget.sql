-- One budget line and month (KPI definitions 2.4 Budget variance; readings 36, 40, 53). A parent's plan, forecast and committed
-- are the sums of its children; where the children give none, its own amount is served. Target is never summed up. Ledger lines
-- on a parent line are added to what its children give; revenue is never a budget actual. Parents in a ring are tops.
WITH RECURSIVE told AS (
  SELECT budget_line_id, parent_line_id, level, name, owner FROM staged.budget_entry
  QUALIFY row_number() OVER (PARTITION BY budget_line_id ORDER BY month_date DESC, entry_id DESC) = 1
), above(budget_line_id, ancestor_id) AS (
  SELECT budget_line_id, parent_line_id FROM told WHERE parent_line_id IS NOT NULL
  UNION
  SELECT a.budget_line_id, t.parent_line_id
  FROM above a JOIN told t ON t.budget_line_id = a.ancestor_id
  WHERE t.parent_line_id IS NOT NULL
), line AS (
  SELECT t.*, NOT EXISTS (SELECT 1 FROM told u WHERE u.budget_line_id = t.parent_line_id)
    OR EXISTS (SELECT 1 FROM above a WHERE a.budget_line_id = t.budget_line_id AND a.ancestor_id = t.budget_line_id) AS is_top
  FROM told t
), tree(top_line_id, budget_line_id) AS (
  SELECT budget_line_id, budget_line_id FROM line
  UNION ALL
  SELECT t.top_line_id, l.budget_line_id FROM tree t JOIN line l ON l.parent_line_id = t.budget_line_id AND NOT l.is_top
), own AS (
  SELECT e.budget_line_id, e.month_date, e.view, CAST(sum(to_reporting(e.amount_minor, f.multiply, f.divide)) AS BIGINT) AS amount
  FROM staged.budget_entry e
  JOIN kpis.budget_rate f ON f.currency_code = e.currency_code AND f.rate_date = e.month_date
  GROUP BY e.budget_line_id, e.month_date, e.view
), booked AS (
  SELECT e.budget_line_id, CAST(date_trunc('month', e.booked_on) AS DATE) AS month_date, CAST(coalesce(sum(e.amount_reporting_minor), 0) AS BIGINT) AS actual
  FROM kpis.expense e SEMI JOIN line l ON l.budget_line_id = e.budget_line_id
  WHERE e.kind <> 'revenue'
  GROUP BY e.budget_line_id, date_trunc('month', e.booked_on)
), effective AS (
  SELECT g.*
  FROM own g
  WHERE g.view <> 'target' AND NOT EXISTS (
    SELECT 1 FROM tree t JOIN own below ON below.budget_line_id = t.budget_line_id
    WHERE t.top_line_id = g.budget_line_id AND t.budget_line_id <> t.top_line_id AND below.month_date = g.month_date AND below.view = g.view)
), rolled AS (
  SELECT t.top_line_id AS budget_line_id, e.month_date, e.view, CAST(sum(e.amount) AS BIGINT) AS amount
  FROM tree t JOIN effective e ON e.budget_line_id = t.budget_line_id
  GROUP BY t.top_line_id, e.month_date, e.view
  UNION ALL
  SELECT budget_line_id, month_date, view, amount FROM own WHERE view = 'target'
  UNION ALL
  SELECT t.top_line_id, b.month_date, 'actual', CAST(sum(b.actual) AS BIGINT)
  FROM tree t JOIN booked b ON b.budget_line_id = t.budget_line_id
  GROUP BY t.top_line_id, b.month_date
  UNION ALL
  SELECT t.top_line_id, o.month_date, 'entry', NULL FROM tree t JOIN own o ON o.budget_line_id = t.budget_line_id GROUP BY t.top_line_id, o.month_date
), wide AS (
  SELECT budget_line_id, month_date, max(CASE WHEN view = 'target' THEN amount END) AS target, max(CASE WHEN view = 'plan' THEN amount END) AS plan,
    max(CASE WHEN view = 'forecast' THEN amount END) AS forecast, max(CASE WHEN view = 'committed' THEN amount END) AS committed,
    coalesce(max(CASE WHEN view = 'actual' THEN amount END), 0) AS actual
  FROM rolled GROUP BY budget_line_id, month_date
)
SELECT w.budget_line_id, l.parent_line_id, l.level, l.name, l.owner, w.month_date AS month, w.target AS target_minor, w.plan AS plan_minor,
  w.forecast AS forecast_minor, w.committed AS committed_minor, w.actual AS actual_minor, w.actual - w.plan AS variance_minor,
  s.company_reporting_currency AS currency_code, l.is_top
FROM wide w
JOIN line l ON l.budget_line_id = w.budget_line_id
CROSS JOIN run.setting s
