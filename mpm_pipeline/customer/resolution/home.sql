-- Records that tell the very same, and enough to mean one person or company: a name with birth date, or with street and postal code and
-- no employer; a company's name with street and postal code, or with telephone. `head` is the oldest of those with one `sign`: it is
-- compared in place of all, so that a million equal rows are one candidate.
WITH told AS (
  SELECT "row", is_company, concat_ws('|', coalesce(name_key, company_key), coalesce(birth_date, ''), coalesce(street_key, ''), coalesce(postal_key, ''),
    coalesce(city_key, ''), coalesce(state_key, ''), coalesce(phone_key, ''), coalesce(title_key, ''), coalesce(mailbox, ''), coalesce(handle, ''),
    coalesce(company_key, '')) AS sign
  FROM feature
  WHERE NOT is_deleted AND CASE WHEN is_company
    THEN company_key IS NOT NULL AND web_domain IS NULL AND (street_key IS NOT NULL AND postal_key IS NOT NULL OR phone_key IS NOT NULL)
    ELSE name_key IS NOT NULL AND (birth_date IS NOT NULL
      OR street_key IS NOT NULL AND postal_key IS NOT NULL AND company_key IS NULL AND mail_domain IS NULL AND web_domain IS NULL) END
)
SELECT "row", is_company, sign, min("row") OVER (PARTITION BY is_company, sign) AS head
FROM told
QUALIFY count(*) OVER (PARTITION BY is_company, sign) > 1
