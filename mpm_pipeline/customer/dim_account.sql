-- One row per account: the golden record. CRM records come before billing ones, then the oldest first; a null or unknown
-- never beats a value (identity 9). A parent is another account, never an identity (identity 6).
WITH live AS (
  SELECT o.id AS account_id, o.source, o.object, o.record_id, o.own_id, o.created_at, o.first_seen_at
  FROM customer.id_registry o
  WHERE o.kind = 'account' AND o.is_present AND NOT o.is_deleted
), described AS (
  SELECT l.*, a.name, CAST(NULL AS VARCHAR) AS email, a.phone, r.website_domain AS domain, a.parent_record_id, a.region, a.segment,
    a.product_line, a.country, a.owner_id, c.confidence
  FROM live l
  JOIN customer.identity_record r ON r.own_id = l.own_id
  JOIN customer.crosswalk c ON c.source = l.source AND c.object = l.object AND c.record_id = l.record_id AND c.person_id IS NULL
  JOIN staged.account a ON l.object = 'Account' AND a.source = l.source AND a.record_id = l.record_id
  UNION ALL
  SELECT l.*, b.name, b.email, b.phone, CASE WHEN d.is_free_mail OR d.is_internal THEN NULL ELSE d.registrable_domain END, NULL, 'unknown',
    'unknown', NULL, b.country, NULL, c.confidence
  FROM live l
  JOIN customer.identity_record r ON r.own_id = l.own_id
  JOIN customer.crosswalk c ON c.source = l.source AND c.object = l.object AND c.record_id = l.record_id AND c.person_id IS NULL
  JOIN staged.billing_customer b ON l.object = 'customers' AND b.source = l.source AND b.customer_id = l.record_id
  LEFT JOIN customer.mail_domain d ON d.mail_domain = r.mail_domain
), placed AS (
  SELECT d.*, p.account_id AS parent_id,
    row_number() OVER (PARTITION BY d.account_id ORDER BY CASE d.object WHEN 'Account' THEN 0 ELSE 1 END, o.is_merged, d.created_at, d.source, d.record_id) AS place
  FROM described d
  JOIN customer.account_of o ON o.source = d.source AND o.object = d.object AND o.record_id = d.record_id
  LEFT JOIN customer.account_of p ON p.source = d.source AND p.object = d.object AND p.record_id = d.parent_record_id
)
SELECT account_id, arg_min(name, place) FILTER (WHERE name IS NOT NULL) AS name,
  arg_min(email, place) FILTER (WHERE email IS NOT NULL) AS email,
  arg_min(phone, place) FILTER (WHERE phone IS NOT NULL) AS phone,
  arg_min(domain, place) FILTER (WHERE domain IS NOT NULL) AS domain,
  arg_min(parent_id, place) FILTER (WHERE parent_id IS NOT NULL AND parent_id <> account_id) AS parent_account_id,
  coalesce(arg_min(region, place) FILTER (WHERE region <> 'unknown'), 'unknown') AS region,
  coalesce(arg_min(segment, place) FILTER (WHERE segment <> 'unknown'), 'unknown') AS segment,
  arg_min(product_line, place) FILTER (WHERE product_line IS NOT NULL) AS product_line,
  arg_min(country, place) FILTER (WHERE country IS NOT NULL) AS country,
  arg_min(owner_id, place) FILTER (WHERE owner_id IS NOT NULL) AS owner_id,
  min(confidence) AS confidence, count(*) AS records, min(created_at) AS created_at, min(first_seen_at) AS first_seen_at,
  max(s.as_of) AS last_seen_at
FROM placed
CROSS JOIN run.setting s
GROUP BY account_id
