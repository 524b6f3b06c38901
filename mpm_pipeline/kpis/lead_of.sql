-- One row per lead record that counts (readings 15, 50): neither deleted nor of our own people; leads of the CRM alone while
-- it is on, else of the marketing system. A merged-away lead keeps a row under its survivor, for its history.
WITH crm AS (
  SELECT coalesce(bool_or(s.is_on), false) AS is_on
  FROM run.source s
  JOIN reference.source_role r ON r.source = s.source AND r.role = 'crm'
)
SELECT l.source, l.lead_id, p.person_id, p.survivor_record_id AS survivor_id, p.is_merged, l.created_at, l.owner_id,
  l.status_stage, l.is_converted, l.converted_date, l.converted_contact_id, l.converted_opportunity_id, l.lead_source, l.modified_at
FROM staged.lead l
CROSS JOIN crm c
JOIN reference.source_role r ON r.source = l.source
JOIN customer.person_of p ON p.source = l.source AND p.role = 'lead' AND p.record_id = l.lead_id
WHERE (r.role = 'crm' OR NOT c.is_on) AND NOT p.is_deleted AND NOT p.is_internal
