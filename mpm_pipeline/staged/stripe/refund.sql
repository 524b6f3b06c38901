-- One refund.
SELECT
  'stripe' AS source,
  id AS refund_id,
  id_of(charge) AS payment_id,
  id_of(payment_intent) AS payment_intent_id,
  coalesce(status, 'succeeded') AS status,
  billed_minor(amount, currency) AS amount_minor,
  currency AS currency_code,
  created AS created_at
FROM stripe.refunds
WHERE NOT _is_tombstone
