-- One form, link click, click in a mail (not by a bot) or success in a programme. The programme: a success names it, else the
-- smart campaign does (readings 48); without one a mail is email and the web is web (readings 49, 54).
WITH seen AS (
  SELECT *, CASE activityTypeId WHEN 2 THEN 'form' WHEN 3 THEN 'link_click' WHEN 11 THEN 'email_click' ELSE 'program_success' END AS kind
  FROM marketo.activities
  WHERE NOT _is_tombstone AND (activityTypeId IN (2, 3)
    OR (activityTypeId = 11 AND coalesce(lower(value_named(attributes, 'Is Bot Activity')), 'false') NOT IN ('true', '1'))
    OR (activityTypeId = 104 AND lower(value_named(attributes, 'Success')) IN ('true', '1')))
)
SELECT
  'marketo' AS source,
  'activities' AS object,
  t.marketoGUID AS record_id,
  t.activityDate AS "at",
  false AS is_day_grain,
  'marketing' AS origin,
  t.kind,
  t.kind = 'form' AS is_hand_raise,
  CASE t.kind WHEN 'email_click' THEN 'email' WHEN 'program_success' THEN 'other' ELSE 'web' END AS channel,
  CASE WHEN t.kind = 'program_success' THEN filled(t.primaryAttributeValueId) END AS campaign_record_id,
  filled(t.campaignId) AS alias_record_id,
  'leads' AS person_object,
  t.leadId AS person_record_id,
  CAST(NULL AS VARCHAR) AS email,
  CAST(NULL AS VARCHAR) AS domain,
  CAST(NULL AS VARCHAR) AS account_record_id,
  CAST(NULL AS VARCHAR) AS owner_id
FROM seen t
CROSS JOIN run.setting s
WHERE t.activityDate <= s.as_of
