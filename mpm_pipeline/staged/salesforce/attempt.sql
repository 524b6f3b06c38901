-- One human attempt to reach a person: a completed call or e-mail task, or a past event that is no invitee's copy, by a standard user.
WITH act AS (
  SELECT 'Task' AS object, t.Id, coalesce(t.CompletedDateTime, day_start(t.ActivityDate, s.company_time_zone)) AS moment,
    lower(t.TaskSubtype) AS kind, t.OwnerId, t.WhoId, t.AccountId
  FROM salesforce."Task" t CROSS JOIN run.setting s
  WHERE NOT t._is_tombstone AND NOT t._deleted AND NOT coalesce(t.IsDeleted, false) AND NOT coalesce(t.IsRecurrence, false)
    AND lower(t.TaskSubtype) IN ('call', 'email') AND (coalesce(t.IsClosed, false) OR lower(t.Status) = 'completed')
  UNION ALL
  SELECT 'Event', e.Id,
    coalesce(e.StartDateTime, e.ActivityDateTime, day_start(e.ActivityDate, s.company_time_zone)), 'meeting', e.OwnerId,
    e.WhoId, e.AccountId
  FROM salesforce."Event" e CROSS JOIN run.setting s
  WHERE NOT e._is_tombstone AND NOT e._deleted AND NOT coalesce(e.IsDeleted, false) AND NOT coalesce(e.IsRecurrence, false)
    AND NOT coalesce(e.IsChild, false)
)
SELECT
  'salesforce' AS source,
  a.object,
  a.Id AS record_id,
  a.moment AS at,
  a.kind,
  a.OwnerId AS owner_id,
  filled(a.WhoId) AS person_record_id,
  filled(a.AccountId) AS account_record_id
FROM act a
CROSS JOIN run.setting s
JOIN salesforce."User" u ON u._key = a.OwnerId AND coalesce(filled(u.UserType), 'Standard') = 'Standard'
WHERE a.moment <= s.as_of
