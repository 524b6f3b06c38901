-- One row per feature by which a record may be the same customer as another: declared ids first, then the personal mailbox
-- (persons) or the domain (accounts); of a payer with neither id nor company domain the name, if one CRM account alone bears it
-- (identity 6). CRM ids of 15 and 18 characters are one. A null, blank or placeholder value is never a key (identity 2, 3, 6).
WITH crm_account AS (
  SELECT DISTINCT crm_key(record_id) AS crm_key FROM customer.identity_record WHERE kind = 'account' AND object = 'Account'
), relative AS (
  SELECT c.source, c.record_id
  FROM customer.identity_record c
  JOIN customer.identity_record p ON p.kind = 'account' AND p.source = c.source AND p.object = c.object
    AND p.record_id = c.parent_record_id AND p.website_domain = c.website_domain AND p.record_id <> c.record_id
  WHERE c.kind = 'account'
), sibling AS (
  SELECT source, record_id
  FROM customer.identity_record
  WHERE kind = 'account' AND parent_record_id IS NOT NULL AND website_domain IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY source, parent_record_id, website_domain ORDER BY created_at, record_id) > 1
), payer AS (
  SELECT a.source, a.object, a.record_id, company_words(b.name) AS name_key
  FROM customer.identity_record a
  JOIN staged.billing_customer b ON b.source = a.source AND b.customer_id = a.record_id
  LEFT JOIN customer.mail_domain d ON d.mail_domain = a.mail_domain AND NOT d.is_free_mail
  LEFT JOIN crm_account c ON c.crm_key = crm_key(a.crm_account_id)
  WHERE a.kind = 'account' AND a.object = 'customers' AND d.mail_domain IS NULL AND c.crm_key IS NULL AND NOT is_placeholder(b.name)
), bearer AS (
  SELECT a.source, a.object, a.record_id, company_words(n.name) AS name_key,
    CASE WHEN r.record_id IS NULL AND b.record_id IS NULL THEN a.website_domain END AS domain
  FROM customer.identity_record a
  JOIN staged.account n ON n.source = a.source AND n.record_id = a.record_id
  LEFT JOIN relative r ON r.source = a.source AND r.record_id = a.record_id
  LEFT JOIN sibling b ON b.source = a.source AND b.record_id = a.record_id
  WHERE a.kind = 'account' AND a.object = 'Account' AND NOT a.is_deleted AND a.merged_into_id IS NULL
), known_name AS (
  SELECT name_key FROM bearer SEMI JOIN payer USING (name_key)
  GROUP BY name_key HAVING count(DISTINCT coalesce(domain, source || '|' || record_id)) = 1
), merged AS (
  SELECT kind, source, object, record_id, merged_into_id
  FROM customer.identity_record WHERE merged_into_id IS NOT NULL
), keyed AS (
  SELECT kind, source, object, record_id, 'record' AS key_type, source || '|' || object || '|' || merged_into_id AS key_value FROM merged
  UNION ALL
  SELECT kind, source, object, merged_into_id, 'record', source || '|' || object || '|' || merged_into_id FROM merged
  UNION ALL
  SELECT kind, source, object, record_id, 'crm_lead', crm_key(CASE WHEN object = 'Lead' THEN record_id ELSE crm_lead_id END)
  FROM customer.identity_record WHERE kind = 'person'
  UNION ALL
  SELECT kind, source, object, record_id, 'crm_contact', crm_key(CASE WHEN object = 'Contact' THEN record_id ELSE crm_contact_id END)
  FROM customer.identity_record WHERE kind = 'person'
  UNION ALL
  SELECT 'person', p.source, p.object, p.record_id, 'crm_contact', crm_key(l.converted_contact_id)
  FROM staged.lead l
  JOIN customer.identity_record p ON p.kind = 'person' AND p.source = l.source AND p.object = 'Lead' AND p.record_id = l.lead_id
  UNION ALL
  SELECT kind, source, object, record_id, 'member', source || '|' || member_id FROM customer.identity_record WHERE kind = 'person'
  UNION ALL
  SELECT kind, source, object, record_id, 'email', email_key FROM customer.identity_record WHERE kind = 'person'
  UNION ALL
  SELECT kind, source, object, record_id, 'crm_account', crm_key(crm_account_id) FROM customer.identity_record WHERE kind = 'account'
  UNION ALL
  SELECT a.kind, a.source, a.object, a.record_id, 'domain', a.website_domain
  FROM customer.identity_record a
  ANTI JOIN relative r ON r.source = a.source AND r.record_id = a.record_id
  ANTI JOIN sibling b ON b.source = a.source AND b.record_id = a.record_id
  WHERE a.kind = 'account' AND a.object = 'Account'
  UNION ALL
  SELECT a.kind, a.source, a.object, a.record_id, 'domain', d.registrable_domain
  FROM customer.identity_record a
  JOIN customer.mail_domain d ON d.mail_domain = a.mail_domain AND NOT d.is_free_mail AND NOT d.is_internal
  LEFT JOIN crm_account c ON c.crm_key = crm_key(a.crm_account_id)
  WHERE a.kind = 'account' AND a.object = 'customers'
    AND (a.crm_account_id IS NULL OR (c.crm_key IS NULL AND EXISTS (SELECT 1 FROM crm_account)))
  UNION ALL
  SELECT 'account', p.source, p.object, p.record_id, 'company_name', p.name_key FROM payer p SEMI JOIN known_name USING (name_key)
  UNION ALL
  SELECT 'account', b.source, b.object, b.record_id, 'company_name', b.name_key FROM bearer b SEMI JOIN known_name USING (name_key)
)
SELECT DISTINCT k.kind, k.source, k.object, k.record_id, k.key_type, k.key_value, r.own_id
FROM keyed k
JOIN customer.identity_record r ON r.kind = k.kind AND r.source = k.source AND r.object = k.object AND r.record_id = k.record_id
WHERE k.key_value <> ''
