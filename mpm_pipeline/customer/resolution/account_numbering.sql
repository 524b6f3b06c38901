-- Of each two sources (`one`, `other`) and each form of ids that count (`C-#`): how many ids both bear, and of how many of these neither name
-- nor domain are akin (`strange`). Companies that were renamed are few; two sources that number alike are strange nearly always. Names in two scripts without a domain each tell neither.
WITH declared AS (
  SELECT source, crm_key(unnest(account_key)) AS id, company_key, coalesce(web_domain, mail_domain) AS domain, true AS is_declared FROM feature WHERE len(account_key) > 0
), told AS (
  FROM declared WHERE id_form(id) IS NOT NULL
  UNION ALL SELECT source, record_key, company_key, coalesce(web_domain, mail_domain), false FROM feature
  WHERE is_company AND record_key IN (SELECT id FROM declared WHERE id_form(id) IS NOT NULL)
), counted AS (
  SELECT source, id, coalesce(company_key, words(split_part(domain, '.', 1))) AS name, domain, bool_or(is_declared) AS is_declared
  FROM told WHERE coalesce(company_key, domain) IS NOT NULL GROUP BY ALL
), shared AS (
  SELECT id, id_form(id) AS form FROM counted GROUP BY id HAVING min(source) < max(source) QUALIFY row_number() OVER (PARTITION BY id_form(id) ORDER BY hash(id)) <= 2000
), few AS (
  SELECT c.*, s.form FROM counted c JOIN shared s ON s.id = c.id QUALIFY row_number() OVER (PARTITION BY c.source, c.id ORDER BY c.name, c.domain) <= 5
), sign AS (
  SELECT f.*, company_sign(f.name, t.words) AS sign, company_sign(words(split_part(domain, '.', 1)), t.words) AS label FROM few f, (SELECT list(word) AS words FROM trade_word) t
), met AS (
  SELECT a.form, a.source AS one, b.source AS other, a.id,
    bool_or(coalesce(a.domain = b.domain, false) OR is_akin(a.sign, b.sign) OR coalesce(is_akin(a.sign, b.label), false) OR coalesce(is_akin(a.label, b.sign), false)) AS is_same,
    bool_or(regexp_matches(a.name, '[a-z]') <> regexp_matches(b.name, '[a-z]') AND coalesce(a.domain = b.domain, true)) AS is_untold
  FROM sign a JOIN sign b ON b.id = a.id AND a.source < b.source AND (a.is_declared OR b.is_declared) GROUP BY ALL
)
SELECT form, one, other, count(*) FILTER (is_same) AS same, count(*) FILTER (NOT is_same AND NOT is_untold) AS strange FROM met GROUP BY ALL ORDER BY ALL
