-- One item of a subscription as it is today; long lists lie whole in subscription_items.
WITH listed AS (
  SELECT s.id AS subscription_id,
    CASE WHEN json_extract_string(s.items, '$.has_more') = 'true' AND w.data IS NOT NULL THEN w.data
      ELSE CAST(json_extract(s.items, '$.data') AS VARCHAR) END AS items
  FROM stripe.subscriptions s LEFT JOIN stripe.subscription_items w ON w.subscription = s.id
  WHERE NOT s._is_tombstone
), each_item AS (
  SELECT subscription_id,
    unnest(json_transform(items, '[{"id":"VARCHAR","quantity":"VARCHAR","price":"VARCHAR","plan":"VARCHAR"}]')) AS item
  FROM listed
)
SELECT
  'stripe' AS source,
  item.id AS item_id,
  subscription_id,
  coalesce(id_of(item.price), id_of(item.plan)) AS price_id,
  CAST(TRY_CAST(item.quantity AS DECIMAL(38, 10)) AS BIGINT) AS quantity
FROM each_item
QUALIFY row_number() OVER (PARTITION BY item.id ORDER BY subscription_id) = 1
