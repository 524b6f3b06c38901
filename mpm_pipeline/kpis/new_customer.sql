-- The day on which an account became a customer: first paid invoice or won deal, the earlier (readings 33).
WITH signs AS (
  SELECT i.account_id, local_date(i.paid_at, s.company_time_zone) AS since_date, 'invoice' AS sign
  FROM kpis.fct_invoice i CROSS JOIN run.setting s
  WHERE i.status = 'paid' AND i.amount_paid_minor > 0 AND i.paid_at IS NOT NULL AND i.account_id IS NOT NULL
  UNION ALL
  SELECT account_id, close_date, 'opportunity' FROM kpis.fct_opportunity WHERE is_won AND account_id IS NOT NULL AND close_date IS NOT NULL
)
SELECT account_id, min(since_date) AS since_date, arg_min(sign, (since_date, sign)) AS sign FROM signs GROUP BY account_id ORDER BY account_id
