-- One charge.
SELECT
  'stripe' AS source,
  id AS payment_id,
  id_of(customer) AS customer_id,
  id_of(payment_intent) AS payment_intent_id,
  id_of(invoice) AS invoice_id,
  status,
  billed_minor(amount, currency) AS amount_minor,
  currency AS currency_code,
  created AS created_at
FROM stripe.charges
WHERE NOT _is_tombstone
