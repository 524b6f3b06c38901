-- Which records bear which keys that several bear.
SELECT k."row", n.key, k.key_type, k.bits
FROM person_key k JOIN key_number n ON n.digest = k.digest
