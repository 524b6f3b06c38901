-- Soft keys (name with telephone, name at an account) behind which stand more people than one person is likely to be found as: records that
-- no sure key joins, such as forty leads without a mailbox that are all called the same. `hard` labels records by sure keys alone.
SELECT s.key, count(DISTINCT f.name_key) AS names, 'more separate records than one person has' AS reason
FROM shared_key s
JOIN key_number n ON n.key = s.key AND n.records > 6 AND n.key_type IN ('phone_name', 'account_name')
JOIN hard h ON h."row" = s."row"
JOIN feature f ON f."row" = s."row"
GROUP BY s.key HAVING count(DISTINCT h.label) > 6
