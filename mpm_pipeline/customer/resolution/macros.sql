-- All given names, the first one as it stands in full, later initials left out.
CREATE OR REPLACE MACRO memory.main.given_words(full_form, given) AS CASE WHEN contains(given, ' ') THEN concat_ws(' ', coalesce(full_form, split_part(given, ' ', 1)),
  nullif(array_to_string(list_filter(string_split(given, ' ')[2:], lambda word: length(word) > 1), ' '), '')) ELSE coalesce(full_form, given, '') END;
-- A handle as it stands at its end: a profile's address without scheme, `www.` or country, and what follows a question mark.
CREATE OR REPLACE MACRO memory.main.handle_key(raw) AS CASE WHEN contains(raw, '://') OR starts_with(lower(trim(raw)), 'www.') OR contains(lower(raw), 'linkedin.com/')
  THEN nullif(trim(regexp_replace(regexp_replace(lower(trim(raw)), '[?#].*$', ''), '^(https?://)?(www\.|[a-z]{2}\.(linkedin\.))?', '\3'), ' /'), '')
  ELSE nullif(lower(trim(raw, ' @/')), '') END;
-- A count as the nearest power of two, at least four: what is told of crowds and shares, so that it seldom changes.
CREATE OR REPLACE MACRO memory.main.power_of_two(number) AS CAST(pow(2, greatest(2, round(log2(greatest(number, 1))))) AS DOUBLE);
-- What tells a company's name: its letters in one piece, its initials, and its words, those of a trade left out.
CREATE OR REPLACE MACRO memory.main.company_sign(name, trades) AS {'squeezed': replace(name, ' ', ''), 'initials': array_to_string(list_transform(string_split(name, ' '), lambda word: left(word, 1)), ''),
  'words': list_filter(list_append(list_filter(string_split(name, ' '), lambda word: strlen(word) > 3), replace(name, ' ', '')), lambda word: strlen(word) > 2 AND NOT list_contains(trades, word))};
-- Whether two companies' names can be one company's.
CREATE OR REPLACE MACRO memory.main.is_akin(one, other) AS jaro_winkler_similarity(one.squeezed, other.squeezed) >= 0.85
  OR len(list_filter(one.words, lambda word: contains(other.squeezed, word))) > 0 OR len(list_filter(other.words, lambda word: contains(one.squeezed, word))) > 0
  OR length(one.initials) > 1 AND (other.squeezed = one.initials OR length(one.initials) > 2 AND starts_with(other.squeezed, one.initials))
  OR length(other.initials) > 1 AND (one.squeezed = other.initials OR length(other.initials) > 2 AND starts_with(one.squeezed, other.initials));
-- Whether two records of people have a name or a mailbox in common, however it is spelt; names in two scripts may be the same.
CREATE OR REPLACE MACRO memory.main.is_one_word(one, other) AS coalesce(jaro_winkler_similarity(one, other) >= 0.85 OR starts_with(one, other) OR starts_with(other, one), false);
CREATE OR REPLACE MACRO memory.main.has_in_common(one, other) AS coalesce(one.mailbox = other.mailbox, false) OR is_one_word(one.family, other.family)
  OR is_one_word(one.given_key, other.given_key) OR coalesce(one.given_key = other.family OR one.family = other.given_key, false)
  OR coalesce(regexp_matches(one.family, '[a-z]') <> regexp_matches(other.family, '[a-z]'), false);
-- The form of an id that counts: few signs and a number (`C-#`); of any other id null.
CREATE OR REPLACE MACRO memory.main.id_form(id) AS CASE WHEN strlen(id) <= 15 AND regexp_full_match(id, '[^0-9:]{0,5}[0-9]{1,10}') THEN regexp_replace(id, '[0-9]+', '#') END;
-- The numbers in a company's name, also Roman ones up to twenty: `Fund II` and `Store 101` are no slips of `Fund I` and `Store 102`.
CREATE OR REPLACE MACRO memory.main.numerals(name) AS nullif(array_to_string(regexp_extract_all(name, '\b([0-9]+|x{0,2}(ix|iv|v?i{1,3}|v)|xx?)\b'), ' '), '');
