-- Pipeline coverage (KPI definitions 2.2; readings 42): open pipeline due in the period / (target - won so far). The target is the
-- sum of the goals on revenue won of exactly this period, parts of another such goal left out; without a goal it is not covered.
WITH moment AS (
  SELECT p.period_grain, p.period_start, p.period_end, least(p.ends_at, s.as_of) AS ends_at, p.is_complete,
    CASE WHEN p.is_complete THEN p.period_end - 1 ELSE s.as_of_date END AS day, CAST(c.exponent AS INTEGER) AS exponent
  FROM kpis.period p
  CROSS JOIN run.setting s
  JOIN reference.currency c ON c.currency_code = s.company_reporting_currency
), goal AS (
  SELECT * FROM staged.goal WHERE kpi_id = 'revenue_won' AND end_date > start_date AND TRY_CAST(target AS DECIMAL(30, 8)) IS NOT NULL
), target AS (
  SELECT m.period_grain, m.period_start, half_even(sum(TRY_CAST(g.target AS DECIMAL(30, 8))) * max(power_of_ten(m.exponent))) AS target_minor
  FROM moment m
  JOIN goal g ON g.start_date = m.period_start AND g.end_date = m.period_end
  ANTI JOIN goal above ON above.goal_id = g.parent_goal_id
  GROUP BY m.period_grain, m.period_start
), won AS (
  SELECT m.period_grain, m.period_start, coalesce(sum(o.amount_reporting_minor), 0) AS won_minor
  FROM moment m
  LEFT JOIN kpis.fct_opportunity o ON o.is_won AND o.close_date >= m.period_start AND o.close_date < m.period_end
  GROUP BY m.period_grain, m.period_start
), due AS (
  SELECT m.period_grain, m.period_start, coalesce(sum(to_reporting(h.amount_minor, f.multiply, f.divide)), 0) AS due_minor, count(*) AS n,
    count(h.amount_minor) AS rows_all, count(CASE WHEN f.multiply IS NOT NULL THEN h.amount_minor END) AS rows_used
  FROM moment m
  JOIN kpis.opportunity_state h ON NOT h.is_closed
    AND CASE WHEN m.is_complete THEN h."at" < m.ends_at AND h.to_at >= m.ends_at ELSE h.to_at > m.ends_at END
  JOIN kpis.fct_opportunity o ON o.opportunity_id = h.opportunity_id AND o.close_date >= m.period_start AND o.close_date < m.period_end
    AND CASE WHEN m.is_complete THEN o.pipeline_at < m.ends_at ELSE o.pipeline_at <= m.ends_at END
  LEFT JOIN kpis.fx_rate f ON f.currency_code = h.currency_code AND f.rate_date = m.day
  GROUP BY m.period_grain, m.period_start
)
SELECT 'pipeline_coverage' AS kpi_id, m.period_grain, m.period_start, 'all' AS segment_kind, 'all' AS segment,
  CAST(coalesce(d.due_minor, 0) AS BIGINT) AS numerator, CAST(greatest(t.target_minor - w.won_minor, 0) AS BIGINT) AS denominator, coalesce(d.n, 0) AS n,
  d.rows_used, d.rows_all, CASE WHEN t.target_minor IS NULL THEN 'not_covered' END AS null_reason
FROM moment m
JOIN won w ON w.period_grain = m.period_grain AND w.period_start = m.period_start
LEFT JOIN target t ON t.period_grain = m.period_grain AND t.period_start = m.period_start
LEFT JOIN due d ON d.period_grain = m.period_grain AND d.period_start = m.period_start
