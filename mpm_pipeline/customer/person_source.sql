-- One row per record of a person that lives, with what it tells, in the orders in which golden records take it (identity 9). `place`:
-- contacts before leads before all others, then the newest change; null where a record tells a mailbox alone. `mail_place`: a mailbox of
-- one's own first, then by `place`, then the oldest; null without a mailbox. An unknown region or segment is null.
WITH record AS (
  SELECT o.person_id, o.source, o.object, o.record_id, o.account_id, o.is_merged, r.created_at, p.modified_at,
    CASE WHEN p.record_id IS NOT NULL THEN row_number() OVER (PARTITION BY o.person_id ORDER BY p.record_id IS NULL, o.is_merged,
      CASE o.object WHEN 'Contact' THEN 0 WHEN 'Lead' THEN 1 ELSE 2 END, p.modified_at DESC NULLS LAST, o.source, o.record_id) END AS place,
    r.email, r.email_key, r.mail_domain, coalesce(nullif(trim(concat_ws(' ', p.first_name, p.last_name)), ''), p.name) AS name,
    p.phone, p.mobile_phone, p.title, nullif(p.region, 'unknown') AS region, nullif(p.segment, 'unknown') AS segment, p.product_line,
    p.solution_interest, p.urgent_channel, p.urgent_address, p.can_email, p.is_do_not_contact, p.is_do_not_call
  FROM customer.person_of o
  JOIN customer.identity_record r ON r.kind = 'person' AND r.source = o.source AND r.object = o.object AND r.record_id = o.record_id
  LEFT JOIN staged.person p ON p.source = o.source AND p.object = o.object AND p.record_id = o.record_id
  WHERE NOT o.is_deleted
)
SELECT r.* EXCLUDE (email_key, mail_domain), CASE WHEN NOT d.is_free_mail THEN d.registrable_domain END AS domain,
  CASE WHEN r.email IS NOT NULL THEN row_number() OVER (PARTITION BY r.person_id ORDER BY r.email IS NULL, r.email_key IS NULL, r.place NULLS LAST,
    r.created_at, r.source, r.record_id) END AS mail_place
FROM record r
LEFT JOIN customer.mail_domain d ON d.mail_domain = r.mail_domain
