-- One period cost of a programme: whole units of the reporting currency for a month (inputs, Spend by channel).
WITH told AS (
  SELECT p.id, unnest(json_transform(p.costs, '[{"startDate":"VARCHAR","cost":"VARCHAR"}]')) AS part,
    generate_subscripts(json_transform(p.costs, '["JSON"]'), 1) AS place
  FROM marketo.programs p
  WHERE NOT p._is_tombstone AND NOT p._deleted
), dated AS (
  SELECT *, CAST(date_trunc('month', CAST(left(part.startDate, 10) AS DATE)) AS DATE) AS first_day FROM told
)
SELECT
  'marketo' AS source,
  d.id || ':' || strftime(d.first_day, '%Y-%m') || ':' || d.place AS cost_id,
  d.id AS campaign_id,
  d.first_day AS start_date,
  last_day(d.first_day) AS end_date,
  to_minor(d.part.cost, CAST(c.exponent AS INTEGER)) AS amount_minor,
  c.currency_code
FROM dated d
CROSS JOIN run.setting s
JOIN reference.currency c ON c.currency_code = s.company_reporting_currency
WHERE d.part.cost IS NOT NULL AND to_minor(d.part.cost, CAST(c.exponent AS INTEGER)) <> 0
