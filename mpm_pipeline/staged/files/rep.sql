-- One rep who may get leads; of rows that differ only in how the e-mail is written, the last written.
-- Blanks around list items do not count, nor do capitals in regions and segments.
SELECT
  'hr' AS source,
  email_of(r.email) AS email,
  coalesce(upper(regexp_replace(trim(r.regions), '\s*;\s*', ';', 'g')), '') AS regions,
  coalesce(lower(regexp_replace(trim(r.segments), '\s*;\s*', ';', 'g')), '') AS segments,
  coalesce(regexp_replace(trim(r.product_lines), '\s*;\s*', ';', 'g'), '') AS product_lines,
  r.start_on AS start_date,
  coalesce(r.ramp_days, 180) AS ramp_days,
  r.capacity_per_week,
  r.appetite_low,
  r.appetite_high,
  to_minor(r.quota, CAST(c.exponent AS INTEGER)) AS quota_minor,
  CASE WHEN r.quota IS NOT NULL THEN c.currency_code ELSE r.currency END AS currency_code,
  coalesce(replace(r.absent, ' ', ''), '') AS absent,
  r.is_a_rep
FROM hr.reps r
JOIN reference.currency c ON c.currency_code = coalesce(r.currency, (SELECT company_reporting_currency FROM run.setting))
QUALIFY row_number() OVER (PARTITION BY email_of(r.email) ORDER BY r._key DESC) = 1
