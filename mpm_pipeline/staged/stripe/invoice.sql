-- One invoice as it is today, in the shape of either API age; deleted drafts are out.
WITH read AS (
  SELECT *, json_transform(status_transitions, '{"finalized_at":"VARCHAR","paid_at":"VARCHAR","voided_at":"VARCHAR"}') AS moments
  FROM stripe.invoices WHERE NOT _is_tombstone AND NOT _deleted
)
SELECT
  'stripe' AS source,
  id AS invoice_id,
  id_of(customer) AS customer_id,
  coalesce(id_of(json_extract_string(parent, '$.subscription_details.subscription')), id_of(subscription)) AS subscription_id,
  status,
  currency AS currency_code,
  billed_minor(total, currency) AS total_minor,
  billed_minor(coalesce(amounts_in(total_taxes), amounts_in(total_tax_amounts), tax, total - total_excluding_tax, 0), currency) AS tax_minor,
  billed_minor(coalesce(amounts_in(total_discount_amounts), 0), currency) AS discount_minor,
  billed_minor(coalesce(amount_paid, 0), currency) AS amount_paid_minor,
  billed_minor(coalesce(post_payment_credit_notes_amount, 0), currency) AS post_payment_credit_minor,
  created AS created_at,
  coalesce(
    from_epoch(moments.finalized_at),
    CASE WHEN status <> 'draft' THEN created END
  ) AS finalized_at,
  from_epoch(moments.paid_at) AS paid_at,
  from_epoch(moments.voided_at) AS voided_at
FROM read
