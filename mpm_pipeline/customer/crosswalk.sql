-- One row per source record and the customer that it is, with the strongest key that it shares with the others and how
-- sure that key is (identity 8, in short: declared 1, mailbox 0.97, domain 0.95, nothing shared 1).
WITH shared AS (
  SELECT k.own_id, k.key_type, count(*) OVER (PARTITION BY k.kind, k.key_type, k.key_value, o.id) AS records
  FROM customer.identity_key k
  JOIN customer.id_registry o ON o.own_id = k.own_id
  ANTI JOIN customer.key_guard g ON g.kind = k.kind AND g.key_type = k.key_type AND g.key_value = k.key_value
), best AS (
  SELECT own_id, min(CASE key_type WHEN 'record' THEN 1 WHEN 'email' THEN 3 WHEN 'domain' THEN 4 ELSE 2 END) AS place
  FROM shared WHERE records > 1
  GROUP BY own_id
), held AS (
  SELECT o.*, coalesce(b.place, 0) AS place
  FROM customer.id_registry o
  LEFT JOIN best b ON b.own_id = o.own_id
  WHERE o.is_present
)
SELECT h.source, h.object, h.record_id, CASE WHEN h.kind = 'person' THEN h.id END AS person_id,
  CASE WHEN h.kind = 'account' THEN h.id ELSE p.account_id END AS account_id,
  CASE h.place WHEN 3 THEN 97e-2 WHEN 4 THEN 95e-2 ELSE 1e0 END AS confidence,
  CASE h.place WHEN 0 THEN 'shares nothing with another record' WHEN 1 THEN 'merged at the source'
    WHEN 2 THEN 'declared id of the other record' WHEN 3 THEN 'same mailbox' ELSE 'same registrable domain' END AS reason,
  coalesce(h.created_at, TIMESTAMPTZ '1970-01-01 00:00:00+00') AS valid_from_at, CAST(NULL AS TIMESTAMPTZ) AS valid_to_at,
  h.recorded_from_at, CAST(NULL AS TIMESTAMPTZ) AS recorded_to_at
FROM held h
LEFT JOIN customer.person_of p ON h.kind = 'person' AND p.source = h.source AND p.object = h.object AND p.record_id = h.record_id
