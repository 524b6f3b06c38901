-- A business world of records with the truth beside them: people at companies, told by five systems with the errors that such systems make.
-- `dice(what, id)` is a number from 0 to 1 that depends on nothing else, so that a world is the same whenever it is made.
CREATE OR REPLACE MACRO dice(what, id) AS (hash('$seed ' || what || id) >> 11) / 9007199254740992.0;
-- A rank by chance, low ones more often, as family names and companies are: weight 1 / (rank + flat).
CREATE OR REPLACE MACRO ranked(u, number, flat) AS CAST(floor(flat * pow((number + flat) / flat, u) - flat) AS INTEGER);
CREATE OR REPLACE MACRO one_of(list, u) AS list[1 + CAST(floor(u * len(list)) AS INTEGER)];
-- A letter lost, doubled or changed somewhere behind the first one.
CREATE OR REPLACE MACRO mistyped(text, u) AS CASE WHEN length(text) < 4 THEN text
  WHEN u < 0.33 THEN left(text, 1 + CAST(floor(u * 3 * (length(text) - 2)) AS INTEGER)) || substr(text, 3 + CAST(floor(u * 3 * (length(text) - 2)) AS INTEGER))
  WHEN u < 0.66 THEN left(text, 2) || substr(text, 2)
  ELSE left(text, 2) || one_of(['a', 'e', 'o', 'n', 'r', 't'], u * 3 - 2) || substr(text, 4) END;
CREATE OR REPLACE MACRO spelt(digits, u) AS CASE WHEN u < 0.4 THEN '+' || digits WHEN u < 0.6 THEN '00' || digits WHEN u < 0.8 THEN digits
  ELSE '+' || left(digits, 2) || ' ' || substr(digits, 3, 3) || ' ' || substr(digits, 6) END;
CREATE OR REPLACE MACRO plain_name(text) AS regexp_replace(lower(text), '[^a-z0-9]', '', 'g');

CREATE OR REPLACE TABLE company AS
WITH raw AS (
  SELECT id, one_of(['US', 'US', 'US', 'GB', 'DE', 'FR', 'NL', 'AU', 'IN', 'SE'], dice('country', id)) AS country,
    upper(left(f.name, 1)) || substr(f.name, 2) || CASE WHEN dice('two', id) < 0.25 THEN ' & ' || upper(left(g.name, 1)) || substr(g.name, 2) ELSE '' END
      || ' ' || one_of(['Software', 'Steel', 'Marine', 'Data', 'Pharma', 'Motors', 'Security', 'Foods', 'Energy', 'Media', 'Logistics', 'Biotech', 'Capital', 'Design', 'Systems', 'Holding'], dice('trade', id)) AS name
  FROM (SELECT unnest(range($companies)) AS id)
  JOIN family f ON f.rank = ranked(dice('company', id), 30000, 60) JOIN family g ON g.rank = ranked(dice('partner', id), 30000, 60)
), sited AS (
  SELECT *, one_of(CASE country WHEN 'US' THEN ['com', 'com', 'com', 'io', 'net'] WHEN 'GB' THEN ['co.uk', 'com'] WHEN 'AU' THEN ['com.au', 'com'] ELSE [lower(country), lower(country), 'com'] END, dice('tld', id)) AS tld,
    one_of(CASE country WHEN 'US' THEN ['Inc', 'Inc.', 'LLC', 'Corp'] WHEN 'GB' THEN ['Ltd', 'Limited', 'PLC'] WHEN 'DE' THEN ['GmbH', 'AG', 'SE'] WHEN 'FR' THEN ['SA', 'SARL', 'SAS'] WHEN 'NL' THEN ['B.V.', 'NV'] WHEN 'AU' THEN ['Pty Ltd'] WHEN 'IN' THEN ['Private Limited', 'Ltd'] ELSE ['AB'] END, dice('form', id)) AS form,
    one_of(['Springfield', 'Lakeside', 'Newport', 'Oakham', 'Milltown', 'Westbrook', 'Harbour', 'Ashford', 'Kingsbay', 'Riverton'], dice('city', id)) || ' ' || country AS city,
    row_number() OVER (PARTITION BY plain_name(name), country ORDER BY id) AS twin
  FROM raw
)
SELECT *, plain_name(name) || CASE WHEN twin > 1 THEN CAST(twin AS VARCHAR) ELSE '' END || CASE WHEN tld IN ('com', 'io', 'net') AND country <> 'US' THEN '-' || lower(country) ELSE '' END || '.' || tld AS domain,
  CAST(10 + id % 80 AS VARCHAR) || lpad(CAST(hash('board ' || id) % 1000000000 AS VARCHAR), 9, '3') AS board, CAST(floor(dice('mailing', id) * 4) AS INTEGER) AS mailing
