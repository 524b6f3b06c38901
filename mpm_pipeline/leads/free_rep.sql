-- Reps who may get leads and their free places over the horizon (lead distribution, Arithmetic): capacity of the horizon, for the
-- working days (funnel.business_hours) on which the rep is present, halved while ramping, less the leads routed to the rep over the
-- last horizon. Everybody in the file may get leads; `is_a_rep` only marks the best, with whom others are compared.
WITH rep AS (
  SELECT u.user_id AS rep_id, coalesce(u.name, r.email) AS rep_name, r.*, CAST(s.as_of_date - r.start_date AS BIGINT) AS tenure_days, s.as_of_date,
    s.leads_horizon_days AS horizon
  FROM staged.rep r JOIN staged.user u ON u.email = r.email AND u.is_active AND u.is_standard CROSS JOIN run.setting s
  WHERE r.start_date <= s.as_of_date
  QUALIFY row_number() OVER (PARTITION BY r.email ORDER BY u.user_id) = 1
), coming_day AS (
  SELECT rep_id, absent, as_of_date + CAST(unnest(range(horizon)) AS INTEGER) AS day FROM rep
), working_day AS (
  SELECT c.rep_id, c.day FROM coming_day c CROSS JOIN run.setting s WHERE is_business_day(c.day, s.funnel_business_hours)
), absence AS (
  SELECT rep_id, CAST(split_part(span, '/', 1) AS DATE) AS from_date, CAST(split_part(span, '/', 2) AS DATE) AS to_date
  FROM (SELECT rep_id, trim(unnest(string_split(absent, ';'))) AS span FROM rep) WHERE span <> ''
), presence AS (
  SELECT w.rep_id, count(*) AS working_days,
    count(*) FILTER (NOT EXISTS (SELECT 1 FROM absence a WHERE a.rep_id = w.rep_id AND w.day >= a.from_date AND w.day < a.to_date)) AS present_days
  FROM working_day w GROUP BY w.rep_id
), recent AS (
  SELECT t.owner_id AS rep_id, count(*) AS routed
  FROM kpis.lead_response t CROSS JOIN run.setting s
  WHERE t.routed_at > s.as_of - to_days(CAST(s.leads_horizon_days AS INTEGER)) AND t.routed_at <= s.as_of
  GROUP BY t.owner_id
), sized AS (
  SELECT r.*, r.tenure_days < r.ramp_days AS is_ramping, coalesce(c.routed, 0) AS recently_routed,
    CAST(floor(CAST(r.capacity_per_week AS DECIMAL(18, 4)) * r.horizon * coalesce(p.present_days, 0)
      * CASE WHEN r.tenure_days < r.ramp_days THEN 1 ELSE 2 END / (7 * 2 * greatest(coalesce(p.working_days, 0), 1)) + 0.000000001) AS BIGINT) AS capacity
  FROM rep r LEFT JOIN presence p USING (rep_id) LEFT JOIN recent c USING (rep_id)
)
SELECT rep_id, rep_name, regions, segments, product_lines, tenure_days, is_ramping, capacity, recently_routed,
  greatest(capacity - recently_routed, 0) AS free_places
FROM sized ORDER BY rep_id
