-- One row per customer and field: the value that stands, and by which rule (identity 9). Null never beats a value. Of a person's
-- names and a company's the value of most records wins, then the newest; of all other fields the newest by the source's own stamp.
-- Of two that are as new, the longer value stands, then that of the record that was there first.
WITH of_person AS (
  UNPIVOT (
    SELECT m.number, m.turn, filled(r.first_name) AS first_name, filled(r.last_name) AS last_name, filled(r.full_name) AS full_name, CASE WHEN f.mailbox IS NOT NULL THEN lower(trim(r.email)) END AS email,
      CASE WHEN f.phone_key IS NOT NULL THEN trim(r.phone) END AS phone, filled(r.title) AS title, filled(r.birth_date) AS birth_date, f.handle,
      filled(r.street) AS street, filled(r.city) AS city, filled(r.postal_code) AS postal_code, filled(r.state) AS state, filled(r.country) AS country
    FROM member m JOIN record r ON r."row" = m."row" JOIN feature f ON f."row" = m."row" WHERE m.kind = 'person'
  ) ON COLUMNS(* EXCLUDE (number, turn)) INTO NAME field VALUE value
), of_name AS (
  UNPIVOT (
    SELECT m.number, m.turn, CASE WHEN f.company_key IS NOT NULL THEN filled(r.company) END AS name, coalesce(f.web_domain, f.mail_domain) AS domain
    FROM member m JOIN record r ON r."row" = m."row" JOIN feature f ON f."row" = m."row" WHERE m.kind = 'account'
  ) ON COLUMNS(* EXCLUDE (number, turn)) INTO NAME field VALUE value
), of_place AS (
  UNPIVOT (
    SELECT m.number, m.turn, filled(r.website) AS website, CASE WHEN f.phone_key IS NOT NULL THEN trim(r.phone) END AS phone,
      filled(r.street) AS street, filled(r.city) AS city, filled(r.postal_code) AS postal_code, filled(r.state) AS state, filled(r.country) AS country
    FROM member m JOIN record r ON r."row" = m."row" JOIN feature f ON f."row" = m."row" WHERE m.kind = 'account' AND f.is_company
  ) ON COLUMNS(* EXCLUDE (number, turn)) INTO NAME field VALUE value
), told AS (
  SELECT * FROM of_person UNION ALL SELECT * FROM of_name UNION ALL SELECT * FROM of_place
), counted AS (
  SELECT number, field, value, count(*) AS votes, max(turn) + least(length(value), 127) * 1073741824 AS turn FROM told GROUP BY number, field, value
), won AS (
  SELECT number, field, count(*) - 1 AS beaten, arg_max({'value': value, 'votes': votes, 'turn': turn},
    CASE WHEN field IN ('first_name', 'last_name', 'full_name', 'name', 'domain') THEN CAST(votes AS HUGEINT) * 9223372036854775807 ELSE 0 END + turn) AS best
  FROM counted GROUP BY number, field
)
SELECT n.number, n.kind, n.customer_id, w.field, w.best.value AS value, r.source, r.object, r.record_id, coalesce(r.updated_at, r.created_at) AS told_at,
  CASE WHEN w.field IN ('first_name', 'last_name', 'full_name', 'name', 'domain') THEN 'most records, then newest' ELSE 'newest' END AS rule, w.best.votes AS votes, w.beaten
FROM won w JOIN customer_number n ON n.number = w.number JOIN record r ON r."row" = (1073741824 - w.best.turn % 1073741824) % 1073741824
