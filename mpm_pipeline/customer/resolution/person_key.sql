-- One row per record and key by which it may be the same person as another (identity 2), with the weight of evidence in bits.
-- Declared ids first, then a mailbox of one's own, a handle, and name with telephone or account. A role mailbox is a key only
-- among records that bear no name: what comes from it belongs to the account. A short number is a key within its own source only.
-- Records that tell the very same of somebody at home (`home`) are one person.
WITH person AS (
  SELECT f.*, a.label AS account FROM feature f LEFT JOIN record_account a ON a."row" = f."row" WHERE NOT f.is_company
), declared AS (
  SELECT DISTINCT crm_key(unnest(person_key)) AS id FROM person
), own AS (
  SELECT p."row", d.id FROM person p JOIN declared d ON d.id = crm_key(p.record_id)
  WHERE length(d.id) > 5
  QUALIFY count(*) OVER (PARTITION BY d.id) = 1
), full_own AS (
  SELECT p."row", d.id FROM person p JOIN declared d ON d.id = p.source || ':' || p.record_id
  UNION SELECT p."row", d.id FROM person p JOIN declared d ON d.id = p.source || ':' || p.object || ':' || p.record_id
)
SELECT "row", 'id' AS key_type, CASE WHEN regexp_full_match(id, '[0-9]{1,5}') THEN source || ' ' || id ELSE id END AS key_value, 20 AS bits
FROM (SELECT "row", source, crm_key(unnest(person_key)) AS id FROM person)
UNION ALL SELECT "row", 'id', id, 20 FROM own
UNION ALL SELECT "row", 'id', id, 20 FROM full_own
UNION ALL SELECT "row", 'mailbox', mailbox, 12 FROM person WHERE NOT is_role
UNION ALL SELECT "row", 'role_mailbox', mailbox, 12 FROM person WHERE is_role AND given IS NULL AND family IS NULL
UNION ALL SELECT "row", 'handle', handle, 12 FROM person
UNION ALL SELECT "row", 'phone_name', phone_key || '|' || left(given_key, 1) || ' ' || family, 8 FROM person WHERE given_key <> '' AND family <> ''
UNION ALL SELECT "row", 'account_name', account || '|' || name_key, 7 FROM person WHERE account IS NOT NULL
UNION ALL SELECT "row", 'same_home', sign, 12 FROM home WHERE NOT is_company
