-- New customers, CAC and historic lifetime value (readings 33, 42). CAC takes the expense of the period moved back by the
-- median sales cycle (whole days, half-even) of deals won in the 365 days before the period's end; none: not moved. Nothing is
-- said where the moved period ends before the ledger begins.
WITH newcomers AS (
  SELECT p.period_grain, p.period_start, p.period_end, count(c.account_id) AS customers
  FROM kpis.period p
  LEFT JOIN kpis.new_customer c ON c.since_date >= p.period_start AND c.since_date < p.period_end
  GROUP BY p.period_grain, p.period_start, p.period_end
), cycle AS (
  SELECT p.period_grain, p.period_start, CAST(o.close_date - o.created_date AS BIGINT) AS days,
    row_number() OVER (PARTITION BY p.period_grain, p.period_start ORDER BY o.close_date - o.created_date, o.opportunity_id) AS place,
    count(*) OVER (PARTITION BY p.period_grain, p.period_start) AS deals
  FROM kpis.period p
  JOIN kpis.fct_opportunity o ON o.is_won AND o.close_date >= p.period_end - 365 AND o.close_date < p.period_end
), lag_days AS (
  SELECT period_grain, period_start, CAST(divide_half_even(CAST(sum(days) AS HUGEINT), CAST(count(*) AS HUGEINT)) AS INTEGER) AS back
  FROM cycle WHERE place IN ((deals + 1) // 2, deals // 2 + 1) GROUP BY period_grain, period_start
), expense AS (
  SELECT * FROM kpis.expense WHERE function IN ('sales', 'marketing') AND kind <> 'revenue'
), cost AS (
  SELECT n.period_grain, n.period_start, n.customers, sum(e.amount_reporting_minor) AS expense, count(e.line_id) AS rows_all,
    count(e.amount_reporting_minor) AS rows_used,
    n.period_end - coalesce(l.back, 0) <= (SELECT min(booked_on) FROM expense) AS is_before_ledger
  FROM newcomers n
  LEFT JOIN lag_days l ON l.period_grain = n.period_grain AND l.period_start = n.period_start
  LEFT JOIN expense e ON e.booked_on >= n.period_start - coalesce(l.back, 0) AND e.booked_on < n.period_end - coalesce(l.back, 0)
  GROUP BY n.period_grain, n.period_start, n.period_end, n.customers, l.back
), received AS (
  SELECT p.period_grain, p.period_start, coalesce(sum(r.net_reporting_minor), 0) AS net,
    count(DISTINCT r.account_id) FILTER (WHERE r.kind = 'invoice') AS payers, count(r.record_id) AS rows_all, count(r.net_reporting_minor) AS rows_used
  FROM kpis.period p
  LEFT JOIN kpis.receipt r ON r.received_on < p.period_end
  GROUP BY p.period_grain, p.period_start
)
SELECT 'new_customers' AS kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment, customers AS numerator,
  CAST(NULL AS BIGINT) AS denominator, customers AS n, CAST(NULL AS BIGINT) AS rows_used, CAST(NULL AS BIGINT) AS rows_all,
  CAST(NULL AS VARCHAR) AS null_reason, CAST(NULL AS VARCHAR) AS basis
FROM newcomers
UNION ALL
SELECT 'cac', period_grain, period_start, 'all', 'all', CAST(coalesce(expense, 0) AS BIGINT), customers, customers, rows_used, rows_all,
  CASE WHEN coalesce(is_before_ledger, true) THEN 'not_covered' END, NULL
FROM cost
UNION ALL
SELECT 'ltv_historic', r.period_grain, r.period_start, 'all', 'all',
  half_even(CAST(r.net AS DECIMAL(25, 0)) * CAST(s.company_gross_margin_rate AS DECIMAL(9, 6))), r.payers, r.payers, r.rows_used, r.rows_all, NULL,
  CASE WHEN s.company_gross_margin_rate = 1 THEN 'revenue' ELSE 'margin' END
FROM received r
CROSS JOIN run.setting s
