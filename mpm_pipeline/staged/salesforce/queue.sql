-- One queue that may own leads.
SELECT 'salesforce' AS source, g.Id AS queue_id, filled(g.Name) AS name
FROM salesforce."Group" g
WHERE NOT g._is_tombstone AND NOT g._deleted AND lower(g.Type) = 'queue'
