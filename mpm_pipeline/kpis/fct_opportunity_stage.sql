-- One row per entry of a deal into a stage; history rows that only change the amount are no entries.
WITH moved AS (
  SELECT *, CASE WHEN coalesce(stage, '') IS DISTINCT FROM lag(coalesce(stage, '')) OVER (PARTITION BY opportunity_id ORDER BY place) THEN 1 ELSE 0 END AS enters
  FROM kpis.opportunity_state
), single AS (
  SELECT * FROM moved
  WHERE enters = 1
  QUALIFY row_number() OVER (PARTITION BY opportunity_id, coalesce(stage, ''), "at" ORDER BY place) = 1
)
SELECT opportunity_id, coalesce(stage, '') AS stage, "at" AS entered_at,
  lead("at") OVER (PARTITION BY opportunity_id ORDER BY place) AS left_at, amount_minor, currency_code, close_date, is_closed, is_won, is_qualified
FROM single
