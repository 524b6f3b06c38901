-- One row per month, fiscal quarter and fiscal year of the company that overlaps [first event of any source, as-of]
-- (readings 1, 11). A fiscal year that starts within a calendar year is labelled by both, FY2026/27.
WITH span AS (
  SELECT s.as_of, s.as_of_date, s.company_time_zone AS zone, CAST(s.company_fiscal_year_start_month AS INTEGER) AS fiscal_start,
    coalesce(min(f.first_date), s.as_of_date) AS first_date
  FROM run.setting s
  LEFT JOIN kpis.source_start f ON true
  GROUP BY s.as_of, s.as_of_date, s.company_time_zone, s.company_fiscal_year_start_month
), month AS (
  SELECT *, CAST(unnest(generate_series(CAST(date_trunc('month', first_date) - INTERVAL 12 MONTH AS DATE),
    CAST(date_trunc('month', as_of_date) AS DATE), INTERVAL 1 MONTH)) AS DATE) AS month_start
  FROM span
), placed AS (
  SELECT *, (month(month_start) - fiscal_start + 12) % 12 AS fiscal_month FROM month
), begun AS (
  SELECT *, 'month' AS period_grain, month_start AS period_start, 1 AS months FROM placed
  UNION ALL
  SELECT *, 'quarter', month_start, 3 FROM placed WHERE fiscal_month % 3 = 0
  UNION ALL
  SELECT *, 'fiscal_year', month_start, 12 FROM placed WHERE fiscal_month = 0
), ended AS (
  SELECT *, CAST(period_start + to_months(months) AS DATE) AS period_end,
    CAST(period_start - to_months(CAST(fiscal_month AS INTEGER)) AS DATE) AS year_start
  FROM begun
)
SELECT period_grain, period_start, period_end, day_start(period_start, zone) AS starts_at, day_start(period_end, zone) AS ends_at,
  CAST(period_end - period_start AS BIGINT) AS days, day_start(period_end, zone) <= as_of AS is_complete,
  CASE period_grain WHEN 'month' THEN strftime(period_start, '%b %Y')
    ELSE CASE period_grain WHEN 'quarter' THEN 'Q' || CAST(fiscal_month // 3 + 1 AS VARCHAR) || ' ' ELSE '' END
      || 'FY' || CAST(year(year_start) AS VARCHAR) || CASE WHEN fiscal_start = 1 THEN '' ELSE '/' || lpad(CAST((year(year_start) + 1) % 100 AS VARCHAR), 2, '0') END
    END AS label
FROM ended
WHERE period_end > first_date AND period_start <= as_of_date
