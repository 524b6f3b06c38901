-- One employment of one person in one role.
SELECT
  'hr' AS source,
  employment_id,
  email_of(email) AS email,
  function,
  role,
  half_even(CAST(fte AS DECIMAL(38, 10)) * 1000) AS fte_milli,
  start_on AS start_date,
  end_on AS end_date,
  nullif(trim(region), '') AS region
FROM hr.headcount
