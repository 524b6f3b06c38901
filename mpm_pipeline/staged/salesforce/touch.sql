-- One response to a campaign (marketing), or one completed call, e-mail or past meeting by an active standard user (sales).
-- A member of a campaign keeps its lead and gets the contact that the lead became: where the lead is gone, the contact responded.
-- A merged-away lead is gone with the last of its survivors. A member of another contact than the lead became, in a merge that
-- can be seen no more, is that contact's.
WITH RECURSIVE lead AS (
  SELECT _key AS id, _deleted OR _is_tombstone OR coalesce(IsDeleted, false) AS is_gone, filled(MasterRecordId) AS into_id,
    filled(ConvertedContactId) AS contact_id
  FROM salesforce."Lead"
), merge AS (
  SELECT id, id AS last_id FROM lead
  UNION
  SELECT m.id, n.id FROM merge m JOIN lead l ON l.id = m.last_id JOIN lead n ON n.id = l.into_id
), live AS (
  SELECT m.id, l.contact_id
  FROM merge m
  JOIN lead l ON l.id = m.last_id AND NOT l.is_gone
  LEFT JOIN lead n ON n.id = l.into_id
  WHERE n.id IS NULL
), live_contact AS (
  SELECT _key AS id FROM salesforce."Contact" WHERE NOT (_deleted OR _is_tombstone OR coalesce(IsDeleted, false))
), who AS (
  SELECT 'Lead' AS object, _key AS id FROM salesforce."Lead" UNION ALL SELECT 'Contact', _key FROM salesforce."Contact"
), seen AS (
  SELECT 'CampaignMember' AS object, m.Id, 'marketing' AS origin, 'member_response' AS kind, true AS is_hand_raise,
    day_start(coalesce(m.FirstRespondedDate, local_date(m.CreatedDate, s.company_time_zone)), s.company_time_zone) AS moment,
    true AS is_day_grain, NULL AS channel, m.CampaignId,
    coalesce(moved.id, l.id, filled(m.ContactId), filled(m.LeadId)) AS who_id,
    NULL AS AccountId, NULL AS OwnerId
  FROM salesforce."CampaignMember" m CROSS JOIN run.setting s
  LEFT JOIN live l ON l.id = m.LeadId
  LEFT JOIN salesforce."Contact" became ON became._key = l.contact_id
  LEFT JOIN live_contact moved ON moved.id = m.ContactId AND moved.id <> l.contact_id AND filled(became.MasterRecordId) IS NULL
  WHERE NOT m._is_tombstone AND NOT m._deleted AND NOT coalesce(m.IsDeleted, false) AND coalesce(m.HasResponded, false)
  UNION ALL
  SELECT 'Task', t.Id, 'sales', lower(t.TaskSubtype), false,
    coalesce(t.CompletedDateTime, day_start(t.ActivityDate, s.company_time_zone)), t.CompletedDateTime IS NULL,
    'outbound', NULL, filled(t.WhoId), filled(t.AccountId), t.OwnerId
  FROM salesforce."Task" t CROSS JOIN run.setting s
  WHERE NOT t._is_tombstone AND NOT t._deleted AND NOT coalesce(t.IsDeleted, false) AND NOT coalesce(t.IsRecurrence, false)
    AND lower(t.TaskSubtype) IN ('call', 'email') AND (coalesce(t.IsClosed, false) OR lower(t.Status) = 'completed')
  UNION ALL
  SELECT 'Event', e.Id, 'sales', 'meeting', false,
    coalesce(e.StartDateTime, e.ActivityDateTime, day_start(e.ActivityDate, s.company_time_zone)),
    coalesce(e.StartDateTime, e.ActivityDateTime) IS NULL, 'outbound', NULL, filled(e.WhoId), filled(e.AccountId), e.OwnerId
  FROM salesforce."Event" e CROSS JOIN run.setting s
  WHERE NOT e._is_tombstone AND NOT e._deleted AND NOT coalesce(e.IsDeleted, false) AND NOT coalesce(e.IsRecurrence, false)
    AND NOT coalesce(e.IsChild, false)
)
SELECT
  'salesforce' AS source,
  t.object,
  t.Id AS record_id,
  t.moment AS at,
  t.is_day_grain,
  t.origin,
  t.kind,
  t.is_hand_raise,
  t.channel,
  t.CampaignId AS campaign_record_id,
  CAST(NULL AS VARCHAR) AS alias_record_id,
  coalesce(who.object, CASE left(t.who_id, 3) WHEN '00Q' THEN 'Lead' WHEN '003' THEN 'Contact' END) AS person_object,
  t.who_id AS person_record_id,
  CAST(NULL AS VARCHAR) AS email,
  CAST(NULL AS VARCHAR) AS domain,
  t.AccountId AS account_record_id,
  t.OwnerId AS owner_id
FROM seen t
CROSS JOIN run.setting s
LEFT JOIN who ON who.id = t.who_id
LEFT JOIN salesforce."User" u ON u._key = t.OwnerId
WHERE t.moment <= s.as_of
  AND (t.origin = 'marketing'
    OR (u._key IS NOT NULL AND coalesce(u.IsActive, true) AND coalesce(filled(u.UserType), 'Standard') = 'Standard'))
