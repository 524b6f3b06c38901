-- Claims that have to be weighed against each other, with the age of the id: by the record whose own it is; an id that was made for a
-- part of a customer is younger than those.
WITH open AS (
  SELECT * FROM claim WHERE NOT is_settled
), aged AS (
  SELECT n.id, row_number() OVER (ORDER BY coalesce(r.created_at, h.first_told_at) NULLS LAST, coalesce(r.source, h.source),
    coalesce(r.object, h.object), coalesce(r.record_id, h.record_id), n.id) AS age
  FROM (SELECT DISTINCT id FROM open) n
  LEFT JOIN (SELECT * FROM registered WHERE own_id IN (SELECT id FROM open)) r ON r.own_id = n.id
  LEFT JOIN (SELECT * FROM at_hand WHERE label >= 0 AND own_id IN (SELECT id FROM open)) h ON h.own_id = n.id
)
SELECT o.label, o.id, o.size, o.still, o.back, o.own_id, o.bore, a.age FROM open o JOIN aged a ON a.id = o.id ORDER BY o.label, o.id
