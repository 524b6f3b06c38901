-- One contact's role on one deal; those of deleted deals are out.
SELECT
  'salesforce' AS source,
  r.Id AS role_id,
  r.OpportunityId AS opportunity_id,
  r.ContactId AS person_record_id,
  filled(r.Role) AS role,
  coalesce(r.IsPrimary, false) AS is_primary
FROM salesforce."OpportunityContactRole" r
LEFT JOIN salesforce."Opportunity" o ON o._key = r.OpportunityId
WHERE NOT r._is_tombstone AND NOT r._deleted AND NOT coalesce(r.IsDeleted, false)
  AND NOT coalesce(o._deleted OR o.IsDeleted, false)
