"""Splits a page of JSON into its envelope and the records' own texts, without building the records.

The fast way is msgspec's raw values. It refuses a whole page for one NaN, lone surrogate or control character, so then the
page is cut by its brackets alone: bad records stay in their place and end in quarantine, good ones are not lost. A page whose
brackets do not close was cut on the way and is worth asking for again.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec

Head = TypeVar("Head")
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What is raised of a text that is no JSON of the expected shape."""


class Broken(Exception):
    """The body is no complete JSON document of the expected shape; the text says why and holds none of it."""


@dataclass(frozen=True)
class Envelope:
    """What surrounds the records (`fields`, as parsed JSON without them) and the records as they came.

    `rows` is None when there is no list at the expected place. `listed` is a text of which each row is known to be one sound value:
    the list itself, or the page in which it stands under the name `at`.
    """

    fields: dict[str, Any]
    rows: list[bytes] | None
    listed: bytes | msgspec.Raw | None = None
    at: str | None = None

    def heads(self, shape: Callable[..., Head]) -> tuple[list[Head], bool]:
        """Read of each row what `shape` names, and say whether all could be read."""
        if self.listed is not None:
            try:
                if self.at is None:
                    return _list_decoder(shape).decode(self.listed), True
                return _page_decoder(self.at, (), shape).decode(self.listed).rows, True
            except UNREADABLE:
                pass
        return read_all(self.rows or [], shape), False


def split(body: bytes, *path: str, beside: tuple[str, ...] = ()) -> Envelope:
    """Cut a page into envelope and records; `path` leads to the list (`split(body, "records")`; none: the body is the list).

    `beside` are names that stand beside the list: a page that holds nothing else is read at one go.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        if beside and len(path) == 1:
            return _at_one_go(body, path[0], beside)
    except UNREADABLE:
        pass
    try:
        return _fast(body, path)
    except UNREADABLE:
        return _tolerant(body, path)


def parse(body: bytes) -> Any:
    """Parse a small JSON document; Broken when it is none."""
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except UNREADABLE:
        raise Broken("the answer is no JSON document") from None


def read(row: bytes, shape: Callable[..., Head], otherwise: Head | None = None) -> Head:
    """Read of a record what `shape` names; one that cannot be read has none of it and ends in quarantine later."""
    try:
        return _decoder(shape).decode(row)
    except UNREADABLE:
        return shape() if otherwise is None else otherwise


def read_all(rows: Sequence[bytes], shape: Callable[..., Head], otherwise: Head | None = None) -> list[Head]:
    """Read of each record what `shape` names: of all at one go where each is sound and stands on one line.

    No text goes on over a line's end, and no object ends and another begins inside a third: so a line that begins and ends with its
    braces begins and ends a record, and as many records as lines are one each.
    """
    lines = b"\n".join(rows)
    if lines.count(b"\n") == len(rows) - 1 and all(row[:1] == b"{" and row[-1:] == b"}" for row in rows):
        try:
            found: list[Head] = _decoder(shape).decode_lines(lines)
        except UNREADABLE:
            found = []
        if len(found) == len(rows):
            return found
    return [read(row, shape, otherwise) for row in rows]


@cache
def _decoder(shape: Any) -> Any:
    return msgspec.json.Decoder(shape)


@cache
def _list_decoder(shape: Any) -> Any:
    return msgspec.json.Decoder(list[shape])


@cache
def _page_decoder(name: str, beside: tuple[str, ...], row: Any) -> Any:
    """Return what reads the list under a name, and the fields beside it: without any all others are passed over, else they are refused."""
    own = [(f"f{place}", Any, msgspec.UNSET) for place in range(len(beside))]
    names = {"rows": name} | {f"f{place}": one for place, one in enumerate(beside)}
    page = msgspec.defstruct("Page", [("rows", list[row]), *own], rename=names, forbid_unknown_fields=bool(beside))
    return msgspec.json.Decoder(page)


def _at_one_go(body: bytes, name: str, beside: tuple[str, ...]) -> Envelope:
    page = _page_decoder(name, beside, msgspec.Raw).decode(body)
    told = {one: getattr(page, f"f{place}") for place, one in enumerate(beside)}
    fields = {one: value for one, value in told.items() if value is not msgspec.UNSET}
    return Envelope(fields, list(map(bytes, page.rows)), body, name)


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
    return Envelope(fields, list(map(bytes, msgspec.json.decode(here, type=list[msgspec.Raw]))), here)


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
