-- The bridge of one account and month in reporting currency (kpis 2.4; readings 31, 52): opening + movements + fx = closing.
-- fx = opening re-valued at this month-end's rate minus opening; an account without a fresh rate is out of that closing.
WITH spine AS (
  SELECT a.account_id, a.currency_code, p.period_start AS month_date, least(p.period_end - 1, s.as_of_date) AS rate_date
  FROM (SELECT account_id, currency_code, min(month_date) AS first_month FROM kpis.mrr_closing GROUP BY ALL) a
  JOIN kpis.period p ON p.period_grain = 'month' AND p.period_start >= a.first_month
  CROSS JOIN run.setting s
), valued AS (
  SELECT s.account_id, s.currency_code, s.month_date, coalesce(c.closing_minor, 0) AS local_minor, f.multiply, f.divide,
    coalesce(to_reporting(coalesce(c.closing_minor, 0), f.multiply, f.divide), 0) AS closing_minor,
    coalesce(lag(c.closing_minor) OVER months, 0) AS local_before
  FROM spine s
  LEFT JOIN kpis.mrr_closing c ON c.account_id = s.account_id AND c.currency_code = s.currency_code AND c.month_date = s.month_date
  LEFT JOIN kpis.fx_rate f ON f.currency_code = s.currency_code AND f.rate_date = s.rate_date
  WINDOW months AS (PARTITION BY s.account_id, s.currency_code ORDER BY s.month_date)
), by_currency AS (
  SELECT *, coalesce(to_reporting(local_before, multiply, divide), 0) AS revalued_minor,
    coalesce(lag(closing_minor) OVER (PARTITION BY account_id, currency_code ORDER BY month_date), 0) AS opening_minor
  FROM valued
), by_account AS (
  SELECT account_id, month_date, CAST(sum(opening_minor) AS BIGINT) AS opening, CAST(sum(revalued_minor) AS BIGINT) AS revalued,
    CAST(sum(closing_minor) AS BIGINT) AS closing, bool_or(local_before > 0) AS had, bool_or(local_minor > 0) AS has
  FROM by_currency GROUP BY account_id, month_date
), judged AS (
  SELECT *, coalesce(bool_or(has) OVER (PARTITION BY account_id ORDER BY month_date ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false)
    AS ever_had FROM by_account
)
SELECT j.account_id, j.month_date AS month, s.company_reporting_currency AS currency_code, j.opening AS opening_minor,
  CASE WHEN j.has AND NOT j.ever_had THEN j.closing - j.revalued ELSE 0 END AS new_minor,
  CASE WHEN j.has AND j.had THEN greatest(j.closing - j.revalued, 0) ELSE 0 END AS expansion_minor,
  CASE WHEN j.has AND j.had THEN greatest(j.revalued - j.closing, 0) ELSE 0 END AS contraction_minor,
  CASE WHEN j.had AND NOT j.has THEN j.revalued - j.closing ELSE 0 END AS churn_minor,
  CASE WHEN j.has AND NOT j.had AND j.ever_had THEN j.closing - j.revalued ELSE 0 END AS reactivation_minor,
  j.revalued - j.opening AS fx_minor, j.closing AS closing_minor
FROM judged j CROSS JOIN run.setting s
ORDER BY ALL
