-- One meeting: an event that is no invitee's copy and not deleted, past or coming.
SELECT
  'salesforce' AS source,
  e.Id AS meeting_id,
  coalesce(e.StartDateTime, e.ActivityDateTime, day_start(e.ActivityDate, s.company_time_zone)) AS starts_at,
  e.EndDateTime AS ends_at,
  filled(e.OwnerId) AS owner_id,
  filled(e.WhoId) AS person_record_id,
  filled(e.AccountId) AS account_record_id,
  e.CreatedDate AS created_at
FROM salesforce."Event" e
CROSS JOIN run.setting s
WHERE NOT e._is_tombstone AND NOT e._deleted AND NOT coalesce(e.IsDeleted, false) AND NOT coalesce(e.IsRecurrence, false)
  AND NOT coalesce(e.IsChild, false) AND coalesce(e.StartDateTime, e.ActivityDateTime, CAST(e.ActivityDate AS TIMESTAMPTZ)) IS NOT NULL
