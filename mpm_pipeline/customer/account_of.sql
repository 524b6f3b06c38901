-- One row per record of a company in a CRM or a billing system and the account that it is (identity 6).
SELECT o.source, o.object, coalesce(w.role, 'other') AS role, o.record_id, o.id AS account_id, o.survivor_record_id, o.is_merged, o.is_deleted
FROM customer.id_registry o
LEFT JOIN reference.object_role w ON w.source = o.source AND w.object = o.object
WHERE o.kind = 'account' AND o.is_present
