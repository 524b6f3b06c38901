-- One campaign of Salesforce; deleted ones are out. An advertisement says nothing of where it ran, so it is paid_other.
SELECT
  'salesforce' AS source,
  c.Id AS campaign_id,
  filled(c.Name) AS name,
  filled(c.Type) AS type,
  coalesce(known.channel, 'other') AS channel,
  known.channel IS NOT NULL AS is_known_type,
  filled(c.ParentId) AS parent_campaign_id,
  CAST(NULL AS VARCHAR) AS crm_campaign_id,
  c.StartDate AS start_date,
  c.EndDate AS end_date,
  c.CreatedDate AS created_at
FROM salesforce."Campaign" c
LEFT JOIN reference.channel_type known ON known.plain_type = plain(c.Type)
WHERE NOT c._is_tombstone AND NOT c._deleted AND NOT coalesce(c.IsDeleted, false)
