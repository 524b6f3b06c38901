-- What one campaign cost on one day, the day as it is, in its ad account's currency (of an account that cannot be seen: the
-- reporting one). Costs have up to 16 decimals; they become minor units in one rounding.
WITH spent AS (
  SELECT _key, json_extract_string(pivotValues, '$[0]') AS urn, costInLocalCurrency,
    CAST(printf('%s-%s-%s', json_extract_string(dateRange, '$.start.year'), json_extract_string(dateRange, '$.start.month'),
      json_extract_string(dateRange, '$.start.day')) AS DATE) AS spent_on
  FROM linkedin."adAnalytics"
  WHERE NOT _is_tombstone AND NOT _deleted AND costInLocalCurrency IS NOT NULL
), campaign AS (
  SELECT urn_tail(c.id) AS campaign_id, a.currency
  FROM linkedin."adCampaigns" c JOIN linkedin."adAccounts" a ON urn_tail(a.id) = urn_tail(c.account)
  QUALIFY row_number() OVER (PARTITION BY urn_tail(c.id) ORDER BY c._stamp DESC NULLS LAST, a._stamp DESC NULLS LAST, a.id) = 1
), told AS (
  SELECT urn_tail(t.urn) AS campaign_id, t.spent_on, r.currency_code,
    half_even(CAST(t.costInLocalCurrency AS DECIMAL(38, 16)) * power_of_ten(CAST(r.exponent AS INTEGER))) AS amount_minor
  FROM spent t
  CROSS JOIN run.setting s
  LEFT JOIN campaign c ON c.campaign_id = urn_tail(t.urn)
  JOIN reference.currency r ON r.currency_code = coalesce(c.currency, s.company_reporting_currency)
  WHERE t.urn LIKE 'urn:li:sponsoredCampaign:%'
)
SELECT
  'linkedin' AS source,
  t.campaign_id || ':' || strftime(t.spent_on, '%Y-%m-%d') AS cost_id,
  t.campaign_id,
  t.spent_on AS start_date,
  t.spent_on AS end_date,
  t.amount_minor,
  t.currency_code
FROM told t
WHERE t.amount_minor <> 0
