-- One row per key that joins nobody: a mailbox behind more than 6 different names, a declared id behind more than 6, a
-- domain behind more than 4 company names. Different names count, not records: a busy customer is no super-connector.
WITH carried AS (
  SELECT k.kind, k.key_type, k.key_value, count(*) AS records, count(DISTINCT r.name_key) AS names
  FROM customer.identity_key k
  JOIN customer.identity_record r ON r.kind = k.kind AND r.source = k.source AND r.object = k.object AND r.record_id = k.record_id
  WHERE k.key_type <> 'record' AND NOT (r.is_deleted AND r.merged_into_id IS NULL)
  GROUP BY k.kind, k.key_type, k.key_value
)
SELECT kind, key_type, key_value, records, names, 'more different names than one customer has' AS reason
FROM carried
WHERE names > CASE key_type WHEN 'domain' THEN 4 ELSE 6 END
