-- One Salesforce lead with its life-cycle fields of today.
SELECT
  'salesforce' AS source,
  l.Id AS lead_id,
  filled(l.Status) AS status,
  known.stage AS status_stage,
  coalesce(l.IsConverted, false) AS is_converted,
  l.ConvertedDate AS converted_date,
  filled(l.ConvertedAccountId) AS converted_account_id,
  filled(l.ConvertedContactId) AS converted_contact_id,
  filled(l.ConvertedOpportunityId) AS converted_opportunity_id,
  filled(l.OwnerId) AS owner_id,
  CASE WHEN NOT is_placeholder(l.LeadSource) THEN l.LeadSource END AS lead_source,
  filled(l.Rejection_Reason__c) AS rejection_reason,
  l._deleted OR coalesce(l.IsDeleted, false) AS is_deleted,
  filled(l.MasterRecordId) AS merged_into_id,
  l.CreatedDate AS created_at,
  coalesce(l.SystemModstamp, l.LastModifiedDate, l.CreatedDate) AS modified_at
FROM salesforce."Lead" l
LEFT JOIN reference.lead_status known ON known.plain_status = plain(l.Status)
WHERE NOT l._is_tombstone
