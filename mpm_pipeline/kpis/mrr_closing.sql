-- Recurring revenue of one account and currency at each month's end, with the rate of the month's last day (or as-of's).
SELECT m.account_id, m.currency_code, m.month_date, CAST(sum(m.mrr_minor) AS BIGINT) AS closing_minor, f.multiply, f.divide
FROM kpis.mrr_item m
JOIN kpis.period p ON p.period_grain = 'month' AND p.period_start = m.month_date
CROSS JOIN run.setting s
LEFT JOIN kpis.fx_rate f ON f.currency_code = m.currency_code AND f.rate_date = least(p.period_end - 1, s.as_of_date)
GROUP BY m.account_id, m.currency_code, m.month_date, f.multiply, f.divide
HAVING sum(m.mrr_minor) > 0
