-- One row per user of the CRM with what the files of people say about the same mailbox.
WITH employed AS (
  SELECT e.email, e.function, e.role, e.region
  FROM staged.employment e
  CROSS JOIN run.setting s
  WHERE e.email IS NOT NULL AND e.start_date <= s.as_of_date
  QUALIFY row_number() OVER (PARTITION BY e.email ORDER BY e.end_date IS NULL OR e.end_date >= s.as_of_date DESC, e.start_date DESC, e.employment_id) = 1
), listed AS (
  SELECT * FROM staged.rep
  QUALIFY row_number() OVER (PARTITION BY email ORDER BY source) = 1
)
SELECT u.user_id AS rep_id, u.source, u.name, u.email, u.is_active, u.is_standard, coalesce(u.time_zone, s.company_time_zone) AS time_zone,
  u.manager_id, e.function, e.role, e.region, r.email IS NOT NULL AS is_in_rep_file, r.regions, r.segments, r.product_lines,
  r.start_date, r.ramp_days, r.capacity_per_week, r.appetite_low, r.appetite_high, r.quota_minor, r.currency_code, r.absent, r.is_a_rep
FROM staged.user u
CROSS JOIN run.setting s
LEFT JOIN employed e ON e.email = u.email
LEFT JOIN listed r ON r.email = u.email
