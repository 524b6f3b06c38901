-- The registry's rows of the records at hand that are there.
SELECT $kind AS kind, h.source, h.object, h.record_id, h.own_id, l.id, coalesce(h.first_id, l.id) AS first_id, l.split_from, h.first_told_at AS created_at,
  coalesce(h.first_seen_at, CAST($moment AS TIMESTAMPTZ)) AS first_seen_at,
  CASE WHEN l.id = h.bore THEN h.recorded_from_at ELSE CAST($moment AS TIMESTAMPTZ) END AS recorded_from_at, true AS is_present
FROM at_hand h JOIN label_id l ON l.label = h.label
WHERE h.label >= 0
ORDER BY h."row"
