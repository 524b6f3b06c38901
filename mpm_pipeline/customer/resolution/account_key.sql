-- One row per record and key by which it names an account, the best one first (identity 6): a declared id, the registered domain
-- of its website or mailbox, the company's name. A company's record is a key of its own, by which others may declare it. Of people's
-- records that tell the very same of a company the oldest speaks for all: `records` says for how many (`speaker`).
WITH said AS (
  SELECT f."row", f.account_key, f.web_domain, f.mail_domain, f.company_key, f.city_key, f.is_company, s.records
  FROM feature f JOIN speaker s ON s."row" = f."row"
), referred AS (
  SELECT DISTINCT crm_key(unnest(account_key)) AS id FROM said
), own AS (
  SELECT f."row", CASE WHEN count(*) OVER (PARTITION BY f.record_key) = 1 AND r.id IS NOT NULL THEN 'id|' || r.id
    ELSE 'record|' || f.source || '|' || f.object || '|' || f.record_id END AS key
  FROM feature f LEFT JOIN referred r ON r.id = f.record_key
  WHERE f.is_company
), child AS (
  SELECT f."row"
  FROM feature f JOIN feature p ON p.is_company AND p.record_key = crm_key(f.parent_account_key) AND p."row" <> f."row"
    AND coalesce(p.web_domain, p.mail_domain, '') = coalesce(f.web_domain, f.mail_domain, '')
  WHERE f.is_company
), keyed AS (
  SELECT "row", 0 AS rank, key, 1 AS records FROM own
  UNION ALL SELECT "row", 1, 'id|' || crm_key(unnest(account_key)), records FROM said
  UNION ALL SELECT "row", 2, 'domain|' || web_domain, records FROM said
  UNION ALL SELECT "row", 3, 'domain|' || mail_domain, records FROM said
  UNION ALL SELECT "row", 4, 'name|' || company_key || CASE WHEN is_company THEN '|' || coalesce(city_key, '') ELSE '' END, records FROM said
)
SELECT k."row", CAST(k.rank AS DOUBLE) AS rank, k.key, k.records
FROM keyed k ANTI JOIN child c ON c."row" = k."row" AND k.rank >= 2
WHERE k.key <> 'id|' AND k.key IS NOT NULL
