-- The same of people: how many ids that count two sources bear, and of how many given name, family name and mailbox all contradict
-- each other (`strange`).
WITH declared AS (
  SELECT source, crm_key(unnest(person_key)) AS id, given_key, family, mailbox, true AS is_declared FROM feature WHERE NOT is_company AND len(person_key) > 0
), told AS (
  FROM declared WHERE length(id) > 5 AND id_form(id) IS NOT NULL
  UNION ALL SELECT source, record_key, given_key, family, mailbox, false FROM feature
  WHERE NOT is_company AND record_key IN (SELECT id FROM declared WHERE length(id) > 5 AND id_form(id) IS NOT NULL)
), counted AS (
  SELECT source, id, given_key, family, mailbox, bool_or(is_declared) AS is_declared FROM told WHERE given_key <> '' AND family <> '' GROUP BY ALL
), shared AS (
  SELECT id, id_form(id) AS form FROM counted GROUP BY id HAVING min(source) < max(source) QUALIFY row_number() OVER (PARTITION BY id_form(id) ORDER BY hash(id)) <= 2000
), few AS (
  SELECT c.*, s.form FROM counted c JOIN shared s ON s.id = c.id QUALIFY row_number() OVER (PARTITION BY c.source, c.id ORDER BY c.family, c.given_key, c.mailbox) <= 5
), met AS (
  SELECT a.form, a.source AS one, b.source AS other, a.id, bool_or(has_in_common(a, b)) AS is_same
  FROM few a JOIN few b ON b.id = a.id AND a.source < b.source AND (a.is_declared OR b.is_declared) GROUP BY ALL
)
SELECT form, one, other, count(*) FILTER (is_same) AS same, count(*) FILTER (NOT is_same) AS strange FROM met GROUP BY ALL ORDER BY ALL
