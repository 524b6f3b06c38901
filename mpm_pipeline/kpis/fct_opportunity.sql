-- One row per deal (readings 12, 17, 21-23, 26; inputs, Opportunity): pipeline date and amount by history, win and loss by the
-- record of today, sourced by the account's first touch in the look-back before creation, influenced by a marketing touch of
-- a person of the deal (contact roles, else the account's people) up to the end of the close date.
WITH setting AS (
  SELECT as_of, as_of_date, company_time_zone AS zone, to_hours(CAST(24 * attribution_lookback_days AS BIGINT)) AS look_back FROM run.setting
), deal AS (
  SELECT o.*, a.account_id, coalesce(c.region, 'unknown') AS region, coalesce(c.segment, 'unknown') AS segment,
    local_date(o.created_at, s.zone) AS created_date, day_start(o.close_date + 1, s.zone) AS closed_at,
    CASE WHEN o.is_closed THEN day_start(o.close_date + 1, s.zone) END AS ends_at, s.look_back
  FROM staged.opportunity o
  CROSS JOIN setting s
  LEFT JOIN customer.account_of a ON a.source = o.source AND a.role = 'company' AND a.record_id = o.account_record_id AND NOT a.is_deleted
  LEFT JOIN staged.account c ON c.source = o.source AND c.record_id = a.survivor_record_id
), entered AS (
  SELECT opportunity_id, "at" AS pipeline_at, place
  FROM kpis.opportunity_state
  WHERE is_qualified
  QUALIFY row_number() OVER (PARTITION BY opportunity_id ORDER BY place) = 1
), entry_amount AS (
  SELECT e.opportunity_id, e.pipeline_at, arg_min(h.amount_minor, h.place) FILTER (WHERE h.amount_minor IS NOT NULL) AS amount_minor
  FROM entered e
  JOIN kpis.opportunity_state h ON h.opportunity_id = e.opportunity_id AND h.place >= e.place
  GROUP BY e.opportunity_id, e.pipeline_at
), won AS (
  SELECT opportunity_id, min("at") AS won_at FROM kpis.opportunity_state WHERE is_won AND is_history GROUP BY opportunity_id
), first_touch AS (
  SELECT d.opportunity_id, t.origin
  FROM deal d
  JOIN kpis.fct_touch t ON t.account_id = d.account_id AND t."at" <= d.created_at AND t."at" >= d.created_at - d.look_back
  QUALIFY row_number() OVER (PARTITION BY d.opportunity_id ORDER BY t."at", t.source, t.record_id) = 1
), role AS (
  SELECT DISTINCT r.opportunity_id, p.person_id
  FROM staged.contact_role r
  JOIN customer.person_of p ON p.source = r.source AND p.role = 'contact' AND p.record_id = r.person_record_id AND NOT p.is_deleted
), influence AS (
  SELECT d.opportunity_id
  FROM deal d
  JOIN role r ON r.opportunity_id = d.opportunity_id
  JOIN kpis.fct_touch t ON t.person_id = r.person_id AND t.origin = 'marketing'
    AND t."at" >= d.created_at - d.look_back AND (d.ends_at IS NULL OR t."at" < d.ends_at)
  UNION
  SELECT d.opportunity_id
  FROM deal d
  ANTI JOIN role r ON r.opportunity_id = d.opportunity_id
  JOIN kpis.fct_touch t ON t.account_id = d.account_id AND t.origin = 'marketing'
    AND t."at" >= d.created_at - d.look_back AND (d.ends_at IS NULL OR t."at" < d.ends_at)
), described AS (
  SELECT d.*, e.pipeline_at, local_date(e.pipeline_at, s.zone) AS pipeline_date, coalesce(e.amount_minor, CASE WHEN e.pipeline_at IS NOT NULL THEN d.amount_minor END) AS pipeline_amount_minor,
    CASE WHEN d.is_won THEN coalesce(w.won_at, day_start(d.close_date, s.zone)) END AS won_at,
    d.is_won AND w.won_at IS NULL AS is_won_day_grain, coalesce(f.origin, 'unknown') AS sourced_by, i.opportunity_id IS NOT NULL AS is_influenced,
    CASE WHEN d.is_closed THEN coalesce(d.close_date, s.as_of_date) ELSE s.as_of_date END AS rate_date
  FROM deal d
  CROSS JOIN setting s
  LEFT JOIN entry_amount e ON e.opportunity_id = d.opportunity_id
  LEFT JOIN won w ON w.opportunity_id = d.opportunity_id
  LEFT JOIN first_touch f ON f.opportunity_id = d.opportunity_id
  LEFT JOIN influence i ON i.opportunity_id = d.opportunity_id
)
SELECT d.opportunity_id, d.source, d.account_id, d.owner_id, d.name, d.product_line, d.sales_process, d.stage, d.is_won, d.is_closed,
  d.amount_minor, d.currency_code, to_reporting(d.amount_minor, r.multiply, r.divide) AS amount_reporting_minor, d.created_at, d.created_date,
  d.pipeline_at, d.pipeline_date, d.pipeline_amount_minor, to_reporting(d.pipeline_amount_minor, p.multiply, p.divide) AS pipeline_reporting_minor,
  d.close_date, d.closed_at, d.won_at, d.is_won_day_grain, d.sourced_by, d.is_influenced, d.region, d.segment, d.lead_source,
  coalesce(c.campaign_id, d.campaign_record_id) AS campaign_id
FROM described d
LEFT JOIN kpis.fx_rate r ON r.currency_code = d.currency_code AND r.rate_date = d.rate_date
LEFT JOIN kpis.fx_rate p ON p.currency_code = d.currency_code AND p.rate_date = d.pipeline_date
LEFT JOIN kpis.campaign_of c ON c.source = d.source AND c.record_id = d.campaign_record_id AND NOT c.is_alias
