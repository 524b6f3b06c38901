-- Names of companies that are a slip of the pen: borne by records that tell neither id nor domain, and one letter away from a name
-- that others bear together with these. Of several such names all must mean one account. Two names one letter away share what is
-- left when a letter is taken out of each, so that only such pairs are compared.
WITH word AS (
  SELECT n.key, split_part(n.key, '|', 2) AS words, min(l.label) AS low, max(l.label) AS high, count(*) FILTER (contains(substr(n.key, 6), '|')) AS own
  FROM account_key n
  LEFT JOIN account_key k ON k."row" = n."row" AND k.rank < 4
  LEFT JOIN account_label l ON l.key = k.key
  WHERE n.rank = 4
  GROUP BY n.key
), anchored AS (
  SELECT words, min(low) AS low, max(high) AS high, min(key) AS key FROM word WHERE low IS NOT NULL AND length(words) > 6 GROUP BY words
), loose AS (
  SELECT w.key, w.words FROM word w ANTI JOIN anchored a ON a.words = w.words WHERE w.low IS NULL AND w.own = 0 AND length(w.words) > 6
), cut AS (
  SELECT key, words, hash(left(words, place - 1) || substr(words, place + 1)) AS rest FROM (SELECT key, words, unnest(range(1, length(words) + 2)) AS place FROM loose)
), whole AS (
  SELECT words, low, high, hash(left(words, place - 1) || substr(words, place + 1)) AS rest FROM (SELECT *, unnest(range(1, length(words) + 2)) AS place FROM anchored)
), pair AS (
  SELECT DISTINCT c.key, c.words AS slip, w.words, w.low, w.high FROM cut c JOIN whole w ON w.rest = c.rest
)
SELECT key, 'name|' || min(words) AS other FROM pair WHERE damerau_levenshtein(slip, words) = 1 AND numerals(slip) IS NOT DISTINCT FROM numerals(words)
GROUP BY key HAVING count(*) = 1 OR min(low) = max(high)
