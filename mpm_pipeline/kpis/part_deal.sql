-- Deals won and lost by close date (readings 3, 8, 9, 19, 26, 52): counts keep a deal without amount, sums and averages leave
-- it out, and a deal without a fresh rate too. By month also by rep, region, segment and product line; revenue by currency.
WITH deal AS (
  SELECT owner_id, region, segment AS account_segment, product_line, currency_code, is_won, close_date, amount_minor, amount_reporting_minor,
    CAST(close_date - created_date AS BIGINT) AS cycle_days
  FROM kpis.fct_opportunity
  WHERE is_closed AND close_date IS NOT NULL
), kind AS (
  SELECT * FROM (VALUES ('all'), ('rep'), ('region'), ('segment'), ('product_line'), ('currency')) AS v(segment_kind)
), cut AS (
  SELECT d.*, p.period_grain, p.period_start, k.segment_kind,
    CASE k.segment_kind WHEN 'rep' THEN coalesce(d.owner_id, 'unknown') WHEN 'region' THEN d.region WHEN 'segment' THEN d.account_segment
      WHEN 'product_line' THEN coalesce(d.product_line, 'unknown') WHEN 'currency' THEN d.currency_code ELSE 'all' END AS segment
  FROM deal d
  JOIN kpis.period p ON d.close_date >= p.period_start AND d.close_date < p.period_end
  JOIN kind k ON k.segment_kind = 'all' OR p.period_grain = 'month'
), summed AS (
  SELECT period_grain, period_start, segment_kind, segment, min(currency_code) AS currency_code,
    count(*) FILTER (WHERE is_won) AS won, count(*) FILTER (WHERE NOT is_won) AS lost,
    CAST(sum(amount_minor) FILTER (WHERE is_won) AS BIGINT) AS own_won, count(amount_minor) FILTER (WHERE is_won) AS priced_won,
    CAST(sum(amount_reporting_minor) FILTER (WHERE is_won) AS BIGINT) AS sum_won, count(amount_reporting_minor) FILTER (WHERE is_won) AS rated_won,
    CAST(sum(amount_reporting_minor) AS BIGINT) AS sum_closed, count(amount_minor) AS priced, count(amount_reporting_minor) AS rated,
    median(CASE WHEN is_won THEN cycle_days END) AS cycle_days
  FROM cut
  GROUP BY period_grain, period_start, segment_kind, segment
), kpi AS (
  SELECT * FROM (VALUES ('opportunities_won'), ('opportunities_lost'), ('win_rate_count'), ('win_rate_amount'), ('revenue_won'),
    ('average_deal'), ('sales_cycle_days')) AS v(kpi_id)
)
SELECT k.kpi_id, g.period_grain, g.period_start, g.segment_kind, g.segment,
  CASE k.kpi_id WHEN 'opportunities_won' THEN g.won WHEN 'opportunities_lost' THEN g.lost WHEN 'win_rate_count' THEN g.won
    WHEN 'revenue_won' THEN coalesce(CASE WHEN g.segment_kind = 'currency' THEN g.own_won ELSE g.sum_won END, 0)
    WHEN 'win_rate_amount' THEN coalesce(g.sum_won, 0) WHEN 'average_deal' THEN coalesce(g.sum_won, 0) END AS numerator,
  CASE k.kpi_id WHEN 'win_rate_count' THEN g.won + g.lost WHEN 'win_rate_amount' THEN coalesce(g.sum_closed, 0)
    WHEN 'average_deal' THEN g.rated_won END AS denominator,
  CASE WHEN k.kpi_id = 'sales_cycle_days' THEN g.cycle_days END AS value,
  CASE WHEN k.kpi_id IN ('win_rate_count', 'win_rate_amount') THEN g.won + g.lost WHEN k.kpi_id = 'opportunities_lost' THEN g.lost ELSE g.won END AS n,
  CASE WHEN g.segment_kind = 'currency' THEN g.currency_code END AS currency_code,
  CASE WHEN k.kpi_id = 'win_rate_amount' THEN g.rated WHEN k.kpi_id NOT IN ('revenue_won', 'average_deal') THEN NULL
    WHEN g.segment_kind = 'currency' THEN g.priced_won ELSE g.rated_won END AS rows_used,
  CASE WHEN k.kpi_id = 'win_rate_amount' THEN g.priced WHEN k.kpi_id IN ('revenue_won', 'average_deal') THEN g.priced_won END AS rows_all
FROM summed g
CROSS JOIN kpi k
WHERE (g.segment_kind <> 'currency' OR (k.kpi_id = 'revenue_won' AND g.won > 0))
