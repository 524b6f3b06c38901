-- One row per KPI and period that it must have a figure for (readings 1): from the first event of any of its sources to as-of;
-- while one of them is off, nobody knows when it began, so all periods that there are. A source that is off or empty leaves the
-- KPI uncovered, one that begins later the periods before, and one that does not show what is counted the periods from then on.
-- Settled is what late records cannot change any more, nor a loss at the source that no person has confirmed yet, nor a source
-- that is on and was never read.
WITH grouped AS (
  SELECT kpi_id, CAST(NULL AS VARCHAR) AS any_of, unnest(string_split(needs_all, ';')) AS item FROM kpis.catalogue
  UNION ALL
  SELECT kpi_id, any_of, unnest(string_split(any_of, ';'))
  FROM (SELECT kpi_id, unnest(string_split(needs_any, '|')) AS any_of FROM kpis.catalogue)
), need AS (
  SELECT kpi_id, coalesce(any_of, item) AS any_of, split_part(item, '.', 1) AS source,
    CASE WHEN split_part(item, '.', 2) = '' THEN 'any' ELSE split_part(item, '.', 2) END AS records
  FROM grouped WHERE item <> ''
), hidden AS (
  SELECT c.kpi_id, string_agg(c.item, '|' ORDER BY c.item) AS items, min(h.hidden.shown_to_at) AS shown_to_at
  FROM (SELECT kpi_id, unnest(string_split(counts, ';')) AS item FROM kpis.catalogue) c
  JOIN (SELECT source, unnest(hidden) AS hidden FROM run.source) h ON c.item = h.source || '/' || h.hidden.stream
  GROUP BY c.kpi_id
), known AS (
  SELECT n.kpi_id, n.any_of, r.source IS NULL AND n.source <> 'later' AS is_off, r.source IS NULL AND o.state <> 'off' AS is_waiting, r.covered_to, r.lost_at, whole.first_date AS began_on, own.first_date AS opened_on
  FROM need n
  LEFT JOIN run.source o ON o.source = n.source
  LEFT JOIN run.source r ON r.source = n.source AND r.is_on
  LEFT JOIN kpis.source_start whole ON whole.source = r.source AND whole.records = 'any'
  LEFT JOIN kpis.source_start own ON own.source = r.source AND own.records = n.records
), kpi AS (
  SELECT c.kpi_id, c.horizon_days, CASE WHEN count(*) FILTER (WHERE k.is_off) = 0 THEN min(k.began_on) END AS begins_on,
    least(min(k.covered_to), min(h.shown_to_at)) AS read_to_at, min(k.lost_at) AS lost_at, bool_or(k.is_waiting) AS is_waiting, min(h.shown_to_at) AS shown_to_at, min(h.items) AS hidden
  FROM kpis.catalogue c
  LEFT JOIN known k ON k.kpi_id = c.kpi_id
  LEFT JOIN hidden h ON h.kpi_id = c.kpi_id
  GROUP BY c.kpi_id, c.horizon_days
), met AS (
  SELECT kpi_id, any_of, min(opened_on) AS opened_on, min(covered_to) AS read_to_at FROM known GROUP BY kpi_id, any_of
)
SELECT k.kpi_id, p.period_grain, p.period_start,
  count(*) FILTER (WHERE m.any_of IS NOT NULL AND (m.opened_on IS NULL OR m.opened_on >= p.period_end)) = 0 AND (k.shown_to_at IS NULL OR p.starts_at < k.shown_to_at) AS is_covered,
  coalesce(p.ends_at + to_hours(CAST(24 * k.horizon_days AS BIGINT)) <= k.read_to_at
    AND count(*) FILTER (WHERE m.any_of IS NOT NULL AND m.read_to_at IS NULL) = 0
    AND NOT coalesce(k.is_waiting, false) AND (k.lost_at IS NULL OR p.ends_at <= k.lost_at), false) AS is_settled,
  nullif(concat_ws('|', string_agg(m.any_of, '|' ORDER BY m.any_of) FILTER (WHERE m.opened_on IS NULL OR m.opened_on >= p.period_end),
    CASE WHEN p.starts_at >= k.shown_to_at THEN k.hidden END), '') AS missing,
  k.read_to_at, CASE WHEN p.ends_at > k.lost_at THEN k.lost_at END AS lost_at
FROM kpi k
JOIN kpis.period p ON k.begins_on IS NULL OR p.period_end > k.begins_on
LEFT JOIN met m ON m.kpi_id = k.kpi_id
GROUP BY k.kpi_id, p.period_grain, p.period_start, p.period_end, p.starts_at, p.ends_at, k.horizon_days, k.read_to_at, k.lost_at, k.is_waiting, k.shown_to_at, k.hidden
