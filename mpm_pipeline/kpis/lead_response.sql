-- One row per life cycle at mql that was routed to a user, with its first human attempt (readings 25; inputs, Attempt and
-- Routed). Business time runs in the zone of the owner at routing; a lead that is due exactly at closing time is due then,
-- not the next morning. Who is always open is so for 23 or 25 hours on a day on which the clock is changed.
WITH hours AS (
  SELECT s.company_time_zone AS zone, s.as_of, s.funnel_business_hours AS text,
    list_position(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], substr(s.funnel_business_hours, 1, 3)) - 1 AS first_day,
    list_position(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], substr(s.funnel_business_hours, 5, 3)) - 1 AS last_day,
    CAST(substr(s.funnel_business_hours, 9, 2) AS BIGINT) * 60 + CAST(substr(s.funnel_business_hours, 12, 2) AS BIGINT) AS opens,
    CAST(substr(s.funnel_business_hours, 15, 2) AS BIGINT) * 60 + CAST(substr(s.funnel_business_hours, 18, 2) AS BIGINT) AS closes,
    CAST(round(s.funnel_sla_first_attempt_business_hours * 3600) AS BIGINT) * 1000000 AS allowed,
    CAST(s.funnel_follow_up_days AS BIGINT) * 24 AS follow_up_hours
  FROM run.setting s
), week AS (
  SELECT *, (last_day - first_day + 7) % 7 + 1 AS days, opens * 60000000 AS opens_us, (closes - opens) * 60000000 AS day_us FROM hours
), owned AS (
  SELECT source, lead_id, min(from_at) AS first_user_at FROM kpis.lead_owner WHERE is_user GROUP BY source, lead_id
), routed AS (
  SELECT m.person_id, m.cycle_no, m.lead_id, m.source, m.entered_at AS mql_at, greatest(m.entered_at, o.first_user_at) AS routed_at
  FROM kpis.fct_lead_stage m
  JOIN owned o ON o.source = m.source AND o.lead_id = m.lead_id
  WHERE m.stage = 'mql'
), stamped AS (
  SELECT r.*, w.owner_id, coalesce(u.time_zone, h.zone) AS owner_zone
  FROM routed r
  CROSS JOIN hours h
  LEFT JOIN kpis.lead_owner w ON w.source = r.source AND w.lead_id = r.lead_id AND w.from_at <= r.routed_at AND w.to_at > r.routed_at
  LEFT JOIN staged.user u ON u.source = r.source AND u.user_id = w.owner_id
), record AS (
  SELECT source, survivor_id AS lead_id, lead_id AS record_id FROM kpis.lead_of
  UNION
  SELECT l.source, l.survivor_id, l.converted_contact_id FROM kpis.lead_of l WHERE l.converted_contact_id IS NOT NULL
  UNION
  SELECT l.source, l.survivor_id, c.survivor_record_id
  FROM kpis.lead_of l
  JOIN customer.person_of c ON c.source = l.source AND c.role = 'contact' AND c.record_id = l.converted_contact_id
), tried AS (
  SELECT d.person_id, d.cycle_no, t."at", t."at" <= d.routed_at + to_hours(h.follow_up_hours) AS is_early, t.object || ':' || t.record_id AS attempt_id
  FROM stamped d
  CROSS JOIN hours h
  JOIN record r ON r.source = d.source AND r.lead_id = d.lead_id
  JOIN staged.attempt t ON t.source = r.source AND t.person_record_id = r.record_id AND t."at" >= d.routed_at AND t."at" <= h.as_of
), answered AS (
  SELECT person_id, cycle_no, min("at") AS first_attempt_at, count(DISTINCT CASE WHEN is_early THEN attempt_id END) AS attempts
  FROM tried GROUP BY person_id, cycle_no
), moment AS (
  SELECT person_id, cycle_no, 'routed' AS what, timezone(owner_zone, routed_at) AS local FROM stamped
  UNION ALL
  SELECT d.person_id, d.cycle_no, 'tried', timezone(d.owner_zone, a.first_attempt_at)
  FROM stamped d
  JOIN answered a ON a.person_id = d.person_id AND a.cycle_no = d.cycle_no
), counted AS (
  SELECT m.person_id, m.cycle_no, m.what, w.days, w.day_us, w.opens_us,
    date_diff('day', DATE '1970-01-05', CAST(m.local AS DATE)) - w.first_day AS day_no,
    date_diff('microsecond', CAST(CAST(m.local AS DATE) AS TIMESTAMP), m.local) AS day_time
  FROM moment m
  CROSS JOIN week w
), clock AS (
  SELECT person_id, cycle_no, what, ((day_no // 7) * days + least(day_no % 7, days)) * day_us
    + CASE WHEN day_no % 7 < days THEN least(greatest(day_time - opens_us, 0), day_us) ELSE 0 END AS worked
  FROM counted
), timed AS (
  SELECT d.*, h.worked AS routed_worked, t.worked AS tried_worked, h.worked + w.allowed AS due_worked, w.allowed,
    w.days = 7 AND w.day_us = 86400000000 AS is_always, w.days, w.day_us, w.opens_us, w.first_day, w.follow_up_hours
  FROM stamped d
  CROSS JOIN week w
  JOIN clock h ON h.person_id = d.person_id AND h.cycle_no = d.cycle_no AND h.what = 'routed'
  LEFT JOIN clock t ON t.person_id = d.person_id AND t.cycle_no = d.cycle_no AND t.what = 'tried'
), dued AS (
  SELECT *, (due_worked - 1) // day_us AS due_day FROM timed
)
SELECT d.person_id, d.cycle_no, d.lead_id, d.mql_at, d.routed_at, local_date(d.routed_at, h.zone) AS routed_date, d.owner_id,
  CASE WHEN d.is_always THEN d.routed_at + to_microseconds(d.allowed)
    ELSE timezone(d.owner_zone, CAST(DATE '1970-01-05' + CAST(d.first_day + (d.due_day // d.days) * 7 + d.due_day % d.days AS INTEGER) AS TIMESTAMP)
      + to_microseconds(d.opens_us + d.due_worked - d.due_day * d.day_us)) END AS due_at,
  a.first_attempt_at, CAST(CASE WHEN d.is_always THEN date_diff('microsecond', d.routed_at, a.first_attempt_at)
    ELSE d.tried_worked - d.routed_worked END AS DOUBLE) / 3600000000.0 AS business_hours,
  d.routed_at + to_hours(d.follow_up_hours) AS follow_up_until_at, coalesce(a.attempts, 0) AS attempts
FROM dued d
CROSS JOIN hours h
LEFT JOIN answered a ON a.person_id = d.person_id AND a.cycle_no = d.cycle_no
