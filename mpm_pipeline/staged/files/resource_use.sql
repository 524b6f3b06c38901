-- One use of an enablement resource by a rep.
SELECT
  'enablement' AS source,
  u.usage_id,
  email_of(u.email) AS email,
  trim(u.resource) AS resource,
  u.kind,
  u."at",
  u.minutes,
  nullif(trim(u.opportunity_id), '') AS opportunity_id,
  u.rating
FROM enablement.usage u
