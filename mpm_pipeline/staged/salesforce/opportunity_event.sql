-- One state of a deal from an instant on, in the deal's currency; the history of deleted deals is out.
SELECT
  'salesforce' AS source,
  h.Id AS event_id,
  h.OpportunityId AS opportunity_id,
  h.CreatedDate AS at,
  filled(h.StageName) AS stage,
  to_minor(h.Amount, CAST(c.exponent AS INTEGER)) AS amount_minor,
  c.currency_code,
  h.CloseDate AS close_date
FROM salesforce."OpportunityHistory" h
CROSS JOIN run.setting s
LEFT JOIN salesforce."Opportunity" o ON o._key = h.OpportunityId
JOIN reference.currency c
  ON c.currency_code = coalesce(o.CurrencyIsoCode, h.CurrencyIsoCode, s.company_reporting_currency)
WHERE NOT h._is_tombstone AND NOT coalesce(o._deleted OR o.IsDeleted, false)
