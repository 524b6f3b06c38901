-- One line of the finance ledger.
SELECT
  'finance' AS source,
  a.line_id,
  a.booked_on,
  a.function,
  a.kind,
  to_minor(a.amount, CAST(c.exponent AS INTEGER)) AS amount_minor,
  a.currency AS currency_code,
  nullif(trim(a.budget_line_id), '') AS budget_line_id,
  nullif(trim(a.campaign), '') AS campaign,
  nullif(trim(a.channel), '') AS channel,
  nullif(trim(a.region), '') AS region,
  nullif(trim(a.cost_center), '') AS cost_center,
  nullif(trim(a.owner), '') AS owner,
  coalesce(a.is_shadow_marketing, false) AS is_shadow_marketing,
  nullif(trim(a.reversal_of), '') AS reversal_of
FROM finance.actuals a
JOIN reference.currency c ON c.currency_code = a.currency
