-- One campaign of an ad account; all of them are paid_social.
SELECT
  'linkedin' AS source,
  urn_tail(c.id) AS campaign_id,
  filled(c.name) AS name,
  filled(c.type) AS type,
  'paid_social' AS channel,
  true AS is_known_type,
  CAST(NULL AS VARCHAR) AS parent_campaign_id,
  CAST(NULL AS VARCHAR) AS crm_campaign_id,
  local_date(to_timestamp(TRY_CAST(json_extract_string(c.runSchedule, '$.start') AS DECIMAL(38, 10)) / 1000.0), s.company_time_zone) AS start_date,
  local_date(to_timestamp(TRY_CAST(json_extract_string(c.runSchedule, '$.end') AS DECIMAL(38, 10)) / 1000.0), s.company_time_zone) AS end_date,
  coalesce(c.created, to_timestamp(TRY_CAST(json_extract_string(c.changeAuditStamps, '$.created.time') AS DECIMAL(38, 10)) / 1000.0)) AS created_at
FROM linkedin."adCampaigns" c
CROSS JOIN run.setting s
WHERE NOT c._is_tombstone AND NOT c._deleted
QUALIFY row_number() OVER (PARTITION BY urn_tail(c.id) ORDER BY c._stamp DESC NULLS LAST, c.id) = 1