FROM sited;

CREATE OR REPLACE TABLE human AS
WITH raw AS (
  SELECT id, g.name AS given, f.name AS family, ranked(dice('employer', id), $companies, 45) AS employer,
    CASE WHEN dice('moves', id) < 0.024 THEN ranked(dice('next', id), $companies, 45) END AS next_employer,
    CASE WHEN dice('couple', id) < 0.003 AND id > 0 THEN id - 1 ELSE id END AS home
  FROM (SELECT unnest(range($people)) AS id)
  JOIN given g ON g.rank = ranked(dice('given', id), (SELECT count(*) FROM given), 5) JOIN family f ON f.rank = ranked(dice('family', id), 30000, 12)
), written AS (
  SELECT r.*, CASE c.mailing WHEN 0 THEN given || '.' || family WHEN 1 THEN left(given, 1) || family WHEN 2 THEN given || left(family, 1) ELSE given || '_' || family END AS local_part
  FROM raw r JOIN company c ON c.id = r.employer
), again AS (
  SELECT *, row_number() OVER (PARTITION BY employer, local_part ORDER BY id) AS twin FROM written
)
SELECT * EXCLUDE (local_part, twin), local_part || CASE WHEN twin > 1 THEN CAST(twin AS VARCHAR) ELSE '' END AS local_part,
  given || family || CAST(hash('free ' || home) % 9000 AS VARCHAR) || '@' || one_of(['gmail.com', 'outlook.com', 'yahoo.com', 'hotmail.com', 'icloud.com', 'gmx.de', 'orange.fr'], dice('free', home)) AS free_mail,
  CAST(10 + id % 80 AS VARCHAR) || lpad(CAST(hash('direct ' || id) % 1000000000 AS VARCHAR), 9, '7') AS direct
FROM again;

CREATE OR REPLACE TABLE told AS
WITH numbered AS (
  SELECT id AS human, unnest(range(CASE WHEN dice('records', id) < 0.302 THEN 1 WHEN dice('records', id) < 0.588 THEN 2 WHEN dice('records', id) < 0.785 THEN 3
    WHEN dice('records', id) < 0.908 THEN 4 WHEN dice('records', id) < 0.972 THEN 5 ELSE 6 END)) AS part FROM human
)
SELECT human, part, human * 8 + part AS id, CASE WHEN dice('source', human * 8 + part) < 0.25 THEN 'crm_contact' WHEN dice('source', human * 8 + part) < 0.51 THEN 'crm_lead'
  WHEN dice('source', human * 8 + part) < 0.82 THEN 'ma' WHEN dice('source', human * 8 + part) < 0.95 THEN 'social' ELSE 'billing' END AS source,
  1700000000 + CAST(floor(dice('time', human * 8 + part) * 6000000) AS BIGINT) + part * 10000000 AS told_at
FROM numbered;

