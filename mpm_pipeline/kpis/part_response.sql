-- How fast sales answers (readings 25): median business hours to the first attempt among those who were reached, by routed
-- date; attempts in time among those that came due, by due date; leads with enough attempts among those routed long enough ago.
WITH setting AS (
  SELECT as_of, company_time_zone AS zone, CAST(funnel_follow_up_attempts AS BIGINT) AS wanted FROM run.setting
), answer AS (
  SELECT r.*, local_date(r.due_at, s.zone) AS due_date, r.due_at <= s.as_of AS is_due, r.follow_up_until_at <= s.as_of AS is_old,
    coalesce(r.first_attempt_at <= r.due_at, false) AS is_in_time, r.attempts >= s.wanted AS is_followed
  FROM kpis.lead_response r
  CROSS JOIN setting s
)
SELECT 'speed_to_lead_hours' AS kpi_id, p.period_grain, p.period_start, 'all' AS segment_kind, 'all' AS segment,
  CAST(NULL AS BIGINT) AS numerator, CAST(NULL AS BIGINT) AS denominator, median(a.business_hours) AS value, count(a.business_hours) AS n
FROM answer a
JOIN kpis.period p ON a.routed_date >= p.period_start AND a.routed_date < p.period_end
GROUP BY p.period_grain, p.period_start
UNION ALL
SELECT 'sla_attainment', p.period_grain, p.period_start, 'all', 'all', count(*) FILTER (WHERE a.is_in_time), count(*), NULL, count(*)
FROM answer a
JOIN kpis.period p ON a.due_date >= p.period_start AND a.due_date < p.period_end
WHERE a.is_due
GROUP BY p.period_grain, p.period_start
UNION ALL
SELECT 'follow_up_rate', p.period_grain, p.period_start, 'all', 'all', count(*) FILTER (WHERE a.is_followed), count(*), NULL, count(*)
FROM answer a
JOIN kpis.period p ON a.routed_date >= p.period_start AND a.routed_date < p.period_end
WHERE a.is_old
GROUP BY p.period_grain, p.period_start
