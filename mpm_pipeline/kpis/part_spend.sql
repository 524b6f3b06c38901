-- Spend up to as-of, and what an inquiry, an MQL and a new customer cost (readings 9, 34, 35): for all with organic ones in; by
-- month spend and cost per lead also by channel, inquiries by inferred source.
WITH kind AS (
  SELECT * FROM (VALUES ('all'), ('channel')) AS v(segment_kind)
), spent AS (
  SELECT p.period_grain, p.period_start, k.segment_kind, CASE k.segment_kind WHEN 'channel' THEN f.channel ELSE 'all' END AS segment,
    CAST(coalesce(sum(f.spend_reporting_minor), 0) AS BIGINT) AS spend_minor, count(*) AS rows_all, count(f.spend_reporting_minor) AS rows_used
  FROM kpis.fct_spend f
  CROSS JOIN run.setting s
  JOIN kpis.period p ON f.date >= p.period_start AND f.date < p.period_end
  JOIN kind k ON k.segment_kind = 'all' OR p.period_grain = 'month'
  WHERE f.date <= s.as_of_date
  GROUP BY p.period_grain, p.period_start, k.segment_kind, CASE k.segment_kind WHEN 'channel' THEN f.channel ELSE 'all' END
), gained AS (
  SELECT kpi_id, period_grain, period_start, segment_kind, segment, numerator
  FROM kpis.part_funnel
  WHERE kpi_id IN ('inquiries', 'mqls') AND segment_kind = 'all'
  UNION ALL
  SELECT 'inquiries', p.period_grain, p.period_start, 'channel', e.inferred_source, count(*)
  FROM kpis.fct_lead_stage e
  CROSS JOIN run.setting s
  JOIN kpis.period p ON p.period_grain = 'month' AND local_date(e.entered_at, s.company_time_zone) >= p.period_start
    AND local_date(e.entered_at, s.company_time_zone) < p.period_end
  WHERE e.stage = 'inquiry' AND e.inferred_source IS NOT NULL
  GROUP BY p.period_grain, p.period_start, e.inferred_source
  UNION ALL
  SELECT 'new_customers', p.period_grain, p.period_start, 'all', 'all', count(*)
  FROM kpis.new_customer c
  CROSS JOIN run.setting s
  JOIN kpis.period p ON c.since_date >= p.period_start AND c.since_date < p.period_end
  WHERE c.since_date <= s.as_of_date
  GROUP BY p.period_grain, p.period_start
), asked AS (
  SELECT * FROM (VALUES ('cost_per_lead', 'inquiries'), ('cost_per_mql', 'mqls'), ('cost_per_acquisition', 'new_customers')) AS v(kpi_id, counted)
), place AS (
  SELECT period_grain, period_start, segment_kind, segment FROM spent
  UNION
  SELECT period_grain, period_start, segment_kind, segment FROM gained
)
SELECT 'spend' AS kpi_id, period_grain, period_start, segment_kind, segment, spend_minor AS numerator, CAST(NULL AS BIGINT) AS denominator,
  rows_all AS n, rows_used, rows_all
FROM spent
UNION ALL
SELECT a.kpi_id, l.period_grain, l.period_start, l.segment_kind, l.segment, coalesce(s.spend_minor, 0), coalesce(g.numerator, 0),
  coalesce(g.numerator, 0), s.rows_used, s.rows_all
FROM place l
JOIN asked a ON a.kpi_id = 'cost_per_lead' OR l.segment_kind = 'all'
LEFT JOIN spent s ON s.period_grain = l.period_grain AND s.period_start = l.period_start AND s.segment_kind = l.segment_kind AND s.segment = l.segment
LEFT JOIN gained g ON g.kpi_id = a.counted AND g.period_grain = l.period_grain AND g.period_start = l.period_start AND g.segment_kind = l.segment_kind AND g.segment = l.segment
