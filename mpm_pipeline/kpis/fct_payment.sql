-- One charge with its account and the invoice that it paid: named on the charge, else through the invoice payment.
WITH bridge AS (
  SELECT source, payment_intent_id, payment_id, min(invoice_id) AS invoice_id
  FROM staged.invoice_payment WHERE status <> 'canceled' GROUP BY ALL
), named AS (
  SELECT p.*, coalesce(p.invoice_id, by_intent.invoice_id, by_charge.invoice_id) AS paid_invoice_id
  FROM staged.payment p
  LEFT JOIN (SELECT source, payment_intent_id, min(invoice_id) AS invoice_id FROM bridge WHERE payment_intent_id IS NOT NULL GROUP BY ALL) by_intent
    ON by_intent.source = p.source AND by_intent.payment_intent_id = p.payment_intent_id
  LEFT JOIN (SELECT source, payment_id, min(invoice_id) AS invoice_id FROM bridge WHERE payment_id IS NOT NULL GROUP BY ALL) by_charge
    ON by_charge.source = p.source AND by_charge.payment_id = p.payment_id
)
SELECT
  n.payment_id, n.source, a.account_id, n.customer_id, n.paid_invoice_id AS invoice_id, n.status, n.amount_minor, n.currency_code,
  to_reporting(n.amount_minor, f.multiply, f.divide) AS amount_reporting_minor, n.created_at
FROM named n
CROSS JOIN run.setting s
LEFT JOIN customer.account_of a ON a.source = n.source AND a.record_id = n.customer_id
LEFT JOIN kpis.fx_rate f ON f.currency_code = n.currency_code AND f.rate_date = local_date(n.created_at, s.company_time_zone)
ORDER BY n.payment_id
