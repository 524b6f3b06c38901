-- One row per source record, customer that it was held to be and span of runs, with the strongest key that it shares with the others and how
-- sure that key is (identity 8, in short: declared 1, mailbox 0.97, domain and telephone 0.95, name at an employer and a company's name 0.9,
-- nothing shared 1). A record that does not live was not compared: what it shares says why it lies where it does.
-- Bitemporal: the run before is an input; what changed is closed and stays, so that what a run knew can be read again. A run that looks
-- back says anew what was known then, until the next run; what that one said, or found to be still so, goes on from there.
WITH shared AS (
  SELECT k.own_id, k.key_type, count(*) OVER (PARTITION BY k.kind, k.key_type, k.key_value, o.id) AS records
  FROM customer.identity_key k
  JOIN customer.id_registry o ON o.own_id = k.own_id
  ANTI JOIN customer.key_guard g ON g.kind = k.kind AND g.key_type = k.key_type AND g.key_value = k.key_value
), best AS (
  SELECT own_id, min(CASE key_type WHEN 'record' THEN 1 WHEN 'email' THEN 3 WHEN 'domain' THEN 4 WHEN 'company_name' THEN 8 ELSE 2 END) AS place
  FROM shared WHERE records > 1
  GROUP BY own_id
), held AS (
  SELECT o.*, coalesce(b.place, 0) AS place
  FROM customer.id_registry o
  LEFT JOIN best b ON b.own_id = o.own_id
  WHERE o.is_present
), told AS (
  SELECT own_id, CASE joined_by WHEN 'alone' THEN 0 WHEN 'decision' THEN 1 WHEN 'id' THEN 2 WHEN 'mailbox' THEN 3
    WHEN 'phone_name' THEN 5 WHEN 'account_name' THEN 6 ELSE 7 END AS place
  FROM customer.person_cluster
), now AS (
  SELECT h.source, h.object, h.record_id, CASE WHEN h.kind = 'person' THEN h.id END AS person_id,
    CASE WHEN h.kind = 'account' THEN h.id ELSE p.account_id END AS account_id,
    [1e0, 1e0, 1e0, 97e-2, 95e-2, 95e-2, 9e-1, 8e-1, 9e-1][coalesce(t.place, h.place) + 1] AS confidence,
    ['shares nothing with another record', 'merged at the source, or a person said so', 'declared id of the other record', 'same mailbox',
      'same registrable domain', 'same name on one telephone', 'same name at one employer', 'alike in what is known', 'same name, which one company alone bears'][coalesce(t.place, h.place) + 1] AS reason,
    coalesce(h.created_at, TIMESTAMPTZ '1970-01-01 00:00:00+00') AS valid_from_at, CAST(NULL AS TIMESTAMPTZ) AS valid_to_at
  FROM held h
  LEFT JOIN told t ON t.own_id = h.own_id
  LEFT JOIN customer.person_of p ON h.kind = 'person' AND p.source = h.source AND p.object = h.object AND p.record_id = h.record_id
), before AS (
  SELECT b.*, b.recorded_to_at IS NULL OR b.recorded_to_at > s.as_of AS is_open
  FROM customer.crosswalk_history b CROSS JOIN run.setting s
  WHERE b.recorded_from_at <= s.as_of
), later AS (
  SELECT b.* FROM customer.crosswalk_history b CROSS JOIN run.setting s WHERE b.recorded_from_at > s.as_of
), kept AS (
  SELECT b.*, n.source IS NOT NULL AS is_same
  FROM before b
  LEFT JOIN now n ON b.is_open AND n.source = b.source AND n.object = b.object AND n.record_id = b.record_id
    AND n.valid_from_at = b.valid_from_at AND n.person_id IS NOT DISTINCT FROM b.person_id
    AND n.account_id IS NOT DISTINCT FROM b.account_id AND n.confidence = b.confidence AND n.reason = b.reason
), told_at AS (
  SELECT as_of AS at FROM customer.crosswalk_run
  UNION ALL SELECT recorded_from_at FROM customer.crosswalk_history
  UNION ALL SELECT recorded_to_at FROM customer.crosswalk_history
), next AS (
  SELECT min(t.at) AS at FROM told_at t CROSS JOIN run.setting s WHERE t.at > s.as_of
)
SELECT k.source, k.object, k.record_id, k.person_id, k.account_id, k.confidence, k.reason, k.valid_from_at, k.valid_to_at, k.recorded_from_at,
  CASE WHEN k.is_open AND NOT k.is_same THEN s.as_of ELSE k.recorded_to_at END AS recorded_to_at
FROM kept k CROSS JOIN run.setting s
WHERE k.is_same OR k.recorded_from_at < s.as_of
UNION ALL
SELECT k.source, k.object, k.record_id, k.person_id, k.account_id, k.confidence, k.reason, k.valid_from_at, k.valid_to_at, x.at, k.recorded_to_at
FROM kept k CROSS JOIN next x
WHERE k.is_open AND NOT k.is_same AND x.at < coalesce(k.recorded_to_at, TIMESTAMPTZ 'infinity')
UNION ALL
SELECT source, object, record_id, person_id, account_id, confidence, reason, valid_from_at, valid_to_at, recorded_from_at, recorded_to_at FROM later
UNION ALL
SELECT n.source, n.object, n.record_id, n.person_id, n.account_id, n.confidence, n.reason, n.valid_from_at, n.valid_to_at, s.as_of, x.at
FROM now n
CROSS JOIN run.setting s
CROSS JOIN next x
WHERE NOT EXISTS (SELECT 1 FROM kept k WHERE k.is_same AND k.source = n.source AND k.object = n.object AND k.record_id = n.record_id)
