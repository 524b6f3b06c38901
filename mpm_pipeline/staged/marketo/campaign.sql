-- One programme of Marketo; its channel is the company's own word. Start and end are days, or instants in the company's zone.
WITH read AS (
  SELECT p.*, s.company_time_zone,
    TRY_CAST(replace(startDate, 'Z+0000', 'Z') AS TIMESTAMPTZ) AS starts_at, TRY_CAST(replace(endDate, 'Z+0000', 'Z') AS TIMESTAMPTZ) AS ends_at
  FROM marketo.programs p CROSS JOIN run.setting s
  WHERE NOT p._is_tombstone AND NOT p._deleted
)
SELECT
  'marketo' AS source,
  p.id AS campaign_id,
  filled(p.name) AS name,
  filled(p.channel) AS type,
  coalesce(known.channel, 'other') AS channel,
  known.channel IS NOT NULL AS is_known_type,
  CAST(NULL AS VARCHAR) AS parent_campaign_id,
  crm_id(p.sfdcId) AS crm_campaign_id,
  CASE WHEN length(trim(p.startDate)) = 10 THEN TRY_CAST(p.startDate AS DATE) ELSE local_date(p.starts_at, p.company_time_zone) END AS start_date,
  CASE WHEN length(trim(p.endDate)) = 10 THEN TRY_CAST(p.endDate AS DATE) ELSE local_date(p.ends_at, p.company_time_zone) END AS end_date,
  p.createdAt AS created_at
FROM read p
LEFT JOIN reference.channel_type known ON known.plain_type = plain(p.channel)
