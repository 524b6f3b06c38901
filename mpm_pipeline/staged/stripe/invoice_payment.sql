-- One payment of one invoice; of invoices of the old shape the charge that they name themselves.
WITH own AS (
  SELECT id, id_of(invoice) AS invoice_id, status, coalesce(amount_paid, 0) AS amount_paid, currency,
    json_transform(payment, '{"payment_intent":"VARCHAR","charge":"VARCHAR"}') AS payment,
    json_extract_string(status_transitions, '$.paid_at') AS paid_at
  FROM stripe.invoice_payments WHERE NOT _is_tombstone
), every AS (
  SELECT id, invoice_id, id_of(payment.payment_intent) AS payment_intent_id, id_of(payment.charge) AS payment_id, status,
    amount_paid, currency, paid_at
  FROM own
  UNION ALL
  SELECT id, id, id_of(payment_intent), id_of(charge), CASE WHEN status = 'paid' THEN 'paid' ELSE 'open' END,
    coalesce(amount_paid, 0), currency, json_extract_string(status_transitions, '$.paid_at')
  FROM stripe.invoices
  WHERE NOT _is_tombstone AND NOT _deleted AND (charge IS NOT NULL OR payment_intent IS NOT NULL)
    AND id NOT IN (SELECT invoice_id FROM own)
)
SELECT
  'stripe' AS source,
  id AS invoice_payment_id,
  invoice_id,
  payment_intent_id,
  payment_id,
  status,
  billed_minor(amount_paid, currency) AS amount_paid_minor,
  currency AS currency_code,
  from_epoch(paid_at) AS paid_at
FROM every
