-- One row per deal, measure and touch of its account inside the look-back (readings 22, 43, 44): for pipeline up to the deal's
-- creation, for revenue up to the end of the close date; in order of (instant, source, vendor's record id), with the places
-- of the milestones: first touch, lead-creation touch, opportunity-creation touch, close. A person is as old as its first lead,
-- a merged-away one included (readings 15); a person of a lead form alone has no creation.
WITH setting AS (
  SELECT company_time_zone AS zone, to_hours(CAST(24 * attribution_lookback_days AS BIGINT)) AS look_back FROM run.setting
), milestone AS (
  SELECT opportunity_id, 'pipeline' AS measure, account_id, created_at, created_at AS milestone_at, pipeline_amount_minor AS value_minor
  FROM kpis.fct_opportunity WHERE pipeline_at IS NOT NULL AND pipeline_amount_minor <> 0
  UNION ALL
  SELECT opportunity_id, 'revenue', account_id, created_at, closed_at, amount_minor
  FROM kpis.fct_opportunity WHERE is_won AND closed_at IS NOT NULL AND amount_minor <> 0
), known_since AS (
  SELECT o.person_id, coalesce(min(p.created_at) FILTER (WHERE o.role = 'lead' AND r.role = 'crm'), min(p.created_at) FILTER (WHERE o.role = 'contact'),
      min(p.created_at) FILTER (WHERE r.role = 'marketing')) AS created_at
  FROM customer.person_of o
  JOIN staged.person p ON p.source = o.source AND p.object = o.object AND p.record_id = o.record_id
  LEFT JOIN reference.source_role r ON r.source = o.source
  WHERE NOT o.is_deleted AND NOT o.is_internal
  GROUP BY o.person_id
), oldest AS (
  SELECT l.account_id, min(k.created_at) AS lead_at
  FROM customer.person_account l
  JOIN known_since k ON k.person_id = l.person_id
  GROUP BY l.account_id
), joined AS (
  SELECT m.opportunity_id, m.measure, m.milestone_at, m.created_at, o.lead_at, t.touch_id, t."at", t.channel, t.campaign_id, t.is_direct,
    row_number() OVER (PARTITION BY m.opportunity_id, m.measure ORDER BY t."at", t.source, t.record_id, t.touch_id) AS place,
    count(*) OVER (PARTITION BY m.opportunity_id, m.measure) AS touches
  FROM milestone m
  CROSS JOIN setting s
  JOIN kpis.fct_touch t ON t.account_id = m.account_id AND t."at" >= m.milestone_at - s.look_back
    AND (t."at" < m.milestone_at OR (m.measure = 'pipeline' AND t."at" = m.milestone_at))
  LEFT JOIN oldest o ON o.account_id = m.account_id
)
SELECT opportunity_id, measure, touch_id, place, touches, "at", milestone_at, channel, campaign_id, is_direct,
  coalesce(max(CASE WHEN "at" <= lead_at THEN place END) OVER w, 1) AS lead_place,
  coalesce(max(CASE WHEN "at" <= created_at THEN place END) OVER w, 1) AS creation_place,
  coalesce(max(CASE WHEN NOT is_direct THEN place END) OVER w, touches) AS last_non_direct_place
FROM joined
WINDOW w AS (PARTITION BY opportunity_id, measure)
