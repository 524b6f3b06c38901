-- One line of an invoice, in the shape of either API age; long lists lie whole in invoice_lines.
-- Ids of lines are unique within their invoice only in old accounts, then the invoice's id goes before them.
WITH listed AS (
  SELECT i.id AS invoice_id, i.currency, i.created,
    CASE WHEN json_extract_string(i.lines, '$.has_more') = 'true' AND w.data IS NOT NULL THEN w.data
      ELSE CAST(json_extract(i.lines, '$.data') AS VARCHAR) END AS lines
  FROM stripe.invoices i LEFT JOIN stripe.invoice_lines w ON w.invoice = i.id
  WHERE NOT i._is_tombstone AND NOT i._deleted
), each_line AS (
  SELECT invoice_id, currency, created, unnest(json_transform(lines, '[{"id":"VARCHAR","amount":"VARCHAR","quantity":"VARCHAR",
    "subscription":"VARCHAR","subscription_item":"VARCHAR","proration":"VARCHAR","price":"VARCHAR","plan":"VARCHAR",
    "period":{"start":"VARCHAR","end":"VARCHAR"},
    "pricing":{"unit_amount_decimal":"VARCHAR","price_details":{"price":"VARCHAR"}},
    "parent":{"subscription_item_details":{"subscription":"VARCHAR","subscription_item":"VARCHAR","proration":"VARCHAR"},
      "invoice_item_details":{"subscription":"VARCHAR","proration":"VARCHAR"}},
    "discount_amounts":"VARCHAR","taxes":"VARCHAR","tax_amounts":"VARCHAR"}]')) AS l
  FROM listed
), parts AS (
  SELECT invoice_id, currency, created, l, l.parent.subscription_item_details AS item, l.parent.invoice_item_details AS extra,
    json_transform(coalesce(l.taxes, l.tax_amounts), '[{"amount":"VARCHAR","tax_behavior":"VARCHAR","inclusive":"VARCHAR"}]') AS taxes,
    CASE WHEN l.price LIKE '{%' THEN l.price WHEN l.plan LIKE '{%' THEN l.plan END AS embedded
  FROM each_line
  QUALIFY row_number() OVER (PARTITION BY invoice_id, l.id ORDER BY l.period.start, l.amount) = 1
)
SELECT
  'stripe' AS source,
  CASE WHEN count(*) OVER (PARTITION BY l.id) > 1 THEN invoice_id || '/' || l.id ELSE l.id END AS line_id,
  invoice_id,
  coalesce(id_of(item.subscription), id_of(extra.subscription), id_of(l.subscription)) AS subscription_id,
  coalesce(id_of(item.subscription_item), id_of(l.subscription_item)) AS subscription_item_id,
  coalesce(id_of(l.pricing.price_details.price), id_of(l.price), id_of(l.plan)) AS price_id,
  billed_price(coalesce(
    l.pricing.unit_amount_decimal, json_extract_string(embedded, '$.unit_amount_decimal'), json_extract_string(embedded, '$.unit_amount'),
    json_extract_string(embedded, '$.amount_decimal'), json_extract_string(embedded, '$.amount')
  ), currency) AS unit_amount_decimal,
  CAST(TRY_CAST(l.quantity AS DECIMAL(38, 10)) AS BIGINT) AS quantity,
  billed_minor(CAST(CAST(l.amount AS DECIMAL(38, 10)) AS BIGINT), currency) AS amount_minor,
  billed_minor(coalesce(amounts_in(l.discount_amounts), 0), currency) AS discount_minor,
  billed_minor(coalesce(amounts_in(coalesce(l.taxes, l.tax_amounts)), 0), currency) AS tax_minor,
  billed_minor(coalesce(CAST(list_sum(list_transform(
    list_filter(taxes, lambda tax: tax.tax_behavior = 'inclusive' OR tax.inclusive = 'true'),
    lambda tax: CAST(TRY_CAST(tax.amount AS DECIMAL(38, 10)) AS HUGEINT))) AS BIGINT), 0), currency) AS inclusive_tax_minor,
  coalesce(item.proration, extra.proration, l.proration, 'false') = 'true' AS is_proration,
  coalesce(from_epoch(l.period.start), created) AS period_start_at,
  coalesce(from_epoch(l.period.end), created) AS period_end_at
FROM parts
