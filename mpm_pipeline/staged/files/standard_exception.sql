-- One registered exception from a standard.
SELECT
  'standards' AS source,
  exception_id,
  trim(rule) AS rule,
  trim(scope) AS scope,
  trim(business_case) AS business_case,
  trim(owner) AS owner,
  expires_on
FROM standards.exceptions
