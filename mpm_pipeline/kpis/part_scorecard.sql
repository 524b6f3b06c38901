-- Scorecard KPIs 1 to 6 from the ledger and head count alone (KPI definitions 2.3; readings 4, 37, 38). FTE sides are thousandths
-- of FTE-days over the period's days before as-of; tooling and other are on neither side of KPI 5. A side of which nothing could
-- be converted is missing; coverage is that of the worse side. KPIs 7 and 8 have no figure yet.
WITH period AS (
  SELECT p.period_grain, p.period_start, p.period_end, least(p.period_end, s.as_of_date) AS until_date, s.company_reporting_currency AS reporting
  FROM kpis.period p CROSS JOIN run.setting s
), spent AS (
  SELECT p.period_grain, p.period_start, e.function, e.kind, e.amount_reporting_minor
  FROM period p
  JOIN kpis.expense e ON e.booked_on >= p.period_start AND e.booked_on < p.period_end
  WHERE e.function IN ('sales', 'marketing') AND e.kind <> 'revenue'
), employed AS (
  SELECT p.period_grain, p.period_start, h.role, h.function,
    h.fte_milli * CAST(least(p.until_date, coalesce(h.end_date + 1, p.until_date)) - greatest(p.period_start, h.start_date) AS BIGINT) AS fte_days
  FROM period p
  JOIN staged.employment h ON h.start_date < p.until_date AND coalesce(h.end_date, p.until_date) >= p.period_start
), side AS (
  SELECT period_grain, period_start, v.side, sum(amount_reporting_minor) AS amount, count(*) AS rows_all, count(amount_reporting_minor) AS rows_used,
    CAST(NULL AS VARCHAR) AS basis
  FROM spent
  JOIN (VALUES ('cost', '', ''), ('sales', 'sales', ''), ('marketing', 'marketing', ''), ('program', '', 'program'), ('both kinds', '', 'program'),
    ('both kinds', '', 'people')) AS v(side, of_function, of_kind)
    ON v.of_function IN ('', spent.function) AND v.of_kind IN ('', spent.kind)
  GROUP BY period_grain, period_start, v.side
  UNION ALL
  SELECT period_grain, period_start, v.side, sum(fte_days), NULL, NULL, NULL
  FROM employed
  JOIN (VALUES ('quota bearing', 'quota_bearing', ''), ('field marketing', 'field_marketing', ''), ('sellers', '', 'sales'), ('staff', '', 'sales'),
    ('staff', '', 'marketing'), ('operations', 'sales_ops', 'sales'), ('operations', 'sales_ops', 'marketing'), ('operations', 'marketing_ops', 'sales'),
    ('operations', 'marketing_ops', 'marketing')) AS v(side, of_role, of_function)
    ON v.of_role IN ('', employed.role) AND v.of_function IN ('', employed.function)
  GROUP BY period_grain, period_start, v.side
  UNION ALL
  SELECT period_grain, period_start, 'revenue', revenue_minor, rows_all, rows_used, basis FROM kpis.revenue_period
), paired AS (
  SELECT p.*, v.kpi_id, coalesce(a.rows_all > 0 AND a.rows_used = 0, false) AS is_top_lost, coalesce(b.rows_all > 0 AND b.rows_used = 0, false) AS is_bottom_lost,
    CAST(coalesce(a.amount, 0) AS BIGINT) AS top, CAST(coalesce(b.amount, 0) AS BIGINT) AS bottom, CAST(p.until_date - p.period_start AS BIGINT) AS days,
    coalesce(a.rows_all, 0) AS top_all, coalesce(a.rows_used, 0) AS top_used, coalesce(b.rows_all, 0) AS bottom_all, coalesce(b.rows_used, 0) AS bottom_used,
    b.basis,
    v.below = 'revenue' AND b.basis IS NULL AS is_uncovered
  FROM period p
  CROSS JOIN (VALUES ('scorecard_1_marketing_sales_cost_to_revenue', 'cost', 'revenue'), ('scorecard_2_sales_to_marketing_cost', 'sales', 'marketing'),
    ('scorecard_3_marketing_cost_per_sales_head', 'marketing', 'sellers'), ('scorecard_4_quota_bearing_to_field_marketing', 'quota bearing', 'field marketing'),
    ('scorecard_5_program_share', 'program', 'both kinds'), ('scorecard_6_operations_share', 'operations', 'staff')) AS v(kpi_id, above, below)
  LEFT JOIN side a ON a.period_grain = p.period_grain AND a.period_start = p.period_start AND a.side = v.above
  LEFT JOIN side b ON b.period_grain = p.period_grain AND b.period_start = p.period_start AND b.side = v.below
)
SELECT q.kpi_id, q.period_grain, q.period_start, 'all' AS segment_kind, 'all' AS segment,
  CASE WHEN NOT q.is_top_lost THEN q.top END AS numerator, CASE WHEN NOT q.is_bottom_lost THEN q.bottom END AS denominator,
  CASE WHEN q.kpi_id LIKE 'scorecard_3%' AND q.bottom > 0
    THEN CAST(q.top AS DOUBLE) * 1000.0 * q.days / q.bottom / power_of_ten(CAST(c.exponent AS INTEGER)) END AS value,
  CASE WHEN q.kpi_id LIKE 'scorecard_3%' AND q.bottom > 0
    THEN CAST(divide_half_even(CAST(q.top AS HUGEINT) * 1000 * q.days, CAST(q.bottom AS HUGEINT)) AS BIGINT) END AS value_minor,
  q.top_all + q.bottom_all AS n, CASE WHEN q.is_worse_above THEN q.top_used ELSE q.bottom_used END AS rows_used,
  CASE WHEN q.is_worse_above THEN q.top_all ELSE q.bottom_all END AS rows_all, q.basis,
  CASE WHEN q.is_uncovered THEN 'not_covered' WHEN q.is_top_lost OR q.is_bottom_lost THEN 'fx_missing' END AS null_reason
FROM (SELECT *, top_all > 0 AND (bottom_all = 0 OR top_used * bottom_all <= bottom_used * top_all) AS is_worse_above FROM paired) q
JOIN reference.currency c ON c.currency_code = q.reporting
