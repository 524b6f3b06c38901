-- Recognised revenue by day: the ledger's revenue lines in fiscal years that have any, else invoice lines net of discounts and
-- tax spread over their days, less credit notes (inputs 3 Billing; readings 9, 35, 39). Each record's part of a day is converted
-- and rounded by itself.
WITH fiscal AS (
  SELECT period_start, period_end FROM kpis.period WHERE period_grain = 'fiscal_year'
), from_finance AS (
  SELECT 'finance' AS basis, booked_on AS revenue_date, amount_reporting_minor FROM kpis.expense WHERE kind = 'revenue'
), told AS (
  SELECT y.period_start, y.period_end, count(f.basis) > 0 AS by_finance
  FROM fiscal y LEFT JOIN from_finance f ON f.revenue_date >= y.period_start AND f.revenue_date < y.period_end
  GROUP BY y.period_start, y.period_end
), line AS (
  SELECT i.currency_code, l.amount_minor - l.discount_minor - l.inclusive_tax_minor AS total,
    local_date(l.period_start_at, s.company_time_zone) AS first_day,
    greatest(local_date(l.period_end_at, s.company_time_zone), local_date(l.period_start_at, s.company_time_zone) + 1) AS after_last, s.as_of_date
  FROM staged.invoice_line l
  JOIN staged.invoice i ON i.source = l.source AND i.invoice_id = l.invoice_id
  CROSS JOIN run.setting s
  WHERE i.finalized_at IS NOT NULL AND i.status NOT IN ('draft', 'void')
), spread AS (
  SELECT currency_code, total, first_day, CAST(after_last - first_day AS BIGINT) AS days,
    unnest(range(1, CAST(least(after_last, as_of_date + 1) - first_day AS BIGINT) + 1)) AS k
  FROM line
), by_day AS (
  SELECT currency_code, first_day + CAST(k - 1 AS INTEGER) AS revenue_date,
    divide_half_even(CAST(total AS HUGEINT) * k, CAST(days AS HUGEINT)) - divide_half_even(CAST(total AS HUGEINT) * (k - 1), CAST(days AS HUGEINT)) AS amount_minor
  FROM spread
  UNION ALL
  SELECT n.currency_code, local_date(n.created_at, s.company_time_zone), -(n.total_minor - n.tax_minor)
  FROM staged.credit_note n
  CROSS JOIN run.setting s
  LEFT JOIN staged.invoice i ON i.source = n.source AND i.invoice_id = n.invoice_id
  WHERE n.status <> 'void' AND coalesce(i.status, '') <> 'void'
), from_invoices AS (
  SELECT 'invoices' AS basis, d.revenue_date, to_reporting(d.amount_minor, f.multiply, f.divide) AS amount_reporting_minor
  FROM by_day d
  LEFT JOIN kpis.fx_rate f ON f.currency_code = d.currency_code AND f.rate_date = d.revenue_date
)
SELECT r.basis, r.revenue_date, CAST(coalesce(sum(r.amount_reporting_minor), 0) AS BIGINT) AS revenue_minor, count(*) AS rows_all,
  count(r.amount_reporting_minor) AS rows_used
FROM (SELECT * FROM from_finance UNION ALL SELECT * FROM from_invoices) r
JOIN told t ON r.revenue_date >= t.period_start AND r.revenue_date < t.period_end AND t.by_finance = (r.basis = 'finance')
GROUP BY r.basis, r.revenue_date
