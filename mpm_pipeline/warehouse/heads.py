"""Reads of each payload only what the raw log files it by: key, stamp and instant, and what is wrong at first sight.

A payload that cannot be read keeps its place with a problem, and its key where a more tolerant reader finds one: the newest
version of a key counts even when it is broken. Whether a readable payload keeps its contract is judged later, by `accept`.
"""

import json
import unicodedata
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse.engine import literal
from mpm_pipeline.warehouse.judge import LARGEST_RECORD, LARGEST_TEXT, NOT_SENT, TOO_LARGE, UNREADABLE

AT_ONCE = 1_024
"""Rows that are looked at together; one that is broken costs its neighbours the fast way."""

Texts = list[str | None]
Columns = tuple[Texts, Texts, Texts, Texts, list[pa.Array]]


def heads(stream: Stream, payloads: Sequence[bytes], read: Sequence[Any] | None = None) -> Columns:
    """Return key, stamp, instant and problem of each payload, and the payloads as text.

    `read` are objects with what the stream is filed by, one for each payload, where somebody has read all of them before.
    """
    reader = _Reader(stream)
    known = read if read is not None and reader.is_told_by(read[0] if read else None) else None
    found: Columns = ([], [], [], [], [])
    for first in range(0, len(payloads), AT_ONCE):
        some = payloads[first : first + AT_ONCE]
        *told, texts = reader.together(some, known and known[first : first + AT_ONCE]) or reader.one_by_one(some)
        for column, values in zip(found, (*told, [texts]), strict=True):
            column.extend(values)
    return found


def all_named_sql(payloads: Sequence[bytes], asked: Sequence[str]) -> str:
    """Return the condition, true of most rows that name all that was asked for and of no other, over a `payload` as text.

    Names are looked for in the order of the first row, at one go but for those that hold a wildcard.
    """
    marks = sorted(_marks(asked), key=lambda mark: payloads[0].find(mark[1]) if payloads else 0)
    plain = [mark.decode() for name, mark in marks if "_" not in name and "%" not in name]
    others = [mark.decode() for name, mark in marks if "_" in name or "%" in name]
    at_once = [f"payload LIKE {literal('%'.join(['', *plain, '']))}"] if plain else []
    return " AND ".join([*at_once, *(f"contains(payload, {literal(mark)})" for mark in others)]) or "true"


def lacking(payloads: Sequence[bytes], asked: Sequence[str], problem: Texts, named: pa.ChunkedArray) -> Texts:
    """Add to the problems what a payload lacks of what was asked for; `named` is what `all_named_sql` says of it."""
    marks = _marks(asked)
    return [
        trouble if is_whole or trouble else _lacking(payload, marks)
        for trouble, is_whole, payload in zip(problem, named.to_pylist(), payloads, strict=True)
    ]


