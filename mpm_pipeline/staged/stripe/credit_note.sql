-- One credit note; before 2025 its type says whether it lowered what was due or gave back what was paid.
WITH read AS (
  SELECT *, coalesce(total, amount) AS whole FROM stripe.credit_notes WHERE NOT _is_tombstone
)
SELECT
  'stripe' AS source,
  id AS credit_note_id,
  id_of(invoice) AS invoice_id,
  id_of(customer) AS customer_id,
  status,
  billed_minor(whole, currency) AS total_minor,
  billed_minor(coalesce(amounts_in(total_taxes), amounts_in(tax_amounts), whole - total_excluding_tax, 0), currency) AS tax_minor,
  billed_minor(coalesce(pre_payment_amount, CASE WHEN type = 'pre_payment' THEN whole ELSE 0 END), currency) AS pre_payment_minor,
  billed_minor(coalesce(post_payment_amount, CASE WHEN type = 'post_payment' THEN whole ELSE 0 END), currency) AS post_payment_minor,
  currency AS currency_code,
  created AS created_at
FROM read
