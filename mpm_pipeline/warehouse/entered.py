"""What was entered at a source in some hours, from the raw log alone: it can be read while the source is down.

A record was entered when its creation, its newest stamp or its own instant lies in the hours; of each record the newest version
of those hours is told, with the ids that its payload names and, on demand, the values in which it differs from another version.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import msgspec

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.losses import GIVEN_ANEW, REVERSED, created_sql
from mpm_pipeline.warehouse.rawlog import RawLog

NAMES_SOMEONE = re.compile(r"(who|what|lead|contact|account|customer|person)\w*id$|^customer$", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One record as it was entered; `what` is new, changed or deleted."""

    stream: str
    key: str
    what: str
    version_at: datetime | None
    created_at: datetime | None
    payload: Mapping[str, Any]

    @property
    def incarnation(self) -> str:
        return f"{self.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f+00:00}" if self.created_at else ""

    @property
    def names(self) -> set[str]:
        """Ids of persons and companies that the record names."""
        return {
            str(value)
            for name, value in self.payload.items()
            if NAMES_SOMEONE.search(name) and isinstance(value, str | int) and value != ""
        }


def streams(source: str) -> list[Stream]:
    """Return the streams of a vendor in which records are kept version by version."""
    found = map(stream_of, import_module(f"mpm_pipeline.contracts.{source}").RECORDS)
    return [stream for stream in found if stream.kind != "snapshot"]


def entered(
    raw: RawLog, source: str, start: datetime, end: datetime, only: Mapping[str, set[str]] | None = None
) -> Iterator[Entry]:
    """Yield what was entered in [start, end), stream by stream, by key; `only` these keys by stream."""
    span = f"BETWEEN TIMESTAMPTZ {_at(start)} AND TIMESTAMPTZ {_at(end)} - INTERVAL 1 MICROSECOND"
    for stream in streams(source):
        keys = sorted(only.get(stream.name, ())) if only is not None else None
        if keys == []:
            continue
        among = f"key IN ({', '.join(map(engine.literal, keys))})" if keys else "key IS NOT NULL"
        # the field of creation that no contract names is that of facts: their own instant
        rows = _rows(
            raw,
            stream,
            f"""
            SELECT key, coalesce(event_at, stamp) AS version_at, coalesce(created, event_at) AS created_at, is_deleted, payload
            FROM landed WHERE {among} AND (coalesce(event_at, stamp) {span} OR created {span})
            QUALIFY row_number() OVER (PARTITION BY key, coalesce(created, event_at)
              ORDER BY coalesce(event_at, stamp) {span} DESC, stamp DESC NULLS LAST, extracted_at DESC, row_no DESC) = 1
            ORDER BY key, created_at
            """,  # noqa: S608
        )
        for row in rows:
            is_new = row["created_at"] is not None and start <= row["created_at"] < end
            what = "deleted" if row["is_deleted"] else "new" if is_new else "changed"
            yield Entry(stream.name, row["key"], what, row["version_at"], row["created_at"], _read(row["payload"]))


def differing(raw: RawLog, source: str, entry: Entry, loss: Mapping[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    """Return by field what an entry held and what the source shows now, as far as that version has landed."""
    (stream,) = (one for one in streams(source) if one.name == entry.stream)
    wanted = "true"
    if loss is not None and loss["kind"] in (REVERSED, GIVEN_ANEW):
        column = "stamp" if loss["kind"] == REVERSED else "created"
        wanted = f"{column} = TIMESTAMPTZ {engine.literal(loss['shown_at'])}"
    query = (
        f"SELECT payload FROM landed WHERE key = {engine.literal(entry.key)} AND NOT is_deleted AND {wanted} "  # noqa: S608
        "ORDER BY stamp DESC NULLS LAST, extracted_at DESC, row_no DESC LIMIT 1"
    )
    for row in _rows(raw, stream, query):
        now = _read(row["payload"])
        names = [name for name in sorted(entry.payload.keys() | now.keys()) if entry.payload.get(name) != now.get(name)]
        return {name: (entry.payload.get(name), now.get(name)) for name in names}
    return {}


def _rows(raw: RawLog, stream: Stream, query: str) -> list[dict[str, Any]]:
    files = [file for file in raw.files(stream.source, stream.name) if file.exists()]
    if not files:
        return []
    listed = ", ".join(engine.literal(str(file)) for file in files)
    with engine.connect() as connection:
        connection.execute(
            f"CREATE TEMP VIEW landed AS SELECT *, {created_sql(stream)} AS created FROM read_parquet([{listed}])"  # noqa: S608
        )
        return engine.fetch(connection, query).to_pylist()


def _read(payload: str | None) -> dict[str, Any]:
    try:
        return msgspec.json.decode(payload or "{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return {}


def _at(moment: datetime) -> str:
    return engine.literal(moment.astimezone(UTC).isoformat())
