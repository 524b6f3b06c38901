-- Persons to distribute (inputs 3, last paragraph): current cycle at mql, not accepted, rejected or recycled, owned by a queue or
-- by nobody. The lead is the newest live one of that cycle: something moved it in the cycle, or it was created since the cycle began;
-- a lead that stayed behind in an earlier cycle is not. Segment and region are the account's, without one the lead's own words, not
-- what other systems say of the person (inputs 3). Suppressed ones stay in the list, held with their reason.
WITH cycle AS (
  SELECT person_id, cycle_no, min(entered_at) AS began_at, min(entered_at) FILTER (stage = 'mql') AS mql_at,
    bool_or(stage IN ('sal', 'sql', 'recycled', 'rejected')) AS has_moved_on
  FROM kpis.fct_lead_stage GROUP BY person_id, cycle_no
), current_cycle AS (
  SELECT * FROM cycle QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY cycle_no DESC) = 1
), moved AS (
  SELECT DISTINCT person_id, cycle_no, source, lead_id FROM kpis.life_event WHERE kind <> 'created'
), live_lead AS (
  SELECT o.person_id, l.lead_id, l.owner_id, w.region, w.segment, w.product_line, true AS has_own_words
  FROM staged.lead l
  JOIN customer.person_of o ON o.source = l.source AND o.role = 'lead' AND o.record_id = l.lead_id
  JOIN reference.source_role r ON r.source = l.source AND r.role = 'crm'
  JOIN current_cycle c ON c.person_id = o.person_id
  LEFT JOIN staged.person w ON w.source = o.source AND w.object = o.object AND w.record_id = o.record_id
  LEFT JOIN moved m ON m.person_id = c.person_id AND m.cycle_no = c.cycle_no AND m.source = l.source AND m.lead_id = l.lead_id
  WHERE (c.cycle_no = 1 OR l.created_at >= c.began_at OR m.lead_id IS NOT NULL) AND NOT l.is_deleted AND l.merged_into_id IS NULL AND NOT l.is_converted
  QUALIFY row_number() OVER (PARTITION BY o.person_id ORDER BY l.created_at DESC, l.lead_id DESC) = 1
), elsewhere AS (
  SELECT o.person_id, o.source || ':' || o.record_id AS lead_id
  FROM customer.person_of o
  JOIN reference.source_role r ON r.source = o.source AND r.role IN ('marketing', 'social')
  WHERE NOT o.is_deleted AND NOT o.is_merged
  QUALIFY row_number() OVER (PARTITION BY o.person_id ORDER BY r.role, o.record_id DESC) = 1
), waiting AS (
  SELECT c.person_id, c.mql_at, coalesce(l.lead_id, e.lead_id) AS lead_id, l.region, l.segment, l.product_line, l.has_own_words
  FROM current_cycle c
  LEFT JOIN live_lead l ON l.person_id = c.person_id
  LEFT JOIN elsewhere e ON e.person_id = c.person_id
  WHERE c.mql_at IS NOT NULL AND NOT c.has_moved_on
    AND (l.owner_id IS NULL OR NOT EXISTS (SELECT 1 FROM staged.user u WHERE u.user_id = l.owner_id))
)
SELECT w.lead_id, w.person_id, p.account_id, a.name AS account_name,
  CASE WHEN w.has_own_words THEN coalesce(a.segment, w.segment, 'unknown') ELSE p.segment END AS segment,
  CASE WHEN w.has_own_words THEN coalesce(a.region, w.region, 'unknown') ELSE p.region END AS region,
  coalesce(w.product_line, p.product_line) AS product_line, p.solution_interest, w.mql_at,
  CASE WHEN p.is_do_not_contact THEN 'do_not_contact'
    WHEN NOT p.can_email AND p.is_do_not_call THEN 'opted_out'
    WHEN s.leads_consent_required AND p.can_email IS NULL THEN 'consent_unknown'
    WHEN NOT EXISTS (SELECT 1 FROM staged.rep) THEN 'no_rep_data' END AS held_reason
FROM waiting w
JOIN customer.dim_person p ON p.person_id = w.person_id
LEFT JOIN customer.dim_account a ON a.account_id = p.account_id
CROSS JOIN run.setting s
WHERE w.lead_id IS NOT NULL AND NOT p.is_internal
ORDER BY w.lead_id
