-- Words of a text without case, accents and signs, single spaces between them; null when nothing is left.
CREATE OR REPLACE MACRO words(raw) AS nullif(trim(regexp_replace(lower(strip_accents(replace(raw, '&', ' and '))), '[^\p{L}\p{N}]+', ' ', 'g')), '');
-- The same without legal forms, `and` and a leading article; initials are one word (`N.V.`).
CREATE OR REPLACE MACRO without_form(text) AS nullif(trim(regexp_replace(regexp_replace(regexp_replace(text,
  '\b([a-z]) ([a-z])\b', '\1\2', 'g'), '\b(the|and|{forms})\b', ' ', 'g'), ' +', ' ', 'g')), '');
-- A company's name to compare: without what stands in brackets and without legal forms; the whole name where nothing else is left.
CREATE OR REPLACE MACRO company_words(raw) AS coalesce(without_form(words(regexp_replace(raw, '\(.*?\)', ' ', 'g'))), words(raw));
