-- Money received and given back without tax: paid invoices, credit notes after payment, refunds that no credit note names
-- (readings 42, 51). The tax share is half-even per record; a refund takes its share from the invoice that its charge paid.
WITH invoice AS (
  SELECT * FROM staged.invoice WHERE finalized_at IS NOT NULL AND status NOT IN ('draft', 'void')
), paid_by AS (
  SELECT source, payment_intent_id, min(invoice_id) AS invoice_id FROM staged.invoice_payment
  WHERE status <> 'canceled' AND payment_intent_id IS NOT NULL GROUP BY source, payment_intent_id
), charge AS (
  SELECT p.source, p.payment_id, p.payment_intent_id, p.customer_id, f.invoice_id
  FROM staged.payment p JOIN kpis.fct_payment f ON f.source = p.source AND f.payment_id = p.payment_id
), intent AS (
  SELECT source, payment_intent_id, min(customer_id) AS customer_id, min(invoice_id) AS invoice_id FROM charge
  WHERE payment_intent_id IS NOT NULL GROUP BY source, payment_intent_id
), refund AS (
  SELECT r.*, coalesce(c.customer_id, t.customer_id) AS customer_id, coalesce(c.invoice_id, t.invoice_id, b.invoice_id) AS invoice_id
  FROM staged.refund r
  LEFT JOIN charge c ON c.source = r.source AND c.payment_id = r.payment_id
  LEFT JOIN intent t ON t.source = r.source AND t.payment_intent_id = r.payment_intent_id
  LEFT JOIN paid_by b ON b.source = r.source AND b.payment_intent_id = r.payment_intent_id
  WHERE r.status = 'succeeded' AND NOT EXISTS (
    SELECT 1 FROM staged.credit_note_refund m
    JOIN staged.credit_note n ON n.source = m.source AND n.credit_note_id = m.credit_note_id AND n.status <> 'void'
    WHERE m.source = r.source AND m.refund_id = r.refund_id)
), movement AS (
  SELECT 'invoice' AS kind, i.invoice_id AS record_id, i.source, i.customer_id, coalesce(i.paid_at, i.created_at) AS moved_at,
    i.amount_paid_minor AS gross, i.tax_minor AS tax, i.total_minor AS total, 1 AS direction, i.currency_code
  FROM invoice i WHERE i.status = 'paid' AND i.amount_paid_minor > 0
  UNION ALL
  SELECT 'credit_note', n.credit_note_id, n.source, coalesce(n.customer_id, i.customer_id), n.created_at, n.post_payment_minor, n.tax_minor,
    n.total_minor, -1, n.currency_code
  FROM staged.credit_note n
  LEFT JOIN staged.invoice i ON i.source = n.source AND i.invoice_id = n.invoice_id
  WHERE n.status <> 'void' AND coalesce(i.status, '') <> 'void' AND n.post_payment_minor > 0
  UNION ALL
  SELECT 'refund', r.refund_id, r.source, coalesce(r.customer_id, i.customer_id), r.created_at, r.amount_minor, coalesce(i.tax_minor, 0),
    coalesce(i.total_minor, 0), -1, r.currency_code
  FROM refund r LEFT JOIN invoice i ON i.source = r.source AND i.invoice_id = r.invoice_id
), net AS (
  SELECT m.*, local_date(m.moved_at, s.company_time_zone) AS received_on,
    CAST(m.direction * (m.gross - CASE WHEN m.total > 0 THEN divide_half_even(CAST(m.gross AS HUGEINT) * m.tax, CAST(m.total AS HUGEINT)) ELSE 0 END) AS BIGINT)
      AS net_minor
  FROM movement m CROSS JOIN run.setting s WHERE m.customer_id IS NOT NULL
)
SELECT n.kind, n.record_id, coalesce(a.account_id, n.customer_id) AS account_id, n.received_on, n.net_minor, n.currency_code,
  to_reporting(n.net_minor, f.multiply, f.divide) AS net_reporting_minor
FROM net n
LEFT JOIN customer.account_of a ON a.source = n.source AND a.record_id = n.customer_id
LEFT JOIN kpis.fx_rate f ON f.currency_code = n.currency_code AND f.rate_date = n.received_on
