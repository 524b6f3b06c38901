-- Breaches of the taxonomy: a lead status, a campaign type or a product that the agreed lists do not know. The records are
-- served and counted all the same (readings 40 and 47 in spirit; inputs, status map, touch, product).
WITH product AS (
  SELECT DISTINCT lower(trim(name)) AS word FROM staged.product
  UNION
  SELECT DISTINCT lower(trim(family)) FROM staged.product WHERE family IS NOT NULL
), broken AS (
  SELECT 'unknown_status' AS rule, source, 'lead' AS role, lead_id AS record_id, status AS value,
    'status is none of the agreed ones, so the lead is in no stage' AS text, CAST(NULL AS VARCHAR) AS account_record_id
  FROM staged.lead
  WHERE NOT is_deleted AND merged_into_id IS NULL AND nullif(trim(status), '') IS NOT NULL AND status_stage IS NULL
  UNION ALL
  SELECT 'unknown_status', source, 'lead_event', event_id, new_value, 'a lead moved to a status that is none of the agreed ones', NULL
  FROM staged.lead_event
  WHERE field = 'status' AND new_value IS NOT NULL AND new_stage IS NULL
  UNION ALL
  SELECT 'unknown_channel', source, 'campaign', campaign_id, type, 'type is none of the agreed ones, so the channel is other', NULL
  FROM staged.campaign
  WHERE NOT is_known_type
  UNION ALL
  SELECT 'unknown_product', o.source, 'deal', o.opportunity_id, o.product_line, 'product is neither a product nor a family of the product list', o.account_record_id
  FROM staged.opportunity o
  ANTI JOIN product p ON p.word = lower(trim(o.product_line))
  WHERE nullif(trim(o.product_line), '') IS NOT NULL AND EXISTS (SELECT 1 FROM product)
)
SELECT b.rule, b.source, w.object, b.record_id, a.region, CAST(NULL AS VARCHAR) AS team, b.value, b.text, CAST(NULL AS VARCHAR) AS exception_id
FROM broken b
LEFT JOIN reference.object_role w ON w.source = b.source AND w.role = b.role
LEFT JOIN staged.account a ON a.source = b.source AND a.record_id = b.account_record_id
