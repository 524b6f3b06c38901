-- The records whose customers are at hand, and those that went, each with what the registry says of it. Of a record that comes
-- back, the id that stands for the one which it bore counts.
SELECT r.*, b.place, b.first_id, b.split_from, b.first_seen_at, b.recorded_from_at, b.id AS bore,
  CASE WHEN b.is_present OR d.new_id IS NULL THEN b.id ELSE d.new_id END AS id, coalesce(b.is_present, false) AS was_present,
  coalesce(b.created_at, r.created_at) AS first_told_at
FROM own_record r
LEFT JOIN known b ON b.own_id = r.own_id
LEFT JOIN redirected d ON d.old_id = b.id
