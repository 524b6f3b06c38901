-- One row per record with what can be compared (identity 1): names without case, accents and nicknames, mailbox without +tag,
-- registered domains, the last digits of a telephone (eight, in North America all ten), a company without its legal form. A blank or a placeholder is null.
WITH named AS (
  SELECT *, without_title(coalesce(filled(first_name), CASE WHEN contains(full_name, ',') THEN split_part(full_name, ',', 2)
      ELSE split_part(without_title(full_name), ' ', 1) END)) AS given,
    words(coalesce(filled(last_name), CASE WHEN contains(full_name, ',') THEN split_part(full_name, ',', 1)
      WHEN contains(trim(full_name), ' ') THEN split_part(trim(full_name), ' ', -1) END)) AS family,
    CASE WHEN regexp_full_match(lower(trim(email)), '[^@\s]+@[^@\s]+\.[^@\s.]+') THEN lower(trim(email)) END AS mail,
    nullif(regexp_replace(coalesce(phone, ''), '[^0-9]', '', 'g'), '') AS digits
  FROM record
), split AS (
  SELECT *, CASE WHEN split_part(mail, '@', 2) IN ('gmail.com', 'googlemail.com')
      THEN replace(split_part(split_part(mail, '@', 1), '+', 1), '.', '') ELSE split_part(split_part(mail, '@', 1), '+', 1) END AS local_part,
    CASE split_part(mail, '@', 2) WHEN 'googlemail.com' THEN 'gmail.com' ELSE split_part(mail, '@', 2) END AS mail_domain
  FROM named
), company AS (
  SELECT DISTINCT company, company_words(company) AS company_key FROM record WHERE company IS NOT NULL
)
SELECT s."row", s.source, s.object, s.record_id, coalesce(s.is_company, false) AS is_company, coalesce(s.deleted, false) AS is_deleted,
  s.given, given_words(n.given, s.given) AS given_key, s.family,
  CASE WHEN length(s.given) > 1 AND s.family <> '' THEN given_words(n.given, s.given) || ' ' || s.family END AS name_key,
  CASE WHEN s.local_part <> '' AND h.domain IS NULL THEN s.local_part || '@' || s.mail_domain END AS mailbox,
  b.local_part IS NOT NULL AS is_role,
  CASE WHEN f.domain IS NULL AND h.domain IS NULL THEN m.registrable END AS mail_domain,
  CASE WHEN f2.domain IS NULL AND h2.domain IS NULL THEN w.registrable END AS web_domain,
  CASE WHEN length(s.digits) >= 7 AND NOT regexp_full_match(s.digits, '0+|1+|9+|0*1234567[0-9]*') THEN right(s.digits, CASE WHEN regexp_full_match(s.digits, '1?[2-9]\d{2}[2-9]\d{6}') THEN 10 ELSE 8 END) END AS phone_key,
  CASE WHEN c.company_key NOT IN (SELECT word FROM placeholder) THEN c.company_key END AS company_key,
  nullif(lower(trim(s.handle, ' @/')), '') AS handle, nullif(trim(s.birth_date), '') AS birth_date,
  nullif(upper(regexp_replace(s.postal_code, '\s', '', 'g')), '') AS postal_key, words(s.city) AS city_key, words(s.street) AS street_key,
  words(s.state) AS state_key, words(s.title) AS title_key, s.person_key, s.account_key, s.parent_account_key, s.created_at, s.updated_at
FROM split s
LEFT JOIN nickname n ON n.short = split_part(s.given, ' ', 1)
LEFT JOIN company c ON c.company = s.company
LEFT JOIN mailbox b ON b.local_part = s.local_part
LEFT JOIN domain_name m ON m.raw = s.mail_domain
LEFT JOIN domain_name w ON w.raw = coalesce(nullif(trim(s.domain), ''), s.website)
LEFT JOIN free_mail f ON f.domain = m.registrable
LEFT JOIN hollow_domain h ON h.domain = s.mail_domain
LEFT JOIN free_mail f2 ON f2.domain = w.registrable
LEFT JOIN hollow_domain h2 ON h2.domain = w.registrable
