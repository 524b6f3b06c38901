-- One row per domain or declared id of companies that joins nobody, because companies bear it whose names have nothing in common:
-- a mail host, an accountant's mailbox, a directory's page, `TEST`. Names are akin that are spelt alike, of which one holds a word of the
-- other's (no trade's, `trade_word`), or is its initials; so is a domain's own label. At least four families of names must be strangers
-- (sixteen where a company's own record has the id), and the largest tell less than half (of an id a third); so a company that was
-- renamed, a group under one name and misspelt names stay. A domain whose own label one record in ten tells is its owner's, whatever brands,
-- faculties or branches the others tell. A name told with more than three (`Self`, `Library`) is no stranger's. Of a
-- domain whose owner is told among others, companies' own records with strange names have but their mailbox there: only these are
-- set aside (`is_whole` false; `home`: the names that stay, also those beyond the forty that are compared with each other).
WITH labelled AS (
  SELECT *, split_part(coalesce(web_domain, mail_domain), '.', 1) AS label FROM feature WHERE len(account_key) > 0
), said AS (
  SELECT 'domain' AS key_type, web_domain AS key_value, company_key AS name, CAST(NULL AS VARCHAR) AS label, is_company FROM feature WHERE company_key IS NOT NULL AND web_domain IS NOT NULL
  UNION ALL SELECT 'domain', mail_domain, company_key, NULL, is_company FROM feature WHERE company_key IS NOT NULL AND mail_domain <> coalesce(web_domain, '')
  UNION ALL SELECT 'id', crm_key(unnest(account_key)), coalesce(company_key, label), label, is_company FROM labelled WHERE coalesce(company_key, label) IS NOT NULL
), named AS (
  SELECT key_type, key_value, name, label, count(*) AS records, count(*) FILTER (is_company) AS own, count(*) OVER (PARTITION BY key_type, name) > 3 AS is_common FROM said WHERE key_value IS NOT NULL
  GROUP BY key_type, key_value, name, label QUALIFY count(*) OVER (PARTITION BY key_type, key_value) > 3
), every AS (
  FROM named UNION ALL SELECT DISTINCT key_type, key_value, words(split_part(key_value, '.', 1)), NULL, 0, 0, false FROM named WHERE key_type = 'domain'
), placed AS (
  SELECT *, row_number() OVER (PARTITION BY key_type, key_value ORDER BY records = 0 DESC, records DESC, hash(name), name, label) AS place FROM every QUALIFY place <= 40
), sign AS (
  SELECT p.*, company_sign(p.name, t.words) AS sign FROM placed p, (SELECT list(word) AS words FROM trade_word) t
), met AS (
  SELECT a.key_type, a.key_value, a.place, b.place AS other FROM sign a JOIN sign b ON b.key_type = a.key_type AND b.key_value = a.key_value AND b.place < a.place
  WHERE a.label = b.label OR is_akin(a.sign, b.sign)
), akin AS (
  FROM met UNION ALL SELECT key_type, key_value, other, place FROM met UNION ALL SELECT key_type, key_value, place, place FROM sign
), family AS (
  SELECT a.key_type, a.key_value, a.place FROM akin a JOIN sign s ON s.key_type = a.key_type AND s.key_value = a.key_value AND s.place = a.other
  GROUP BY a.key_type, a.key_value, a.place QUALIFY row_number() OVER (PARTITION BY a.key_type, a.key_value ORDER BY sum(s.records) DESC, a.place) = 1
), owner AS (
  FROM family UNION SELECT 'domain', key_value, 1 FROM family WHERE key_type = 'domain'
), home AS (
  SELECT DISTINCT key_type, key_value, other AS place FROM akin SEMI JOIN owner USING (key_type, key_value, place)
), told AS (
  SELECT s.*, h.place IS NOT NULL AS is_home, l.place IS NOT NULL AS is_label, NOT s.is_common AND s.records > 0 AND m.place IS NULL AS is_first
  FROM sign s LEFT JOIN home h USING (key_type, key_value, place)
  LEFT JOIN (SELECT DISTINCT key_type, key_value, place FROM akin WHERE key_type = 'domain' AND other = 1) l USING (key_type, key_value, place) LEFT JOIN (SELECT DISTINCT key_type, key_value, place FROM met) m USING (key_type, key_value, place)
), counted AS (
  SELECT key_type, key_value, sum(records) AS records, sum(own) AS own,
    count(*) FILTER (is_first) AS families, count(*) FILTER (is_first AND own > 0) AS families_of_own,
    coalesce(sum(records) FILTER (is_home), 0) AS at_home, coalesce(sum(own) FILTER (is_home), 0) AS own_at_home,
    coalesce(sum(records) FILTER (is_label), 0) AS at_label
  FROM told WHERE is_home OR NOT is_common GROUP BY key_type, key_value
), judged AS (
  SELECT *, CASE key_type WHEN 'domain' THEN 2 * at_home < records AND 10 * at_label < records ELSE 3 * at_home <= records END AS is_whole FROM counted
), found AS (
  SELECT * FROM judged j
  WHERE is_whole AND families > 3 AND (key_type = 'domain' OR families > 15 OR NOT EXISTS (SELECT 1 FROM feature f WHERE f.is_company AND f.record_key = j.key_value))
    OR NOT is_whole AND key_type = 'domain' AND families_of_own > 3 AND 2 * own_at_home < own
), guest AS (
  SELECT DISTINCT n.key_value, n.name, company_sign(n.name, t.words) AS sign
  FROM named n JOIN found f ON f.key_type = n.key_type AND f.key_value = n.key_value, (SELECT list(word) AS words FROM trade_word) t WHERE NOT f.is_whole AND n.own > 0
), kin AS (
  SELECT g.key_value, list(DISTINCT g.name) AS home
  FROM guest g JOIN owner o ON o.key_type = 'domain' AND o.key_value = g.key_value JOIN sign s ON s.key_type = o.key_type AND s.key_value = o.key_value AND s.place = o.place
  WHERE g.name = s.name OR is_akin(g.sign, s.sign) GROUP BY g.key_value
), bearer AS (
  SELECT 'domain' AS key_type, web_domain AS key_value, "row", company_key, false AS is_guest FROM feature WHERE web_domain IN (SELECT key_value FROM found)
  UNION ALL SELECT 'domain', mail_domain, "row", company_key, is_company FROM feature WHERE mail_domain IN (SELECT key_value FROM found)
  UNION ALL SELECT 'id', crm_key(unnest(account_key)), "row", coalesce(company_key, label), false FROM labelled WHERE EXISTS (SELECT 1 FROM found WHERE key_type = 'id')
)
SELECT f.key_type, f.key_value, count(DISTINCT b."row") AS records, count(DISTINCT b.company_key) AS names, f.is_whole, any_value(k.home) AS home,
  CASE WHEN f.key_type = 'id' THEN 'a declared id of companies with nothing in common'
    WHEN f.is_whole THEN 'a domain of companies with nothing in common'
    ELSE 'a domain of one company, and the mailbox of others with nothing in common' END AS reason
FROM found f JOIN bearer b ON b.key_type = f.key_type AND b.key_value = f.key_value LEFT JOIN kin k ON NOT f.is_whole AND k.key_value = f.key_value
WHERE f.is_whole OR b.is_guest AND NOT coalesce(list_contains(k.home, b.company_key), false) AND b.company_key IS NOT NULL
GROUP BY f.key_type, f.key_value, f.is_whole
