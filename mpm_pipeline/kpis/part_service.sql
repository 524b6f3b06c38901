-- CSAT, NPS and response rate (kpis 2.4; readings 41): of several answers per survey and e-mail the last, without e-mail each.
WITH answer AS (
  SELECT r.*, local_date(r.answered_at, s.company_time_zone) AS answered_date
  FROM staged.survey_response r CROSS JOIN run.setting s
  WHERE r.answered_at IS NOT NULL AND r.answered_at <= s.as_of AND r.score IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY r.survey, coalesce(r.email, '#' || r.response_id) ORDER BY r.answered_at DESC, r.response_id DESC) = 1
), scored AS (
  SELECT 'csat' AS kpi_id, answered_date AS on_date, CAST(score >= 0.8 * scale_max AS BIGINT) AS part FROM answer WHERE kind = 'csat'
  UNION ALL
  SELECT 'nps', answered_date, CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END FROM answer WHERE kind = 'nps' AND scale_max = 10
  UNION ALL
  SELECT 'response_rate', local_date(r.sent_at, s.company_time_zone), CAST(coalesce(r.answered_at <= s.as_of, false) AS BIGINT)
  FROM staged.survey_response r CROSS JOIN run.setting s WHERE r.sent_at <= s.as_of
)
SELECT x.kpi_id, p.period_grain, p.period_start, 'all' AS segment_kind, 'all' AS segment, CAST(sum(x.part) AS BIGINT) AS numerator,
  count(*) AS denominator, CASE WHEN x.kpi_id = 'nps' THEN 100.0 * sum(x.part) / count(*) END AS value, count(*) AS n
FROM scored x JOIN kpis.period p ON x.on_date >= p.period_start AND x.on_date < p.period_end
WHERE p.period_grain IN ('month', 'quarter', 'fiscal_year')
GROUP BY x.kpi_id, p.period_grain, p.period_start
ORDER BY ALL
