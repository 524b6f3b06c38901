-- The day on which an account became a customer: first paid invoice or won deal, the earlier (readings 33). A billing customer
-- without an account stands for itself.
WITH signs AS (
  SELECT coalesce(i.account_id, i.customer_id) AS account_id, local_date(coalesce(i.paid_at, i.created_at), s.company_time_zone) AS since_date,
    'invoice' AS sign
  FROM kpis.fct_invoice i
  CROSS JOIN run.setting s
  WHERE i.status = 'paid' AND i.amount_paid_minor > 0
  UNION ALL
  SELECT o.account_id, o.close_date, 'opportunity'
  FROM kpis.fct_opportunity o
  JOIN run.setting s ON o.close_date <= s.as_of_date
  WHERE o.is_won AND o.account_id IS NOT NULL
)
SELECT account_id, since_date, sign
FROM signs
QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY since_date, sign) = 1
