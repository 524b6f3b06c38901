"""The poisons: each turns a good record into a bad one and says under which reason code it must end, by the part of a field.

And the oddities: records that only look bad, which must be served. And the bad pages, of which nothing may be taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mpm_pipeline_tests.poison.streams import Members, Target, written

Part = Literal["key", "text", "number", "currency", "needed", "instant", "stamp", "closed", "nested", "asked", "any"]
HUGE = 2**70
SERIAL = "serial"
"""A field of no contract that tells records apart."""


@dataclass(frozen=True)
class Poison:
    """`make` gets the record, the name of the field that plays `part`, and returns the bytes of the bad one."""

    name: str
    part: Part
    code: str
    make: Callable[[Members, str], bytes]
    is_rare: bool = False
    """Costly: only one in a run."""

    def expected(self, target: Target) -> str:
        """Return the reason code; what stands within the key makes the key unreadable first."""
        return "missing_key" if self.part == "nested" and target.key_inside and self.code == "bad_type" else self.code

    def damaged(self, target: Target, members: Members) -> bytes:
        """Return the bad record."""
        part = "" if self.part == "any" else getattr(target, self.part)
        return self.make(members, part if isinstance(part, str) else "")

    def applies(self, target: Target) -> bool:
        """Say whether the stream has a field for it."""
        return self.part == "any" or bool(getattr(target, self.part))


def _set(value: str) -> Callable[[Members, str], bytes]:
    return lambda members, name: written(members | {name: value})


def _more(text: str) -> Callable[[Members, str], bytes]:
    return lambda members, name: written(members)[:-1] + text.replace("FIELD", name).encode() + b"}"


def _without(members: Members, name: str) -> bytes:
    return written({one: value for one, value in members.items() if one != name})


def _swapped(members: Members, name: str) -> bytes:
    return written(members)[:-1] + f',"{name.swapcase()}":1}}'.encode()


def _cp1252(members: Members, name: str) -> bytes:
    return written(members)[:-1] + ',"Stadt":"Zürich"}'.encode("cp1252")


def _utf16(members: Members, name: str) -> bytes:
    return written(members)[:-1] + b',"Stadt":"' + "Zürich".encode("utf-16") + b'"}'


def _twice_inside(members: Members, name: str) -> bytes:
    text = members[name]
    at = text.index("{") + 1
    first = text[at : text.index(":", at)]
    return written(members | {name: f"{text[:at]}{first}:1,{text[at:]}"})


def _deep(depth: int) -> Callable[[Members, str], bytes]:
    return lambda members, name: written(members)[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"


POISONS = (
    Poison("the same name twice", "key", "duplicate_key", lambda m, name: written(m)[:-1] + f',"{name}":"x{m[SERIAL]}"}}'.encode()),
    Poison("an unknown name twice", "any", "duplicate_key", _more(',"x":1,"x":2')),
    Poison("the same name in another case", "key", "duplicate_key", _swapped),
    Poison("a number beside its name in another case", "number", "duplicate_key", _swapped),
    Poison("composed and decomposed name", "any", "duplicate_key", _more(',"caf\u00e9":1,"cafe\u0301":2')),
    Poison("the same name escaped", "any", "duplicate_key", _more(',"x":1,"\\u0078":2')),
    Poison("a nested name twice", "nested", "duplicate_key", _twice_inside),
    Poison("NaN", "any", "bad_json", _more(',"x":NaN')),
    Poison("NaN as the number", "number", "bad_json", _set("NaN")),
    Poison("Infinity", "number", "bad_json", _set("Infinity")),
    Poison("-Infinity", "any", "bad_json", _more(',"x":[-Infinity]')),
    Poison("lone high surrogate", "any", "bad_json", _more(',"x":"\\ud800"')),
    Poison("lone low surrogate", "text", "bad_json", _set('"a\\udc00b"')),
    Poison("reversed surrogates", "any", "bad_json", _more(',"x":"\\udc00\\ud800"')),
    Poison("control character", "text", "bad_json", _set('"a\x01b"')),
    Poison("NUL as it is", "any", "bad_json", _more(',"x":"a\x00b"')),
    Poison("cp1252 inside UTF-8", "any", "bad_json", _cp1252),
    Poison("UTF-16 inside UTF-8", "any", "bad_json", _utf16),
    Poison("half a number", "any", "bad_json", _more(',"x":1e')),
    Poison("leading zero", "any", "bad_json", _more(',"x":007')),
    Poison("no colon", "any", "bad_json", _more(',"x" 1')),
    Poison("Python's None", "any", "bad_json", _more(',"x":None')),
    Poison("bad escape", "any", "bad_json", _more(',"x":"\\q"')),
    Poison("a text instead of an object", "any", "bad_json", lambda members, name: b'"' + written(members).hex().encode() + b'"'),
    Poison("a list instead of an object", "any", "bad_json", lambda members, name: b"[" + written(members) + b"]"),
    Poison("a number instead of an object", "any", "bad_json", lambda members, name: members[SERIAL].encode()),
    Poison("nested 5,000 deep", "any", "bad_json", _deep(5_000)),
    Poison("nested a million deep", "any", "bad_json", _deep(1_000_000), is_rare=True),
    Poison("key is null", "key", "missing_key", _set("null")),
    Poison("key is absent", "key", "missing_key", _without),
    Poison("key is an object", "key", "missing_key", _set('{"a":1}')),
    Poison("key is true", "key", "missing_key", _set("true")),
    Poison("stamp is null", "stamp", "missing_field", _set("null")),
    Poison("stamp is blank", "stamp", "missing_field", _set('" "')),
    Poison("needed field is null", "needed", "missing_field", _set("null")),
    Poison("needed field is blank", "needed", "missing_field", _set('""')),
    Poison("needed field is absent", "needed", "missing_field", _without),
    Poison("field that was asked for is absent", "asked", "missing_field", lambda members, name: _without(members, "Amount")),
    Poison("locale number", "number", "bad_type", _set('"1.234,50 EUR"')),
    Poison("number with thousands", "number", "bad_type", _set('"1,234.50"')),
    Poison("number with underscores", "number", "bad_type", _set('"1_000"')),
    Poison("full-width digits", "number", "bad_type", _set('"\uff11\uff12"')),
    Poison("2^70", "number", "bad_type", _set(str(HUGE))),
    Poison("-2^63", "number", "bad_type", _set(str(-(2**63)))),
    Poison("1e400", "number", "bad_type", _set("1e400")),
    Poison("NaN as a text", "number", "bad_type", _set('"NaN"')),
    Poison("Infinity as a text", "number", "bad_type", _set('"Infinity"')),
    Poison("a truth for a number", "number", "bad_type", _set("true")),
    Poison("an object for a number", "number", "bad_type", _set('{"value":1}')),
    Poison("a list for a number", "number", "bad_type", _set("[1]")),
    Poison("an object for a text", "text", "bad_type", _set('{"a":"b"}')),
    Poison("a list for a text", "text", "bad_type", _set('["a"]')),
    Poison("a word for an instant", "instant", "bad_type", _set('"yesterday"')),
    Poison("a day that is none", "instant", "bad_type", _set('"2026-02-30T00:00:00Z"')),
    Poison("the year 99999", "instant", "bad_type", _set('"99999-01-01T00:00:00Z"')),
    Poison("an instant beyond time", "instant", "bad_type", _set(str(HUGE))),
    Poison("an instant near the end of counting", "instant", "bad_type", _set(str(2**62))),
    Poison("a text for what is nested", "nested", "bad_type", _set('"none"')),
    Poison("a number for what is nested", "nested", "bad_type", _set("7")),
    Poison("unknown currency", "currency", "bad_currency", _set('"EUX"')),
    Poison("a sign for a currency", "currency", "bad_currency", _set('"\u20ac"')),
    Poison("a number for a currency", "currency", "bad_currency", _set("978")),
    Poison("a grown list", "closed", "bad_value", _set('"forgiven"')),
    Poison("NUL escaped", "any", "bad_value", _more(',"x":"a\\u0000b"')),
    Poison("NUL behind a backslash", "any", "bad_value", _more(',"x":"a\\\\\\u0000b"')),
    Poison("a text of a megabyte and more", "text", "bad_value", lambda m, name: written(m | {name: '"' + "x" * 1_100_000 + '"'}), is_rare=True),
    Poison("a text of 20 MB", "any", "bad_value", lambda m, _: written(m | {"note": '"' + "x" * 20_000_000 + '"'}), is_rare=True),
)  # fmt: skip

ODDITIES: tuple[Callable[[Members, Target], bytes], ...] = (
    lambda members, _: written(members | {"new": '{"nested":[1,{"x":null}]}'}),
    lambda members, _: written(members | {"x": '"\U0001f600 \u202e \ufeff \\ud83d\\ude00"'}),
    lambda members, _: written(members | {"x": '"a\\\\u0000b"'}),
    lambda members, _: written(members | {"x": '"NaN, Infinity, {[, null"'}),
    lambda members, _: written(members | {"x": '"' + "long " * 2_000 + '"'}),
    lambda members, _: written(members | {"x": "[" * 60 + "]" * 60}),
    lambda members, _: written(members | {"x": str(HUGE), "y": "1e400", "": "1"}),
    lambda members, _: written(dict(reversed(members.items()))),
    lambda members, _: written(members).replace(b'":', b'" : ').replace(b',"', b'\n,\t"'),
    lambda members, target: written(members | ({target.text: '"\U0001f600 Zu\u0308rich"'} if target.text else {})),
    lambda members, target: written(members | ({target.text: '"{\\"a\\":1}"'} if target.text else {})),
    lambda members, _: written(members | {"__proto__": "{}", "1; DROP TABLE x;--": '"=HYPERLINK(1)"'}),
)  # fmt: skip

BAD_PAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda body: body[: len(body) // 2],
    lambda body: body[:-1],
    lambda body: body + b"}",
    lambda body: body + b"<html>",
    lambda body: b"",
    lambda body: b"null",
    lambda body: b"<html><body>Bad gateway</body></html>",
    lambda body: b'{"error":{"type":"api_error"}}',
    lambda body: body.decode("latin-1").encode("utf-16"),
    lambda body: body[:1] + b"\x00" + body[1:],
)
"""What may come instead of a page, with status 200: none of it is a page, so it is asked for again."""
