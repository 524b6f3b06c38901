-- The records whose customers are at hand, and those that went (label -1), each with what the registry says of it. Of a record that comes
-- back, the id that stands for the one which it bore counts.
WITH every AS (
  SELECT l."row", l.label, r.source, r.object, r.record_id, r.created_at, g.record_id IS NOT NULL AS is_changed
  FROM labelled l JOIN record r ON r."row" = l."row" LEFT JOIN gone g ON g.source = r.source AND g.object = r.object AND g.record_id = r.record_id
  UNION ALL SELECT NULL, -1, source, object, record_id, created_at, true FROM gone g ANTI JOIN record r USING (source, object, record_id)
), single AS (
  SELECT *, left($kind, 1) || '_' || substr(md5($kind || '|' || source || '|' || object || '|' || record_id), 1, 16) AS own_id FROM every
)
SELECT r.*, b.place, b.first_id, b.split_from, b.first_seen_at, b.recorded_from_at, b.id AS bore,
  CASE WHEN b.is_present OR d.new_id IS NULL THEN b.id ELSE d.new_id END AS id, coalesce(b.is_present, false) AS was_present,
  coalesce(b.created_at, r.created_at) AS first_told_at
FROM single r
LEFT JOIN registered b ON b.own_id = r.own_id
LEFT JOIN redirected d ON d.old_id = b.id
