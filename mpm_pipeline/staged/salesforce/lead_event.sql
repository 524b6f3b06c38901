-- One change of a lead's status or owner, or its conversion. The API tells an owner once by id and once by name: ids are kept.
WITH owner AS (
  SELECT _key AS id, _key AS told FROM salesforce."User"
  UNION SELECT _key, _key FROM salesforce."Group"
  UNION (
    SELECT min(id), name FROM (
      SELECT _key AS id, filled(Name) AS name FROM salesforce."User" UNION ALL SELECT _key, filled(Name) FROM salesforce."Group"
    ) WHERE name IS NOT NULL GROUP BY name HAVING count(*) = 1
  )
), change AS (
  SELECT *, CASE lower(Field) WHEN 'status' THEN 'status' WHEN 'owner' THEN 'owner' WHEN 'ownerid' THEN 'owner'
      WHEN 'leadconverted' THEN 'converted' END AS what
  FROM salesforce."LeadHistory" WHERE NOT _is_tombstone
)
SELECT
  'salesforce' AS source,
  h.Id AS event_id,
  h.LeadId AS lead_id,
  h.CreatedDate AS at,
  h.what AS field,
  CASE WHEN h.what = 'owner' THEN coalesce(old_owner.id, filled(h.OldValue)) ELSE filled(h.OldValue) END AS old_value,
  CASE WHEN h.what = 'owner' THEN coalesce(new_owner.id, filled(h.NewValue)) ELSE filled(h.NewValue) END AS new_value,
  old_status.stage AS old_stage,
  new_status.stage AS new_stage
FROM change h
LEFT JOIN owner old_owner ON h.what = 'owner' AND old_owner.told = filled(h.OldValue)
LEFT JOIN owner new_owner ON h.what = 'owner' AND new_owner.told = filled(h.NewValue)
LEFT JOIN reference.lead_status old_status ON h.what = 'status' AND old_status.plain_status = plain(h.OldValue)
LEFT JOIN reference.lead_status new_status ON h.what = 'status' AND new_status.plain_status = plain(h.NewValue)
WHERE h.what IS NOT NULL
