-- The account (`parent`) that a company's record names as the parent of its own (`account`), by their numbers.
WITH named AS (
  SELECT "row", crm_key(parent_account_key) AS parent_key FROM feature WHERE is_company AND parent_account_key <> ''
), bearer AS (
  SELECT f.record_key AS parent_key, i.account, 0 AS rank, f."row" FROM feature f JOIN identified i ON i."row" = f."row" WHERE f.is_company
  UNION ALL SELECT crm_key(unnest(f.account_key)), i.account, 1, f."row" FROM feature f JOIN identified i ON i."row" = f."row" WHERE f.is_company
), parent_of AS (
  SELECT parent_key, arg_min(account, (rank, "row")) AS account FROM bearer SEMI JOIN named USING (parent_key) WHERE account >= 0 GROUP BY parent_key
)
SELECT i.account, arg_min(p.account, n."row") AS parent
FROM named n JOIN identified i ON i."row" = n."row" JOIN parent_of p ON p.parent_key = n.parent_key
WHERE i.account >= 0 AND p.account <> i.account GROUP BY i.account
