-- Small functions that all SQL models share; each is one expression, so that another engine can take its place.
CREATE MACRO half_even(x) AS CAST(trunc(x) AS BIGINT) + CASE
  WHEN abs(x - trunc(x)) > 0.5 THEN CAST(sign(x) AS BIGINT)
  WHEN abs(x - trunc(x)) = 0.5 AND CAST(trunc(x) AS BIGINT) % 2 <> 0 THEN CAST(sign(x) AS BIGINT)
  ELSE 0 END;
CREATE MACRO power_of_ten(exponent) AS CAST([1, 10, 100, 1000, 10000][exponent + 1] AS BIGINT);
CREATE MACRO to_minor(decimal_text, exponent) AS half_even(CAST(decimal_text AS DECIMAL(38, 10)) * power_of_ten(exponent));
-- A text without a character beyond ASCII that neither begins nor ends with a space is as it is when trimmed.
CREATE MACRO is_trim(raw) AS raw >= '!' AND raw < '~' AND NOT ends_with(raw, ' ') AND strlen(raw) = length(raw);
CREATE MACRO filled(raw) AS CASE WHEN is_trim(raw) THEN raw ELSE nullif(trim(raw), '') END;
CREATE MACRO email_of(raw) AS lower(filled(raw));
CREATE MACRO plain(raw) AS regexp_replace(lower(raw), '[^\p{L}\p{N}]', '', 'g');
-- A text without case and accents. Marks of scripts beyond Latin, Greek and Cyrillic are vowels and sounds, no accents: they stay.
-- (The lambda names the text once: macros are text, and one within another would be written out five times five times.)
CREATE MACRO plain_letters(raw) AS list_transform([raw], lambda letters: CASE WHEN strlen(letters) = length(letters) THEN lower(letters)
  WHEN regexp_matches(letters, '[\x{0590}-\x{1DFF}\x{2E80}-\x{D7FF}]') THEN lower(nfc_normalize(letters)) ELSE lower(strip_accents(letters)) END)[1];
-- Words of a text without case, accents and signs, single spaces between them; null when nothing is left.
CREATE MACRO words(raw) AS nullif(trim(regexp_replace(plain_letters(replace(raw, '&', ' and ')), '[^\p{L}\p{N}\p{M}]+', ' ', 'g')), '');
-- The same without legal forms, `and` and a leading article; initials are one word (`N.V.`, `S.p.A.`).
CREATE MACRO without_form(text) AS nullif(trim(regexp_replace(regexp_replace(regexp_replace(text,
  '\b([a-z]) ([a-z])(?: ([a-z]))?\b', '\1\2\3', 'g'), '\b(the|and|{forms})\b', ' ', 'g'), ' +', ' ', 'g')), '');
