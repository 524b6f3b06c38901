-- One row per source record and the customer that it is, as known today; what was known before stands in `crosswalk_history`.
SELECT source, object, record_id, person_id, account_id, confidence, reason, valid_from_at, valid_to_at, recorded_from_at, recorded_to_at
FROM customer.crosswalk_history
WHERE recorded_to_at IS NULL
