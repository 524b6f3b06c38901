-- One row per contact as its system recorded it, with person, account of then, campaign and channel (readings 15, 48, 49,
-- 54, 57; inputs, Touch). Own people, deleted people and what lies after as-of are out; a call or meeting that names
-- nobody is no touch. Of a person that cannot be seen it is served alone and counts for no account. A referral that names only
-- a company is a touch of its account.
WITH seen AS (
  SELECT t.*, coalesce(p.person_id, e.person_id) AS person_id, coalesce(p.is_internal, e.is_internal, false) AS is_internal,
    coalesce(p.is_deleted, e.is_deleted, false) AS is_deleted,
    CASE WHEN p.role = 'lead' THEN p.survivor_record_id END AS lead_id,
    coalesce(d.is_internal, false) AS is_own_domain, x.account_id AS domain_account_id, a.account_id AS named_account_id,
    coalesce(c.campaign_id, i.campaign_id) AS campaign_id, local_date(t."at", s.company_time_zone) AS touch_date
  FROM staged.touch t
  CROSS JOIN run.setting s
  LEFT JOIN customer.person_of p ON p.source = t.source AND p.object = t.person_object AND p.record_id = t.person_record_id
  LEFT JOIN customer.person_of e ON t.person_record_id IS NULL AND t.email IS NOT NULL AND e.source = t.source AND e.object = t.object AND e.record_id = t.record_id
  LEFT JOIN customer.mail_domain d ON t.person_record_id IS NULL AND t.email IS NULL AND d.mail_domain = lower(trim(t.domain))
  LEFT JOIN customer.account_domain x ON x.domain = d.registrable_domain AND NOT d.is_free_mail
  LEFT JOIN customer.account_of a ON a.role = 'company' AND a.record_id = t.account_record_id AND NOT a.is_deleted
  LEFT JOIN kpis.campaign_of c ON c.source = t.source AND c.record_id = t.campaign_record_id AND NOT c.is_alias
  LEFT JOIN kpis.campaign_of i ON t.campaign_record_id IS NULL AND i.source = t.source AND i.record_id = t.alias_record_id AND i.is_alias
  WHERE t."at" <= s.as_of
), told AS (
  SELECT n.*, coalesce(g.channel, n.channel, CASE WHEN n.origin = 'sales' THEN 'outbound' WHEN n.origin = 'partner' THEN 'partner'
      WHEN n.kind = 'email_click' THEN 'email' WHEN n.kind = 'lead_form' THEN 'paid_social' WHEN n.kind IN ('form', 'link_click') THEN 'web'
      ELSE 'other' END) AS channel_then
  FROM seen n
  LEFT JOIN kpis.dim_campaign g ON g.campaign_id = n.campaign_id
)
SELECT n.source || ':' || n.object || ':' || n.record_id AS touch_id, n.source, n.object, n.record_id, n.person_id,
  CASE WHEN n.person_id IS NOT NULL OR n.person_record_id IS NOT NULL THEN l.account_id ELSE coalesce(n.domain_account_id, n.named_account_id) END AS account_id,
  n.lead_id, n."at", n.touch_date, n.is_day_grain, n.origin, n.kind,
  n.channel_then AS channel, n.campaign_id, coalesce(n.campaign_id, n.source || ':' || n.campaign_record_id) AS named_campaign_id, n.is_hand_raise,
  n.campaign_id IS NULL AND n.channel_then = 'web' AND n.origin = 'marketing' AS is_direct, n.owner_id
FROM told n
LEFT JOIN customer.person_account l ON l.person_id = n.person_id AND l.from_at <= n."at" AND l.to_at > n."at"
WHERE NOT n.is_internal AND NOT n.is_deleted AND NOT n.is_own_domain AND (n.person_id IS NOT NULL OR n.origin = 'partner' OR n.person_record_id IS NOT NULL)
