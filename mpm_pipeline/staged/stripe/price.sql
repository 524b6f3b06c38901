-- One price: from the price list, else as embedded in an item, else in an old invoice line (as a price or as a plan).
-- Packages (transform_quantity) count as tiered: quantity times price would be wrong, the line's amount is right.
WITH embedded AS (
  SELECT 1 AS place, created, currency, unnest(json_transform(json_extract(items, '$.data'), '[{"price":"VARCHAR","plan":"VARCHAR"}]')) AS part
  FROM stripe.subscriptions WHERE NOT _is_tombstone
  UNION ALL
  SELECT 2, i.created, i.currency, unnest(json_transform(w.data, '[{"price":"VARCHAR","plan":"VARCHAR"}]'))
  FROM stripe.invoice_lines w JOIN stripe.invoices i ON i.id = w.invoice
  UNION ALL
  SELECT 3, created, currency, unnest(json_transform(json_extract(lines, '$.data'), '[{"price":"VARCHAR","plan":"VARCHAR"}]'))
  FROM stripe.invoices WHERE NOT _is_tombstone
), found AS (
  SELECT place, created, currency, json_transform(
      CASE WHEN part.price LIKE '{%' THEN part.price WHEN part.plan LIKE '{%' THEN part.plan END,
      '{"id":"VARCHAR","currency":"VARCHAR","unit_amount":"VARCHAR","unit_amount_decimal":"VARCHAR","amount":"VARCHAR",
        "amount_decimal":"VARCHAR","billing_scheme":"VARCHAR","transform_quantity":"VARCHAR","transform_usage":"VARCHAR",
        "interval":"VARCHAR","interval_count":"VARCHAR","usage_type":"VARCHAR","meter":"VARCHAR",
        "recurring":{"interval":"VARCHAR","interval_count":"VARCHAR","usage_type":"VARCHAR","meter":"VARCHAR"}}') AS p
  FROM embedded
), prices AS (
  SELECT 0 AS place, created_at, id, currency, coalesce(unit_amount_decimal, CAST(unit_amount AS VARCHAR)) AS amount,
    billing_scheme, transform_quantity AS packages, recurring.interval, recurring.interval_count, recurring.usage_type, recurring.meter
  FROM (
    SELECT * REPLACE (json_transform(recurring, '{"interval":"VARCHAR","interval_count":"VARCHAR","usage_type":"VARCHAR","meter":"VARCHAR"}') AS recurring),
      _stamp AS created_at
    FROM stripe.prices WHERE NOT _is_tombstone
  )
  UNION ALL
  SELECT place, created, p.id, coalesce(upper(p.currency), currency),
    coalesce(p.unit_amount_decimal, p.unit_amount, p.amount_decimal, p.amount), p.billing_scheme,
    coalesce(p.transform_quantity, p.transform_usage), coalesce(p.recurring.interval, p.interval),
    coalesce(p.recurring.interval_count, p.interval_count), coalesce(p.recurring.usage_type, p.usage_type),
    coalesce(p.recurring.meter, p.meter)
  FROM found WHERE p.id IS NOT NULL
)
SELECT
  'stripe' AS source,
  id AS price_id,
  coalesce(currency, (SELECT company_reporting_currency FROM run.setting)) AS currency_code,
  billed_price(amount, currency) AS unit_amount_decimal,
  "interval",
  CASE WHEN "interval" IS NOT NULL THEN coalesce(CAST(TRY_CAST(interval_count AS DECIMAL(38, 10)) AS BIGINT), 1) END AS interval_count,
  coalesce(usage_type = 'metered', false) OR meter IS NOT NULL AS is_metered,
  coalesce(billing_scheme = 'tiered', false) OR packages IS NOT NULL AS is_tiered
FROM prices
QUALIFY row_number() OVER (PARTITION BY id ORDER BY place, created_at DESC, amount, "interval") = 1
