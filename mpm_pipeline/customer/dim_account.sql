-- One row per account: the golden record. Its records are taken in the order of `customer.account_source`; what one does not tell, the next
-- one does.
SELECT a.account_id, arg_min(a.name, a.place) FILTER (WHERE a.name IS NOT NULL) AS name,
  arg_min(a.email, a.place) FILTER (WHERE a.email IS NOT NULL) AS email,
  arg_min(a.phone, a.place) FILTER (WHERE a.phone IS NOT NULL) AS phone,
  arg_min(a.domain, a.place) FILTER (WHERE a.domain IS NOT NULL) AS domain,
  arg_min(a.parent_account_id, a.place) FILTER (WHERE a.parent_account_id IS NOT NULL) AS parent_account_id,
  coalesce(arg_min(a.region, a.place) FILTER (WHERE a.region IS NOT NULL), 'unknown') AS region,
  coalesce(arg_min(a.segment, a.place) FILTER (WHERE a.segment IS NOT NULL), 'unknown') AS segment,
  arg_min(a.product_line, a.place) FILTER (WHERE a.product_line IS NOT NULL) AS product_line,
  arg_min(a.country, a.place) FILTER (WHERE a.country IS NOT NULL) AS country,
  arg_min(a.owner_id, a.place) FILTER (WHERE a.owner_id IS NOT NULL) AS owner_id,
  min(c.confidence) AS confidence, count(*) AS records, min(a.created_at) AS created_at, min(a.first_seen_at) AS first_seen_at,
  max(s.as_of) AS last_seen_at
FROM customer.account_source a
JOIN customer.crosswalk c ON c.source = a.source AND c.object = a.object AND c.record_id = a.record_id AND c.person_id IS NULL
CROSS JOIN run.setting s
GROUP BY a.account_id
