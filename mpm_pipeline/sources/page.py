"""Splits a page of JSON into its envelope and the records' own texts, without building the records.

The fast way is msgspec's raw values. It refuses a whole page for one NaN, lone surrogate or control character, so then the
page is cut by its brackets alone: bad records stay in their place and end in quarantine, good ones are not lost. A page whose
brackets do not close was cut on the way and is worth asking for again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)


class Broken(Exception):
    """The body is no complete JSON document of the expected shape; the text says why and holds none of it."""


@dataclass(frozen=True)
class Envelope:
    """What surrounds the records (`fields`, as parsed JSON without them) and the records as they came.

    `rows` is None when there is no list at the expected place.
    """

    fields: dict[str, Any]
    rows: list[bytes] | None


def split(body: bytes, *path: str) -> Envelope:
    """Cut a page into envelope and records; `path` leads to the list (`split(body, "records")`; none: the body is the list)."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return _fast(body, path)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _tolerant(body, path)


def parse(body: bytes) -> Any:
    """Parse a small JSON document; Broken when it is none."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Broken("the answer is no JSON document") from None


def _fast(body: bytes, path: Sequence[str]) -> Envelope:
    fields: dict[str, Any] = {}
    here: Any = msgspec.Raw(body)
    inner = fields
    for place, name in enumerate(path):
        level = msgspec.json.decode(here, type=dict[str, msgspec.Raw])
        here = level.pop(name, None)
        inner.update({key: msgspec.json.decode(value) for key, value in level.items()})
        if here is None:
            return Envelope(fields, None)
        if place < len(path) - 1:
            inner[name] = {}
            inner = inner[name]
    if bytes(here).lstrip()[:1] != b"[":
        msgspec.json.decode(here)
        return Envelope(fields, None)
    return Envelope(fields, [bytes(row) for row in msgspec.json.decode(here, type=list[msgspec.Raw])])


def _tolerant(body: bytes, path: Sequence[str]) -> Envelope:
    start, end = _whole(body)
    for name in path:
        found = _member(body, start, end, name)
        if found is None:
            return Envelope(_envelope(body), None)
        start, end = found
    if body[start : start + 1] != b"[":
        return Envelope(_envelope(body, start, end), None)
    return Envelope(_envelope(body, start, end), [body[a:b] for a, b in _elements(body, start, end)])


def _whole(body: bytes) -> tuple[int, int]:
    """Return where the document's outermost brackets begin and end; Broken when they do not close."""
    depth = begin = 0
    finish: int | None = None
    for token in _TOKEN.finditer(body):
        mark = token.group()
        if finish is not None:
            raise Broken("something follows the JSON document")
        if mark in (b"{", b"["):
            begin = token.start() if depth == 0 else begin
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                finish = token.end()
        if depth <= 0 and finish is None:
            raise Broken("the answer is no JSON document")
    if finish is None:
        raise Broken("the JSON document ends before its brackets close")
    return begin, finish


def _member(body: bytes, start: int, end: int, name: str) -> tuple[int, int] | None:
    """Return where the value of one name stands in the object at [start, end)."""
    if body[start : start + 1] != b"{":
        return None
    wanted = f'"{name}"'.encode()
    for a, b in _elements(body, start, end):
        key = _TOKEN.match(body, a, b)
        if key is None or key.group() != wanted:
            continue
        colon = body.index(b":", key.end(), b)
        value = _TOKEN.search(body, colon + 1, b)
        return (value.start(), b) if value else None
    return None


def _elements(body: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Return where the members of the array or object at [start, end) stand, without the spaces around them."""
    found: list[tuple[int, int]] = []
    depth = last = 0
    first: int | None = None
    for token in _TOKEN.finditer(body, start + 1, end - 1):
        mark = token.group()
        if depth == 0 and mark == b",":
            found.append((token.start(), token.start()) if first is None else (first, last))
            first = None
            continue
        depth += mark in (b"{", b"[")
        depth -= mark in (b"}", b"]")
        first = token.start() if first is None else first
        last = token.end()
    if first is not None:
        found.append((first, last))
    return found


def _envelope(body: bytes, start: int = 0, end: int = 0) -> dict[str, Any]:
    """Parse what is left when the value at [start, end) is taken out; Broken when that is not sound either."""
    rest = body[:start] + b"null" + body[end:] if end else body
    found = parse(rest)
    return found if isinstance(found, dict) else {}
