-- One subscription as it is today. Where it does not name its currency, its items' prices, its customer or the company does.
WITH items AS (
  SELECT id, list_filter(
      list_transform(
        json_transform(json_extract(items, '$.data'), '[{"price":{"currency":"VARCHAR"},"plan":{"currency":"VARCHAR"}}]'),
        lambda item: coalesce(item.price.currency, item.plan.currency)),
      lambda currency: currency IS NOT NULL)[1] AS currency
  FROM stripe.subscriptions
)
SELECT
  'stripe' AS source,
  s.id AS subscription_id,
  id_of(s.customer) AS customer_id,
  s.status,
  coalesce(s.currency, upper(i.currency), c.currency, (SELECT company_reporting_currency FROM run.setting)) AS currency_code,
  s.trial_start AS trial_start_at,
  s.trial_end AS trial_end_at,
  s.canceled_at,
  s.ended_at,
  s.status = 'paused' OR s.pause_collection IS NOT NULL AS is_paused,
  coalesce(s.start_date, s.created) AS started_at,
  s.created AS created_at
FROM stripe.subscriptions s
LEFT JOIN items i ON i.id = s.id
LEFT JOIN stripe.customers c ON c.id = id_of(s.customer)
WHERE NOT s._is_tombstone
