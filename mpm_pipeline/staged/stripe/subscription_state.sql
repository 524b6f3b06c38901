-- One known change of a subscription's status or pause: by its event, else by the version that showed it. The first version
-- that is seen holds for the thirty days that events live, since an event would have told a change within them.
WITH told AS (
  SELECT o.id AS subscription_id, e.created AS known_at, o.status, o.pause_collection IS NOT NULL AS has_pause,
    CASE e.type WHEN 'customer.subscription.created' THEN 0 WHEN 'customer.subscription.updated' THEN 1
      WHEN 'customer.subscription.deleted' THEN 3 ELSE 2 END AS precedence
  FROM (
    SELECT created, type, json_transform(json_extract(data, '$.object'), '{"id":"VARCHAR","status":"VARCHAR","pause_collection":"VARCHAR"}') AS o
    FROM stripe.events WHERE type LIKE 'customer.subscription.%'
  ) e
  WHERE o.id IS NOT NULL AND o.status IS NOT NULL
), shown AS (
  SELECT v._key AS subscription_id,
    CASE WHEN v._stamp > v.created OR t.subscription_id IS NOT NULL THEN v._stamp
      WHEN v._extracted_at = min(v._extracted_at) OVER (PARTITION BY v._key) THEN greatest(v.created, v._extracted_at - INTERVAL 30 DAY)
      ELSE v._extracted_at END AS known_at,
    v.status, v.pause_collection IS NOT NULL AS has_pause, 4 AS precedence
  FROM stripe."subscriptions$versions" v
  LEFT JOIN (SELECT DISTINCT subscription_id, known_at FROM told) t ON t.subscription_id = v._key AND t.known_at = v._stamp
), known AS (
  SELECT subscription_id, known_at, status, status = 'paused' OR has_pause AS is_paused
  FROM (SELECT * FROM told UNION ALL SELECT * FROM shown)
  QUALIFY row_number() OVER (PARTITION BY subscription_id, known_at ORDER BY precedence DESC, status, has_pause) = 1
), compared AS (
  SELECT *, lag(status) OVER earlier AS status_before, lag(is_paused) OVER earlier AS paused_before
  FROM known WINDOW earlier AS (PARTITION BY subscription_id ORDER BY known_at)
)
SELECT 'stripe' AS source, subscription_id, known_at AS "at", status, is_paused
FROM compared
WHERE status_before IS DISTINCT FROM status OR paused_before IS DISTINCT FROM is_paused
