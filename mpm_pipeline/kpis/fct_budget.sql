-- One budget line and month (kpis 2.4 Budget variance; readings 36, 40, 53). A parent's plan, forecast and committed are the
-- sums of its children; where the children give none, its own amount is served. Target is never summed up. Ledger lines on a
-- parent line are added to what its children give; revenue is never a budget actual.
WITH RECURSIVE rate AS (
  SELECT e.entry_id, e.amount_minor, e.currency_code, e.month_date, f.multiply, f.divide
  FROM staged.budget_entry e CROSS JOIN run.setting s
  ASOF LEFT JOIN (SELECT * FROM kpis.budget_rate ORDER BY rate_date) f ON f.currency_code = e.currency_code AND e.month_date >= f.rate_date
), line AS (
  SELECT budget_line_id, arg_max(parent_line_id, key) AS parent_line_id, arg_max(level, key) AS level, arg_max(name, key) AS name,
    arg_max(owner, key) AS owner
  FROM (SELECT *, (month_date, entry_id) AS key FROM staged.budget_entry) GROUP BY budget_line_id
), own AS (
  SELECT e.budget_line_id, e.month_date, CAST(sum(r.reporting) FILTER (e.view = 'target') AS BIGINT) AS target,
    CAST(sum(r.reporting) FILTER (e.view = 'plan') AS BIGINT) AS plan, CAST(sum(r.reporting) FILTER (e.view = 'forecast') AS BIGINT) AS forecast,
    CAST(sum(r.reporting) FILTER (e.view = 'committed') AS BIGINT) AS committed
  FROM staged.budget_entry e
  JOIN (SELECT entry_id, to_reporting(amount_minor, multiply, divide) AS reporting FROM rate) r USING (entry_id)
  GROUP BY e.budget_line_id, e.month_date
), booked AS (
  SELECT budget_line_id, CAST(date_trunc('month', booked_on) AS DATE) AS month_date, CAST(sum(amount_reporting_minor) AS BIGINT) AS actual
  FROM kpis.expense WHERE kind <> 'revenue' AND budget_line_id IN (SELECT budget_line_id FROM line) GROUP BY ALL
), tree(top_line_id, budget_line_id, depth) AS (
  SELECT budget_line_id, budget_line_id, 0 FROM line
  UNION ALL
  SELECT t.top_line_id, l.budget_line_id, t.depth + 1 FROM tree t JOIN line l ON l.parent_line_id = t.budget_line_id WHERE t.depth < 20
), given AS (
  SELECT budget_line_id, month_date, 'plan' AS view, plan AS amount FROM own UNION ALL SELECT budget_line_id, month_date, 'forecast', forecast FROM own
  UNION ALL SELECT budget_line_id, month_date, 'committed', committed FROM own
), effective AS (
  -- an amount counts for the lines above it unless something below it in the same month and view has an amount of its own
  SELECT g.* FROM given g WHERE g.amount IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM tree t JOIN given below ON below.budget_line_id = t.budget_line_id
    WHERE t.top_line_id = g.budget_line_id AND t.depth > 0 AND below.month_date = g.month_date AND below.view = g.view AND below.amount IS NOT NULL)
), rolled AS (
  SELECT t.top_line_id AS budget_line_id, e.month_date, sum(e.amount) FILTER (e.view = 'plan') AS plan,
    sum(e.amount) FILTER (e.view = 'forecast') AS forecast, sum(e.amount) FILTER (e.view = 'committed') AS committed
  FROM tree t JOIN effective e ON e.budget_line_id = t.budget_line_id GROUP BY ALL
), spent AS (
  SELECT t.top_line_id AS budget_line_id, b.month_date, sum(b.actual) AS actual FROM tree t JOIN booked b ON b.budget_line_id = t.budget_line_id GROUP BY ALL
), spine AS (
  SELECT budget_line_id, month_date FROM rolled UNION SELECT budget_line_id, month_date FROM spent UNION SELECT budget_line_id, month_date FROM own
)
SELECT x.budget_line_id, l.parent_line_id, l.level, l.name, l.owner, x.month_date AS month, o.target AS target_minor,
  CAST(r.plan AS BIGINT) AS plan_minor, CAST(r.forecast AS BIGINT) AS forecast_minor, CAST(r.committed AS BIGINT) AS committed_minor,
  CAST(coalesce(p.actual, 0) AS BIGINT) AS actual_minor, CAST(coalesce(p.actual, 0) - r.plan AS BIGINT) AS variance_minor,
  s.company_reporting_currency AS currency_code
FROM spine x JOIN line l USING (budget_line_id) CROSS JOIN run.setting s
LEFT JOIN own o USING (budget_line_id, month_date) LEFT JOIN rolled r USING (budget_line_id, month_date) LEFT JOIN spent p USING (budget_line_id, month_date)
ORDER BY ALL
