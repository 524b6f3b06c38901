-- One row per customer and field: the value that stands, and by which rule (identity 9). Null never beats a value. Of a person's
-- names and a company's the value of most records wins, then the newest; of all other fields the newest by the source's own stamp.
WITH told AS (
  UNPIVOT (
    SELECT c.customer_id, c.kind, r.source, r.object, r.record_id, coalesce(r.updated_at, r.created_at) AS told_at,
      CASE WHEN c.kind = 'person' THEN nullif(trim(r.first_name), '') END AS first_name,
      CASE WHEN c.kind = 'person' THEN nullif(trim(r.last_name), '') END AS last_name,
      CASE WHEN c.kind = 'person' THEN nullif(trim(r.full_name), '') END AS full_name,
      CASE WHEN c.kind = 'person' AND f.mailbox IS NOT NULL THEN lower(trim(r.email)) END AS email,
      CASE WHEN c.kind = 'person' OR f.is_company THEN CASE WHEN f.phone_key IS NOT NULL THEN trim(r.phone) END END AS phone,
      CASE WHEN c.kind = 'person' THEN nullif(trim(r.title), '') END AS title,
      CASE WHEN c.kind = 'person' THEN nullif(trim(r.birth_date), '') END AS birth_date,
      CASE WHEN c.kind = 'person' THEN f.handle END AS handle,
      CASE WHEN c.kind = 'account' AND f.company_key IS NOT NULL THEN nullif(trim(r.company), '') END AS name,
      CASE WHEN c.kind = 'account' THEN coalesce(f.web_domain, f.mail_domain) END AS domain,
      CASE WHEN c.kind = 'account' AND f.is_company THEN nullif(trim(r.website), '') END AS website,
      CASE WHEN c.kind = 'person' OR f.is_company THEN nullif(trim(r.street), '') END AS street,
      CASE WHEN c.kind = 'person' OR f.is_company THEN nullif(trim(r.city), '') END AS city,
      CASE WHEN c.kind = 'person' OR f.is_company THEN nullif(trim(r.postal_code), '') END AS postal_code,
      CASE WHEN c.kind = 'person' OR f.is_company THEN nullif(trim(r.state), '') END AS state,
      CASE WHEN c.kind = 'person' OR f.is_company THEN nullif(trim(r.country), '') END AS country
    FROM customer c JOIN record r ON r."row" = c."row" JOIN feature f ON f."row" = c."row"
  ) ON COLUMNS(* EXCLUDE (customer_id, kind, source, object, record_id, told_at)) INTO NAME field VALUE value
), counted AS (
  SELECT *, count(*) OVER (PARTITION BY customer_id, field, value) AS votes,
    field IN ('first_name', 'last_name', 'full_name', 'name', 'domain') AS is_by_votes
  FROM told
)
SELECT kind, customer_id, field, value, source, object, record_id, told_at,
  CASE WHEN is_by_votes THEN 'most records, then newest' ELSE 'newest' END AS rule, votes,
  count(DISTINCT value) OVER (PARTITION BY customer_id, field) - 1 AS beaten
FROM counted
QUALIFY row_number() OVER (PARTITION BY customer_id, field ORDER BY CASE WHEN is_by_votes THEN votes END DESC NULLS LAST,
  told_at DESC NULLS LAST, length(value) DESC, value, source, object, record_id) = 1
