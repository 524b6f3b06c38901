-- One row per meeting, past or coming (inputs, Meetings): rep = owner, account = the event's own, else the person's.
SELECT m.meeting_id, m.source, p.person_id, coalesce(a.account_id, l.account_id) AS account_id, m.owner_id AS rep_id, m.starts_at,
  m.ends_at, m.created_at
FROM staged.meeting m
LEFT JOIN customer.account_of a ON a.source = m.source AND a.role = 'company' AND a.record_id = m.account_record_id AND NOT a.is_deleted
LEFT JOIN customer.person_of p ON p.source = m.source AND p.role IN ('lead', 'contact') AND p.record_id = m.person_record_id AND NOT p.is_deleted
LEFT JOIN customer.person_account l ON l.person_id = p.person_id AND l.from_at <= m.starts_at AND l.to_at > m.starts_at
