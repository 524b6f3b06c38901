-- What each subscription item was worth a month at each month's end (inputs 3 MRR; readings 29, 30, 52, 56).
-- The latest-starting line whose period holds the instant counts; only negative or zero lines there: 0. A line that names no item
-- belongs to the item of its price. A subscription that ended, is paused, on trial, unpaid or incomplete at the instant counts 0;
-- one that never had a finalised line: its items. Amounts are scaled by 10^12 until they are rounded, half-even, per item.
WITH month AS (
  SELECT p.period_start AS month_date, least(p.ends_at - INTERVAL 1 MICROSECOND, s.as_of) AS closing_at
  FROM kpis.period p CROSS JOIN run.setting s WHERE p.period_grain = 'month'
), same_price AS (
  SELECT source, subscription_id, price_id, min(item_id) AS item_id FROM staged.subscription_item GROUP BY source, subscription_id, price_id
), line AS (
  SELECT l.source, l.line_id, l.subscription_id, coalesce(l.subscription_item_id, same.item_id, l.subscription_id || '|' || coalesce(l.price_id, '')) AS item_key,
    i.currency_code, i.customer_id, l.quantity, l.amount_minor, CASE WHEN l.is_proration THEN 0 ELSE l.discount_minor END AS discount_minor,
    l.period_start_at, l.period_end_at, coalesce(l.unit_amount_decimal, p.unit_amount_decimal, own.unit_amount_decimal) AS unit_amount,
    CASE WHEN p.interval IS NOT NULL THEN p.interval ELSE own.interval END AS interval,
    CASE WHEN p.interval IS NOT NULL THEN p.interval_count ELSE own.interval_count END AS interval_count,
    CASE WHEN p.interval IS NOT NULL THEN p.is_metered ELSE own.is_metered END AS is_metered,
    CASE WHEN p.interval IS NOT NULL THEN p.is_tiered ELSE own.is_tiered END AS is_tiered
  FROM staged.invoice_line l
  JOIN staged.invoice i ON i.source = l.source AND i.invoice_id = l.invoice_id
  LEFT JOIN same_price same ON same.source = l.source AND same.subscription_id = l.subscription_id AND same.price_id = l.price_id
  LEFT JOIN staged.price p ON p.source = l.source AND p.price_id = l.price_id
  LEFT JOIN staged.subscription_item item ON item.source = l.source AND item.item_id = coalesce(l.subscription_item_id, same.item_id)
  LEFT JOIN staged.price own ON own.source = item.source AND own.price_id = item.price_id
  WHERE i.finalized_at IS NOT NULL AND i.status NOT IN ('draft', 'void') AND l.subscription_id IS NOT NULL
), chosen AS (
  SELECT m.month_date, m.closing_at, r.*
  FROM line r
  JOIN month m ON r.period_start_at <= m.closing_at AND m.closing_at < r.period_end_at
  QUALIFY row_number() OVER (PARTITION BY r.source, r.item_key, m.month_date ORDER BY r.period_start_at DESC, r.amount_minor > 0 DESC, r.line_id DESC) = 1
), worth AS (
  SELECT source, subscription_id, item_key, month_date, closing_at, currency_code, customer_id, line_id, interval, interval_count,
    CASE WHEN is_tiered OR unit_amount IS NULL THEN amount_minor * CAST(1000000000000 AS HUGEINT)
      ELSE CAST(CAST(unit_amount AS DECIMAL(26, 12)) * CAST(1000000000000 AS DECIMAL(13, 0)) AS HUGEINT) * coalesce(quantity, 1) END
      - discount_minor * CAST(1000000000000 AS HUGEINT) AS amount_scaled
  FROM chosen WHERE amount_minor > 0 AND interval IS NOT NULL AND NOT is_metered
  UNION ALL
  SELECT i.source, i.subscription_id, i.item_id, m.month_date, m.closing_at, u.currency_code, u.customer_id, NULL, p.interval, p.interval_count,
    CAST(CAST(p.unit_amount_decimal AS DECIMAL(26, 12)) * CAST(1000000000000 AS DECIMAL(13, 0)) AS HUGEINT) * coalesce(i.quantity, 1)
  FROM staged.subscription_item i
  JOIN staged.subscription u ON u.source = i.source AND u.subscription_id = i.subscription_id
  JOIN staged.price p ON p.source = i.source AND p.price_id = i.price_id
  JOIN month m ON m.closing_at >= u.started_at
  ANTI JOIN line l ON l.source = i.source AND l.subscription_id = i.subscription_id
  WHERE p.interval IS NOT NULL AND NOT p.is_metered AND p.unit_amount_decimal IS NOT NULL
), known_state AS (
  SELECT m.month_date, t.source, t.subscription_id, t.status, t.is_paused
  FROM staged.subscription_state t
  JOIN month m ON t."at" <= m.closing_at
  QUALIFY row_number() OVER (PARTITION BY m.month_date, t.source, t.subscription_id ORDER BY t."at" DESC) = 1
)
SELECT w.item_key, w.month_date, coalesce(a.account_id, u.customer_id, w.customer_id) AS account_id, w.currency_code,
  CAST(divide_half_even(w.amount_scaled * CASE w.interval WHEN 'day' THEN 365 WHEN 'week' THEN 52 ELSE 1 END,
    CAST(1000000000000 AS HUGEINT) * CASE w.interval WHEN 'month' THEN 1 ELSE 12 END * coalesce(w.interval_count, 1)) AS BIGINT) AS mrr_minor, w.line_id
FROM worth w
LEFT JOIN staged.subscription u ON u.source = w.source AND u.subscription_id = w.subscription_id
LEFT JOIN known_state k ON k.source = w.source AND k.subscription_id = w.subscription_id AND k.month_date = w.month_date
LEFT JOIN customer.account_of a ON a.source = w.source AND a.record_id = coalesce(u.customer_id, w.customer_id)
WHERE NOT coalesce(u.ended_at <= w.closing_at, false)
  AND NOT coalesce(u.status = 'canceled' AND u.ended_at IS NULL AND (u.canceled_at <= w.closing_at OR (u.canceled_at IS NULL AND k.status = 'canceled')), false)
  AND NOT coalesce(coalesce(u.trial_start_at, w.closing_at) <= w.closing_at AND w.closing_at < u.trial_end_at, false)
  AND NOT coalesce(k.is_paused OR k.status IN ('incomplete', 'incomplete_expired', 'unpaid', 'paused'), false)
  AND coalesce(u.status, '') NOT IN ('incomplete', 'incomplete_expired')
  AND w.amount_scaled > 0
