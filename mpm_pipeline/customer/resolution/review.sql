-- One row per pair of customers that a person should look at, by its records with the most evidence, the one first where most pairs of records are at risk: evidence asked for a merge
-- and a contradiction refused it, or decisions contradict each other. Expected pairs: records of the one customer times those of
-- the other, times how likely the evidence makes it that they are one. `bearer`: each record and the number of its person.
WITH part AS (
  SELECT person, count(*) AS records FROM bearer GROUP BY person
), said AS (
  SELECT DISTINCT least(a.person, b.person) AS one_person, greatest(a.person, b.person) AS other_person
  FROM decision d JOIN bearer a ON a."row" = d.one JOIN bearer b ON b."row" = d.other
  WHERE d.decision = 'no'
), contradicted AS (
  SELECT d.one, d.other FROM decision d
  JOIN bearer a ON a."row" = d.one JOIN bearer b ON b."row" = d.other
  WHERE d.decision = 'no' AND a.person = b.person
), every AS (
  SELECT r.one, r.other, r.bits, coalesce(CASE WHEN s.one_person IS NULL THEN r.reason END, 'somebody said that they are two') AS reason
  FROM refused r JOIN bearer a ON a."row" = r.one JOIN bearer b ON b."row" = r.other
  LEFT JOIN said s ON s.one_person = least(a.person, b.person) AND s.other_person = greatest(a.person, b.person)
  WHERE a.person <> b.person
  QUALIFY row_number() OVER (PARTITION BY least(a.person, b.person), greatest(a.person, b.person) ORDER BY r.bits DESC, r.one, r.other) = 1
  UNION ALL
  SELECT one, other, 40, 'decisions contradict each other: a no on this pair, and a chain of yes that joins it' FROM contradicted
)
SELECT f.source, f.object, f.record_id, g.source AS other_source, g.object AS other_object, g.record_id AS other_record_id,
  CAST(e.bits AS DOUBLE) AS bits, round(p.records * q.records / (1 + pow(2, -e.bits)), 3) AS expected_pairs, e.reason, d.decision
FROM every e
JOIN feature f ON f."row" = e.one JOIN feature g ON g."row" = e.other
JOIN bearer a ON a."row" = e.one JOIN bearer b ON b."row" = e.other
JOIN part p ON p.person = a.person JOIN part q ON q.person = b.person
LEFT JOIN decision d ON d.one = least(e.one, e.other) AND d.other = greatest(e.one, e.other)
ORDER BY expected_pairs DESC, bits DESC, e.one, e.other