-- A company's name to compare: without what stands in brackets and without legal forms; the whole name where nothing else is left.
CREATE MACRO company_words(raw) AS coalesce(without_form(words(regexp_replace(raw, '\(.*?\)', ' ', 'g'))), words(raw));
CREATE MACRO local_date(moment, zone) AS CAST(timezone(zone, moment) AS DATE);
CREATE MACRO day_start(day, zone) AS timezone(zone, CAST(day AS TIMESTAMP));
-- A day of the week within business hours such as `Mon-Fri 09:00-17:00`; `Sun-Thu` goes over the week's end.
CREATE MACRO week_day(name) AS list_position(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'], name);
CREATE MACRO is_business_day(day, hours) AS (isodow(day) - week_day(substr(hours, 1, 3)) + 7) % 7
  <= (week_day(substr(hours, 5, 3)) - week_day(substr(hours, 1, 3)) + 7) % 7;
CREATE MACRO is_placeholder(raw) AS raw IS NULL OR regexp_replace(lower(raw), '\s', '', 'g')
  IN ('', '-', 'n/a', 'none', 'other', 'unknown', 'select', 'test', 'pleaseselect');
CREATE MACRO divide_half_even(n, d) AS CAST(sign(n) AS HUGEINT) * (abs(n) // d + CASE
  WHEN 2 * (abs(n) % d) > d THEN 1
  WHEN 2 * (abs(n) % d) = d AND (abs(n) // d) % 2 = 1 THEN 1
  ELSE 0 END);
CREATE MACRO to_reporting(amount_minor, multiply, divide) AS
  CAST(divide_half_even(CAST(amount_minor AS HUGEINT) * CAST(multiply AS HUGEINT), CAST(divide AS HUGEINT)) AS BIGINT);
-- Decimal text as a whole number of 10^-15, and a whole number without its last digits: both stay exact where doubles would not.
CREATE MACRO rate_mantissa(decimal_text) AS CAST(replace(CAST(TRY_CAST(decimal_text AS DECIMAL(38, 15)) AS VARCHAR), '.', '') AS HUGEINT);
CREATE MACRO cut_digits(n, digits) AS n // CAST(rpad('1', CAST(greatest(digits, 0) + 1 AS INTEGER), '0') AS HUGEINT);
CREATE MACRO from_epoch(seconds_text) AS to_timestamp(TRY_CAST(TRY_CAST(seconds_text AS DECIMAL(38, 10)) AS BIGINT));
-- An expandable field: the id, or the object that has it.
CREATE MACRO id_of(value) AS CASE WHEN value LIKE '{%' THEN json_extract_string(value, '$.id') ELSE nullif(trim(value), '') END;
CREATE MACRO amounts_in(list) AS CAST(list_sum(list_transform(json_transform(list, '[{"amount":"VARCHAR"}]'),
  lambda part: CAST(TRY_CAST(part.amount AS DECIMAL(38, 10)) AS HUGEINT))) AS BIGINT);
-- The billing API sends ISK and UGX as if they had two decimals and MGA as if it had none; ISO 4217 says 0, 0 and 2.
CREATE MACRO billed_minor(amount, currency) AS CASE WHEN currency IN ('ISK', 'UGX')
  THEN CAST(divide_half_even(CAST(amount AS HUGEINT), CAST(100 AS HUGEINT)) AS BIGINT)
  WHEN currency = 'MGA' THEN amount * 100 ELSE amount END;
CREATE MACRO billed_price(decimal_text, currency) AS CASE WHEN currency IN ('ISK', 'UGX')
  THEN CAST(CAST(decimal_text AS DECIMAL(24, 12)) * CAST(0.01 AS DECIMAL(3, 2)) AS VARCHAR)
  WHEN currency = 'MGA' THEN CAST(CAST(decimal_text AS DECIMAL(24, 12)) * 100 AS VARCHAR) ELSE decimal_text END;
-- Own words for a segment where they can be read, else by head count (readings: below 200, below 2,000).
CREATE MACRO segment_of(declared, employees) AS coalesce(
  CASE plain(declared) WHEN 'smb' THEN 'smb' WHEN 'small' THEN 'smb' WHEN 'smallbusiness' THEN 'smb' WHEN 'mid' THEN 'mid'
    WHEN 'midmarket' THEN 'mid' WHEN 'medium' THEN 'mid' WHEN 'enterprise' THEN 'enterprise' WHEN 'ent' THEN 'enterprise' END,
  CASE WHEN employees < 200 THEN 'smb' WHEN employees < 2000 THEN 'mid' WHEN employees IS NOT NULL THEN 'enterprise' END,
  'unknown');
CREATE MACRO first_of_list(list) AS nullif(trim(split_part(list, ';', 1)), '');
-- A CRM id of 15 characters told as its 18: a sign for each five characters says which of them are capitals.
CREATE MACRO capitals_of(part) AS substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1 + CAST(list_sum(list_transform([1, 2, 3, 4, 5],
  lambda place: CASE WHEN substr(part, place, 1) BETWEEN 'A' AND 'Z' THEN 1 << (place - 1) ELSE 0 END)) AS BIGINT), 1);
CREATE MACRO crm_id(raw) AS CASE WHEN regexp_full_match(trim(raw), '[A-Za-z0-9]{15}') THEN trim(raw)
  || capitals_of(substr(trim(raw), 1, 5)) || capitals_of(substr(trim(raw), 6, 5)) || capitals_of(substr(trim(raw), 11, 5))
  ELSE filled(raw) END;
-- What of a CRM id tells the record: the first 15 characters; the last three only guard against a change of case.
CREATE MACRO crm_key(raw) AS CASE WHEN strlen(trim(raw)) = 18 AND regexp_full_match(trim(raw), '[A-Za-z0-9]{18}') THEN left(trim(raw), 15) ELSE filled(raw) END;
-- The value of that name in a list of named values.
CREATE MACRO value_named(list, wanted) AS list_filter(json_transform(list, '[{"name":"VARCHAR","value":"VARCHAR"}]'),
  lambda pair: pair.name = wanted)[1].value;
CREATE MACRO urn_tail(urn) AS nullif(trim(split_part(urn, ':', -1)), '');
