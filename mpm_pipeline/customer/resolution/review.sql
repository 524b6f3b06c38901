-- One row per pair of customers that a person should look at, by its records with the most evidence, the one first where most pairs of records are at risk: evidence asked for a merge
-- and a contradiction refused it, or decisions contradict each other. Expected pairs: records of the one customer times those of
-- the other, times how likely the evidence makes it that they are one.
WITH part AS (
  SELECT customer_id, count(*) AS records FROM customer WHERE kind = 'person' GROUP BY customer_id
), said AS (
  SELECT DISTINCT least(a.customer_id, b.customer_id) AS one_id, greatest(a.customer_id, b.customer_id) AS other_id
  FROM decision d JOIN customer a ON a."row" = d.one AND a.kind = 'person' JOIN customer b ON b."row" = d.other AND b.kind = 'person'
  WHERE d.decision = 'no'
), contradicted AS (
  SELECT d.one, d.other FROM decision d
  JOIN customer a ON a."row" = d.one AND a.kind = 'person' JOIN customer b ON b."row" = d.other AND b.kind = 'person'
  WHERE d.decision = 'no' AND a.customer_id = b.customer_id
), every AS (
  SELECT r.one, r.other, r.bits, CASE WHEN s.one_id IS NOT NULL THEN 'somebody said that they are two' ELSE 'given names that cannot be one' END AS reason
  FROM refused r JOIN customer a ON a."row" = r.one AND a.kind = 'person' JOIN customer b ON b."row" = r.other AND b.kind = 'person'
  LEFT JOIN said s ON s.one_id = least(a.customer_id, b.customer_id) AND s.other_id = greatest(a.customer_id, b.customer_id)
  WHERE a.customer_id <> b.customer_id
  QUALIFY row_number() OVER (PARTITION BY least(a.customer_id, b.customer_id), greatest(a.customer_id, b.customer_id) ORDER BY r.bits DESC, r.one, r.other) = 1
  UNION ALL
  SELECT one, other, 40, 'decisions contradict each other: a no on this pair, and a chain of yes that joins it' FROM contradicted
)
SELECT f.source, f.object, f.record_id, g.source AS other_source, g.object AS other_object, g.record_id AS other_record_id,
  CAST(e.bits AS DOUBLE) AS bits, round(p.records * q.records / (1 + pow(2, -e.bits)), 3) AS expected_pairs, e.reason, d.decision
FROM every e
JOIN feature f ON f."row" = e.one JOIN feature g ON g."row" = e.other
JOIN customer a ON a."row" = e.one AND a.kind = 'person' JOIN customer b ON b."row" = e.other AND b.kind = 'person'
JOIN part p ON p.customer_id = a.customer_id JOIN part q ON q.customer_id = b.customer_id
LEFT JOIN decision d ON d.one = least(e.one, e.other) AND d.other = greatest(e.one, e.other)
ORDER BY expected_pairs DESC, bits DESC, e.one, e.other