CREATE OR REPLACE VIEW person_record AS
SELECT t.source, t.source || '-' || t.id AS record_id, 'P' || t.human AS truth_person, 'A' || c.id AS truth_account,
  CASE WHEN dice('mail', t.id) < CASE t.source WHEN 'ma' THEN 0 WHEN 'social' THEN 0.2 ELSE 0.11 END THEN NULL
    WHEN dice('hollow', t.id) < 0.013 THEN one_of(['noemail@example.com', 'na@na.com', 'none@none.com', 'test@test.com'], dice('hollow mail', t.id))
    ELSE (CASE WHEN dice('upper', t.id) < 0.05 THEN upper(m.mail) WHEN dice('tag', t.id) < 0.03 THEN replace(m.mail, '@', '+news@') WHEN dice('typo', t.id) < 0.01 THEN mistyped(split_part(m.mail, '@', 1), dice('where', t.id)) || '@' || split_part(m.mail, '@', 2) WHEN dice('blank', t.id) < 0.01 THEN ' ' || m.mail ELSE m.mail END) END AS email,
  CASE WHEN t.source = 'social' OR dice('phone', t.id) > CASE t.source WHEN 'ma' THEN 0.16 ELSE 0.53 END THEN NULL
    WHEN dice('no phone', t.id) < 0.02 THEN one_of(['123456789', '0000000000', '1111111111', '(000) 000-000', '0023456789'], dice('hollow phone', t.id))
    ELSE spelt(CASE WHEN dice('board', t.id) < 0.45 THEN c.board ELSE h.direct END, dice('spelt', t.id)) END AS phone,
  CASE WHEN t.source = 'ma' AND dice('nameless', t.id) < 0.3 THEN NULL WHEN dice('swap', t.id) < 0.004 THEN n.family
    WHEN dice('initial', t.id) < 0.03 THEN upper(left(h.given, 1)) || '.' WHEN dice('typed', t.id) < 0.02 THEN mistyped(n.given, dice('at', t.id)) WHEN dice('nick', t.id) < 0.12 THEN coalesce(k.short, n.given) ELSE n.given END AS first_name,
  CASE WHEN t.source = 'ma' AND dice('nameless', t.id) < 0.3 THEN NULL WHEN dice('swap', t.id) < 0.004 THEN n.given
    WHEN dice('typed family', t.id) < 0.015 THEN mistyped(n.family, dice('at family', t.id)) ELSE n.family END AS last_name,
  CASE WHEN t.source IN ('social', 'billing', 'crm_lead') OR t.source = 'ma' AND dice('company', t.id) < 0.5 THEN
    CASE WHEN dice('no company', t.id) < 0.02 THEN one_of(['n/a', 'Self-employed', 'none', 'unknown'], dice('hollow company', t.id))
      WHEN dice('variant', t.id) < 0.45 THEN c.name WHEN dice('variant', t.id) < 0.75 THEN c.name || ' ' || c.form WHEN dice('variant', t.id) < 0.85 THEN upper(c.name)
      WHEN dice('variant', t.id) < 0.9 THEN replace(c.name, '&', 'and') || ', ' || c.form WHEN dice('variant', t.id) < 0.96 THEN c.name || ' (' || c.city || ')' ELSE mistyped(c.name, dice('at company', t.id)) END END AS company,
  CASE WHEN dice('land', t.id) < 0.8 THEN c.country END AS country, CASE WHEN dice('town', t.id) < 0.3 THEN c.city END AS city,
  CASE WHEN t.source = 'crm_lead' AND dice('site', t.id) < 0.2 THEN one_of(['https://www.', 'http://', 'www.', ''], dice('site', t.id) * 5) || c.domain END AS website,
  CASE WHEN t.source IN ('crm_lead', 'crm_contact', 'social') AND dice('title', t.id) < 0.5 THEN one_of(['CEO', 'CFO', 'CMO', 'Engineer', 'Analyst', 'VP Marketing', 'Procurement', 'IT Director', 'Consultant', 'Founder'], dice('job', t.human)) END AS title,
  CASE WHEN t.source = 'social' AND dice('handle', t.id) < 0.5 THEN '@' || h.given || h.family || CAST(hash('handle ' || t.human) % 1000 AS VARCHAR) || CASE WHEN t.human % 2 = 0 THEN '' ELSE '_' || CAST(t.human % 97 AS VARCHAR) END END AS handle,
  list_filter([CASE WHEN t.source IN ('crm_lead', 'crm_contact') THEN t.source || '-' || t.id END, CASE WHEN t.source = 'ma' THEN 'ck' || lpad(CAST(t.id AS VARCHAR), 10, '0') END,
    CASE WHEN t.source = 'ma' AND dice('link', t.id) < 0.28 THEN o.source || '-' || o.id END], lambda key: key IS NOT NULL) AS person_key,
  CASE WHEN t.source = 'crm_contact' OR t.source = 'billing' AND dice('billed', t.id) < 0.6 THEN ['account-' || lpad(CAST(c.id AS VARCHAR), 8, '0')] END AS account_key, t.told_at
