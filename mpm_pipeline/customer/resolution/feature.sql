-- One row per record with what can be compared (identity 1): names without case, accents and nicknames, mailbox without +tag,
-- registered domains, the last digits of a telephone, a company without its legal form. A blank or a placeholder is null; the same few
-- letters as given and as family name (`NA`, `xx`) name nobody.
SELECT "row", source, object, record_id, coalesce(is_company, false) AS is_company, coalesce(deleted, false) AS is_deleted,
  given, given_key, family, nullif(generation, 0) AS generation, CASE WHEN length(given) > 1 AND family <> '' AND NOT (given = family AND length(family) <= 3) THEN given_key || ' ' || family END AS name_key,
  hash(left(given_key, 1) || family) AS face, given_key <> '' AND coalesce(family, '') <> '' AND NOT (given = family AND length(family) <= 3) AS is_named,
  CASE WHEN mailbox IS NOT NULL AND mail_domain IS NOT NULL AND NOT is_role THEN hash(mailbox) END AS own_mailbox,
  CASE WHEN mail_domain IS NOT NULL THEN hash(mail_domain) END AS mail_at,
  mailbox, coalesce(is_role, false) AS is_role, mail_domain, web_domain, phone_key, company_key,
  handle_key(handle) AS handle, nullif(trim(birth_date), '') AS birth_date,
  nullif(upper(regexp_replace(postal_code, '\s', '', 'g')), '') AS postal_key, city_key, street_key, state_key, title_key,
  country, person_key, account_key, parent_account_key, crm_key(record_id) AS record_key, created_at, updated_at
FROM plain
