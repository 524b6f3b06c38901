-- One member's answer to a form: a hand-raise, from the campaign that led there; test answers are out.
SELECT
  'linkedin' AS source,
  'leadFormResponses' AS object,
  t.id AS record_id,
  t.submittedAt AS "at",
  false AS is_day_grain,
  'marketing' AS origin,
  'lead_form' AS kind,
  true AS is_hand_raise,
  'paid_social' AS channel,
  urn_tail(json_extract_string(t.leadMetadata, '$.sponsoredLeadMetadata.campaign')) AS campaign_record_id,
  CAST(NULL AS VARCHAR) AS alias_record_id,
  'leadFormResponses' AS person_object,
  t.id AS person_record_id,
  CAST(NULL AS VARCHAR) AS email,
  CAST(NULL AS VARCHAR) AS domain,
  CAST(NULL AS VARCHAR) AS account_record_id,
  CAST(NULL AS VARCHAR) AS owner_id
FROM linkedin."leadFormResponses" t
CROSS JOIN run.setting s
WHERE NOT t._is_tombstone AND NOT t._deleted AND NOT coalesce(t.testLead, false) AND t.submittedAt <= s.as_of
