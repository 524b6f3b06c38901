-- Records of customers; `turn` orders records in one number: the newest last, then the record that was there first.
SELECT n.number, n.kind, c."row", dense_rank() OVER (ORDER BY coalesce(f.updated_at, f.created_at) NULLS FIRST) * 137438953472 - c."row" AS turn
FROM customer c JOIN customer_number n ON n.kind = c.kind AND n.customer_id = c.customer_id JOIN feature f ON f."row" = c."row"
