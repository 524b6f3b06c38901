-- One product of the product list.
SELECT
  'salesforce' AS source,
  p.Id AS product_id,
  p.Name AS name,
  filled(p.Family) AS family,
  coalesce(p.IsActive, true) AS is_active
FROM salesforce."Product2" p
WHERE NOT p._is_tombstone AND NOT p._deleted AND NOT coalesce(p.IsDeleted, false)
