-- What a campaign cost in all, over its days: from StartDate (else its creation) to EndDate (else one day).
WITH dated AS (
  SELECT m.*, coalesce(m.StartDate, local_date(m.CreatedDate, s.company_time_zone)) AS first_day, s.company_reporting_currency
  FROM salesforce."Campaign" m CROSS JOIN run.setting s
  WHERE NOT m._is_tombstone AND NOT m._deleted AND NOT coalesce(m.IsDeleted, false) AND m.ActualCost IS NOT NULL
)
SELECT
  'salesforce' AS source,
  d.Id AS cost_id,
  d.Id AS campaign_id,
  d.first_day AS start_date,
  greatest(coalesce(d.EndDate, d.first_day), d.first_day) AS end_date,
  to_minor(d.ActualCost, CAST(c.exponent AS INTEGER)) AS amount_minor,
  c.currency_code
FROM dated d
JOIN reference.currency c ON c.currency_code = coalesce(d.CurrencyIsoCode, d.company_reporting_currency)
WHERE d.first_day IS NOT NULL AND to_minor(d.ActualCost, CAST(c.exponent AS INTEGER)) <> 0
