-- One row per source record of a person or a company, with its features made comparable (identity 1 and 3): mailbox
-- without +tag, gmail without dots; role mailboxes and placeholders are no key of a person; names without case and signs. A word
-- that stands for no id, or zeros, is none: it is declared by many and would make them one.
WITH person AS (
  SELECT 'person' AS kind, source, object, record_id, created_at, is_deleted, merged_into_id,
    coalesce(nullif(trim(concat_ws(' ', first_name, last_name)), ''), name) AS full_name, email,
    CAST(NULL AS VARCHAR) AS website_domain, crm_lead_id, crm_contact_id, CAST(NULL AS VARCHAR) AS crm_account_id,
    CAST(NULL AS VARCHAR) AS parent_record_id, member_id
  FROM staged.person
), referred AS (
  SELECT 'person', r.source, 'referrals', r.referral_id, day_start(r.referred_on, s.company_time_zone), false, NULL,
    NULL, r.email, NULL, NULL, NULL, NULL, NULL, NULL
  FROM staged.referral r CROSS JOIN run.setting s
  WHERE r.email IS NOT NULL
), asked AS (
  SELECT 'person', source, 'survey', response_id, sent_at, false, NULL, NULL, email, NULL, NULL, NULL, NULL, NULL, NULL
  FROM staged.survey_response
  WHERE email IS NOT NULL
), company AS (
  SELECT 'account', source, 'Account', record_id, created_at, is_deleted, merged_into_id, name, NULL, domain, NULL, NULL,
    record_id, parent_record_id, NULL
  FROM staged.account
), billed AS (
  SELECT 'account', source, 'customers', customer_id, created_at, is_deleted, NULL, name, email, NULL, NULL, NULL,
    crm_account_id, NULL, NULL
  FROM staged.billing_customer
), every AS (
  SELECT * FROM person
  UNION ALL SELECT * FROM referred
  UNION ALL SELECT * FROM asked
  UNION ALL SELECT * FROM company
  UNION ALL SELECT * FROM billed
), split AS (
  SELECT *, CASE WHEN regexp_full_match(lower(trim(email)), '[^@\s]+@[^@\s]+\.[^@\s.]+') THEN lower(trim(email)) END AS mailbox
  FROM every
), parts AS (
  SELECT *, CASE WHEN split_part(mailbox, '@', 2) IN ('gmail.com', 'googlemail.com')
      THEN replace(split_part(split_part(mailbox, '@', 1), '+', 1), '.', '')
      ELSE split_part(split_part(mailbox, '@', 1), '+', 1) END AS local_part,
    CASE split_part(mailbox, '@', 2) WHEN 'googlemail.com' THEN 'gmail.com' ELSE split_part(mailbox, '@', 2) END AS mail_domain
  FROM split
), hollow AS (
  SELECT word FROM reference.hollow_id
), declared AS (
  SELECT * REPLACE (
    CASE WHEN lower(trim(crm_lead_id)) NOT IN (FROM hollow) AND NOT regexp_full_match(lower(trim(crm_lead_id)), '0+(aaa)?') THEN crm_lead_id END AS crm_lead_id,
    CASE WHEN lower(trim(crm_contact_id)) NOT IN (FROM hollow) AND NOT regexp_full_match(lower(trim(crm_contact_id)), '0+(aaa)?') THEN crm_contact_id END AS crm_contact_id,
    CASE WHEN lower(trim(crm_account_id)) NOT IN (FROM hollow) AND NOT regexp_full_match(lower(trim(crm_account_id)), '0+(aaa)?') THEN crm_account_id END AS crm_account_id,
    CASE WHEN lower(trim(member_id)) NOT IN (FROM hollow) AND NOT regexp_full_match(lower(trim(member_id)), '0+(aaa)?') THEN member_id END AS member_id
  )
  FROM parts
)
SELECT p.kind, p.source, p.object, p.record_id,
  substr(p.kind, 1, 1) || '_' || substr(md5(p.kind || '|' || p.source || '|' || p.object || '|' || p.record_id), 1, 16) AS own_id,
  p.created_at, p.is_deleted, nullif(trim(p.merged_into_id), '') AS merged_into_id, nullif(plain(p.full_name), '') AS name_key,
  p.email, CASE WHEN p.local_part <> '' AND b.local_part IS NULL THEN p.local_part || '@' || p.mail_domain END AS email_key,
  nullif(p.mail_domain, '') AS mail_domain, nullif(lower(trim(p.website_domain)), '') AS website_domain, nullif(trim(p.crm_lead_id), '') AS crm_lead_id,
  nullif(trim(p.crm_contact_id), '') AS crm_contact_id, nullif(trim(p.crm_account_id), '') AS crm_account_id,
  nullif(trim(p.member_id), '') AS member_id, nullif(trim(p.parent_record_id), '') AS parent_record_id
FROM declared p
LEFT JOIN reference.mailbox b ON b.local_part = p.local_part
