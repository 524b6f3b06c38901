-- One user of Salesforce, inactive ones included. A time zone that nobody knows is none.
SELECT
  'salesforce' AS source,
  u.Id AS user_id,
  filled(u.Name) AS name,
  email_of(u.Email) AS email,
  coalesce(u.IsActive, true) AS is_active,
  coalesce(filled(u.UserType), 'Standard') = 'Standard' AS is_standard,
  CASE WHEN filled(u.TimeZoneSidKey) IN (SELECT name FROM pg_timezone_names()) THEN filled(u.TimeZoneSidKey) END AS time_zone,
  filled(u.ManagerId) AS manager_id
FROM salesforce."User" u
WHERE NOT u._is_tombstone
