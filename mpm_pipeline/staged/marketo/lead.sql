-- One Marketo lead with its life-cycle fields; it counts as a lead only while the CRM is off (readings 50).
WITH lost AS (
  SELECT unnest(regexp_extract_all(value_named(attributes, 'Merge IDs'), '\d+')) AS lead_id, leadId AS survivor_id, activityDate, marketoGUID
  FROM marketo.activities WHERE NOT _is_tombstone AND activityTypeId = 32
), merge AS (
  SELECT lead_id, survivor_id FROM lost WHERE lead_id <> survivor_id
  QUALIFY row_number() OVER (PARTITION BY lead_id ORDER BY activityDate DESC, marketoGUID DESC) = 1
)
SELECT
  'marketo' AS source,
  l.id AS lead_id,
  filled(l.leadStatus) AS status,
  known.stage AS status_stage,
  false AS is_converted,
  CAST(NULL AS DATE) AS converted_date,
  CAST(NULL AS VARCHAR) AS converted_account_id,
  CAST(NULL AS VARCHAR) AS converted_contact_id,
  CAST(NULL AS VARCHAR) AS converted_opportunity_id,
  crm_id(l.sfdcLeadOwnerId) AS owner_id,
  CASE WHEN NOT is_placeholder(l.leadSource) THEN l.leadSource END AS lead_source,
  CAST(NULL AS VARCHAR) AS rejection_reason,
  l._deleted OR m.survivor_id IS NOT NULL AS is_deleted,
  m.survivor_id AS merged_into_id,
  coalesce(l.createdAt, l.updatedAt, l._first_seen_at) AS created_at,
  coalesce(l.updatedAt, l.createdAt) AS modified_at
FROM marketo.leads l
LEFT JOIN merge m ON m.lead_id = l.id
LEFT JOIN reference.lead_status known ON known.plain_status = plain(l.leadStatus)
WHERE NOT l._is_tombstone
