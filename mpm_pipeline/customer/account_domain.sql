-- One row per domain of a website and the account that it tells (readings 57): of several accounts that share a domain
-- the head of the hierarchy, then the oldest. Free mail never tells a company, a guarded domain neither.
SELECT k.key_value AS domain, o.account_id
FROM customer.identity_key k
JOIN customer.identity_record r ON r.kind = k.kind AND r.source = k.source AND r.object = k.object AND r.record_id = k.record_id
JOIN customer.account_of o ON o.source = k.source AND o.object = k.object AND o.record_id = k.record_id
LEFT JOIN reference.free_mail f ON f.domain = k.key_value
ANTI JOIN customer.key_guard g ON g.kind = k.kind AND g.key_type = k.key_type AND g.key_value = k.key_value
WHERE k.kind = 'account' AND k.key_type = 'domain' AND k.object = 'Account' AND NOT o.is_deleted AND NOT o.is_merged
  AND f.domain IS NULL
QUALIFY row_number() OVER (PARTITION BY k.key_value ORDER BY r.created_at, k.source, k.record_id) = 1
