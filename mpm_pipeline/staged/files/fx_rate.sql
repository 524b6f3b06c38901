-- One exchange rate.
SELECT 'finance' AS source, r.rate_id, r.date AS rate_date, r.base, r.quote, trim(r.rate) AS rate
FROM finance.fx_rates r
