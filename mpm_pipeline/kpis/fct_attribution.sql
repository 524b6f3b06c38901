-- One row per deal, measure, model and touch that earns a share (readings 43-45; KPI definitions 2.5): first, last, last but
-- direct, linear, time decay 2^(-age / half-life), U 40/40/20, W 30/30/30/10, full path 22.5 x 4 + 10 (revenue alone).
-- Milestones that coincide add up; without a middle their shares are scaled up. Whole minor units by largest remainder,
-- ties to the earlier touch, so that the shares of a deal sum to its amount. No touch: one row, `unattributed`.
WITH amount AS (
  SELECT opportunity_id, 'pipeline' AS measure, pipeline_amount_minor AS value_minor, currency_code, pipeline_date AS event_date
  FROM kpis.fct_opportunity WHERE pipeline_at IS NOT NULL AND pipeline_amount_minor <> 0
  UNION ALL
  SELECT opportunity_id, 'revenue', amount_minor, currency_code, close_date
  FROM kpis.fct_opportunity WHERE is_won AND close_date IS NOT NULL AND amount_minor <> 0
), model AS (
  SELECT * FROM (VALUES ('first', 0, 0, 0, 0, 0), ('last', 0, 0, 0, 0, 0), ('last_non_direct', 0, 0, 0, 0, 0), ('linear', 0, 0, 0, 0, 0),
    ('time_decay', 0, 0, 0, 0, 0), ('u_shaped', 400, 400, 0, 0, 200), ('w_shaped', 300, 300, 300, 0, 100), ('full_path', 225, 225, 225, 225, 100))
    AS v(model, at_first, at_lead, at_creation, at_close, between_them)
), shared AS (
  SELECT j.opportunity_id, j.measure, m.model, j.touch_id, j.place, j.touches, j.channel, j.campaign_id, m.between_them, j.last_non_direct_place,
    CASE WHEN j.place = 1 THEN m.at_first ELSE 0 END + CASE WHEN j.place = j.lead_place THEN m.at_lead ELSE 0 END
      + CASE WHEN j.place = j.creation_place THEN m.at_creation ELSE 0 END + CASE WHEN j.place = j.touches THEN m.at_close ELSE 0 END AS milestone_share,
    power(2.0, -CAST(date_diff('microsecond', j."at", max(j."at") OVER (PARTITION BY j.opportunity_id, j.measure, m.model)) AS DOUBLE)
      / 86400000000.0 / s.attribution_half_life_days) AS decay
  FROM kpis.journey_touch j
  CROSS JOIN run.setting s
  JOIN model m ON m.model <> 'full_path' OR j.measure = 'revenue'
), middle AS (
  SELECT *, count(*) FILTER (WHERE milestone_share = 0) OVER (PARTITION BY opportunity_id, measure, model) AS others FROM shared
), weighed AS (
  SELECT *, CAST(CASE model WHEN 'first' THEN CASE WHEN place = 1 THEN 1 ELSE 0 END
    WHEN 'last' THEN CASE WHEN place = touches THEN 1 ELSE 0 END
    WHEN 'last_non_direct' THEN CASE WHEN place = last_non_direct_place THEN 1 ELSE 0 END
    WHEN 'linear' THEN 1
    WHEN 'time_decay' THEN CAST(floor(decay * 1000000000000000.0) AS BIGINT)
    ELSE CASE WHEN milestone_share = 0 THEN between_them ELSE milestone_share * greatest(others, 1) END END AS HUGEINT) AS weight
  FROM middle
), quota AS (
  SELECT w.*, a.value_minor, a.currency_code, a.event_date, abs(CAST(a.value_minor AS HUGEINT)) * w.weight AS product,
    sum(w.weight) OVER (PARTITION BY w.opportunity_id, w.measure, w.model) AS whole
  FROM weighed w
  JOIN amount a ON a.opportunity_id = w.opportunity_id AND a.measure = w.measure
  WHERE w.weight > 0
), floored AS (
  SELECT *, product // whole AS units,
    row_number() OVER (PARTITION BY opportunity_id, measure, model ORDER BY product % whole DESC, place) AS turn,
    abs(CAST(value_minor AS HUGEINT)) - sum(product // whole) OVER (PARTITION BY opportunity_id, measure, model) AS left_over
  FROM quota
), credited AS (
  SELECT opportunity_id, measure, model, channel, touch_id, CAST(sign(value_minor) * (units + CASE WHEN turn <= left_over THEN 1 ELSE 0 END) AS BIGINT) AS credit_minor,
    currency_code, event_date, campaign_id
  FROM floored
  UNION ALL
  SELECT a.opportunity_id, a.measure, m.model, 'unattributed', '', a.value_minor, a.currency_code, a.event_date, NULL
  FROM amount a
  JOIN model m ON m.model <> 'full_path' OR a.measure = 'revenue'
  ANTI JOIN kpis.journey_touch j ON j.opportunity_id = a.opportunity_id AND j.measure = a.measure
)
SELECT c.opportunity_id, c.measure, c.model, c.channel, c.touch_id, c.credit_minor, c.currency_code,
  to_reporting(c.credit_minor, f.multiply, f.divide) AS credit_reporting_minor, c.event_date, c.campaign_id
FROM credited c
LEFT JOIN kpis.fx_rate f ON f.currency_code = c.currency_code AND f.rate_date = c.event_date
