-- Closed deals that say no day on which they closed: they are served, and in no month's figure.
SELECT 'closed_without_date' AS rule, o.source, w.object, o.opportunity_id AS record_id, a.region, CAST(NULL AS VARCHAR) AS team,
  CAST(NULL AS VARCHAR) AS value, 'the deal is closed and has no close date, so it is in no month''s figure' AS text,
  CAST(NULL AS VARCHAR) AS exception_id
FROM staged.opportunity o
LEFT JOIN reference.object_role w ON w.source = o.source AND w.role = 'deal'
LEFT JOIN staged.account a ON a.source = o.source AND a.record_id = o.account_record_id
WHERE o.is_closed AND o.close_date IS NULL
