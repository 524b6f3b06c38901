-- New customers, CAC and historic lifetime value (readings 33, 42). CAC takes the expense of the period moved back by the
-- median sales cycle (whole days, half-even) of deals won in the 365 days before the period's end; none: not moved.
WITH period AS (
  SELECT p.period_grain, p.period_start, p.period_end FROM kpis.period p WHERE p.period_grain IN ('month', 'quarter', 'fiscal_year')
), newcomers AS (
  SELECT p.period_grain, p.period_start, count(c.account_id) AS customers
  FROM period p CROSS JOIN run.setting s
  LEFT JOIN kpis.new_customer c ON c.since_date >= p.period_start AND c.since_date < p.period_end AND c.since_date <= s.as_of_date
  GROUP BY ALL
), cycle AS (
  SELECT p.period_grain, p.period_start, o.opportunity_id,
    CAST(o.close_date - local_date(o.created_at, s.company_time_zone) AS BIGINT) AS days
  FROM period p CROSS JOIN run.setting s
  JOIN kpis.fct_opportunity o ON o.is_won AND o.close_date >= p.period_end - 365 AND o.close_date < p.period_end AND o.close_date <= s.as_of_date
), ordered AS (
  SELECT *, row_number() OVER (PARTITION BY period_grain, period_start ORDER BY days, opportunity_id) AS place,
    count(*) OVER (PARTITION BY period_grain, period_start) AS deals FROM cycle
), lag_days AS (
  SELECT period_grain, period_start, CAST(divide_half_even(CAST(sum(days) AS HUGEINT), CAST(count(*) AS HUGEINT)) AS INTEGER) AS back
  FROM ordered WHERE place IN ((deals + 1) // 2, deals // 2 + 1) GROUP BY ALL
), cost AS (
  SELECT p.period_grain, p.period_start, sum(e.amount_reporting_minor) AS expense, count(e.line_id) AS rows_all,
    count(e.amount_reporting_minor) AS rows_used
  FROM period p LEFT JOIN lag_days l USING (period_grain, period_start)
  LEFT JOIN kpis.expense e ON e.booked_on >= p.period_start - coalesce(l.back, 0) AND e.booked_on < p.period_end - coalesce(l.back, 0)
    AND e.function IN ('sales', 'marketing') AND e.kind <> 'revenue'
  GROUP BY ALL
), money_in AS (
  SELECT p.period_grain, p.period_start, sum(r.net_reporting_minor) AS net,
    count(DISTINCT r.account_id) FILTER (r.kind = 'invoice') AS payers, count(r.record_id) AS rows_all, count(r.net_reporting_minor) AS rows_used
  FROM period p LEFT JOIN kpis.receipt r ON r.received_on < p.period_end
  GROUP BY ALL
)
SELECT 'new_customers' AS kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment, customers AS numerator,
  CAST(NULL AS BIGINT) AS denominator, CAST(NULL AS BIGINT) AS value_minor, customers AS n, CAST(NULL AS BIGINT) AS rows_used,
  CAST(NULL AS BIGINT) AS rows_all, CAST(NULL AS VARCHAR) AS basis
FROM newcomers
UNION ALL
SELECT 'cac', c.period_grain, c.period_start, 'all', 'all', CAST(coalesce(c.expense, 0) AS BIGINT), n.customers,
  CASE WHEN n.customers > 0 THEN CAST(divide_half_even(CAST(coalesce(c.expense, 0) AS HUGEINT), CAST(n.customers AS HUGEINT)) AS BIGINT) END,
  n.customers, c.rows_used, c.rows_all, NULL
FROM cost c JOIN newcomers n USING (period_grain, period_start)
UNION ALL
SELECT 'ltv_historic', m.period_grain, m.period_start, 'all', 'all', margin.net, m.payers,
  CASE WHEN m.payers > 0 THEN CAST(divide_half_even(CAST(margin.net AS HUGEINT), CAST(m.payers AS HUGEINT)) AS BIGINT) END,
  m.payers, m.rows_used, m.rows_all, CASE WHEN s.company_gross_margin_rate = 1 THEN 'revenue' ELSE 'margin' END
FROM money_in m CROSS JOIN run.setting s,
  LATERAL (SELECT half_even(CAST(coalesce(m.net, 0) AS DECIMAL(25, 0)) * CAST(s.company_gross_margin_rate AS DECIMAL(9, 6))) AS net) margin
ORDER BY ALL
