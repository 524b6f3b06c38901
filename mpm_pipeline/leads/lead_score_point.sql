-- Points of every eligible pair of lead and rep, one row per dimension (lead distribution, version 1 of the points): seed score
-- only. A pair that a hard attribute excludes (leads.authority) is not scored; our own people are nobody's others.
WITH pair AS (
  SELECT l.lead_id, r.rep_id, l.person_id, l.account_id, coalesce(l.account_name, 'the account') AS account_name, l.segment, l.region, l.product_line,
    l.solution_interest, r.tenure_days, r.is_ramping, r.regions, r.segments, r.product_lines,
    list_contains(string_split(r.segments, ';'), l.segment) AS segment_in, list_contains(string_split(r.regions, ';'), l.region) AS region_in,
    list_contains(string_split(lower(r.product_lines), ';'), lower(trim(l.product_line))) AS product_in
  FROM leads.open_lead l CROSS JOIN leads.free_rep r WHERE l.held_reason IS NULL
), soft AS (
  SELECT *,
    CASE WHEN segments = '' OR segment = 'unknown' THEN 6 WHEN segment_in THEN 12
      WHEN (segment = 'mid' AND (list_contains(string_split(segments, ';'), 'smb') OR list_contains(string_split(segments, ';'), 'enterprise')))
        OR (segment IN ('smb', 'enterprise') AND list_contains(string_split(segments, ';'), 'mid')) THEN 6 ELSE 0 END AS segment_points,
    CASE WHEN product_lines = '' OR product_line IS NULL THEN 6 WHEN product_in THEN 12 ELSE 0 END AS product_points,
    CASE WHEN regions = '' OR region = 'unknown' THEN 3 WHEN region_in THEN 6 ELSE 0 END AS region_points,
    CASE WHEN is_ramping THEN CASE segment WHEN 'smb' THEN 0 WHEN 'enterprise' THEN -6 ELSE -3 END
      WHEN tenure_days >= 730 THEN CASE segment WHEN 'smb' THEN 0 WHEN 'enterprise' THEN 6 ELSE 3 END ELSE 0 END AS tenure_points
  FROM pair
), eligible AS (
  SELECT f.* FROM soft f CROSS JOIN run.setting s
  WHERE NOT (list_contains(string_split(s.leads_authority, ';'), 'segment') AND f.segment_points = 0)
    AND NOT (list_contains(string_split(s.leads_authority, ';'), 'region') AND f.region_points = 0)
    AND NOT (list_contains(string_split(s.leads_authority, ';'), 'product_line') AND f.product_points = 0)
), family AS (
  SELECT a.account_id, b.account_id AS relative_id FROM customer.dim_account a JOIN customer.dim_account b
    ON b.account_id <> a.account_id AND (b.account_id = a.parent_account_id OR b.parent_account_id = a.account_id
      OR b.parent_account_id = a.parent_account_id)
), tie AS (
  SELECT account_id, owner_id AS rep_id, 15 AS points, 'owns ' || coalesce(name, 'the account') AS text, CAST(NULL AS TIMESTAMPTZ) AS evidence_at
  FROM customer.dim_account WHERE owner_id IS NOT NULL
  UNION ALL SELECT account_id, owner_id, 8, 'owns the open opportunity ' || coalesce(name, opportunity_id), created_at
  FROM kpis.fct_opportunity WHERE NOT is_closed AND account_id IS NOT NULL
  UNION ALL SELECT f.account_id, b.owner_id, 5, 'owns ' || coalesce(b.name, 'a company') || ' of the same group', NULL
  FROM family f JOIN customer.dim_account b ON b.account_id = f.relative_id
  UNION ALL SELECT account_id, owner_id, 4, 'won a deal with the account before', day_start(close_date, 'UTC')
  FROM kpis.fct_opportunity WHERE is_won AND account_id IS NOT NULL
), account_tie AS (
  SELECT account_id, rep_id, max(points) AS points, arg_max(text, (points, text)) AS text, arg_max(evidence_at, (points, text)) AS evidence_at
  FROM tie WHERE rep_id IS NOT NULL GROUP BY account_id, rep_id
), date_with AS (
  SELECT m.account_id, m.rep_id, m.starts_at, local_date(m.starts_at, s.company_time_zone) >= s.as_of_date AS is_next,
    CAST(local_date(m.starts_at, s.company_time_zone) - s.as_of_date AS BIGINT) AS days, local_date(m.starts_at, s.company_time_zone) AS day
  FROM kpis.fct_meeting m CROSS JOIN run.setting s WHERE m.account_id IS NOT NULL AND m.rep_id IS NOT NULL
), meeting AS (
  SELECT account_id, rep_id, max(points) AS points, arg_max(day, (points, -abs(days))) AS day, arg_max(starts_at, (points, -abs(days))) AS starts_at
  FROM (SELECT *, CASE WHEN is_next AND days <= 14 THEN 18 WHEN is_next AND days <= 28 THEN 10 WHEN NOT is_next AND days >= -14 THEN 4 ELSE 0 END
    AS points FROM date_with) GROUP BY account_id, rep_id
), engaged AS (
  SELECT DISTINCT p.account_id, p.person_id, regexp_matches(lower(coalesce(p.title, '')),
    '\b(chief|c-level|c[a-z]o|vp|vice president|director|head|owner|president)\b') AS has_authority
  FROM customer.dim_person p JOIN kpis.fct_touch t ON t.person_id = p.person_id CROSS JOIN run.setting s
  WHERE p.account_id IS NOT NULL AND t.at >= s.as_of - INTERVAL 90 DAY AND t.at <= s.as_of
), on_deal AS (
  SELECT DISTINCT p.account_id FROM staged.contact_role r
  JOIN kpis.fct_opportunity o ON o.opportunity_id = r.opportunity_id AND NOT o.is_closed
  JOIN customer.person_of x ON x.source = r.source AND x.role = 'contact' AND x.record_id = r.person_record_id AND NOT x.is_deleted
  JOIN customer.dim_person p ON p.person_id = x.person_id WHERE p.account_id IS NOT NULL AND NOT p.is_internal
), interest AS (
  SELECT DISTINCT person_id, account_id, trim(unnest(string_split(solution_interest, ';'))) AS solution
  FROM customer.dim_person WHERE account_id IS NOT NULL AND solution_interest IS NOT NULL AND NOT is_internal
), by_lead AS (
  SELECT l.lead_id, l.person_id, l.account_id,
    (SELECT count(*) FROM engaged e WHERE e.account_id = l.account_id AND e.person_id <> l.person_id) AS others,
    coalesce((SELECT bool_or(has_authority) FROM engaged e WHERE e.account_id = l.account_id AND e.person_id <> l.person_id), false) AS authority,
    EXISTS (SELECT 1 FROM on_deal d WHERE d.account_id = l.account_id) AS has_role
  FROM leads.open_lead l
), weight AS (
  SELECT l.lead_id, i.solution, count(DISTINCT i.person_id) AS w,
    EXISTS (SELECT 1 FROM interest own WHERE own.person_id = l.person_id AND own.solution = i.solution)
      OR list_contains(list_transform(string_split(coalesce(l.solution_interest, ''), ';'), lambda x: trim(x)), i.solution) AS is_own
  FROM leads.open_lead l JOIN interest i ON i.account_id = l.account_id AND i.person_id <> l.person_id AND i.solution <> ''
  GROUP BY l.lead_id, l.person_id, l.solution_interest, i.solution
), shared AS (
  SELECT lead_id, CAST(sum(w) FILTER (is_own) AS BIGINT) AS own, CAST(sum(w) AS BIGINT) AS total,
    string_agg(solution, ', ' ORDER BY solution) FILTER (is_own) AS solutions FROM weight GROUP BY lead_id
), lead_part AS (
  SELECT b.lead_id, b.others, b.authority, b.has_role, s.solutions,
    round(6 * least(1, log2(1 + b.others) / 3), 1) + CASE WHEN b.authority THEN 3 ELSE 0 END + CASE WHEN b.has_role THEN 3 ELSE 0 END AS connected_points,
    coalesce(CAST(divide_half_even(CAST(130 * s.own AS HUGEINT), CAST(s.total AS HUGEINT)) AS DOUBLE) / 10, 0) AS shared_points
  FROM by_lead b LEFT JOIN shared s USING (lead_id)
), point AS (
  SELECT lead_id, rep_id, 'base' AS dimension, 6.0 AS points, 'every pair starts with 6' AS text, CAST(NULL AS TIMESTAMPTZ) AS evidence_at FROM eligible
  UNION ALL SELECT lead_id, rep_id, 'segment', segment_points, CASE WHEN segments = '' THEN 'serves all segments' WHEN segment = 'unknown'
    THEN 'segment of the lead unknown' WHEN segment_points = 12 THEN 'serves ' || segment WHEN segment_points = 6 THEN 'serves the segment next to ' || segment
    ELSE 'does not serve ' || segment END, NULL FROM eligible
  UNION ALL SELECT lead_id, rep_id, 'product_line', product_points, CASE WHEN product_lines = '' THEN 'serves all product lines'
    WHEN product_line IS NULL THEN 'product line of the lead unknown' WHEN product_points = 12 THEN 'serves ' || product_line
    ELSE 'does not serve ' || product_line END, NULL FROM eligible
  UNION ALL SELECT lead_id, rep_id, 'region', region_points, CASE WHEN regions = '' THEN 'serves all regions' WHEN region = 'unknown'
    THEN 'region of the lead unknown' WHEN region_points = 6 THEN 'serves ' || region ELSE 'does not serve ' || region END, NULL FROM eligible
  UNION ALL SELECT lead_id, rep_id, 'tenure', tenure_points, CASE WHEN is_ramping THEN 'is still ramping up' WHEN tenure_days >= 730
    THEN 'has two years of experience' ELSE 'is ramped up' END, NULL FROM eligible
  UNION ALL SELECT e.lead_id, e.rep_id, 'account', coalesce(t.points, 0), coalesce(t.text, 'no tie to the account'), t.evidence_at
  FROM eligible e LEFT JOIN account_tie t ON t.account_id = e.account_id AND t.rep_id = e.rep_id
  UNION ALL SELECT e.lead_id, e.rep_id, 'meeting', coalesce(m.points, 0), CASE WHEN m.points >= 10 THEN 'meets ' || e.account_name || ' on ' || strftime(m.day, '%-d %b')
    WHEN m.points = 4 THEN 'met ' || e.account_name || ' on ' || strftime(m.day, '%-d %b') ELSE 'no meeting near' END, CASE WHEN m.points > 0 THEN m.starts_at END
  FROM eligible e LEFT JOIN meeting m ON m.account_id = e.account_id AND m.rep_id = e.rep_id
  UNION ALL SELECT e.lead_id, e.rep_id, 'connected', p.connected_points, CASE WHEN p.connected_points = 0 THEN 'nobody else at the account is active'
    WHEN p.others = 0 THEN 'somebody of the account is on an open deal' ELSE p.others || CASE WHEN p.others = 1 THEN ' other' ELSE ' others' END || ' at the account active in 90 days' || CASE WHEN p.authority THEN ', one with authority' ELSE '' END
      || CASE WHEN p.has_role THEN ', one on an open deal' ELSE '' END END, NULL FROM eligible e JOIN lead_part p USING (lead_id)
  UNION ALL SELECT e.lead_id, e.rep_id, 'shared_interest', p.shared_points, CASE WHEN p.shared_points > 0 THEN 'shares the interest in ' || p.solutions
    || ' with others there' ELSE 'no shared interest known' END, NULL FROM eligible e JOIN lead_part p USING (lead_id)
)
SELECT lead_id, rep_id, dimension, CAST(points AS DOUBLE) AS points, text, evidence_at FROM point ORDER BY ALL
