-- One refund that a credit note names, in the shape of either API age.
WITH named AS (
  SELECT id AS credit_note_id, unnest(json_transform(refunds, '[{"refund":"VARCHAR"}]')).refund AS refund
  FROM stripe.credit_notes WHERE NOT _is_tombstone
  UNION ALL
  SELECT id, refund FROM stripe.credit_notes WHERE NOT _is_tombstone
)
SELECT DISTINCT 'stripe' AS source, credit_note_id, id_of(refund) AS refund_id
FROM named
WHERE id_of(refund) IS NOT NULL
