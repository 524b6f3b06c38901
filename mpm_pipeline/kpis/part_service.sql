-- CSAT, NPS and response rate (KPI definitions 2.4; readings 41): of several answers per survey and e-mail the last, in the period
-- of that answer; without e-mail each counts. Sendings count as often as they were sent.
WITH sent AS (
  SELECT r.*, local_date(r.sent_at, s.company_time_zone) AS sent_date, local_date(r.answered_at, s.company_time_zone) AS answered_date,
    coalesce(r.answered_at <= s.as_of, false) AS is_answered
  FROM staged.survey_response r
  JOIN run.setting s ON r.sent_at <= s.as_of
), answer AS (
  SELECT * FROM sent WHERE is_answered AND score IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY kind, survey, coalesce(email, '#' || response_id) ORDER BY answered_at DESC, response_id DESC) = 1
), scored AS (
  SELECT 'csat' AS kpi_id, answered_date AS day, CASE WHEN 10 * score >= 8 * scale_max THEN 1 ELSE 0 END AS point FROM answer WHERE kind = 'csat'
  UNION ALL
  SELECT 'nps', answered_date, CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END FROM answer WHERE kind = 'nps' AND scale_max = 10
  UNION ALL
  SELECT 'response_rate', sent_date, CASE WHEN is_answered THEN 1 ELSE 0 END FROM sent
)
SELECT x.kpi_id, p.period_grain, p.period_start, 'all' AS segment_kind, 'all' AS segment, CAST(sum(x.point) AS BIGINT) AS numerator,
  count(*) AS denominator, CASE WHEN x.kpi_id = 'nps' THEN 100.0 * CAST(sum(x.point) AS BIGINT) / count(*) END AS value, count(*) AS n
FROM scored x
JOIN kpis.period p ON x.day >= p.period_start AND x.day < p.period_end
GROUP BY x.kpi_id, p.period_grain, p.period_start
