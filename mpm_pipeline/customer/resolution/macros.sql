-- A text without case and accents. Marks of scripts beyond Latin, Greek and Cyrillic are vowels and sounds, no accents: they stay.
-- (The lambda names the text once: macros are text, and one within another would be written out five times five times.)
CREATE OR REPLACE MACRO memory.main.plain_letters(raw) AS list_transform([raw], lambda letters: CASE WHEN strlen(letters) = length(letters) THEN lower(letters)
  WHEN regexp_matches(letters, '[\x{0590}-\x{1DFF}\x{2E80}-\x{D7FF}]') THEN lower(nfc_normalize(letters)) ELSE lower(strip_accents(letters)) END)[1];
-- Words of a text without case, accents and signs, single spaces between them; null when nothing is left.
CREATE OR REPLACE MACRO memory.main.words(raw) AS nullif(trim(regexp_replace(plain_letters(replace(raw, '&', ' and ')), '[^\p{L}\p{N}\p{M}]+', ' ', 'g')), '');
-- The same without legal forms, `and` and a leading article; initials are one word (`N.V.`).
CREATE OR REPLACE MACRO memory.main.without_form(text) AS nullif(trim(regexp_replace(regexp_replace(regexp_replace(text,
  '\b([a-z]) ([a-z])\b', '\1\2', 'g'), '\b(the|and|{forms})\b', ' ', 'g'), ' +', ' ', 'g')), '');
-- A company's name to compare: without what stands in brackets and without legal forms; the whole name where nothing else is left.
CREATE OR REPLACE MACRO memory.main.company_words(raw) AS coalesce(without_form(words(regexp_replace(raw, '\(.*?\)', ' ', 'g'))), words(raw));
-- All given names, the first one as it stands in full, later initials left out.
CREATE OR REPLACE MACRO memory.main.given_words(full_form, given) AS CASE WHEN contains(given, ' ') THEN concat_ws(' ', coalesce(full_form, split_part(given, ' ', 1)),
  nullif(array_to_string(list_filter(string_split(given, ' ')[2:], lambda word: length(word) > 1), ' '), '')) ELSE coalesce(full_form, given, '') END;
-- A handle as it stands at its end: a profile's address without scheme, `www.` or country, and what follows a question mark.
CREATE OR REPLACE MACRO memory.main.handle_key(raw) AS CASE WHEN contains(raw, '://') OR starts_with(lower(trim(raw)), 'www.') OR contains(lower(raw), 'linkedin.com/')
  THEN nullif(trim(regexp_replace(regexp_replace(lower(trim(raw)), '[?#].*$', ''), '^(https?://)?(www\.|[a-z]{2}\.(linkedin\.))?', '\3'), ' /'), '')
  ELSE nullif(lower(trim(raw, ' @/')), '') END;
-- A count as the nearest power of two, at least four: what is told of crowds and shares, so that it seldom changes.
CREATE OR REPLACE MACRO memory.main.power_of_two(number) AS CAST(pow(2, greatest(2, round(log2(greatest(number, 1))))) AS DOUBLE);
