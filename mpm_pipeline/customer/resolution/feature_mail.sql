-- A mailbox, of `Ann Lee <ann@acme.com>` what stands between the signs (of several nothing: which one is the record's own?), without +tag and, where they mean nothing, dots; whether it is a role's; the host behind it. What is no address is null, and so is a word for none (`noemail@`).
WITH mail AS (
  SELECT place, CASE WHEN regexp_full_match(lower(trim(raw.text)), '[^@\s]+@[^@\s]+\.[^@\s.]+') THEN lower(trim(raw.text)) END AS mail
  FROM (SELECT place, CASE WHEN contains(text, '<') THEN regexp_extract(text, '^[^<>@]*(?:@[^<>@,;]*)?<([^<>]*)>\s*$', 1) ELSE text END AS text FROM raw) raw
), split AS (
  SELECT place, split_part(split_part(mail, '@', 1), '+', 1) AS local_part, split_part(mail, '@', 2) AS host FROM mail
), gathered AS (
  SELECT place, CASE WHEN host IN ('gmail.com', 'googlemail.com') THEN replace(local_part, '.', '') ELSE local_part END AS local_part,
    CASE host WHEN 'googlemail.com' THEN 'gmail.com' ELSE host END AS host
  FROM split
)
SELECT g.place, CASE WHEN g.local_part <> '' AND h.domain IS NULL AND coalesce(b.kind, '') <> 'placeholder' THEN g.local_part || '@' || g.host END AS mailbox, b.local_part IS NOT NULL AS is_role, g.host
FROM gathered g LEFT JOIN mailbox b ON b.local_part = g.local_part LEFT JOIN hollow_domain h ON h.domain = g.host
