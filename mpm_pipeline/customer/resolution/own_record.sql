-- The records whose customers are at hand, and those that went (label -1), each with the id that is its own.
WITH every AS (
  SELECT l."row", l.label, l.source, l.object, l.record_id, l.created_at, g.record_id IS NOT NULL AS is_changed
  FROM labelled l LEFT JOIN gone g ON g.source = l.source AND g.object = l.object AND g.record_id = l.record_id
  UNION ALL SELECT NULL, -1, source, object, record_id, created_at, true FROM gone g ANTI JOIN arrived a USING (source, object, record_id)
)
SELECT *, left($kind, 1) || '_' || substr(md5($kind || '|' || source || '|' || object || '|' || record_id), 1, 16) AS own_id FROM every
