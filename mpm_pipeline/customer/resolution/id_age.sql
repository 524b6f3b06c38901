-- How old each id is that is at hand: by the record whose own it is; an id that was made for a part of a customer is younger than those.
SELECT n.id, row_number() OVER (ORDER BY coalesce(r.created_at, h.first_told_at) NULLS LAST, coalesce(r.source, h.source),
  coalesce(r.object, h.object), coalesce(r.record_id, h.record_id), n.id) AS age
FROM (SELECT id FROM at_hand WHERE id IS NOT NULL UNION SELECT own_id FROM at_hand WHERE label >= 0) n
LEFT JOIN registered r ON r.own_id = n.id
LEFT JOIN at_hand h ON h.own_id = n.id AND h.label >= 0
