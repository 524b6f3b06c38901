-- Scorecard KPIs 1 to 6 from the ledger and head count alone (kpis 2.3; readings 4, 37, 38). FTE sides are thousandths of
-- FTE-days over the period's days before as-of; expenses are sales and marketing without revenue; tooling and other are on
-- neither side of KPI 5. KPIs 7 and 8 have no figure yet.
WITH period AS (
  SELECT p.period_grain, p.period_start, p.period_end, least(p.period_end, s.as_of_date) AS until_date
  FROM kpis.period p CROSS JOIN run.setting s WHERE p.period_grain IN ('month', 'quarter', 'fiscal_year')
), money AS (
  SELECT p.period_grain, p.period_start,
    sum(e.amount_reporting_minor) FILTER (e.function = 'sales') AS sales, sum(e.amount_reporting_minor) FILTER (e.function = 'marketing') AS marketing,
    sum(e.amount_reporting_minor) FILTER (e.kind = 'program') AS program, sum(e.amount_reporting_minor) FILTER (e.kind IN ('program', 'people')) AS program_people,
    count(e.line_id) AS rows_all, count(e.amount_reporting_minor) AS rows_used
  FROM period p
  LEFT JOIN kpis.expense e ON e.booked_on >= p.period_start AND e.booked_on < p.period_end
    AND e.function IN ('sales', 'marketing') AND e.kind <> 'revenue'
  GROUP BY ALL
), revenue AS (
  SELECT p.period_grain, p.period_start, sum(r.amount_reporting_minor) AS revenue, string_agg(DISTINCT r.basis, ';' ORDER BY r.basis) AS basis,
    count(r.record_id) AS rows_all, count(r.amount_reporting_minor) AS rows_used
  FROM period p LEFT JOIN kpis.revenue_day r ON r.revenue_date >= p.period_start AND r.revenue_date < p.period_end
  GROUP BY ALL
), staff AS (
  SELECT p.period_grain, p.period_start, h.role, h.function,
    h.fte_milli * greatest(CAST(least(p.until_date, coalesce(h.end_date + 1, p.until_date)) - greatest(p.period_start, h.start_date) AS BIGINT), 0)
      AS fte_days
  FROM period p JOIN staged.employment h ON h.start_date < p.until_date AND coalesce(h.end_date, p.until_date) >= p.period_start
), heads AS (
  SELECT period_grain, period_start, sum(fte_days) FILTER (function = 'sales') AS sales,
    sum(fte_days) FILTER (role = 'quota_bearing') AS quota_bearing, sum(fte_days) FILTER (role = 'field_marketing') AS field_marketing,
    sum(fte_days) FILTER (role IN ('sales_ops', 'marketing_ops') AND function IN ('sales', 'marketing')) AS operations,
    sum(fte_days) FILTER (function IN ('sales', 'marketing')) AS both
  FROM staff GROUP BY period_grain, period_start
), wide AS (
  SELECT p.*, m.sales, m.marketing, m.program, m.program_people, m.rows_all, m.rows_used, r.revenue, r.basis, r.rows_all AS revenue_rows_all,
    r.rows_used AS revenue_rows_used, h.sales AS sales_days, h.quota_bearing, h.field_marketing, h.operations, h.both AS staff_days,
    CAST(p.until_date - p.period_start AS BIGINT) AS days
  FROM period p JOIN money m USING (period_grain, period_start) JOIN revenue r USING (period_grain, period_start)
  LEFT JOIN heads h USING (period_grain, period_start)
), long AS (
  SELECT 'scorecard_1_marketing_sales_cost_to_revenue' AS kpi_id, period_grain, period_start, coalesce(sales, 0) + coalesce(marketing, 0) AS numerator,
    coalesce(revenue, 0) AS denominator, rows_used + revenue_rows_used AS rows_used, rows_all + revenue_rows_all AS rows_all, basis, days FROM wide
  UNION ALL SELECT 'scorecard_2_sales_to_marketing_cost', period_grain, period_start, coalesce(sales, 0), coalesce(marketing, 0), rows_used, rows_all,
    NULL, days FROM wide
  UNION ALL SELECT 'scorecard_3_marketing_cost_per_sales_head', period_grain, period_start, coalesce(marketing, 0), coalesce(sales_days, 0), rows_used,
    rows_all, NULL, days FROM wide
  UNION ALL SELECT 'scorecard_4_quota_bearing_to_field_marketing', period_grain, period_start, coalesce(quota_bearing, 0), coalesce(field_marketing, 0),
    NULL, NULL, NULL, days FROM wide
  UNION ALL SELECT 'scorecard_5_program_share', period_grain, period_start, coalesce(program, 0), coalesce(program_people, 0), rows_used, rows_all,
    NULL, days FROM wide
  UNION ALL SELECT 'scorecard_6_operations_share', period_grain, period_start, coalesce(operations, 0), coalesce(staff_days, 0), NULL, NULL, NULL,
    days FROM wide
)
SELECT kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment, CAST(numerator AS BIGINT) AS numerator,
  CAST(denominator AS BIGINT) AS denominator,
  CASE WHEN kpi_id LIKE 'scorecard_3%' AND denominator > 0
    THEN CAST(divide_half_even(CAST(numerator AS HUGEINT) * 1000 * days, CAST(denominator AS HUGEINT)) AS BIGINT) END AS value_minor,
  rows_all AS n, rows_used, rows_all, basis
FROM long
UNION ALL
SELECT k.kpi_id, p.period_grain, p.period_start, 'all', 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM period p CROSS JOIN (VALUES ('scorecard_7_sales_enablement_score'), ('scorecard_8_lead_management_score')) k(kpi_id) WHERE false
ORDER BY ALL
