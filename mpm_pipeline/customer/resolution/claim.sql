-- Which customer of today (`label`) claims which id, with how many records that bore it all the time (`still`: and are
-- as they were) and how many that came back. A new
-- record that is its customer's oldest claims its own id. `head`: the oldest record's own id and what it bore.
WITH head AS (
  SELECT label, arg_min({'own_id': own_id, 'bore': bore, 'id': id}, (coalesce(epoch_us(first_told_at), 9223372036854775807), "row")) AS head
  FROM at_hand WHERE label >= 0 GROUP BY label
), every AS (
  SELECT label, id, count(*) FILTER (was_present) AS size, count(*) FILTER (was_present AND NOT is_changed) AS still,
    count(*) FILTER (NOT was_present) AS back
  FROM at_hand WHERE label >= 0 AND id IS NOT NULL GROUP BY label, id
  UNION ALL
  SELECT label, head.own_id, 0, 0, 0 FROM head WHERE head.id IS NULL
), single_id AS (
  SELECT id FROM every GROUP BY id HAVING count(*) = 1
), single_label AS (
  SELECT label FROM every GROUP BY label HAVING count(*) = 1
)
SELECT e.*, h.head.own_id AS own_id, h.head.bore AS bore, i.id IS NOT NULL AND l.label IS NOT NULL AND (e.size > 0 OR e.back = 0) AS is_settled
FROM every e JOIN head h ON h.label = e.label LEFT JOIN single_id i ON i.id = e.id LEFT JOIN single_label l ON l.label = e.label
