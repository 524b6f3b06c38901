-- One member who answered a form, as far as the answers tell; test answers are out. The form tells what a question means; a
-- mail address is found by itself where the form does not.
WITH country AS (
  SELECT DISTINCT plain(name) AS plain_name, region FROM reference.country
), asked AS (
  SELECT DISTINCT urn_tail(id) AS form_id, coalesce(question.questionId, question.id) AS question_id, upper(question.predefinedField) AS meaning
  FROM (
    SELECT id, unnest(json_transform(json_extract(content, '$.questions'),
      '[{"questionId":"VARCHAR","id":"VARCHAR","predefinedField":"VARCHAR"}]')) AS question
    FROM linkedin."leadForms" WHERE NOT _is_tombstone
  )
), response AS (
  SELECT *, regexp_extract(coalesce(versionedLeadGenFormUrn, json_extract_string(form, '$.leadGenFormUrn')), 'leadGenForm:([^,()\s]+)', 1) AS form_id
  FROM linkedin."leadFormResponses"
  WHERE NOT _is_tombstone AND NOT _deleted AND NOT coalesce(testLead, false)
), given AS (
  SELECT id, form_id, unnest(answers) AS answer, generate_subscripts(answers, 1) AS place
  FROM (
    SELECT id, form_id, json_transform(json_extract(formResponse, '$.answers'),
      '[{"questionId":"VARCHAR","answerDetails":{"textQuestionAnswer":{"answer":"VARCHAR"}}}]') AS answers
    FROM response
  )
), said AS (
  SELECT g.id, g.place, a.meaning, filled(g.answer.answerDetails.textQuestionAnswer.answer) AS word
  FROM given g LEFT JOIN asked a ON a.form_id = g.form_id AND a.question_id = g.answer.questionId
), told AS (
  SELECT id,
    coalesce(arg_min(word, place) FILTER (WHERE meaning LIKE '%EMAIL%' AND word IS NOT NULL),
      arg_min(word, place) FILTER (WHERE word LIKE '%_@_%')) AS email,
    arg_min(word, place) FILTER (WHERE meaning = 'FIRST_NAME' AND word IS NOT NULL) AS first_name,
    arg_min(word, place) FILTER (WHERE meaning = 'LAST_NAME' AND word IS NOT NULL) AS last_name,
    arg_min(word, place) FILTER (WHERE meaning LIKE '%PHONE%' AND word IS NOT NULL) AS phone,
    arg_min(word, place) FILTER (WHERE meaning = 'JOB_TITLE' AND word IS NOT NULL) AS title,
    arg_min(word, place) FILTER (WHERE meaning LIKE 'COMPANY%NAME%' AND word IS NOT NULL) AS company,
    arg_min(word, place) FILTER (WHERE meaning LIKE '%COUNTRY%' AND word IS NOT NULL) AS country
  FROM said GROUP BY id
)
SELECT
  'linkedin' AS source,
  'leadFormResponses' AS object,
  r.id AS record_id,
  t.first_name,
  t.last_name,
  filled(concat_ws(' ', t.first_name, t.last_name)) AS name,
  email_of(t.email) AS email,
  t.phone,
  CAST(NULL AS VARCHAR) AS mobile_phone,
  t.title,
  t.company,
  t.country,
  CAST(NULL AS VARCHAR) AS account_record_id,
  CAST(NULL AS VARCHAR) AS crm_lead_id,
  CAST(NULL AS VARCHAR) AS crm_contact_id,
  filled(r.submitter) AS member_id,
  CAST(NULL AS VARCHAR) AS owner_id,
  'unknown' AS segment,
  coalesce(country.region, 'unknown') AS region,
  CAST(NULL AS VARCHAR) AS product_line,
  CAST(NULL AS VARCHAR) AS solution_interest,
  CAST(NULL AS VARCHAR) AS lead_source,
  CAST(NULL AS BOOLEAN) AS can_email,
  CAST(NULL AS BOOLEAN) AS is_do_not_contact,
  CAST(NULL AS BOOLEAN) AS is_do_not_call,
  CAST(NULL AS VARCHAR) AS urgent_channel,
  CAST(NULL AS VARCHAR) AS urgent_address,
  false AS is_deleted,
  CAST(NULL AS VARCHAR) AS merged_into_id,
  r.submittedAt AS created_at,
  r.submittedAt AS modified_at
FROM response r
LEFT JOIN told t ON t.id = r.id
LEFT JOIN country ON country.plain_name = plain(t.country)
