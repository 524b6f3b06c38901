-- One row per source record and the customer that it is, as this run knows; what was known before, or in a run that looks back after, stands in
-- `crosswalk_history`.
SELECT h.source, h.object, h.record_id, h.person_id, h.account_id, h.confidence, h.reason, h.valid_from_at, h.valid_to_at, h.recorded_from_at,
  CAST(NULL AS TIMESTAMPTZ) AS recorded_to_at
FROM customer.crosswalk_history h
CROSS JOIN run.setting s
WHERE h.recorded_from_at <= s.as_of AND (h.recorded_to_at IS NULL OR h.recorded_to_at > s.as_of)
