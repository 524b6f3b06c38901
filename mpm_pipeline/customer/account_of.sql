-- One row per record of a company in a CRM or a billing system and the account that it is (identity 6).
SELECT source, object, record_id, id AS account_id, survivor_record_id, is_merged, is_deleted
FROM customer.id_registry
WHERE kind = 'account' AND is_present
