-- Mean amount of won deals by the account's segment over the last 365 days: of the segment when it has ten, else of all
-- segments, else one unit of the reporting currency (lead distribution, Value).
WITH won AS (
  SELECT coalesce(a.segment, 'unknown') AS segment, o.amount_reporting_minor AS amount
  FROM kpis.fct_opportunity o LEFT JOIN customer.dim_account a ON a.account_id = o.account_id CROSS JOIN run.setting s
  WHERE o.is_won AND o.amount_reporting_minor IS NOT NULL AND o.close_date > s.as_of_date - 365 AND o.close_date <= s.as_of_date
), one AS (
  SELECT segment, count(*) AS deals, CAST(sum(amount) AS BIGINT) AS total FROM won GROUP BY segment
), every AS (
  SELECT count(*) AS deals, CAST(coalesce(sum(amount), 0) AS BIGINT) AS total FROM won
)
SELECT g.segment,
  CASE WHEN coalesce(o.deals, 0) >= 10 THEN CAST(o.total AS DOUBLE) / o.deals WHEN e.deals > 0 THEN CAST(e.total AS DOUBLE) / e.deals
    ELSE power_of_ten(CAST(c.exponent AS INTEGER)) END
    AS mean_won_minor,
  CASE WHEN coalesce(o.deals, 0) >= 10 THEN 'segment' WHEN e.deals > 0 THEN 'all' ELSE 'none' END AS basis, s.as_of_date
FROM (VALUES ('smb'), ('mid'), ('enterprise'), ('unknown')) g(segment) CROSS JOIN every e CROSS JOIN run.setting s
JOIN reference.currency c ON c.currency_code = s.company_reporting_currency
LEFT JOIN one o USING (segment)
ORDER BY g.segment
