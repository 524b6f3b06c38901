-- Money received and given back without tax: paid invoices, credit notes after payment, refunds that no credit note names
-- (readings 42, 51). The tax share is half-even per record; a refund takes its share from the invoice that its charge paid.
WITH movement AS (
  SELECT 'invoice' AS kind, i.invoice_id AS record_id, i.source, i.customer_id, i.paid_at AS moved_at, i.amount_paid_minor AS gross,
    i.tax_minor AS tax, i.total_minor AS total, 1 AS direction, i.currency_code
  FROM staged.invoice i WHERE i.status = 'paid' AND i.amount_paid_minor > 0 AND i.paid_at IS NOT NULL
  UNION ALL
  SELECT 'credit_note', n.credit_note_id, n.source, coalesce(n.customer_id, i.customer_id), n.created_at, n.post_payment_minor, n.tax_minor,
    n.total_minor, -1, n.currency_code
  FROM staged.credit_note n LEFT JOIN staged.invoice i ON i.source = n.source AND i.invoice_id = n.invoice_id
  WHERE n.status <> 'void' AND n.post_payment_minor > 0
  UNION ALL
  SELECT 'refund', r.refund_id, r.source, p.customer_id, r.created_at, r.amount_minor, coalesce(i.tax_minor, 0), coalesce(i.total_minor, 0), -1,
    r.currency_code
  FROM staged.refund r
  LEFT JOIN kpis.fct_payment p ON p.source = r.source AND p.payment_id = r.payment_id
  LEFT JOIN staged.invoice i ON i.source = r.source AND i.invoice_id = p.invoice_id
  WHERE r.status = 'succeeded' AND NOT EXISTS (
    SELECT 1 FROM staged.credit_note_refund c WHERE c.source = r.source AND c.refund_id = r.refund_id)
), net AS (
  SELECT m.*, local_date(m.moved_at, s.company_time_zone) AS received_on,
    CAST(m.direction * (m.gross - CASE WHEN m.total > 0 THEN divide_half_even(CAST(m.gross AS HUGEINT) * m.tax, m.total) ELSE 0 END) AS BIGINT)
      AS net_minor
  FROM movement m CROSS JOIN run.setting s
)
SELECT n.kind, n.record_id, a.account_id, n.received_on, n.net_minor, n.currency_code,
  to_reporting(n.net_minor, f.multiply, f.divide) AS net_reporting_minor
FROM net n
LEFT JOIN customer.account_of a ON a.source = n.source AND a.record_id = n.customer_id
LEFT JOIN kpis.fx_rate f ON f.currency_code = n.currency_code AND f.rate_date = n.received_on
ORDER BY ALL
