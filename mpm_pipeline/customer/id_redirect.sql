-- One row per customer id that is no longer in use and where its records are now (identity 7). Its own rows of the run
-- before are an input: an id that was retired long ago still resolves, by its records if they are known, else by the chain.
WITH past AS (
  SELECT first_id AS old_id, id AS new_id FROM customer.id_registry
  UNION ALL
  SELECT previous_id, id FROM customer.id_registry WHERE previous_id IS NOT NULL
), told AS (
  SELECT old_id, new_id, count(*) AS records
  FROM past
  GROUP BY old_id, new_id
  QUALIFY row_number() OVER (PARTITION BY old_id ORDER BY count(*) DESC, new_id) = 1
), retired AS (
  SELECT t.old_id, t.new_id FROM told t
  UNION ALL
  SELECT r.old_id, coalesce(t.new_id, r.new_id)
  FROM customer.id_redirect r
  LEFT JOIN told t ON t.old_id = r.new_id
  ANTI JOIN told k ON k.old_id = r.old_id
), live AS (
  SELECT DISTINCT id FROM customer.id_registry
), explained AS (
  SELECT r.old_id, r.new_id,
    CASE WHEN n.first_seen_at > o.first_seen_at THEN 'older_record_arrived' ELSE 'merge' END AS kind
  FROM retired r
  ANTI JOIN live l ON l.id = r.old_id
  LEFT JOIN customer.id_registry o ON o.own_id = r.old_id
  LEFT JOIN customer.id_registry n ON n.own_id = r.new_id
)
SELECT e.old_id, e.new_id, e.kind,
  CASE e.kind WHEN 'merge' THEN 'two known customers turned out to be one; the older id stays'
    ELSE 'a record older than all others of this customer arrived late' END AS reason,
  coalesce(b."at", s.as_of) AS "at"
FROM explained e
CROSS JOIN run.setting s
LEFT JOIN customer.id_redirect b ON b.old_id = e.old_id AND b.new_id = e.new_id
