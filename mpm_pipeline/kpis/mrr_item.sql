-- What each subscription item was worth a month at each month's end (inputs 3 MRR; readings 29, 30, 52, 56).
-- The latest-starting line whose period holds the instant counts; only negative or zero lines there: 0. A subscription that
-- ended, is paused, on trial, unpaid or incomplete at the instant counts 0; one that never had a finalised line: its items.
WITH month AS (
  SELECT p.period_start AS month_date, least(p.ends_at - INTERVAL 1 MICROSECOND, s.as_of) AS closing_at
  FROM kpis.period p CROSS JOIN run.setting s WHERE p.period_grain = 'month'
), line AS (
  SELECT l.source, l.line_id, coalesce(l.subscription_id, i.subscription_id) AS subscription_id, l.price_id, l.subscription_item_id,
    i.currency_code, i.customer_id, l.quantity, l.amount_minor, l.discount_minor, l.is_proration, l.period_start_at, l.period_end_at,
    coalesce(l.unit_amount_decimal, p.unit_amount_decimal) AS unit_amount, coalesce(p.interval, own.interval) AS interval,
    coalesce(p.interval_count, own.interval_count, 1) AS interval_count, coalesce(p.is_metered, own.is_metered, false) AS is_metered,
    coalesce(p.is_tiered, own.is_tiered, false) AS is_tiered
  FROM staged.invoice_line l
  JOIN staged.invoice i ON i.source = l.source AND i.invoice_id = l.invoice_id
  LEFT JOIN staged.price p ON p.source = l.source AND p.price_id = l.price_id
  LEFT JOIN staged.subscription_item item ON item.source = l.source AND item.item_id = l.subscription_item_id
  LEFT JOIN staged.price own ON own.source = item.source AND own.price_id = item.price_id
  WHERE i.finalized_at IS NOT NULL AND i.status NOT IN ('draft', 'void')
    AND coalesce(l.subscription_id, i.subscription_id) IS NOT NULL
), recurring AS (
  SELECT *, coalesce(subscription_item_id, subscription_id || '|' || coalesce(price_id, '')) AS item_key
  FROM line WHERE interval IS NOT NULL AND NOT is_metered
), holding AS (
  SELECT m.month_date, m.closing_at, r.*
  FROM recurring r JOIN month m ON r.period_start_at <= m.closing_at AND m.closing_at < r.period_end_at
), chosen AS (
  SELECT * FROM holding
  QUALIFY row_number() OVER (PARTITION BY source, item_key, month_date
    ORDER BY period_start_at DESC, amount_minor > 0 DESC, is_proration, line_id DESC) = 1
), by_line AS (
  SELECT source, subscription_id, item_key, month_date, closing_at, currency_code, customer_id, line_id, interval, interval_count,
    CASE WHEN amount_minor <= 0 THEN 0
      WHEN is_tiered OR unit_amount IS NULL THEN (amount_minor - CASE WHEN is_proration THEN 0 ELSE discount_minor END) * CAST(1000000000000 AS HUGEINT)
      ELSE CAST(CAST(unit_amount AS DECIMAL(38, 12)) * CAST(1000000000000 AS DECIMAL(13, 0)) AS HUGEINT) * coalesce(quantity, 1)
        - CASE WHEN is_proration THEN 0 ELSE discount_minor END * CAST(1000000000000 AS HUGEINT) END AS amount_scaled
  FROM chosen
), by_item AS (
  SELECT i.source, i.subscription_id, i.item_id AS item_key, m.month_date, m.closing_at, u.currency_code, u.customer_id,
    CAST(NULL AS VARCHAR) AS line_id, p.interval, p.interval_count,
    CAST(CAST(p.unit_amount_decimal AS DECIMAL(38, 12)) * CAST(1000000000000 AS DECIMAL(13, 0)) AS HUGEINT) * coalesce(i.quantity, 1) AS amount_scaled
  FROM staged.subscription_item i
  JOIN staged.subscription u ON u.source = i.source AND u.subscription_id = i.subscription_id
  JOIN staged.price p ON p.source = i.source AND p.price_id = i.price_id
  JOIN month m ON m.closing_at >= u.started_at
  WHERE p.interval IS NOT NULL AND NOT p.is_metered AND p.unit_amount_decimal IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM line l WHERE l.source = i.source AND l.subscription_id = i.subscription_id)
), worth AS (
  SELECT *, CASE interval WHEN 'day' THEN 365 WHEN 'week' THEN 52 ELSE 1 END AS times,
    CASE interval WHEN 'month' THEN 1 ELSE 12 END * interval_count AS parts
  FROM (FROM by_line UNION ALL BY NAME FROM by_item)
), known_state AS (
  SELECT w.source, w.item_key, w.month_date, arg_max(t.status, t.at) AS status, arg_max(t.is_paused, t.at) AS is_paused
  FROM worth w JOIN staged.subscription_state t ON t.source = w.source AND t.subscription_id = w.subscription_id AND t.at <= w.closing_at
  GROUP BY ALL
)
SELECT w.item_key, w.month_date, coalesce(a.account_id, w.customer_id) AS account_id, w.currency_code,
  CAST(divide_half_even(w.amount_scaled * w.times, CAST(1000000000000 AS HUGEINT) * w.parts) AS BIGINT) AS mrr_minor, w.line_id
FROM worth w
LEFT JOIN staged.subscription u ON u.source = w.source AND u.subscription_id = w.subscription_id
LEFT JOIN known_state k ON k.source = w.source AND k.item_key = w.item_key AND k.month_date = w.month_date
LEFT JOIN customer.account_of a ON a.source = w.source AND a.record_id = w.customer_id
WHERE NOT coalesce(u.ended_at <= w.closing_at, false)
  AND NOT coalesce(u.ended_at IS NULL AND u.status = 'canceled' AND u.canceled_at <= w.closing_at, false)
  AND NOT coalesce(u.trial_start_at <= w.closing_at AND w.closing_at < u.trial_end_at, false)
  AND NOT coalesce(k.is_paused, false)
  AND coalesce(k.status, '') NOT IN ('incomplete', 'incomplete_expired', 'unpaid', 'paused')
  AND coalesce(u.status, '') NOT IN ('incomplete', 'incomplete_expired')
  AND w.amount_scaled > 0
ORDER BY ALL
