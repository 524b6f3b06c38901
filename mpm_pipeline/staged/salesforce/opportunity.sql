-- One deal of Salesforce as it stands today; deleted ones are out.
WITH meaning AS (
  SELECT name, coalesce(IsClosed, false) AS is_closed, coalesce(IsWon, false) AS is_won
  FROM (
    SELECT *, filled(ApiName) AS name, 1 AS rank FROM salesforce."OpportunityStage"
    UNION ALL SELECT *, filled(MasterLabel), 2 FROM salesforce."OpportunityStage"
  )
  WHERE name IS NOT NULL AND NOT _deleted
  QUALIFY row_number() OVER (PARTITION BY name ORDER BY rank, coalesce(IsActive, true) DESC, SortOrder NULLS LAST, Id) = 1
)
SELECT
  'salesforce' AS source,
  o.Id AS opportunity_id,
  filled(o.AccountId) AS account_record_id,
  filled(o.OwnerId) AS owner_id,
  filled(o.Name) AS name,
  coalesce(filled(o.Product_Line__c), filled(o.Type)) AS product_line,
  coalesce(filled(o.RecordTypeId), 'default') AS sales_process,
  o.StageName AS stage,
  coalesce(m.is_closed OR m.is_won, o.IsClosed OR coalesce(o.IsWon, false), false) AS is_closed,
  coalesce(m.is_won, o.IsWon, false) AS is_won,
  to_minor(o.Amount, CAST(c.exponent AS INTEGER)) AS amount_minor,
  c.currency_code,
  CASE WHEN NOT is_placeholder(o.LeadSource) THEN o.LeadSource END AS lead_source,
  filled(o.CampaignId) AS campaign_record_id,
  filled(o.ContactId) AS contact_record_id,
  o.CloseDate AS close_date,
  o.CreatedDate AS created_at,
  coalesce(o.SystemModstamp, o.LastModifiedDate, o.CreatedDate) AS modified_at
FROM salesforce."Opportunity" o
CROSS JOIN run.setting s
JOIN reference.currency c ON c.currency_code = coalesce(o.CurrencyIsoCode, s.company_reporting_currency)
LEFT JOIN meaning m ON m.name = o.StageName
WHERE NOT o._is_tombstone AND NOT o._deleted AND NOT coalesce(o.IsDeleted, false)
