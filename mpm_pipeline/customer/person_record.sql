-- One row per record of a person as resolution compares it: declared ids and mailboxes that are not set aside, the employer by
-- the account that the source links, else as written. A shared mailbox still tells its company. Placeholders are null.
WITH sound AS (
  SELECT k.own_id, k.key_type, k.key_value
  FROM customer.identity_key k
  ANTI JOIN customer.key_guard g ON g.kind = k.kind AND g.key_type = k.key_type AND g.key_value = k.key_value
  WHERE k.kind = 'person'
), declared AS (
  SELECT own_id, string_agg(key_type || ':' || key_value, chr(31) ORDER BY key_type, key_value) FILTER (key_type NOT IN ('email', 'record')) AS person_keys,
    max(key_value) FILTER (key_type = 'email') AS email
  FROM sound GROUP BY own_id
), company AS (
  SELECT crm_key(record_id) AS crm_key, arg_min(name, (is_deleted, created_at, record_id)) AS name,
    arg_min(domain, (is_deleted, created_at, record_id)) AS domain
  FROM staged.account GROUP BY ALL
), told AS (
  SELECT r.*, p.first_name, p.last_name, p.name, p.phone, p.mobile_phone, p.company, p.title, p.country, p.account_record_id, p.modified_at
  FROM customer.identity_record r
  LEFT JOIN staged.person p ON p.source = r.source AND p.object = r.object AND p.record_id = r.record_id
  WHERE r.kind = 'person'
)
SELECT t.source, t.object, t.record_id, t.own_id,
  CASE WHEN NOT is_placeholder(t.first_name) THEN t.first_name END AS first_name,
  CASE WHEN NOT is_placeholder(t.last_name) THEN t.last_name END AS last_name,
  CASE WHEN NOT is_placeholder(t.name) THEN t.name END AS full_name,
  d.email, coalesce(t.mobile_phone, t.phone) AS phone,
  coalesce(c.name, CASE WHEN NOT is_placeholder(t.company) THEN t.company END) AS company,
  coalesce(c.domain, CASE WHEN d.email IS NULL THEN t.mail_domain END) AS domain, t.title, t.country, d.person_keys,
  crm_key(t.account_record_id) AS account_key, t.merged_into_id, t.is_deleted, t.created_at, coalesce(t.modified_at, t.created_at) AS updated_at
FROM told t
LEFT JOIN declared d ON d.own_id = t.own_id
LEFT JOIN company c ON c.crm_key = crm_key(t.account_record_id)
