-- Which people's records bear which declared id: those that declare it, and the one whose own it is.
WITH declared AS (
  SELECT DISTINCT digest FROM person_listed WHERE NOT is_short AND length(id) > 5
), own AS (
  SELECT any_value(f."row") AS "row", d.digest FROM feature f JOIN declared d ON d.digest = hash('id', f.record_key) WHERE NOT f.is_company
  GROUP BY d.digest HAVING count(*) = 1
), named AS (
  SELECT DISTINCT digest FROM person_listed WHERE contains(id, ':')
)
SELECT DISTINCT "row", digest FROM (
  SELECT "row", digest FROM person_listed
  UNION ALL SELECT "row", digest FROM own
  UNION ALL SELECT f."row", n.digest FROM feature f JOIN named n ON n.digest = hash('id', f.source || ':' || f.record_id) WHERE NOT f.is_company
  UNION ALL SELECT f."row", n.digest FROM feature f JOIN named n ON n.digest = hash('id', f.source || ':' || f.object || ':' || f.record_id) WHERE NOT f.is_company
)
