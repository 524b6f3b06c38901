-- One row per row of a deal's history with the meaning of its stage (inputs, Opportunity); without history today's stage and
-- amount hold since creation. A stage that the CRM's list does not name means what the deal of today says, if it is in it.
WITH told AS (
  SELECT o.source, o.opportunity_id, e."at", e.event_id, e.stage, e.amount_minor, e.currency_code, e.close_date, true AS is_history
  FROM staged.opportunity o
  JOIN staged.opportunity_event e ON e.source = o.source AND e.opportunity_id = o.opportunity_id
  UNION ALL
  SELECT o.source, o.opportunity_id, o.created_at, '', o.stage, o.amount_minor, o.currency_code, o.close_date, false
  FROM staged.opportunity o
  ANTI JOIN staged.opportunity_event e ON e.source = o.source AND e.opportunity_id = o.opportunity_id
)
SELECT t.opportunity_id, row_number() OVER w AS place, t.source, t."at",
  lead(t."at", 1, TIMESTAMPTZ '9999-12-31 00:00:00+00') OVER w AS to_at, t.stage, t.amount_minor, t.currency_code, t.close_date,
  coalesce(g.is_closed, t.stage = o.stage AND o.is_closed, false) AS is_closed,
  coalesce(g.is_won, t.stage = o.stage AND o.is_won, false) AS is_won,
  coalesce(g.is_qualified, t.stage = o.stage AND o.is_won, false) AS is_qualified, t.is_history
FROM told t
CROSS JOIN run.setting s
JOIN staged.opportunity o ON o.source = t.source AND o.opportunity_id = t.opportunity_id
LEFT JOIN staged.stage g ON g.source = t.source AND g.stage = t.stage
WHERE t."at" <= s.as_of
WINDOW w AS (PARTITION BY t.opportunity_id ORDER BY t."at", t.event_id)
