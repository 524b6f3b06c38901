-- Pairs of account keys that are one account. An id and a domain: the domain is the main one of the id (most of its records that
-- have any; the company's own website decides). Two ids that a company's own record declares are one account.
WITH id AS (
  SELECT "row", key, rank, records FROM account_key WHERE rank <= 1
), seen AS (
  SELECT i.key AS id, d.key AS domain, sum(i.records * CASE WHEN i.rank = 0 AND d.rank = 2 THEN 1000 ELSE 1 END) AS weight
  FROM id i JOIN account_key d ON d."row" = i."row" AND d.rank IN (2, 3)
  GROUP BY ALL
), main AS (
  SELECT id, domain FROM seen
  QUALIFY weight > 0.5 * sum(weight) OVER (PARTITION BY id)
), twice AS (
  SELECT a.key AS one, b.key AS other FROM id a JOIN id b ON b."row" = a."row" AND a.key < b.key
  JOIN feature f ON f."row" = a."row" AND f.is_company
), told AS (
  SELECT w.key AS one, m.key AS other, sum(w.records) AS records
  FROM account_key w JOIN account_key m ON m."row" = w."row" AND m.rank = 3 AND w.rank = 2
  GROUP BY w.key, m.key
), mailed AS (
  SELECT one, other FROM told
  QUALIFY one <> other AND records > 0.5 * sum(records) OVER (PARTITION BY other) AND records > 0.5 * sum(records) OVER (PARTITION BY one)
)
SELECT id AS one, domain AS other FROM main
UNION SELECT one, other FROM twice
UNION SELECT one, other FROM mailed
