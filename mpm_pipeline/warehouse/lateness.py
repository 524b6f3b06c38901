"""Tells which versions of records have never landed in the raw log, without landing them.

A version is a record's key and its stamp, or its payload where the vendor stamps nothing. Two versions with one key and stamp
are the same here, so a thing that moved on to a newer day is no difference.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.rawlog import RawLog

_KEY = "coalesce(key, '#' || md5(payload))"
_VERSION = (
    "CASE WHEN is_deleted THEN 'gone ' ELSE '' END || coalesce(CAST(epoch_us(stamp) AS VARCHAR), md5(payload), '')"
)
NOTHING_LANDED = (
    "SELECT '' AS key, CAST(NULL AS TIMESTAMPTZ) AS stamp, CAST(NULL AS TIMESTAMPTZ) AS extracted_at WHERE false"
)
_ISO = "strftime({} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')"


def unlanded(
    raw: RawLog,
    stream: Stream,
    payloads: Sequence[bytes],
    stamps: Sequence[str | None] | None,
    deleted: Sequence[tuple[str, str]],
    as_of: datetime,
) -> list[tuple[str, str, str]]:
    """Return (key, version, partition) of those records of a page that the raw log does not hold.

    A snapshot has no days of its own: what is new in it asks for the day of as-of.
    """
    if not payloads and not deleted:
        return []
    page = raw.arrange(stream, payloads, extracted_at=as_of, stamps=stamps, deleted=deleted)
    partition = engine.literal(f"{as_of.astimezone(UTC):%Y-%m-%d}") if stream.kind == "snapshot" else "partition"
    with engine.connect() as connection:
        connection.register("page", page)
        found = engine.fetch(
            connection,
            f"""
            SELECT DISTINCT {_KEY} AS key, {_VERSION} AS version, {partition} AS partition FROM page
            WHERE ({_KEY}, {_VERSION}) NOT IN ({_landed_sql(raw, stream.source, stream.name)})
            ORDER BY ALL
            """,  # noqa: S608
        )
    return list(zip(*(found[name].to_pylist() for name in ("key", "version", "partition")), strict=True))


@dataclass(frozen=True)
class Unknown:
    """A record that a source shows and that never landed; `version` is its stamp where the source is asked by it, else empty."""

    key: str
    version: str
    day: str


def unknown(raw: RawLog, stream: Stream, shown: pa.Table, as_of: datetime, *, by_stamp: bool) -> list[Unknown]:
    """Return the records that a source shows (`RawLog.arrange`) and that never landed, with the UTC day in which each lies.

    A record is known by its key; `by_stamp`, where a source is asked by the stamps that it shows, by key and stamp. What is
    stamped after as-of is left to the next run; what bears no stamp lies in the first day.
    """
    is_by_stamp = by_stamp and stream.kind == "thing"
    same = " AND (s.stamp IS NULL OR l.stamp IS NOT DISTINCT FROM s.stamp)" if is_by_stamp else ""
    version = f"coalesce({_ISO.format('stamp')}, '')" if is_by_stamp else "''"
    with engine.connect() as connection:
        connection.register("shown", shown)
        rows = connection.execute(
            f"""
            SELECT DISTINCT key, {version}, partition FROM shown s
            WHERE key IS NOT NULL AND NOT is_deleted
              AND coalesce(coalesce(event_at, stamp) <= TIMESTAMPTZ '{as_of.isoformat()}', true)
              AND NOT EXISTS (SELECT 1 FROM ({_rows_sql(raw, stream.source, stream.name)}) l WHERE l.key = s.key{same})
            ORDER BY ALL
            """  # noqa: S608
        ).fetchall()
    return [Unknown(*row) for row in rows]


def has_landed(raw: RawLog, source: str, stream: str, rows: Sequence[Mapping[str, Any]], as_of: datetime) -> list[bool]:
    """Say of each row (key, version) whether its record has landed by an as-of, in that version or a newer one."""
    asked = pa.table({"place": list(range(len(rows)))} | {n: [row[n] for row in rows] for n in ("key", "version")})
    with engine.connect() as connection:
        connection.register("asked", asked)
        found = connection.execute(
            f"SELECT DISTINCT place FROM asked JOIN ({_rows_sql(raw, source, stream)}) l ON l.key = asked.key "  # noqa: S608
            f"WHERE (version = '' OR l.stamp >= CAST(version AS TIMESTAMPTZ)) AND extracted_at <= TIMESTAMPTZ '{as_of.isoformat()}'"
        ).fetchall()
    places = {place for (place,) in found}
    return [place in places for place in range(len(rows))]


def still_missing(raw: RawLog, sightings: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the sightings whose version has not landed since they were written."""
    by_stream: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in sightings:
        by_stream[row["source"], row["stream"]].append(row)
    missing: list[Mapping[str, Any]] = []
    for (source, stream), rows in sorted(by_stream.items()):
        asked = pa.table({"place": list(range(len(rows)))} | {n: [row[n] for row in rows] for n in ("key", "version")})
        with engine.connect() as connection:
            connection.register("asked", asked)
            found = engine.fetch(
                connection,
                f"SELECT place FROM asked WHERE (key, version) NOT IN ({_landed_sql(raw, source, stream)}) ORDER BY place",  # noqa: S608
            )
        missing += [rows[place] for place in found["place"].to_pylist()]
    return missing


def _rows_sql(raw: RawLog, source: str, stream: str) -> str:
    files = [file for file in raw.files(source, stream) if file.exists()]
    listed = ", ".join(engine.literal(str(file)) for file in files)
    return f"SELECT key, stamp, extracted_at FROM read_parquet([{listed}])" if files else NOTHING_LANDED  # noqa: S608


def _landed_sql(raw: RawLog, source: str, stream: str) -> str:
    files = [file for file in raw.files(source, stream) if file.exists()]
    if not files:
        return "SELECT '', '' WHERE false"
    listed = ", ".join(engine.literal(str(file)) for file in files)
    return f"SELECT {_KEY}, {_VERSION} FROM read_parquet([{listed}])"  # noqa: S608
