-- One company record of Salesforce, deleted and merged-away ones included and flagged.
WITH country AS (
  SELECT DISTINCT plain(name) AS plain_name, region FROM reference.country
), read AS (
  SELECT *, registrable_domain(Website) AS website_domain FROM salesforce."Account" WHERE NOT _is_tombstone
)
SELECT
  'salesforce' AS source,
  a.Id AS record_id,
  filled(a.Name) AS name,
  filled(a.Website) AS website,
  CASE WHEN free.domain IS NULL THEN a.website_domain END AS domain,
  filled(a.Phone) AS phone,
  filled(a.ParentId) AS parent_record_id,
  filled(a.OwnerId) AS owner_id,
  segment_of(a.Segment__c, a.NumberOfEmployees) AS segment,
  coalesce(own.region, country.region, 'unknown') AS region,
  filled(a.Product_Line__c) AS product_line,
  filled(a.BillingCountry) AS country,
  a._deleted OR coalesce(a.IsDeleted, false) AS is_deleted,
  filled(a.MasterRecordId) AS merged_into_id,
  a.CreatedDate AS created_at,
  coalesce(a.SystemModstamp, a.LastModifiedDate, a.CreatedDate) AS modified_at
FROM read a
LEFT JOIN reference.region own ON own.plain_region = plain(a.Region__c)
LEFT JOIN country ON country.plain_name = plain(a.BillingCountry)
LEFT JOIN reference.free_mail free ON free.domain = a.website_domain