class _Reader:
    """Reads what one stream is filed by: rows that are sound together, others one by one; both ways tell the same."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.wanted = [*stream.key, *(name for name in (stream.stamp, stream.instant) if name)]
        roots = list(dict.fromkeys(name.split(".")[0] for name in self.wanted))
        self.place = {root: f"f{i}" for i, root in enumerate(roots)}
        self.head = msgspec.defstruct(
            "Head",
            [(field, Any, None) for field in self.place.values()],
            rename={f: r for r, f in self.place.items()},
            gc=False,
        )
        self.decoder = msgspec.json.Decoder(self.head)
        self.read = self.decoder.decode

    def is_told_by(self, one: Any) -> bool:
        """Say whether what was read names all that the stream is filed by."""
        return all(hasattr(one, name) for name in self.wanted)

    def together(
        self, payloads: Sequence[bytes], read: Sequence[Any] | None = None
    ) -> tuple[Texts, Texts, Texts, Texts, pa.Array] | None:
        """Read rows column by column; None when one of them cannot be read or is too large."""
        if max(map(len, payloads)) > LARGEST_RECORD:
            return None
        try:
            texts = pa.array(payloads, pa.binary()).cast(pa.string())
            records = read or self._records(payloads)
        except (msgspec.DecodeError, pa.ArrowInvalid, RecursionError):
            return None
        values = _attributes if read else self._values
        parts = [_keys(values(records, name)) for name in self.stream.key]
        keys = parts[0] if len(parts) == 1 else list(map(_joined, zip(*parts, strict=True)))
        absent: Texts = [None] * len(records)
        stamps, instants = (
            _texts(values(records, name)) if name else absent for name in (self.stream.stamp, self.stream.instant)
        )
        return keys, stamps, instants, absent, texts

    def _records(self, payloads: Sequence[bytes]) -> list[Any]:
        """Read all at one go where each stands on one line between its braces: none can then be taken for its neighbour.

        No text goes on over a line's end, and no object ends and another begins inside a third.
        """
        lines = b"\n".join(payloads)
        apart = (
            all(row[:1] == b"{" and row[-1:] == b"}" for row in payloads) and lines.count(b"\n") == len(payloads) - 1
        )
        found = self.decoder.decode_lines(lines) if apart else []
        return found if len(found) == len(payloads) else list(map(self.read, payloads))

    def one_by_one(self, payloads: Sequence[bytes]) -> tuple[Texts, Texts, Texts, Texts, pa.Array]:
        """Read rows of which some are broken."""
        found: tuple[Texts, Texts, Texts, Texts] = ([], [], [], [])
        for payload in payloads:
            try:
                payload.decode()
                record, trouble = self.read(payload), None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                salvaged = _salvaged(payload)
                record = self.head(**{field: salvaged.get(root) for root, field in self.place.items()})
                trouble = UNREADABLE
            found[0].append(_joined([_key(_follow(record, self.place, name)) for name in self.stream.key]))
            found[1].append(_text(_follow(record, self.place, self.stream.stamp)))
            found[2].append(_text(_follow(record, self.place, self.stream.instant)))
            found[3].append(TOO_LARGE if len(payload) > LARGEST_RECORD else trouble)
        texts = [payload.decode("utf-8", errors="backslashreplace") for payload in payloads]
        return *found, pa.array(texts, pa.string())

    def _values(self, records: Sequence[Any], name: str) -> list[Any]:
        if name in self.place:
            return list(map(attrgetter(self.place[name]), records))
        return [_follow(record, self.place, name) for record in records]


def _attributes(records: Sequence[Any], name: str) -> list[Any]:
    return list(map(attrgetter(name), records))


def _marks(asked: Sequence[str]) -> list[tuple[str, bytes]]:
    return [(name, f'"{name}"'.encode()) for name in asked]


def _joined(parts: Sequence[str | None]) -> str | None:
    return "|".join(part or "" for part in parts) if all(parts) else None


def _keys(values: list[Any]) -> Texts:
    plain = _plain(values)
    return plain if plain is not None else list(map(_key, values))


def _texts(values: list[Any]) -> Texts:
    plain = _plain(values)
    return plain if plain is not None else list(map(_text, values))


def _plain(values: list[Any]) -> Texts | None:
    """Return values that are all ASCII texts or absent; None when there are others among them."""
    try:
        text = "".join(values)
    except TypeError:
        if not set(map(type, values)) <= {str, type(None)}:
            return None
        text = "".join(filter(None, values))
    if not text.isascii():
        return None
    return [value or None for value in values] if "" in values else values


def _lacking(payload: bytes, marks: Sequence[tuple[str, bytes]]) -> str | None:
    """Name the first field that was asked for and did not come; one that came without a value is there."""
    return next((NOT_SENT + name for name, mark in marks if mark not in payload), None)


def _salvaged(payload: bytes) -> dict[str, Any]:
    """Read a broken payload as a tolerant reader does: NaN, lone surrogates, control characters, foreign bytes."""
    if len(payload) > LARGEST_TEXT:
        return {}
    try:
        found = json.loads(payload.decode("utf-8", errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _follow(record: Any, place: dict[str, str], name: str | None) -> Any:
    if name is None:
        return None
    root, *rest = name.split(".")
    value = getattr(record, place[root])
    for step in rest:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _key(value: Any) -> str | None:
    """Write a part of a key; composed and decomposed accents are one key, what a reader had to guess is none."""
    text = _text(value)
    if text is None or text.isascii():
        return text
    return None if "\ufffd" in text else unicodedata.normalize("NFC", text)


def _text(value: Any) -> str | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    if isinstance(value, list):
        return _sound(",".join(str(item) for item in value))
    return _day(value) if isinstance(value, dict) else _sound(str(value))


def _sound(text: str) -> str | None:
    """Return the text, None where it holds half a character, which nothing behind us can store."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return None
    return text


def _day(value: dict[Any, Any]) -> str | None:
    """Write a day that stands as an object; None when a part of it is missing or no number."""
    try:
        year, month, day = (int(value[part]) for part in ("year", "month", "day"))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return f"{year:04}-{month:02}-{day:02}"
