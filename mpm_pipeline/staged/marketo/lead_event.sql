-- One change of a lead's status, as the marketing system logged it.
WITH change AS (
  SELECT marketoGUID, leadId, activityDate, value_named(attributes, 'Old Value') AS old_value,
    value_named(attributes, 'New Value') AS new_value
  FROM marketo.activities
  WHERE NOT _is_tombstone AND activityTypeId = 13 AND plain(primaryAttributeValue) = 'leadstatus'
)
SELECT
  'marketo' AS source,
  h.marketoGUID AS event_id,
  h.leadId AS lead_id,
  h.activityDate AS "at",
  'status' AS field,
  filled(h.old_value) AS old_value,
  filled(h.new_value) AS new_value,
  old_map.stage AS old_stage,
  new_map.stage AS new_stage
FROM change h
LEFT JOIN reference.lead_status old_map ON old_map.plain_status = plain(h.old_value)
LEFT JOIN reference.lead_status new_map ON new_map.plain_status = plain(h.new_value)
