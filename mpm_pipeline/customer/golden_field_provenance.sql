-- One row per field of a golden record that a record told: which one, when, by which rule, and how many other values it beat (identity 9).
-- Its value is the one in `dim_person` or `dim_account`; where a person takes the account's, it names the account's record. An urgent address
-- that falls back to telephone or mailbox has no row: theirs tells it. The order of records is `dim_person`'s; a test holds the values to it.
WITH person_record AS (
  SELECT o.person_id AS customer_id, o.account_id, p.*, coalesce(nullif(trim(concat_ws(' ', p.first_name, p.last_name)), ''), p.name) AS full_name,
    row_number() OVER (PARTITION BY o.person_id ORDER BY o.is_merged, CASE p.object WHEN 'Contact' THEN 0 WHEN 'Lead' THEN 1 ELSE 2 END,
      p.modified_at DESC NULLS LAST, p.source, p.record_id) AS place
  FROM customer.person_of o
  JOIN staged.person p ON p.source = o.source AND p.object = o.object AND p.record_id = o.record_id
  WHERE NOT o.is_deleted
), person_told AS (
  SELECT customer_id, source, object, record_id, coalesce(modified_at, created_at) AS told_at, place, unnest([
    {'field': 'name', 'value': full_name, 'rank': 0}, {'field': 'phone', 'value': mobile_phone, 'rank': 0}, {'field': 'phone', 'value': phone, 'rank': 1},
    {'field': 'title', 'value': title, 'rank': 0}, {'field': 'region', 'value': CASE WHEN account_id IS NULL THEN nullif(region, 'unknown') END, 'rank': 1},
    {'field': 'segment', 'value': CASE WHEN account_id IS NULL THEN nullif(segment, 'unknown') END, 'rank': 1}, {'field': 'product_line', 'value': product_line, 'rank': 1},
    {'field': 'solution_interest', 'value': solution_interest, 'rank': 0}, {'field': 'urgent_address', 'value': urgent_address, 'rank': 0}]) AS told
  FROM person_record
), mailbox AS (
  SELECT o.person_id AS customer_id, r.source, r.object, r.record_id, coalesce(c.modified_at, r.created_at) AS told_at, 'email' AS field, r.email AS value,
    0 AS rank, row_number() OVER (PARTITION BY o.person_id ORDER BY r.email_key IS NULL, c.place NULLS LAST, r.created_at, r.source, r.record_id) AS place
  FROM customer.person_of o
  JOIN customer.identity_record r ON r.kind = 'person' AND r.source = o.source AND r.object = o.object AND r.record_id = o.record_id
  LEFT JOIN person_record c ON c.source = o.source AND c.object = o.object AND c.record_id = o.record_id
  WHERE NOT o.is_deleted AND r.email IS NOT NULL
), account_record AS (
  SELECT o.id AS customer_id, o.source, o.object, o.record_id, a.name, CAST(NULL AS VARCHAR) AS email, a.phone, r.website_domain AS domain, a.region, a.segment,
    a.product_line, a.country, a.owner_id, o.created_at
  FROM customer.id_registry o
  JOIN customer.identity_record r ON r.own_id = o.own_id
  JOIN staged.account a ON o.object = 'Account' AND a.source = o.source AND a.record_id = o.record_id
  WHERE o.kind = 'account' AND o.is_present AND NOT o.is_deleted
  UNION ALL
  SELECT o.id, o.source, o.object, o.record_id, b.name, b.email, b.phone, CASE WHEN d.is_free_mail OR d.is_internal THEN NULL ELSE d.registrable_domain END,
    'unknown', 'unknown', NULL, b.country, NULL, o.created_at
  FROM customer.id_registry o
  JOIN customer.identity_record r ON r.own_id = o.own_id
  JOIN staged.billing_customer b ON o.object = 'customers' AND b.source = o.source AND b.customer_id = o.record_id
  LEFT JOIN customer.mail_domain d ON d.mail_domain = r.mail_domain
  WHERE o.kind = 'account' AND o.is_present AND NOT o.is_deleted
), account_placed AS (
  SELECT d.*, row_number() OVER (PARTITION BY d.customer_id ORDER BY CASE d.object WHEN 'Account' THEN 0 ELSE 1 END, o.is_merged, d.created_at, d.source, d.record_id) AS place
  FROM account_record d
  JOIN customer.account_of o ON o.source = d.source AND o.object = d.object AND o.record_id = d.record_id
), account_told AS (
  SELECT customer_id, source, object, record_id, created_at AS told_at, place, unnest([
    {'field': 'name', 'value': name, 'rank': 0}, {'field': 'email', 'value': email, 'rank': 0}, {'field': 'phone', 'value': phone, 'rank': 0},
    {'field': 'domain', 'value': domain, 'rank': 0}, {'field': 'region', 'value': nullif(region, 'unknown'), 'rank': 0},
    {'field': 'segment', 'value': nullif(segment, 'unknown'), 'rank': 0}, {'field': 'product_line', 'value': product_line, 'rank': 0},
    {'field': 'country', 'value': country, 'rank': 0}, {'field': 'owner_id', 'value': owner_id, 'rank': 0}]) AS told
  FROM account_placed
), every AS (
  SELECT 'person' AS kind, customer_id, source, object, record_id, told_at, told.field AS field, told.value AS value, told.rank AS rank, place FROM person_told
  UNION ALL
  SELECT 'person', customer_id, source, object, record_id, told_at, field, value, rank, place FROM mailbox
  UNION ALL
  SELECT 'person', p.person_id, a.source, a.object, a.record_id, a.told_at, a.told.field, a.told.value, 0, a.place
  FROM (SELECT DISTINCT person_id, account_id FROM customer.person_of WHERE NOT is_deleted) p
  JOIN account_told a ON a.customer_id = p.account_id AND a.told.field IN ('region', 'segment', 'product_line')
  UNION ALL
  SELECT 'account', customer_id, source, object, record_id, told_at, told.field, told.value, told.rank, place FROM account_told
)
SELECT kind, customer_id, field, value, source, object, record_id, told_at,
  CASE WHEN kind = 'account' THEN 'the CRM before billing, then the oldest record' WHEN field IN ('region', 'segment', 'product_line') AND rank = 0 THEN 'the account''s'
    WHEN field = 'email' THEN 'a mailbox of one''s own, then contacts before leads before others, then the newest change'
    WHEN field = 'phone' THEN 'mobile first, then contacts before leads before others, then the newest change'
    ELSE 'contacts before leads before others, then the newest change' END AS rule,
  count(DISTINCT value) OVER (PARTITION BY kind, customer_id, field) - 1 AS beaten
FROM every
WHERE value IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY kind, customer_id, field ORDER BY rank, place) = 1
