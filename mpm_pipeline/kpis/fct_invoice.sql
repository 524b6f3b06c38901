-- One invoice with its account: the billing customer's resolved account.
SELECT
  i.invoice_id, i.source, a.account_id, i.customer_id, i.subscription_id, i.status, i.currency_code, i.total_minor, i.tax_minor,
  i.amount_paid_minor, i.created_at, i.finalized_at, i.paid_at
FROM staged.invoice i
LEFT JOIN customer.account_of a ON a.source = i.source AND a.record_id = i.customer_id
ORDER BY i.invoice_id
