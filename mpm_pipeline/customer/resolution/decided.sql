-- Pairs of records that somebody said are one: a key that both bear.
WITH named AS (
  SELECT "row", concat_ws(':', source, object, record_id) AS name FROM record WHERE "row" IN (SELECT one FROM decision UNION SELECT other FROM decision)
)
SELECT unnest([d.one, d.other]) AS "row", concat_ws('|', least(a.name, b.name), greatest(a.name, b.name)) AS name
FROM decision d JOIN named a ON a."row" = d.one JOIN named b ON b."row" = d.other WHERE d.decision = 'yes'
