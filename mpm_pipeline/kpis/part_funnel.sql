-- Inquiries, MQLs, SALs and SQLs: life cycles by the day on which they entered the stage (readings 8, 13, 14). MQLs by month also
-- by region, segment and declared lead source.
WITH entry AS (
  SELECT CASE e.stage WHEN 'inquiry' THEN 'inquiries' ELSE e.stage || 's' END AS kpi_id, local_date(e.entered_at, s.company_time_zone) AS day,
    e.region, e.segment AS size_segment, coalesce(e.lead_source, 'unknown') AS lead_source
  FROM kpis.fct_lead_stage e
  CROSS JOIN run.setting s
  WHERE e.stage IN ('inquiry', 'mql', 'sal', 'sql')
), kind AS (
  SELECT * FROM (VALUES ('all'), ('region'), ('segment'), ('lead_source')) AS v(segment_kind)
), cut AS (
  SELECT e.kpi_id, p.period_grain, p.period_start, k.segment_kind,
    CASE k.segment_kind WHEN 'region' THEN e.region WHEN 'segment' THEN e.size_segment WHEN 'lead_source' THEN e.lead_source ELSE 'all' END AS segment
  FROM entry e
  JOIN kpis.period p ON e.day >= p.period_start AND e.day < p.period_end
  JOIN kind k ON k.segment_kind = 'all' OR (p.period_grain = 'month' AND e.kpi_id = 'mqls')
)
SELECT kpi_id, period_grain, period_start, segment_kind, segment, count(*) AS numerator, count(*) AS n
FROM cut
GROUP BY kpi_id, period_grain, period_start, segment_kind, segment
