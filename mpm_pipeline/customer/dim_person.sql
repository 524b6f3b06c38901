-- One row per person: the golden record. Records are taken in the order of `customer.person_source`; a null or unknown never beats a
-- value, one opt-out anywhere counts (identity 9). Region and segment: the account's, without an
-- account the person's own (inputs 3). The preferred channel is the declared one, with its address or the person's own of that kind, else
-- telephone, else e-mail; never one that was refused, nor, where consent is required, one of which nobody says.
WITH golden AS (
  SELECT person_id, arg_min(name, place) FILTER (WHERE name IS NOT NULL) AS name,
    arg_min(phone, place) FILTER (WHERE phone IS NOT NULL) AS phone,
    arg_min(mobile_phone, place) FILTER (WHERE mobile_phone IS NOT NULL) AS mobile_phone,
    arg_min(title, place) FILTER (WHERE title IS NOT NULL) AS title,
    arg_min(region, place) FILTER (WHERE region IS NOT NULL) AS region,
    arg_min(segment, place) FILTER (WHERE segment IS NOT NULL) AS segment,
    arg_min(product_line, place) FILTER (WHERE product_line IS NOT NULL) AS product_line,
    arg_min(solution_interest, place) FILTER (WHERE solution_interest IS NOT NULL) AS solution_interest,
    arg_min(urgent_channel, place) FILTER (WHERE urgent_address IS NOT NULL) AS urgent_channel,
    arg_min(urgent_address, place) FILTER (WHERE urgent_address IS NOT NULL) AS urgent_address,
    arg_min(urgent_channel, place) FILTER (WHERE urgent_channel IS NOT NULL) AS declared_channel,
    bool_and(can_email) AS can_email, bool_or(is_do_not_contact) AS is_do_not_contact, bool_or(is_do_not_call) AS is_do_not_call,
    min(created_at) FILTER (WHERE NOT is_merged AND object = 'Lead') AS lead_at,
    min(created_at) FILTER (WHERE NOT is_merged AND object = 'Contact') AS contact_at,
    min(created_at) FILTER (WHERE NOT is_merged) AS other_at
  FROM customer.person_source
  WHERE place IS NOT NULL
  GROUP BY person_id
), mailbox AS (
  SELECT person_id, email, domain FROM customer.person_source WHERE mail_place = 1
), seen AS (
  SELECT o.id AS person_id, any_value(p.account_id) AS account_id, bool_or(p.is_internal) AS is_internal, count(*) AS records,
    min(c.confidence) AS confidence, min(o.first_seen_at) AS first_seen_at
  FROM customer.id_registry o
  JOIN customer.person_of p ON p.source = o.source AND p.object = o.object AND p.record_id = o.record_id
  JOIN customer.crosswalk c ON c.source = o.source AND c.object = o.object AND c.record_id = o.record_id AND c.person_id = o.id
  WHERE o.kind = 'person' AND o.is_present AND NOT o.is_deleted
  GROUP BY o.id
), told AS (
  SELECT g.person_id, coalesce(g.mobile_phone, g.phone) AS phone, m.email, g.urgent_address, coalesce(g.is_do_not_contact, false) AS is_silent,
    coalesce(g.can_email, NOT s.leads_consent_required) AS may_mail, coalesce(NOT g.is_do_not_call, NOT s.leads_consent_required) AS may_call,
    NOT s.leads_consent_required AS may_else, lower(coalesce(CASE WHEN g.urgent_address IS NOT NULL THEN g.urgent_channel END, g.declared_channel,
      CASE WHEN g.urgent_address LIKE '_%@_%' THEN 'email' WHEN regexp_matches(g.urgent_address, '^[+(0-9]') THEN 'phone' ELSE 'social' END)) AS word
  FROM golden g
  CROSS JOIN run.setting s
  LEFT JOIN mailbox m ON m.person_id = g.person_id
), declared AS (
  SELECT t.*, regexp_matches(t.word, '\b(no|not|never)\b') AS is_refusal, CASE WHEN regexp_matches(t.word, '\b(direct mail|post|letter)\b') THEN 'letter'
    WHEN regexp_matches(t.word, '\bsms\b|\btext') THEN 'text' WHEN regexp_matches(t.word, 'phone|\bcall|mobile|voice|\bcell') THEN 'phone'
    WHEN regexp_matches(t.word, '\be-?\s?mail|\bmail') THEN 'email' ELSE 'social' END AS kind
  FROM told t
), reached AS (
  SELECT d.*, CASE WHEN NOT d.is_refusal AND d.kind <> 'letter' THEN coalesce(d.urgent_address, CASE d.kind WHEN 'email' THEN d.email WHEN 'social' THEN NULL ELSE d.phone END) END AS address
  FROM declared d
), choice AS (
  SELECT r.*, CASE WHEN r.is_silent THEN 'do_not_contact'
    WHEN r.address IS NOT NULL AND CASE r.kind WHEN 'email' THEN r.may_mail WHEN 'social' THEN r.may_else ELSE r.may_call END THEN 'declared'
    WHEN r.phone IS NOT NULL AND r.may_call AND NOT (r.is_refusal AND r.kind IN ('phone', 'text')) THEN 'phone'
    WHEN r.email IS NOT NULL AND r.may_mail AND NOT (r.is_refusal AND r.kind = 'email') THEN 'email'
    WHEN coalesce(r.address, r.phone, r.email) IS NOT NULL THEN 'no_allowed_channel' ELSE 'no_address' END AS best
  FROM reached r
)
SELECT n.person_id, g.name, m.email, coalesce(g.mobile_phone, g.phone) AS phone, g.title,
  m.domain, n.account_id,
  coalesce(a.region, g.region, 'unknown') AS region, coalesce(a.segment, g.segment, 'unknown') AS segment,
  CASE WHEN n.account_id IS NOT NULL THEN coalesce(a.product_line, g.product_line) ELSE g.product_line END AS product_line,
  g.solution_interest, CASE c.best WHEN 'declared' THEN c.kind WHEN 'phone' THEN 'phone' WHEN 'email' THEN 'email' END AS preferred_channel,
  CASE c.best WHEN 'declared' THEN c.address WHEN 'phone' THEN c.phone WHEN 'email' THEN c.email END AS preferred_address,
  CASE WHEN c.best IN ('phone', 'email') THEN 'first allowed' ELSE coalesce(c.best, 'no_address') END AS preferred_reason,
  CASE WHEN g.urgent_address IS NOT NULL THEN g.urgent_channel WHEN g.mobile_phone IS NOT NULL THEN 'mobile_phone'
    WHEN g.phone IS NOT NULL THEN 'phone' WHEN m.email IS NOT NULL THEN 'email' END AS urgent_channel,
  coalesce(g.urgent_address, g.mobile_phone, g.phone, m.email) AS urgent_address,
  g.can_email, NOT g.is_do_not_call AS can_call, g.is_do_not_contact, g.is_do_not_call, n.is_internal, n.confidence, n.records,
  coalesce(g.lead_at, g.contact_at, g.other_at) AS created_at, n.first_seen_at, s.as_of AS last_seen_at
FROM seen n
CROSS JOIN run.setting s
LEFT JOIN golden g ON g.person_id = n.person_id
LEFT JOIN mailbox m ON m.person_id = n.person_id
LEFT JOIN choice c ON c.person_id = n.person_id
LEFT JOIN customer.dim_account a ON a.account_id = n.account_id
