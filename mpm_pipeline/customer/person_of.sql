-- One row per record of a person and who it is, with the account of today; our own people are marked (inputs, life cycle).
WITH own_people AS (
  SELECT DISTINCT o.id AS person_id
  FROM customer.id_registry o
  JOIN customer.identity_record r ON r.own_id = o.own_id
  JOIN customer.mail_domain d ON d.mail_domain = r.mail_domain AND d.is_internal
  WHERE o.kind = 'person' AND o.is_present AND NOT o.is_deleted
), today AS (
  SELECT p.person_id, p.account_id
  FROM customer.person_account p
  CROSS JOIN run.setting s
  WHERE p.from_at <= s.as_of AND p.to_at > s.as_of
)
SELECT o.source, o.object, coalesce(w.role, 'other') AS role, o.record_id, o.id AS person_id, t.account_id, o.survivor_record_id,
  i.person_id IS NOT NULL AS is_internal, o.is_merged, o.is_deleted
FROM customer.id_registry o
LEFT JOIN reference.object_role w ON w.source = o.source AND w.object = o.object
LEFT JOIN own_people i ON i.person_id = o.id
LEFT JOIN today t ON t.person_id = o.id
WHERE o.kind = 'person' AND o.is_present
