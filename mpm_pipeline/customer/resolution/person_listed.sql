-- Ids that people's records declare of others (identity 2), each under a number. A short number is an id within its own source only.
WITH told AS (
  SELECT "row", source, crm_key(unnest(person_key)) AS id FROM feature WHERE NOT is_company AND len(person_key) > 0
), scoped AS (
  SELECT *, length(id) <= 5 AND regexp_full_match(id, '[0-9]{1,5}') AS is_short FROM told WHERE id <> ''
), named AS (
  SELECT "row", is_short, CASE WHEN is_short THEN source || ' ' || id ELSE id END AS id FROM scoped
)
SELECT *, hash('id', id) AS digest FROM named
