-- Share of lead records whose declared source is unknown, by creation (readings 24, 54): neither deleted nor merged away nor of
-- our own people.
WITH lead AS (
  SELECT local_date(l.created_at, s.company_time_zone) AS day, l.lead_source IS NULL AS is_unknown
  FROM kpis.lead_of l
  CROSS JOIN run.setting s
  WHERE NOT l.is_merged
)
SELECT 'lead_source_unknown_rate' AS kpi_id, p.period_grain, p.period_start, 'all' AS segment_kind, 'all' AS segment,
  count(*) FILTER (WHERE l.is_unknown) AS numerator, count(*) AS denominator, count(*) AS n
FROM lead l
JOIN kpis.period p ON l.day >= p.period_start AND l.day < p.period_end
GROUP BY p.period_grain, p.period_start
