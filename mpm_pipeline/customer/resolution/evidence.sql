-- Why a record is its customer: each key that it shares with another record of the same customer, and that record (identity 8).
WITH shared AS (
  SELECT m.number, k.kind, k.key, k."row", max(k.bits) AS bits
  FROM member m JOIN joined_key k ON k."row" = m."row" AND k.kind = m.kind
  GROUP BY ALL
), mate AS (
  SELECT number, key, min("row") AS first_row, arg_min("row", "row", 2)[2] AS second_row, count(*) AS records
  FROM shared GROUP BY number, key HAVING min("row") < max("row")
)
SELECT s.kind, s.number, s.key, c.customer_id, s."row", n.key_type, n.key_value, s.bits, m.records,
  CASE WHEN s."row" = m.first_row THEN m.second_row ELSE m.first_row END AS other_row
FROM shared s JOIN mate m ON m.number = s.number AND m.key = s.key
JOIN customer_number c ON c.number = s.number JOIN key_name n ON n.kind = s.kind AND n.key = s.key
