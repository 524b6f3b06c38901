-- One row per field of a golden record that a record told: which one, when, by which rule, and how many other values it beat (identity 9).
-- Its value is the one in `dim_person` or `dim_account`; where a person takes the account's, it names the account's record. An urgent address
-- that falls back to telephone or mailbox has no row: theirs tells it.
WITH person_told AS (
  SELECT person_id AS customer_id, source, object, record_id, coalesce(modified_at, created_at) AS told_at, place, mail_place, unnest([
    {'field': 'name', 'value': name, 'rank': 0}, {'field': 'phone', 'value': mobile_phone, 'rank': 0}, {'field': 'phone', 'value': phone, 'rank': 1},
    {'field': 'title', 'value': title, 'rank': 0}, {'field': 'email', 'value': email, 'rank': 0},
    {'field': 'region', 'value': CASE WHEN account_id IS NULL THEN region END, 'rank': 1},
    {'field': 'segment', 'value': CASE WHEN account_id IS NULL THEN segment END, 'rank': 1}, {'field': 'product_line', 'value': product_line, 'rank': 1},
    {'field': 'solution_interest', 'value': solution_interest, 'rank': 0}, {'field': 'urgent_address', 'value': urgent_address, 'rank': 0}]) AS told
  FROM customer.person_source
), account_told AS (
  SELECT account_id AS customer_id, source, object, record_id, created_at AS told_at, place, unnest([
    {'field': 'name', 'value': name, 'rank': 0}, {'field': 'email', 'value': email, 'rank': 0}, {'field': 'phone', 'value': phone, 'rank': 0},
    {'field': 'domain', 'value': domain, 'rank': 0}, {'field': 'region', 'value': region, 'rank': 0}, {'field': 'segment', 'value': segment, 'rank': 0},
    {'field': 'product_line', 'value': product_line, 'rank': 0}, {'field': 'country', 'value': country, 'rank': 0},
    {'field': 'owner_id', 'value': owner_id, 'rank': 0}]) AS told
  FROM customer.account_source
), every AS (
  SELECT 'person' AS kind, customer_id, source, object, record_id, told_at, told.field AS field, told.value AS value, told.rank AS rank,
    CASE told.field WHEN 'email' THEN mail_place ELSE place END AS place
  FROM person_told
  UNION ALL
  SELECT 'person', p.person_id, a.source, a.object, a.record_id, a.told_at, a.told.field, a.told.value, 0, a.place
  FROM (SELECT DISTINCT person_id, account_id FROM customer.person_of WHERE NOT is_deleted) p
  JOIN account_told a ON a.customer_id = p.account_id AND a.told.field IN ('region', 'segment', 'product_line')
  UNION ALL
  SELECT 'account', customer_id, source, object, record_id, told_at, told.field, told.value, told.rank, place FROM account_told
)
SELECT kind, customer_id, field, value, source, object, record_id, told_at,
  CASE WHEN kind = 'account' THEN 'the CRM before billing, then the oldest record' WHEN field IN ('region', 'segment', 'product_line') AND rank = 0 THEN 'the account''s'
    WHEN field = 'email' THEN 'a mailbox of one''s own, then contacts before leads before others, then the newest change'
    WHEN field = 'phone' THEN 'mobile first, then contacts before leads before others, then the newest change'
    ELSE 'contacts before leads before others, then the newest change' END AS rule,
  count(DISTINCT value) OVER (PARTITION BY kind, customer_id, field) - 1 AS beaten
FROM every
WHERE value IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY kind, customer_id, field ORDER BY rank, place) = 1
