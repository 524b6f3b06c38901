-- One customer; one that was deleted before we ever saw it is known from the event that told of it.
WITH deleted AS (
  SELECT e.created AS deleted_at, o.*
  FROM (
    SELECT created, json_transform(json_extract(data, '$.object'), '{"id":"VARCHAR","created":"VARCHAR","name":"VARCHAR","email":"VARCHAR",
      "phone":"VARCHAR","currency":"VARCHAR","address":"VARCHAR","metadata":"VARCHAR"}') AS o
    FROM stripe.events WHERE type = 'customer.deleted'
  ) e
  WHERE o.id NOT IN (SELECT id FROM stripe.customers WHERE NOT _is_tombstone)
  QUALIFY row_number() OVER (PARTITION BY o.id ORDER BY e.created DESC) = 1
), customers AS (
  SELECT id, name, email, phone, address, metadata, currency, _deleted AS is_deleted, created
  FROM stripe.customers WHERE NOT _is_tombstone
  UNION ALL
  SELECT id, name, email, phone, address, metadata, upper(currency), true,
    coalesce(from_epoch(created), deleted_at)
  FROM deleted
)
SELECT
  'stripe' AS source,
  id AS customer_id,
  nullif(trim(name), '') AS name,
  email_of(email) AS email,
  nullif(trim(phone), '') AS phone,
  nullif(trim(json_extract_string(address, '$.country')), '') AS country,
  coalesce(
    nullif(trim(json_extract_string(metadata, '$.sfdc_account_id')), ''),
    nullif(trim(json_extract_string(metadata, '$.salesforce_account_id')), '')
  ) AS crm_account_id,
  currency AS currency_code,
  is_deleted,
  created AS created_at
FROM customers
