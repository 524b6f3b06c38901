-- One row per person, life cycle and stage: its first entry (readings 13-16, 27; inputs, life cycle). A stage that was
-- skipped is imputed at the instant of the next; the first cycle begins with the first hand-raise, without one with the
-- lead's creation. Owner of then; account, region, segment as far as the vendor keeps history.
WITH event AS (
  SELECT *, CASE kind WHEN 'mql' THEN 2 WHEN 'sal' THEN 3 WHEN 'sql' THEN 4 WHEN 'recycled' THEN 5 WHEN 'rejected' THEN 6 ELSE 1 END AS step,
    bool_or(kind = 'hand_raise') OVER (PARTITION BY person_id, cycle_no) AS has_hand_raise
  FROM kpis.life_event
), stage AS (
  SELECT * FROM (VALUES ('inquiry', 1), ('mql', 2), ('sal', 3), ('sql', 4), ('recycled', 5), ('rejected', 6)) AS v(stage, step)
), entry AS (
  SELECT e.person_id, e.cycle_no, g.stage, e."at" AS entered_at, e.lead_id, e.is_day_grain, e.source,
    CASE g.stage WHEN 'inquiry' THEN e.kind NOT IN ('hand_raise', 'inquiry') ELSE e.kind <> g.stage END AS is_imputed
  FROM event e
  JOIN stage g ON CASE WHEN g.step > 4 THEN e.step = g.step WHEN g.step > 1 THEN e.step BETWEEN g.step AND 4
    WHEN e.kind = 'created' THEN e.cycle_no = 1 AND NOT e.has_hand_raise
    WHEN e.kind = 'inquiry' THEN e.cycle_no > 1 ELSE e.step <= 4 END
  QUALIFY row_number() OVER (PARTITION BY e.person_id, e.cycle_no, g.stage ORDER BY e."at", e.step <> g.step, e.is_day_grain, e.kind = 'created', e.place) = 1
), own_lead AS (
  SELECT person_id, lead_id, source, created_at FROM kpis.lead_of WHERE NOT is_merged
), led AS (
  SELECT n.person_id, n.cycle_no, n.stage, o.lead_id, o.source
  FROM entry n
  JOIN own_lead o ON o.person_id = n.person_id
  QUALIFY row_number() OVER (PARTITION BY n.person_id, n.cycle_no, n.stage
    ORDER BY o.lead_id = n.lead_id AND o.source = n.source DESC NULLS LAST, o.created_at > n.entered_at,
      CASE WHEN o.created_at <= n.entered_at THEN o.created_at END DESC, o.created_at, o.source, o.lead_id) = 1
), began AS (
  SELECT n.person_id, n.cycle_no, t.channel
  FROM entry n
  CROSS JOIN run.setting s
  JOIN kpis.fct_touch t ON t.person_id = n.person_id AND t."at" <= n.entered_at
    AND t."at" >= n.entered_at - to_hours(CAST(24 * s.attribution_lookback_days AS BIGINT))
  WHERE n.stage = 'inquiry'
  QUALIFY row_number() OVER (PARTITION BY n.person_id, n.cycle_no ORDER BY t."at", t.source, t.record_id) = 1
), own_words AS (
  SELECT o.person_id, p.region, p.segment, p.product_line, p.source, p.record_id,
    row_number() OVER (PARTITION BY o.person_id ORDER BY p.created_at, p.source, p.object, p.record_id) AS place
  FROM customer.person_of o
  JOIN staged.person p ON p.source = o.source AND p.object = o.object AND p.record_id = o.record_id
  WHERE NOT o.is_deleted AND NOT o.is_merged
)
SELECT n.person_id, l.account_id, d.lead_id, n.cycle_no, n.stage, n.entered_at, n.is_imputed, n.is_day_grain,
  coalesce(a.region, w.region, f.region, 'unknown') AS region, coalesce(a.segment, w.segment, f.segment, 'unknown') AS segment,
  coalesce(w.product_line, f.product_line, a.product_line) AS product_line, k.lead_source, b.channel AS inferred_source,
  CASE WHEN b.channel IS NOT NULL THEN 'first touch in the look-back' END AS inferred_method,
  CASE WHEN b.channel IS NOT NULL THEN 5e-1 END AS inferred_confidence,
  o.owner_id, d.source
FROM entry n
LEFT JOIN led d ON d.person_id = n.person_id AND d.cycle_no = n.cycle_no AND d.stage = n.stage
LEFT JOIN kpis.lead_of k ON k.source = d.source AND k.lead_id = d.lead_id
LEFT JOIN kpis.lead_owner o ON o.source = d.source AND o.lead_id = d.lead_id AND o.from_at <= n.entered_at AND o.to_at > n.entered_at
LEFT JOIN customer.person_account l ON l.person_id = n.person_id AND l.from_at <= n.entered_at AND l.to_at > n.entered_at
LEFT JOIN customer.dim_account a ON a.account_id = l.account_id
LEFT JOIN own_words w ON w.person_id = n.person_id AND w.source = d.source AND w.record_id = d.lead_id
LEFT JOIN own_words f ON f.person_id = n.person_id AND f.place = 1 AND d.lead_id IS NULL
LEFT JOIN began b ON b.person_id = n.person_id AND b.cycle_no = n.cycle_no
