-- Declared ids of people (identity 2): what a record declares of others, and its own where others declare it. A short number is an id
-- within its own source only.
WITH listed AS (
  SELECT "row", source, crm_key(unnest(person_key)) AS id FROM feature WHERE NOT is_company AND len(person_key) > 0
), declared AS (
  SELECT DISTINCT id FROM listed
), own AS (
  SELECT f."row", d.id FROM feature f JOIN declared d ON d.id = crm_key(f.record_id)
  WHERE length(d.id) > 5 AND NOT f.is_company
  QUALIFY count(*) OVER (PARTITION BY d.id) = 1
), named AS (
  SELECT id FROM declared WHERE contains(id, ':')
)
SELECT DISTINCT "row", id FROM (
  SELECT "row", CASE WHEN regexp_full_match(id, '[0-9]{1,5}') THEN source || ' ' || id ELSE id END AS id FROM listed
  UNION ALL SELECT "row", id FROM own
  UNION ALL SELECT f."row", n.id FROM feature f JOIN named n ON n.id = f.source || ':' || f.record_id WHERE NOT f.is_company
  UNION ALL SELECT f."row", n.id FROM feature f JOIN named n ON n.id = f.source || ':' || f.object || ':' || f.record_id WHERE NOT f.is_company
) WHERE id <> ''
