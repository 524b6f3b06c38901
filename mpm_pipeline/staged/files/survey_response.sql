-- One answer or non-answer to a survey.
SELECT
  'service' AS source,
  response_id,
  trim(survey) AS survey,
  kind,
  scale_max,
  sent_at,
  answered_at,
  score,
  email_of(email) AS email,
  nullif(trim(account), '') AS account
FROM service.survey
