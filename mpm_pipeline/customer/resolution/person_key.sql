-- One row per record and key by which it may be the same person as another (identity 2), with the weight of evidence in bits.
-- Declared ids first, then a mailbox of one's own, a handle, and name with telephone or account. A role mailbox is a key only
-- among records that bear no name: what comes from it belongs to the account. A key is a number here; `key_name` tells it in words.
-- Records that tell the very same of somebody at home (`home`) are one person.
SELECT "row", 'id' AS key_type, digest, 20 AS bits FROM person_id
UNION ALL SELECT "row", 'mailbox', hash('mailbox', mailbox), 12 FROM feature WHERE NOT is_company AND NOT is_role AND mailbox IS NOT NULL
UNION ALL SELECT "row", 'role_mailbox', hash('role_mailbox', mailbox), 12 FROM feature
  WHERE NOT is_company AND is_role AND mailbox IS NOT NULL AND given IS NULL AND family IS NULL
UNION ALL SELECT "row", 'handle', hash('handle', handle), 12 FROM feature WHERE NOT is_company AND handle IS NOT NULL
UNION ALL SELECT "row", 'phone_name', hash('phone_name', phone_key, face), 8 FROM feature WHERE NOT is_company AND is_named AND phone_key IS NOT NULL
UNION ALL SELECT f."row", 'account_name', hash('account_name', a.label, f.name_key), 7
  FROM feature f JOIN record_account a ON a."row" = f."row" WHERE NOT f.is_company AND f.name_key IS NOT NULL
UNION ALL SELECT "row", 'same_home', hash('same_home', sign), 12 FROM home WHERE NOT is_company
UNION ALL SELECT "row", 'decision', hash('decision', name), 40 FROM decided
