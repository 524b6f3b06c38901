-- Records that describe somebody at home rather than at work (or a company at its place): a name and at least one of birth date,
-- street, postal code, for a company a telephone too; where births are told at all, town or occupation will do. Keys of shared evidence settle the rest; here likeness may join.
-- Who names an employer is a candidate by a birth date alone: an office's address is everybody's there.
-- A company is compared by its own name, whoever is named as its contact; by the numerals in it (`Fund II`) it is another one.
-- Of records that tell the very same (`home`) the oldest stands for all.
SELECT "row", is_company, name, string_split(name, ' ') AS name_words, given_key, family, CASE WHEN is_company THEN numerals(name) ELSE CAST(generation AS VARCHAR) END AS generation,
  birth_date, postal_key, street_key, city_key, state_key, phone_key, title_key, mailbox
FROM (SELECT * REPLACE (CASE WHEN NOT is_company OR company_key IS NULL THEN given_key END AS given_key, CASE WHEN NOT is_company OR company_key IS NULL THEN family END AS family),
  CASE WHEN is_company AND company_key IS NOT NULL THEN company_key ELSE coalesce(nullif(concat_ws(' ', given, family), ''), company_key) END AS name FROM feature)
ANTI JOIN (SELECT "row" FROM home WHERE head <> "row") USING ("row")
WHERE is_company = $is_company AND NOT is_deleted AND NOT (is_company AND web_domain IS NOT NULL)
  AND (name IS NOT NULL OR birth_date IS NOT NULL AND postal_key IS NOT NULL AND street_key IS NOT NULL)
  AND (birth_date IS NOT NULL
    OR (is_company OR company_key IS NULL AND mail_domain IS NULL AND web_domain IS NULL) AND (street_key IS NOT NULL OR postal_key IS NOT NULL OR (is_company AND phone_key IS NOT NULL)
      OR EXISTS (SELECT 1 FROM feature WHERE birth_date IS NOT NULL) AND (city_key IS NOT NULL OR title_key IS NOT NULL)))
