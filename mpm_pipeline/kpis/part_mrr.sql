-- MRR, ARR and the bridge per period: closing of the last month, movements summed (readings 31). Of the closing it is told how
-- many accounts could be converted; what could not stands in the movements as fx (readings 52).
WITH span AS (
  SELECT p.period_grain, p.period_start, max(m.period_start) AS last_month, min(m.period_start) AS first_month
  FROM kpis.period p
  JOIN kpis.period m ON m.period_grain = 'month' AND m.period_start >= p.period_start AND m.period_start < p.period_end
  GROUP BY p.period_grain, p.period_start
), worth AS (
  SELECT month_date, count(DISTINCT account_id) AS accounts, count(DISTINCT CASE WHEN multiply IS NOT NULL THEN account_id END) AS converted
  FROM kpis.mrr_closing GROUP BY month_date
), summed AS (
  SELECT s.period_grain, s.period_start, s.last_month, sum(CASE WHEN f.month = s.last_month THEN f.closing_minor END) AS mrr,
    sum(f.new_minor) AS mrr_new, sum(f.expansion_minor) AS mrr_expansion, sum(f.contraction_minor) AS mrr_contraction,
    sum(f.churn_minor) AS mrr_churn, sum(f.reactivation_minor) AS mrr_reactivation, sum(f.fx_minor) AS mrr_fx
  FROM span s
  JOIN kpis.fct_mrr f ON f.month >= s.first_month AND f.month <= s.last_month
  GROUP BY s.period_grain, s.period_start, s.last_month
)
SELECT k.kpi_id, s.period_grain, s.period_start, 'all' AS segment_kind, 'all' AS segment,
  CAST(coalesce(CASE k.kpi_id WHEN 'mrr' THEN s.mrr WHEN 'arr' THEN 12 * s.mrr WHEN 'mrr_new' THEN s.mrr_new WHEN 'mrr_expansion' THEN s.mrr_expansion
    WHEN 'mrr_contraction' THEN s.mrr_contraction WHEN 'mrr_churn' THEN s.mrr_churn WHEN 'mrr_reactivation' THEN s.mrr_reactivation ELSE s.mrr_fx END, 0)
    AS BIGINT) AS numerator, coalesce(w.accounts, 0) AS n,
  CASE WHEN k.kpi_id IN ('mrr', 'arr') THEN w.converted END AS rows_used, CASE WHEN k.kpi_id IN ('mrr', 'arr') THEN w.accounts END AS rows_all
FROM summed s
CROSS JOIN (VALUES ('mrr'), ('arr'), ('mrr_new'), ('mrr_expansion'), ('mrr_contraction'), ('mrr_churn'), ('mrr_reactivation'), ('mrr_fx')) AS k(kpi_id)
LEFT JOIN worth w ON w.month_date = s.last_month
