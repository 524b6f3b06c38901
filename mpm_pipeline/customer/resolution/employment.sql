-- One row per person and account (by their numbers) that the person's records tell of: since when, and until when if another account
-- followed. Only what a record tells itself counts (an id, a domain, a name of a company), not what it takes over from others of its person.
WITH told AS (
  SELECT i.person, i.account, min(coalesce(f.created_at, f.updated_at)) AS since_at, max(coalesce(f.updated_at, f.created_at)) AS last_at,
    max(i."row") AS "row", count(*) AS records
  FROM identified i
  JOIN record_account a ON a."row" = i."row"
  JOIN feature f ON f."row" = i."row"
  WHERE i.person >= 0 AND i.account >= 0
  GROUP BY i.person, i.account
)
SELECT person, account, since_at AS valid_from_at,
  CASE WHEN lead(account) OVER later IS NOT NULL THEN greatest(coalesce(lead(since_at) OVER later, since_at), since_at) END AS valid_to_at,
  'told by ' || records || CASE records WHEN 1 THEN ' record' ELSE ' records' END AS evidence,
  lead(account) OVER later IS NULL AS is_newest
FROM told
WINDOW later AS (PARTITION BY person ORDER BY last_at NULLS FIRST, since_at NULLS FIRST, "row", account)
ORDER BY person, valid_from_at NULLS FIRST, account
