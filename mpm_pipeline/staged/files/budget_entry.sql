-- One amount of one view of one budget line and month.
SELECT
  'finance' AS source,
  b.entry_id,
  trim(b.budget_line_id) AS budget_line_id,
  nullif(trim(b.parent_line_id), '') AS parent_line_id,
  b.level,
  trim(b.name) AS name,
  trim(b.owner) AS owner,
  CAST(b.month || '-01' AS DATE) AS month_date,
  b.view,
  to_minor(b.amount, CAST(c.exponent AS INTEGER)) AS amount_minor,
  b.currency AS currency_code
FROM finance.budget b
JOIN reference.currency c ON c.currency_code = b.currency
