"""What can be done to the rows of a page: values replaced, fields dropped, doubled, added, texts that are no JSON at all.

Rows are edited as text, because most of what goes wrong in the field cannot be written by a JSON library. `rows_at` names the
list in the page, `places` the rows in it, `fields` the roles that a vendor's fields play (key, stamp, number, text).
"""

import json
import re
from collections.abc import Callable
from typing import Any

MARK = '"\u0000fault row {}\u0000"'

Edit = Callable[[str, dict[str, str]], str]


def alter(
    name: str, body: bytes, *, rows_at: str, places: tuple[int, ...], fields: dict[str, str]
) -> tuple[bytes, set[str]]:
    """Return the page with some rows altered and the keys of those rows; a page without such rows stays as it is."""
    if name in WHOLE:
        return WHOLE[name](body), set()
    try:
        page = json.loads(body)
    except ValueError:
        return body, set()
    rows = page.get(rows_at) if isinstance(page, dict) else None
    chosen = [place for place in places if rows and place < len(rows)]
    if not isinstance(rows, list) or not chosen:
        return body, set()
    texts = {place: _written(rows[place]) for place in chosen}
    keys = {str(rows[place].get(fields["key"])) for place in chosen}
    for place in chosen:
        rows[place] = f"\u0000fault row {place}\u0000"
    text = _written(page)
    for place in chosen:
        text = text.replace(json.dumps(rows[place]), EDITS[name](texts[place], fields))
    return text.encode("utf-8", errors="surrogateescape"), keys


def emptied(body: bytes, rows_at: str) -> bytes:
    """Take the rows out of a page and leave all else as it is."""
    page = json.loads(body)
    if isinstance(page, dict) and isinstance(page.get(rows_at), list):
        page[rows_at] = []
    return _written(page).encode()


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _set(role: str, literal: str) -> Edit:
    """Replace the value of a field by a piece of text."""

    def edit(row: str, fields: dict[str, str]) -> str:
        value = json.loads(row)
        value[fields[role]] = "\u0001here\u0001"
        return _written(value).replace(json.dumps("\u0001here\u0001"), literal)

    return edit


def _drop(role: str) -> Edit:
    def edit(row: str, fields: dict[str, str]) -> str:
        value = json.loads(row)
        value.pop(fields[role], None)
        return _written(value)

    return edit


def _add(member: str) -> Edit:
    """Put one more member at the end; `{number}` stands for the name of the field of numbers."""

    def edit(row: str, fields: dict[str, str]) -> str:
        return row[:-1] + "," + re.sub(r"<(\w+)>", lambda found: fields[found[1]], member) + "}"

    return edit


def _collide(row: str, fields: dict[str, str]) -> str:
    name = fields["number"]
    other = name.lower() if name != name.lower() else name[:1].upper() + name[1:]
    return f'{row[:-1]},"{other}":12345}}'


def _quoted(row: str, fields: dict[str, str]) -> str:
    value = json.loads(row)
    return _written(value | {fields["number"]: str(value[fields["number"]])})


def _key_as_number(row: str, fields: dict[str, str]) -> str:
    value = json.loads(row)
    return _written(value | {fields["key"]: int(value[fields["key"]])})


def _instead(text: str) -> Edit:
    return lambda row, fields: text


def _text_bytes(raw: bytes) -> Edit:
    return _set("text", '"' + raw.decode("utf-8", errors="surrogateescape") + '"')


EDITS: dict[str, Edit] = {
    "number_as_text": _quoted,
    "number_as_locale_text": _set("number", '"1.234,50 EUR"'),
    "number_as_word": _set("number", '"n/a"'),
    "number_as_object": _set("number", '{"value":5}'),
    "number_as_list": _set("number", "[1,2]"),
    "number_as_flag": _set("number", "true"),
    "number_null": _set("number", "null"),
    "number_nan": _set("number", "NaN"),
    "number_infinite": _set("number", "-Infinity"),
    "number_huge": _set("number", "1180591620717411303424"),
    "number_exponent": _set("number", "1e999"),
    "number_missing": _drop("number"),
    "key_missing": _drop("key"),
    "key_null": _set("key", "null"),
    "key_blank": _set("key", '" "'),
    "key_as_number": _key_as_number,
    "key_object": _set("key", '{"id":1}'),
    "stamp_null": _set("stamp", "null"),
    "stamp_missing": _drop("stamp"),
    "stamp_word": _set("stamp", '"yesterday"'),
    "stamp_locale": _set("stamp", '"31.12.2026 25:61"'),
    "text_nul": _set("text", '"ab\\u0000cd"'),
    "text_lone_surrogate": _set("text", '"ab\\ud800cd"'),
    "text_raw_control": _set("text", '"ab\u0007cd"'),
    "text_cp1252": _text_bytes(b"caf\xe9"),
    "text_overlong": _text_bytes(b"\xc0\xaf"),
    "text_object": _set("text", '{"a":1}'),
    "duplicate_names": _add('"<number>":1,"<number>":2'),
    "colliding_names": _collide,
    "new_column": _add('"New_Column__c":"new"'),
    "hostile_column": _add('"\\";DROP TABLE x;--":1'),
    "deep_nesting": _add('"Deep__c":' + "[" * 100_000 + "]" * 100_000),
    "huge_text": _add('"Blob__c":"' + "x" * 20_000_000 + '"'),
    "row_number": _instead("5"),
    "row_null": _instead("null"),
    "row_text": _instead('"<html>"'),
    "row_list": _instead("[]"),
    "row_empty": _instead("{}"),
}

WHOLE: dict[str, Callable[[bytes], bytes]] = {
    "byte_order_mark": lambda body: b"\xef\xbb\xbf" + body,
    "utf16": lambda body: body.decode().encode("utf-16"),
    "two_documents": lambda body: body + body,
    "trailing_text": lambda body: body + b"\n<!-- cached -->",
    "a_list": lambda body: b"[]",
    "null": lambda body: b"null",
    "nothing": lambda body: b"",
}
