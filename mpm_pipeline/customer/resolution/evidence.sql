-- Why a record is its customer: each key that it shares with another record of the same customer, and that record (identity 8).
WITH shared AS (
  SELECT DISTINCT c.kind, c.customer_id, k."row", k.key_type, k.key_value, k.bits
  FROM customer c JOIN joined_key k ON k."row" = c."row" AND k.kind = c.kind
), mate AS (
  SELECT kind, customer_id, key_type, key_value, min("row") AS first_row, arg_min("row", "row", 2)[2] AS second_row, count(*) AS records
  FROM shared GROUP BY kind, customer_id, key_type, key_value HAVING count(*) > 1
)
SELECT s.kind, s.customer_id, s."row", s.key_type, s.key_value, s.bits, m.records,
  CASE WHEN s."row" = m.first_row THEN m.second_row ELSE m.first_row END AS other_row
FROM shared s JOIN mate m ON m.kind = s.kind AND m.customer_id = s.customer_id AND m.key_type = s.key_type AND m.key_value = s.key_value
