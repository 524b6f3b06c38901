-- One row per stretch of time in which a person belongs to an account (readings 23, 57). The best evidence counts alone: a
-- contact's account, else a converted lead's, else the declared one, else the account with the mailbox's domain. With
-- contacts at several companies each counts from its creation on; of one instant the first in the golden record's order (identity 9).
WITH known AS (
  SELECT source, object, record_id, id AS person_id
  FROM customer.id_registry
  WHERE kind = 'person' AND is_present AND NOT is_deleted AND NOT is_merged
), linked AS (
  SELECT k.person_id, p.created_at, p.source, p.object, p.record_id, a.account_id,
    CASE p.object WHEN 'Contact' THEN 1 WHEN 'Lead' THEN 2 ELSE 3 END AS tier
  FROM known k
  JOIN staged.person p ON p.source = k.source AND p.object = k.object AND p.record_id = k.record_id
  JOIN customer.account_of a ON a.object = 'Account' AND crm_key(a.record_id) = crm_key(p.account_record_id) AND NOT a.is_deleted
  UNION ALL
  SELECT k.person_id, r.created_at, r.source, r.object, r.record_id, a.account_id, 4
  FROM known k
  JOIN customer.identity_record r ON r.kind = 'person' AND r.source = k.source AND r.object = k.object AND r.record_id = k.record_id
  JOIN customer.mail_domain d ON d.mail_domain = r.mail_domain AND NOT d.is_free_mail AND NOT d.is_internal
  JOIN customer.account_domain a ON a.domain = d.registrable_domain
), best AS (
  SELECT *, coalesce(created_at, TIMESTAMPTZ '1900-01-01 00:00:00+00') AS since FROM linked
  QUALIFY tier = min(tier) OVER (PARTITION BY person_id)
), single AS (
  SELECT * FROM best
  QUALIFY row_number() OVER (PARTITION BY person_id, since ORDER BY CASE object WHEN 'Contact' THEN 0 WHEN 'Lead' THEN 1 ELSE 2 END, source, object,
    record_id, account_id) = 1
)
SELECT person_id,
  CASE WHEN row_number() OVER w = 1 THEN TIMESTAMPTZ '1900-01-01 00:00:00+00' ELSE since END AS from_at,
  lead(since, 1, TIMESTAMPTZ '9999-12-31 00:00:00+00') OVER w AS to_at,
  account_id,
  CASE tier WHEN 1 THEN 'contact' WHEN 2 THEN 'converted_lead' WHEN 3 THEN 'declared' ELSE 'domain' END AS evidence
FROM single
WINDOW w AS (PARTITION BY person_id ORDER BY since)
