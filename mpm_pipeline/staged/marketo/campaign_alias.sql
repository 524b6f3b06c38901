-- One smart campaign and its programme.
SELECT 'marketo' AS source, c.id AS alias_id, filled(c.programId) AS campaign_id
FROM marketo.campaigns c
WHERE NOT c._is_tombstone AND NOT c._deleted AND filled(c.programId) IS NOT NULL
