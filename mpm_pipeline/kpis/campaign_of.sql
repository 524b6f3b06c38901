-- One row per id by which a system names a campaign and the campaign that is meant (readings 48): a programme that
-- declares a CRM campaign is that campaign; an inner campaign is its programme. Where two systems use the same id for
-- different campaigns, the source is put before it.
WITH crm AS (
  SELECT crm_key(c.campaign_id) AS crm_key, min(c.campaign_id) AS campaign_id
  FROM staged.campaign c
  JOIN reference.source_role r ON r.source = c.source AND r.role = 'crm'
  GROUP BY crm_key(c.campaign_id)
), named AS (
  SELECT c.source, c.campaign_id AS record_id, coalesce(k.campaign_id, filled(c.crm_campaign_id), c.campaign_id) AS campaign_id,
    filled(c.crm_campaign_id) IS NOT NULL AS is_declared
  FROM staged.campaign c
  LEFT JOIN crm k ON k.crm_key = crm_key(c.crm_campaign_id)
), shared AS (
  SELECT campaign_id FROM named WHERE NOT is_declared
  GROUP BY campaign_id HAVING count(DISTINCT source) > 1
), own AS (
  SELECT n.source, n.record_id,
    CASE WHEN s.campaign_id IS NOT NULL AND NOT n.is_declared THEN n.source || ':' || n.campaign_id ELSE n.campaign_id END AS campaign_id
  FROM named n
  LEFT JOIN shared s ON s.campaign_id = n.campaign_id
)
SELECT source, record_id, campaign_id, false AS is_alias FROM own
UNION ALL
SELECT a.source, a.alias_id, o.campaign_id, true
FROM staged.campaign_alias a
JOIN own o ON o.source = a.source AND o.record_id = a.campaign_id
