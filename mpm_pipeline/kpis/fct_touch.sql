-- One row per person, campaign and day, of several the earliest; without a campaign per person, channel and day (readings
-- 43, 48; inputs, Touch). A campaign that cannot be seen is one by its id. A touch of nobody who is known stands for itself.
SELECT touch_id, person_id, account_id, "at", origin, channel, campaign_id, source, record_id, kind, touch_date, is_day_grain,
  coalesce(is_direct, false) AS is_direct, owner_id
FROM kpis.touch_seen
QUALIFY row_number() OVER (
  PARTITION BY coalesce(person_id, touch_id), coalesce(named_campaign_id, ''), CASE WHEN named_campaign_id IS NULL THEN channel ELSE '' END, touch_date
  ORDER BY "at", source, record_id, touch_id) = 1
