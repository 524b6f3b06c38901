-- Which records bear which keys that several bear.
SELECT DISTINCT k."row", n.key, k.key_type, k.bits
FROM person_key k JOIN key_number n ON n.key_type = k.key_type AND n.key_value = k.key_value
