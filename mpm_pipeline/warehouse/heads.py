"""Reads of each payload only what the raw log files it by: key, stamp and instant, and what is wrong at first sight.

A payload that cannot be read keeps its place with a problem, and its key where a more tolerant reader finds one: the newest
version of a key counts even when it is broken. Whether a readable payload keeps its contract is judged later, by `accept`.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse.judge import LARGEST_RECORD, LARGEST_TEXT, NOT_SENT, TOO_LARGE, UNREADABLE

AT_ONCE = 1_024
"""Rows that are looked at together; one that is broken costs its neighbours the fast way."""

Texts = list[str | None]
Columns = tuple[Texts, Texts, Texts, Texts, list[pa.Array]]


def heads(stream: Stream, payloads: Sequence[bytes], asked: Sequence[str] = ()) -> Columns:
    """Return key, stamp, instant and problem of each payload, and the payloads as text; `asked` are fields that each must name."""
    reader = _Reader(stream, asked)
    found: Columns = ([], [], [], [], [])
    for first in range(0, len(payloads), AT_ONCE):
        some = payloads[first : first + AT_ONCE]
        *told, texts = reader.together(some) or reader.one_by_one(some)
        for column, values in zip(found, (*told, [texts]), strict=True):
            column.extend(values)
    return found


class _Reader:
    """Reads what one stream is filed by: rows that are sound together, others one by one; both ways tell the same."""

    def __init__(self, stream: Stream, asked: Sequence[str]) -> None:
        self.stream = stream
        wanted = [*stream.key, *(name for name in (stream.stamp, stream.instant) if name)]
        roots = list(dict.fromkeys(name.split(".")[0] for name in wanted))
        self.place = {root: f"f{i}" for i, root in enumerate(roots)}
        self.head = msgspec.defstruct(
            "Head",
            [(field, Any, None) for field in self.place.values()],
            rename={f: r for r, f in self.place.items()},
            gc=False,
        )
        self.decoder = msgspec.json.Decoder(self.head)
        self.read = self.decoder.decode
        self.marks = [(name, f'"{name}"'.encode()) for name in asked]

    def together(self, payloads: Sequence[bytes]) -> tuple[Texts, Texts, Texts, Texts, pa.Array] | None:
        """Read rows column by column; None when one of them cannot be read or is too large."""
        if max(map(len, payloads)) > LARGEST_RECORD:
            return None
        try:
            texts = pa.array(payloads, pa.binary()).cast(pa.string())
            records = self._records(payloads)
        except (msgspec.DecodeError, pa.ArrowInvalid, RecursionError):
            return None
        parts = [_keys(self._values(records, name)) for name in self.stream.key]
        keys = parts[0] if len(parts) == 1 else list(map(_joined, zip(*parts, strict=True)))
        absent: Texts = [None] * len(records)
        stamps, instants = (
            _texts(self._values(records, name)) if name else absent for name in (self.stream.stamp, self.stream.instant)
        )
        return keys, stamps, instants, self._all_lacking(payloads, texts), texts

    def _records(self, payloads: Sequence[bytes]) -> list[Any]:
        """Read all at one go where each stands on one line between its braces: none can then be taken for its neighbour.

        No text goes on over a line's end, and no object ends and another begins inside a third.
        """
        lines = b"\n".join(payloads)
        apart = lines.count(b"\n") == lines.count(b"}\n{") == len(payloads) - 1 and lines[:1] + lines[-1:] == b"{}"
        found = self.decoder.decode_lines(lines) if apart else []
        return found if len(found) == len(payloads) else list(map(self.read, payloads))

    def one_by_one(self, payloads: Sequence[bytes]) -> tuple[Texts, Texts, Texts, Texts, pa.Array]:
        """Read rows of which some are broken."""
        found: tuple[Texts, Texts, Texts, Texts] = ([], [], [], [])
        for payload in payloads:
            try:
                payload.decode()
                record, trouble = self.read(payload), _lacking(payload, self.marks)
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

    def _all_lacking(self, payloads: Sequence[bytes], texts: pa.Array) -> Texts:
        """Tell of each row what it lacks; rows that name all that was asked for in the order of the first one are done at once."""
        if not self.marks:
            return [None] * len(payloads)
        order = sorted(self.marks, key=lambda mark: payloads[0].find(mark[1]))
        named = pc.match_substring_regex(texts, "(?s)" + ".*".join(re.escape(mark.decode()) for _, mark in order))
        if pc.all(named).as_py():
            return [None] * len(payloads)
        return [
            None if is_whole else _lacking(payload, self.marks)
            for is_whole, payload in zip(named.to_pylist(), payloads, strict=True)
        ]


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
    if set(map(type, values)) <= {str, type(None)} and "".join(filter(None, values)).isascii():
        return [value or None for value in values]
    return None


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
