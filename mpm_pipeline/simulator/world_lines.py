"""The lines of one stream of a world: read from JSON lines, gzip or Parquet, and checked, but not yet decoded.

Every line is checked when the world is loaded, so that a malformed one stops the simulator at start with its file
and line; the records themselves are decoded when their stream is first asked for, which most tests never do for
most streams.
"""

import gzip
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mpm_pipeline.errors import WorldError
from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.verbatim import NotAnObject, decode_record, members

SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")


class Line(NamedTuple):
    """One version as written: `raw` is the record's own JSON text."""

    number: int
    raw: bytes | msgspec.Raw
    at: datetime | None
    until: datetime | None
    deleted: bool


class _Envelope(msgspec.Struct):
    record: msgspec.Raw
    at: str | None = None
    until: str | None = None
    deleted: bool | None = False


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def stream_name(path: Path) -> str | None:
    """Return the stream that a file holds, None where it is no file of a world."""
    for suffix in SUFFIXES:
        if path.name.endswith(suffix) and not path.name.startswith("."):
            return path.name.removesuffix(suffix)
    return None


def read_lines(path: Path, shown: str) -> list[Line]:
    """Read and check all lines of one file; WorldError names the file (as `shown`) and the line."""
    if path.suffix == ".parquet":
        return list(_parquet_lines(path, shown))
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise WorldError(f"{shown}: cannot be read ({error}); mend or replace the file") from error
    _require_utf8(data, shown)
    return [
        _checked(line, number, shown)
        for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
        if line and not line.isspace()
    ]


def decode(line: Line, shown: str) -> dict[str, Any]:
    """Decode the record of a checked line."""
    try:
        return decode_record(bytes(line.raw))
    except (NotAnObject, ValueError, RecursionError) as error:
        raise _malformed(shown, line.number, "the record cannot be read as a JSON object") from error


def _checked(line: bytes, number: int, shown: str) -> Line:
    try:
        envelope = _ENVELOPE.decode(line)
    except msgspec.ValidationError as error:
        raise _malformed(shown, number, _reason(error)) from error
    except msgspec.DecodeError:
        envelope = _tolerant_envelope(line.decode(), number, shown)
    raw = envelope.record
    if memoryview(raw)[:1] != b"{":
        raise _malformed(shown, number, "`record` is no JSON object")
    at, until = envelope.at, envelope.until
    return Line(
        number,
        raw,
        None if at is None else _instant(at, "at", number, shown),
        None if until is None else _instant(until, "until", number, shown),
        bool(envelope.deleted),
    )


def _tolerant_envelope(text: str, number: int, shown: str) -> _Envelope:
    """Read a line that holds what strict JSON refuses (NaN, a lone surrogate, a control character)."""
    try:
        parts = dict(members(text))
        record = parts.pop("record", None)
        if record is None:
            raise _malformed(shown, number, "it has no `record`")
        known = {name: piece for name, piece in parts.items() if name in ("at", "until", "deleted")}
        rest = ",".join(f'"{name}":{piece}' for name, piece in known.items())
        envelope = _ENVELOPE.decode('{"record":{}' + ("," + rest if rest else "") + "}")
    except (NotAnObject, msgspec.DecodeError) as error:
        raise _malformed(shown, number, "it is no JSON object") from error
    envelope.record = msgspec.Raw(record.encode())
    return envelope


def _reason(error: msgspec.ValidationError) -> str:
    text = str(error)
    if "missing required field" in text:
        return "it has no `record`"
    for name in ("at", "until", "deleted"):
        if f"$.{name}`" in text:
            return (
                f"`{name}` must be {'true or false' if name == 'deleted' else 'an ISO 8601 instant as text, or null'}"
            )
    return "it is no JSON object"


def _parquet_lines(path: Path, shown: str) -> Iterator[Line]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise WorldError(f"{shown}: cannot be read as Parquet; mend or replace the file") from error
    if "record" not in table.column_names:
        raise WorldError(f"{shown}: has no column `record`; it needs at, until, deleted, record (a JSON string)")
    columns = [
        table[name].to_pylist() if name in table.column_names else [None] * table.num_rows
        for name in ("at", "until", "deleted", "record")
    ]
    for number, (at, until, deleted, record) in enumerate(zip(*columns, strict=True), 1):
        text = record.encode() if isinstance(record, str) else record
        if not isinstance(text, bytes):
            raise _malformed(shown, number, "`record` is no JSON string")
        _require_object(text, number, shown)
        yield Line(
            number,
            text,
            None if at is None else _instant(at, "at", number, shown),
            None if until is None else _instant(until, "until", number, shown),
            bool(deleted),
        )


def _require_object(text: bytes, number: int, shown: str) -> None:
    try:
        if not text.lstrip().startswith(b"{"):
            raise NotAnObject
        decode_record(text)
    except (NotAnObject, ValueError, RecursionError) as error:
        raise _malformed(shown, number, "`record` is no JSON object") from error


def _require_utf8(data: bytes, shown: str) -> None:
    if data.isascii():
        return
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise _malformed(shown, data.count(b"\n", 0, error.start) + 1, "it is not UTF-8") from error


def _instant(value: object, name: str, number: int, shown: str) -> datetime:
    instant = parse_instant(value)
    if instant is None:
        raise _malformed(shown, number, f"`{name}` is no ISO 8601 instant")
    return instant


def _malformed(shown: str, number: int, reason: str) -> WorldError:
    return WorldError(f"{shown} line {number}: {reason}; mend or remove the line")
