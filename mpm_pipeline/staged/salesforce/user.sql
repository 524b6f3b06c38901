-- One user of Salesforce, inactive ones included.
SELECT
  'salesforce' AS source,
  u.Id AS user_id,
  filled(u.Name) AS name,
  email_of(u.Email) AS email,
  coalesce(u.IsActive, true) AS is_active,
  coalesce(filled(u.UserType), 'Standard') = 'Standard' AS is_standard,
  filled(u.TimeZoneSidKey) AS time_zone,
  filled(u.ManagerId) AS manager_id
FROM salesforce."User" u
WHERE NOT u._is_tombstone
