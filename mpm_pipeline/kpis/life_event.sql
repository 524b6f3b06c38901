-- One row per thing that moves a person's life cycle, over the union of the person's leads in time order (readings 13-16;
-- inputs, life cycle). Whatever comes after recycled or rejected and is a hand-raise or a stage opens the next cycle. The
-- first status holds from the lead's creation; today's status of a converted lead without status history holds from its conversion.
WITH status AS (
  SELECT e.source, e.lead_id, e.event_id, greatest(e."at", l.created_at) AS "at", e.old_stage, e.new_stage
  FROM staged.lead_event e
  JOIN kpis.lead_of l ON l.source = e.source AND l.lead_id = e.lead_id
  WHERE e.field = 'status'
), first_status AS (
  SELECT l.source, l.lead_id, l.created_at, CASE WHEN s.lead_id IS NOT NULL THEN s.old_stage WHEN NOT l.is_converted THEN l.status_stage END AS stage
  FROM kpis.lead_of l
  LEFT JOIN (
    SELECT * FROM status QUALIFY row_number() OVER (PARTITION BY source, lead_id ORDER BY "at", event_id) = 1
  ) s ON s.source = l.source AND s.lead_id = l.lead_id
), told AS (
  SELECT source, lead_id, 'created:' || lead_id AS event_id, created_at AS "at", 'created' AS kind, false AS is_day_grain FROM kpis.lead_of
  UNION ALL
  SELECT source, lead_id, 'first:' || lead_id, created_at, stage, false FROM first_status WHERE stage IS NOT NULL
  UNION ALL
  SELECT source, lead_id, 'status:' || event_id, "at", new_stage, false FROM status WHERE new_stage IS NOT NULL
), converted AS (
  SELECT l.source, l.lead_id, coalesce('converted:' || e.event_id, 'converted_on:' || l.lead_id) AS event_id,
    coalesce(e."at", day_start(l.converted_date, s.company_time_zone), l.modified_at, l.created_at) AS "at",
    e.event_id IS NULL AS is_day_grain, l.converted_opportunity_id, CASE WHEN t.lead_id IS NULL AND l.is_converted THEN l.status_stage END AS stage
  FROM kpis.lead_of l
  CROSS JOIN run.setting s
  LEFT JOIN (SELECT DISTINCT source, lead_id FROM status) t ON t.source = l.source AND t.lead_id = l.lead_id
  LEFT JOIN staged.lead_event e ON e.source = l.source AND e.lead_id = l.lead_id AND e.field = 'converted'
  WHERE e.event_id IS NOT NULL OR l.is_converted
), raised AS (
  SELECT person_id, 'touch:' || touch_id AS event_id, "at", lead_id, source, is_day_grain
  FROM kpis.touch_seen
  WHERE is_hand_raise AND person_id IS NOT NULL
), known AS (
  SELECT l.person_id, t.event_id, t."at", t.kind, l.survivor_id AS lead_id, t.source, t.is_day_grain, CAST(NULL AS VARCHAR) AS opportunity_id
  FROM told t
  JOIN kpis.lead_of l ON l.source = t.source AND l.lead_id = t.lead_id
  UNION ALL
  SELECT person_id, event_id, "at", 'hand_raise', lead_id, source, is_day_grain, NULL FROM raised
), entered AS (
  SELECT person_id, "at" FROM known
  UNION ALL
  SELECT l.person_id, c."at"
  FROM converted c
  JOIN kpis.lead_of l ON l.source = c.source AND l.lead_id = c.lead_id
  WHERE NOT c.is_day_grain
), last_that_day AS (
  SELECT c.event_id, max(k."at") AS "at"
  FROM converted c
  CROSS JOIN run.setting s
  JOIN kpis.lead_of l ON l.source = c.source AND l.lead_id = c.lead_id
  JOIN entered k ON k.person_id = l.person_id AND local_date(k."at", s.company_time_zone) = local_date(c."at", s.company_time_zone)
  WHERE c.is_day_grain
  GROUP BY c.event_id
), every AS (
  SELECT * FROM known
  UNION ALL
  SELECT l.person_id, c.event_id, greatest(c."at", coalesce(d."at", c."at")), 'sql', l.survivor_id, c.source, c.is_day_grain, c.converted_opportunity_id
  FROM converted c
  JOIN kpis.lead_of l ON l.source = c.source AND l.lead_id = c.lead_id
  LEFT JOIN last_that_day d ON d.event_id = c.event_id
  UNION ALL
  SELECT l.person_id, 'status_' || c.event_id, greatest(c."at", coalesce(d."at", c."at")), c.stage, l.survivor_id, c.source, c.is_day_grain, NULL
  FROM converted c
  JOIN kpis.lead_of l ON l.source = c.source AND l.lead_id = c.lead_id
  LEFT JOIN last_that_day d ON d.event_id = c.event_id
  WHERE c.stage IS NOT NULL
), ranked AS (
  SELECT e.*, e.kind IN ('recycled', 'rejected') AS closes,
    CASE e.kind WHEN 'created' THEN 0 WHEN 'hand_raise' THEN 1 WHEN 'inquiry' THEN 2 WHEN 'mql' THEN 3 WHEN 'sal' THEN 4 WHEN 'sql' THEN 5 ELSE 6 END AS step
  FROM every e
  CROSS JOIN run.setting s
  WHERE e."at" <= s.as_of
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY "at", step, source, event_id) AS place FROM ranked
), moving AS (
  SELECT person_id, place, CASE WHEN NOT closes AND lag(closes) OVER w THEN 1 ELSE 0 END AS opens
  FROM placed
  WHERE kind <> 'created'
  WINDOW w AS (PARTITION BY person_id ORDER BY place)
), counted AS (
  SELECT person_id, place, 1 + sum(opens) OVER (PARTITION BY person_id ORDER BY place ROWS UNBOUNDED PRECEDING) AS cycle_no FROM moving
)
SELECT p.person_id, p.event_id, p."at", p.kind, p.lead_id, p.source, p.is_day_grain, p.opportunity_id,
  CAST(coalesce(c.cycle_no, 1) AS BIGINT) AS cycle_no, p.place
FROM placed p
LEFT JOIN counted c ON c.person_id = p.person_id AND c.place = p.place
