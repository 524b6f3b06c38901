"""Reads of each payload only what the raw log files it by: key, stamp and instant, and what is wrong at first sight.

A payload that cannot be read keeps its place with a problem, and its key where a more tolerant reader finds one: the newest
version of a key counts even when it is broken. Whether a readable payload keeps its contract is judged later, by `accept`.
"""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse.judge import LARGEST_RECORD, LARGEST_TEXT, NOT_SENT, TOO_LARGE, UNREADABLE

Columns = tuple[list[str | None], list[str | None], list[str | None], list[str | None]]


def heads(stream: Stream, payloads: Sequence[bytes], asked: Sequence[str] = ()) -> Columns:
    """Return key, stamp, instant and problem of each payload; `asked` are fields that each must name."""
    wanted = [*stream.key, *(name for name in (stream.stamp, stream.instant) if name)]
    roots = list(dict.fromkeys(name.split(".")[0] for name in wanted))
    head = msgspec.defstruct(
        "Head", [(f"f{i}", Any, None) for i in range(len(roots))], rename={f"f{i}": r for i, r in enumerate(roots)}
    )
    read = msgspec.json.Decoder(head).decode
    place = {root: f"f{i}" for i, root in enumerate(roots)}
    marks = [(name, f'"{name}"'.encode()) for name in asked]
    found: Columns = ([], [], [], [])
    for payload in payloads:
        try:
            payload.decode()
            record, trouble = read(payload), _lacking(payload, marks)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            salvaged = _salvaged(payload)
            record, trouble = head(**{place[root]: salvaged.get(root) for root in roots}), UNREADABLE
        parts = [_key(_follow(record, place, name)) for name in stream.key]
        found[0].append("|".join(part or "" for part in parts) if all(parts) else None)
        found[1].append(_text(_follow(record, place, stream.stamp)))
        found[2].append(_text(_follow(record, place, stream.instant)))
        found[3].append(TOO_LARGE if len(payload) > LARGEST_RECORD else trouble)
    return found


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
