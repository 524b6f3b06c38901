-- The id of every customer of today, and the id that it was split from, if it was.
WITH chosen AS (
  SELECT label, id, CAST(NULL AS VARCHAR) AS split_from FROM claim WHERE is_settled
  UNION ALL SELECT label, id, split_from FROM won
), known AS (
  SELECT bore AS id, max(split_from) AS split_from FROM at_hand WHERE split_from IS NOT NULL GROUP BY bore
)
SELECT c.label, c.id, coalesce(c.split_from, k.split_from) AS split_from FROM chosen c LEFT JOIN known k ON k.id = c.id
