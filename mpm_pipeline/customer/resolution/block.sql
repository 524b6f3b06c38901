-- Composite block keys: what two fields of a record hold together, where few others hold the same. Lists per record.
WITH part AS (
  SELECT "row", 'n' AS field, unnest(name_words) AS value FROM candidate
  UNION SELECT "row", 'm', left(word, 3) FROM (SELECT "row", unnest(name_words) AS word FROM candidate) WHERE length(word) > 3
  UNION SELECT "row", 'g', given_key FROM candidate
  UNION SELECT "row", 'b', birth_date FROM candidate
  UNION SELECT "row", 'y', left(birth_date, 4) FROM candidate
  UNION SELECT "row", 'd', substr(birth_date, 5) FROM candidate
  UNION SELECT "row", 'p', postal_key FROM candidate
  UNION SELECT "row", 'o', left(postal_key, 3) FROM candidate
  UNION SELECT "row", 's', word FROM (SELECT "row", unnest(string_split(street_key, ' ')) AS word FROM candidate) WHERE length(word) > 3
  UNION SELECT "row", 'h', regexp_extract(street_key, '^\d+') FROM candidate WHERE regexp_matches(street_key, '^\d')
  UNION SELECT "row", 'c', city_key FROM candidate
  UNION SELECT "row", 't', title_key FROM candidate
  UNION SELECT "row", 'f', phone_key FROM candidate
  UNION SELECT "row", 'e', mailbox FROM candidate
), sound AS (
  SELECT * FROM part WHERE length(value) > 2 OR field = 'h'
), pair AS (
  SELECT a."row", a.field || a.value || '|' || b.field || b.value AS key
  FROM sound a JOIN sound b ON b."row" = a."row" AND (a.field, a.value) < (b.field, b.value)
  WHERE a.field || b.field NOT IN ('by', 'bd', 'dy', 'op', 'mn', 'gn', 'gm', 'mm', 'co', 'cp', 'ct', 'cd', 'ho')
  UNION SELECT "row", 'f' || value FROM sound WHERE field IN ('f', 'e')
), few AS (
  SELECT "row", key FROM pair QUALIFY count(*) OVER (PARTITION BY key) BETWEEN 2 AND 60
)
SELECT c.*, coalesce(f.keys, []) AS block_keys
FROM candidate c LEFT JOIN (SELECT "row", list(key ORDER BY key) AS keys FROM few GROUP BY "row") f ON f."row" = c."row"
