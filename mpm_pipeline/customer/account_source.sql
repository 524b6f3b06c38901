-- One row per record of a company that lives, with what it tells, in the order in which golden records take it (`place`): the CRM before
-- billing, then the oldest (identity 9). An unknown region or segment is null. A parent is another account, never an identity (identity 6).
WITH live AS (
  SELECT o.id AS account_id, o.source, o.object, o.record_id, o.created_at, o.first_seen_at, a.is_merged, r.website_domain, r.mail_domain
  FROM customer.id_registry o
  JOIN customer.identity_record r ON r.own_id = o.own_id
  JOIN customer.account_of a ON a.source = o.source AND a.object = o.object AND a.record_id = o.record_id
  WHERE o.kind = 'account' AND o.is_present AND NOT o.is_deleted
), described AS (
  SELECT l.*, a.name, CAST(NULL AS VARCHAR) AS email, a.phone, l.website_domain AS domain, a.parent_record_id, nullif(a.region, 'unknown') AS region,
    nullif(a.segment, 'unknown') AS segment, a.product_line, a.country, a.owner_id
  FROM live l
  JOIN staged.account a ON l.object = 'Account' AND a.source = l.source AND a.record_id = l.record_id
  UNION ALL
  SELECT l.*, b.name, b.email, b.phone, CASE WHEN NOT d.is_free_mail AND NOT d.is_internal THEN d.registrable_domain END, NULL, NULL,
    NULL, NULL, b.country, NULL
  FROM live l
  JOIN staged.billing_customer b ON l.object = 'customers' AND b.source = l.source AND b.customer_id = l.record_id
  LEFT JOIN customer.mail_domain d ON d.mail_domain = l.mail_domain
)
SELECT d.account_id, d.source, d.object, d.record_id, d.created_at, d.first_seen_at, d.name, d.email, d.phone, d.domain,
  CASE WHEN p.account_id <> d.account_id THEN p.account_id END AS parent_account_id, d.region, d.segment, d.product_line, d.country, d.owner_id,
  row_number() OVER (PARTITION BY d.account_id ORDER BY CASE d.object WHEN 'Account' THEN 0 ELSE 1 END, d.is_merged, d.created_at, d.source, d.record_id) AS place
FROM described d
LEFT JOIN customer.account_of p ON p.source = d.source AND p.object = d.object AND p.record_id = d.parent_record_id
