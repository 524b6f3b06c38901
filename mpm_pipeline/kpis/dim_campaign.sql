-- One row per campaign of any source (readings 48). Where a programme and a CRM campaign are one, the CRM's words stand
-- and the programme fills what is missing; a channel that is known beats one that is not.
WITH listed AS (
  SELECT o.campaign_id, c.source, c.name, c.channel, c.type, c.start_date, c.end_date, p.campaign_id AS parent_campaign_id,
    row_number() OVER (PARTITION BY o.campaign_id ORDER BY c.campaign_id <> o.campaign_id, c.source, c.campaign_id) AS place,
    row_number() OVER (PARTITION BY o.campaign_id ORDER BY c.is_known_type DESC, c.campaign_id <> o.campaign_id, c.source, c.campaign_id) AS channel_place
  FROM staged.campaign c
  JOIN kpis.campaign_of o ON o.source = c.source AND o.record_id = c.campaign_id AND NOT o.is_alias
  LEFT JOIN kpis.campaign_of p ON p.source = c.source AND p.record_id = c.parent_campaign_id AND NOT p.is_alias
)
SELECT campaign_id, arg_min(source, place) AS source, arg_min(name, place) FILTER (WHERE name IS NOT NULL) AS name,
  arg_min(channel, channel_place) AS channel, arg_min(type, place) FILTER (WHERE type IS NOT NULL) AS type,
  arg_min(parent_campaign_id, place) FILTER (WHERE parent_campaign_id IS NOT NULL AND parent_campaign_id <> campaign_id) AS parent_campaign_id,
  arg_min(start_date, place) FILTER (WHERE start_date IS NOT NULL) AS start_date,
  arg_min(end_date, place) FILTER (WHERE end_date IS NOT NULL) AS end_date
FROM listed
GROUP BY campaign_id
