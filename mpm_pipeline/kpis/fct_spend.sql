-- One row per day, source, campaign and channel (readings 9, 35; inputs, Spend). A cost of several days is spread: day k of n
-- gets round_half_even(total x k / n) minus what came before, in its currency, then converted.
-- A campaign without an end that anybody means (year 4000) gets rows for a year after as-of, each with its share of the whole span.
-- A cost in the CRM counts only where neither a programme (declared id, else equal names) nor an ads campaign (equal names) claims the campaign.
WITH named AS (
  SELECT c.source, c.campaign_id, r.role, lower(trim(c.name)) AS plain_name, crm_key(c.crm_campaign_id) AS declared_id
  FROM staged.campaign c
  LEFT JOIN reference.source_role r ON r.source = c.source
), claimed AS (
  SELECT c.source, c.campaign_id
  FROM named c
  JOIN named o ON o.role <> 'crm' AND (o.declared_id = crm_key(c.campaign_id) OR (o.declared_id IS NULL AND o.plain_name = c.plain_name AND c.plain_name <> ''))
  WHERE c.role = 'crm'
), cost AS (
  SELECT k.*, CAST(greatest(k.end_date, k.start_date) - k.start_date + 1 AS BIGINT) AS days
  FROM staged.cost k
  ANTI JOIN claimed c ON c.source = k.source AND c.campaign_id = k.campaign_id
), counted AS (
  SELECT k.*, unnest(range(1, least(days, greatest(s.as_of_date + 366 - k.start_date, 0)) + 1)) AS k FROM cost k CROSS JOIN run.setting s
), spread AS (
  SELECT source, cost_id, campaign_id, currency_code, CAST(start_date + CAST(k - 1 AS INTEGER) AS DATE) AS day,
    CAST(divide_half_even(CAST(amount_minor AS HUGEINT) * k, CAST(days AS HUGEINT)) - divide_half_even(CAST(amount_minor AS HUGEINT) * (k - 1), CAST(days AS HUGEINT)) AS BIGINT) AS spend_minor
  FROM counted
), placed AS (
  SELECT p.day, p.source, coalesce(o.campaign_id, p.campaign_id) AS campaign_id,
    coalesce(d.channel, CASE r.role WHEN 'social' THEN 'paid_social' ELSE 'other' END) AS channel, p.spend_minor, p.currency_code,
    to_reporting(p.spend_minor, f.multiply, f.divide) AS spend_reporting_minor, s.company_reporting_currency AS reporting
  FROM spread p
  CROSS JOIN run.setting s
  LEFT JOIN kpis.campaign_of o ON o.source = p.source AND o.record_id = p.campaign_id AND NOT o.is_alias
  LEFT JOIN kpis.dim_campaign d ON d.campaign_id = o.campaign_id
  LEFT JOIN reference.source_role r ON r.source = p.source
  LEFT JOIN kpis.fx_rate f ON f.currency_code = p.currency_code AND f.rate_date = p.day
)
SELECT day AS date, source, campaign_id, channel,
  CAST(CASE WHEN count(DISTINCT currency_code) = 1 THEN sum(spend_minor) ELSE coalesce(sum(spend_reporting_minor), 0) END AS BIGINT) AS spend_minor,
  CASE WHEN count(DISTINCT currency_code) = 1 THEN min(currency_code) ELSE min(reporting) END AS currency_code,
  CAST(CASE WHEN count(*) = count(spend_reporting_minor) THEN sum(spend_reporting_minor) END AS BIGINT) AS spend_reporting_minor
FROM placed
GROUP BY day, source, campaign_id, channel