FROM told t JOIN human h ON h.id = t.human
JOIN company c ON c.id = CASE WHEN h.next_employer IS NOT NULL AND t.part >= 2 THEN h.next_employer ELSE h.employer END
LEFT JOIN (SELECT human, min_by(source, id) AS source, min(id) AS id FROM told WHERE source IN ('crm_lead', 'crm_contact') GROUP BY human) o ON o.human = t.human
LEFT JOIN (SELECT given, list(short ORDER BY short) AS shorts FROM nickname GROUP BY given) ks ON ks.given = h.given,
LATERAL (SELECT CASE WHEN t.source = 'billing' THEN upper(h.given) ELSE upper(left(h.given, 1)) || substr(h.given, 2) END AS given, CASE WHEN t.source = 'billing' THEN upper(h.family) ELSE upper(left(h.family, 1)) || substr(h.family, 2) END AS family) n,
LATERAL (SELECT one_of(ks.shorts, dice('which nick', t.human)) AS short) k,
LATERAL (SELECT CASE WHEN dice('private', t.id) < 0.11 THEN h.free_mail ELSE h.local_part || '@' || c.domain END AS mail) m;

CREATE OR REPLACE VIEW role_record AS
SELECT 'billing' AS source, 'billing-r' || r.id AS record_id, 'ROLE:' || role || '@' || c.domain AS truth_person, 'A' || c.id AS truth_account,
  CASE WHEN dice('role upper', r.id) < 0.05 THEN upper(role || '@' || c.domain) ELSE role || '@' || c.domain END AS email, CASE WHEN dice('role phone', r.id) < 0.5 THEN spelt(c.board, dice('role spelt', r.id)) END AS phone,
  CASE WHEN dice('role form', r.id) < 0.5 THEN c.name ELSE c.name || ' ' || c.form END AS company, c.country, CASE WHEN dice('role key', r.id) < 0.6 THEN ['account-' || lpad(CAST(c.id AS VARCHAR), 8, '0')] END AS account_key,
  1700000000 + CAST(floor(dice('role time', r.id) * 60000000) AS BIGINT) AS told_at
FROM (SELECT id, one_of(['billing', 'finance', 'accounts', 'invoices', 'ap', 'info'], dice('role', id)) AS role, ranked(dice('role company', id), $companies, 45) AS company FROM (SELECT unnest(range($roles)) AS id)) r
JOIN company c ON c.id = r.company;

CREATE OR REPLACE VIEW company_record AS
SELECT 'crm' AS source, 'account-' || lpad(CAST(id AS VARCHAR), 8, '0') AS record_id, 'A' || id AS truth_account, CASE WHEN dice('own form', id) < 0.5 THEN name ELSE name || ' ' || form END AS company, true AS is_company,
  country, city, CASE WHEN dice('own site', id) < 0.78 THEN one_of(['https://www.', 'http://', 'www.', ''], dice('own scheme', id)) || domain END AS website, CASE WHEN dice('own phone', id) < 0.7 THEN spelt(board, dice('own spelt', id)) END AS phone,
  1690000000 + id AS told_at
FROM company;

COPY (
  SELECT source, '' AS object, record_id, first_name, last_name, email, phone, company, website, title, city, country, handle, person_key, account_key, coalesce(is_company, false) AS is_company,
    to_timestamp(told_at) AS updated_at, truth_person, truth_account
  FROM (SELECT * FROM person_record UNION ALL BY NAME SELECT * FROM role_record UNION ALL BY NAME SELECT * FROM company_record)
  ORDER BY hash('order', record_id)
) TO '$out' (FORMAT parquet);
