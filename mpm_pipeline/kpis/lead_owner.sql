-- One row per stretch in which somebody owned a lead (inputs, Routed): the first owner is the old value of the first change,
-- else today's, from the lead's creation on.
WITH lead AS (
  SELECT source, lead_id, created_at, owner_id FROM staged.lead
), change AS (
  SELECT e.source, e.lead_id, greatest(e."at", l.created_at) AS "at", e.event_id, e.old_value, e.new_value
  FROM staged.lead_event e
  JOIN lead l ON l.source = e.source AND l.lead_id = e.lead_id
  WHERE e.field = 'owner'
), began AS (
  SELECT l.source, l.lead_id, l.created_at AS from_at, '' AS event_id, CASE WHEN c.lead_id IS NULL THEN l.owner_id ELSE c.old_value END AS owner_id
  FROM lead l
  LEFT JOIN (
    SELECT * FROM change QUALIFY row_number() OVER (PARTITION BY source, lead_id ORDER BY "at", event_id) = 1
  ) c ON c.source = l.source AND c.lead_id = l.lead_id
  UNION ALL
  SELECT source, lead_id, "at", event_id, new_value FROM change
), last_of AS (
  SELECT * FROM began
  QUALIFY row_number() OVER (PARTITION BY source, lead_id, from_at ORDER BY event_id DESC) = 1
)
SELECT b.source, b.lead_id, b.from_at,
  lead(b.from_at, 1, TIMESTAMPTZ '9999-12-31 00:00:00+00') OVER (PARTITION BY b.source, b.lead_id ORDER BY b.from_at) AS to_at,
  b.owner_id, u.user_id IS NOT NULL AS is_user
FROM last_of b
LEFT JOIN staged.user u ON u.source = b.source AND u.user_id = b.owner_id
