-- One row per KPI and period that it must have a figure for (readings 1): from the first event of any of its sources to as-of;
-- where none of its sources has an event, all periods that there are. A source that is off or empty leaves the KPI uncovered,
-- one that begins later the periods before. Settled is what late records cannot change any more.
WITH grouped AS (
  SELECT kpi_id, CAST(NULL AS VARCHAR) AS any_of, unnest(string_split(needs_all, ';')) AS item FROM kpis.catalogue
  UNION ALL
  SELECT kpi_id, any_of, unnest(string_split(any_of, ';'))
  FROM (SELECT kpi_id, unnest(string_split(needs_any, '|')) AS any_of FROM kpis.catalogue)
), need AS (
  SELECT kpi_id, coalesce(any_of, item) AS any_of, split_part(item, '.', 1) AS source,
    CASE WHEN split_part(item, '.', 2) = '' THEN 'any' ELSE split_part(item, '.', 2) END AS records
  FROM grouped WHERE item <> ''
), met AS (
  SELECT n.kpi_id, n.any_of, min(f.first_date) AS first_date, min(r.covered_to) AS read_to_at
  FROM need n
  LEFT JOIN run.source r ON r.source = n.source AND r.is_on
  LEFT JOIN kpis.source_start f ON f.source = r.source AND f.records = n.records
  GROUP BY n.kpi_id, n.any_of
), kpi AS (
  SELECT c.kpi_id, c.horizon_days, min(m.first_date) AS begins_on, min(m.read_to_at) AS read_to_at
  FROM kpis.catalogue c
  LEFT JOIN met m ON m.kpi_id = c.kpi_id
  GROUP BY c.kpi_id, c.horizon_days
)
SELECT k.kpi_id, p.period_grain, p.period_start,
  count(*) FILTER (WHERE m.any_of IS NOT NULL AND (m.first_date IS NULL OR m.first_date >= p.period_end)) = 0 AS is_covered,
  coalesce(p.ends_at + to_hours(CAST(24 * k.horizon_days AS BIGINT)) <= k.read_to_at
    AND count(*) FILTER (WHERE m.any_of IS NOT NULL AND m.read_to_at IS NULL) = 0, false) AS is_settled,
  string_agg(m.any_of, '|' ORDER BY m.any_of) FILTER (WHERE m.first_date IS NULL OR m.first_date >= p.period_end) AS missing,
  k.read_to_at
FROM kpi k
JOIN kpis.period p ON k.begins_on IS NULL OR p.period_end > k.begins_on
LEFT JOIN met m ON m.kpi_id = k.kpi_id
GROUP BY k.kpi_id, p.period_grain, p.period_start, p.period_end, p.ends_at, k.horizon_days, k.read_to_at
