-- Records that tell the very same, and enough to mean one person or company: a name with birth date, or with street and postal code and
-- no employer; a company's name with street and postal code, or with telephone. `head` is the oldest of those with one `sign`: it is
-- compared in place of all, so that a million equal rows are one candidate. Whoever is named as a company's contact is not the company. A day that a form fills in (`born`) is no birth date.
WITH told AS (
  SELECT f."row", f.is_company, concat_ws('|', CASE WHEN f.is_company THEN f.company_key ELSE f.name_key || coalesce('|' || f.generation, '') END, coalesce(f.birth_date, ''), coalesce(f.street_key, ''), coalesce(f.postal_key, ''),
    coalesce(f.city_key, ''), coalesce(f.state_key, ''), coalesce(f.phone_key, ''), coalesce(f.title_key, ''), coalesce(f.mailbox, ''), coalesce(f.handle, ''),
    coalesce(f.company_key, ''), coalesce(f.web_domain, ''), coalesce(lower(trim(f.country)), ''),
    coalesce(array_to_string(list_sort(f.person_key), ' '), ''), coalesce(array_to_string(list_sort(f.account_key), ' '), '')) AS sign
  FROM feature f LEFT JOIN born b ON b.birth_date = f.birth_date
  WHERE NOT f.is_deleted AND CASE WHEN f.is_company
    THEN f.company_key IS NOT NULL AND f.web_domain IS NULL AND (f.street_key IS NOT NULL AND f.postal_key IS NOT NULL OR f.phone_key IS NOT NULL)
    ELSE f.name_key IS NOT NULL AND (NOT b.is_filled_in
      OR f.street_key IS NOT NULL AND f.postal_key IS NOT NULL AND f.company_key IS NULL AND f.mail_domain IS NULL AND f.web_domain IS NULL) END
)
SELECT "row", is_company, sign, min("row") OVER (PARTITION BY is_company, sign) AS head
FROM told
QUALIFY count(*) OVER (PARTITION BY is_company, sign) > 1
