"""What a source lost: records that we landed and that it no longer shows, though nobody told that they were deleted.

Compares the newest landed state with what a source shows now (`compare`), keeps what was found in the ledger, and gives a
person's confirmation its effect when records are read (`apply`). Until then rows stay and count (readings 46). An id that was
given anew stands for two records: the lost one goes on under an id of its own, with what was tied to it before.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.engine import literal
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.ledger_tables import LOSS
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.wire import AHEAD, instant_sql

VANISHED, REVERSED, GIVEN_ANEW = "vanished", "reversed", "given_anew"
CONFIRMED, RETURNED = "confirmed", "returned"
OUTCOMES = (("returned_as_of", RETURNED), ("closed_as_of", CONFIRMED))
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Compared:
    """One stream held against its source: records that we held, of them the lost ones, and the keys that are shown."""

    held: int
    lost: list[dict[str, Any]]
    shown: frozenset[str]
    is_behind: bool
    """The newest record that is shown is older than the newest that landed."""


def compare(raw: RawLog, stream: Stream, shown: pa.Table, since: datetime | None, as_of: datetime) -> Compared:
    """Hold what landed up to as-of against what is shown (`RawLog.arrange`); facts before `since` were not asked for."""
    bound = f"coalesce(event_at, stamp) >= TIMESTAMPTZ {literal(text(since))}" if since else "true"
    with engine.connect() as connection:
        connection.register("arranged", shown)
        created = created_sql(stream)
        here = f"SELECT key, max(stamp) AS stamp, max({created}) AS created FROM arranged GROUP BY key"  # noqa: S608
        connection.execute(f"CREATE TEMP TABLE here AS {here}")
        connection.execute(f"CREATE TEMP TABLE held AS SELECT * FROM ({_held_sql(raw, stream, as_of)}) WHERE {bound}")  # noqa: S608
        _leave_out_explained(connection, raw, stream, as_of)
        lost = engine.fetch(connection, _lost_sql(stream)).to_pylist()
        ((held, newest),) = connection.execute("SELECT count(*), max(stamp) FROM held").fetchall()
        ((newest_shown,),) = connection.execute("SELECT max(stamp) FROM here").fetchall()
        keys = frozenset(row[0] for row in connection.execute("SELECT key FROM here WHERE key IS NOT NULL").fetchall())
    behind = not stream.is_stampless and newest is not None and (newest_shown is None or newest_shown < newest)
    return Compared(held, lost, keys, behind)


def alive(raw: RawLog, stream: Stream, as_of: datetime) -> list[str]:
    """Return the keys of a stream that landed and were not told to be deleted."""
    with engine.connect() as connection:
        rows = connection.execute(f"SELECT DISTINCT key FROM ({_held_sql(raw, stream, as_of)}) ORDER BY key").fetchall()  # noqa: S608
    return [row[0] for row in rows]


def unknown(ledger: Ledger, source: str, stream: str, found: Iterable[Row]) -> list[Row]:
    """Return what of it was not found before, or was and came back meanwhile."""
    known = {_same(row) for row in losses(ledger, source, stream) if row["outcome"] != RETURNED}
    return [row for row in found if _same(row) not in known]


def record(
    ledger: Ledger, source: str, stream: str, found: Iterable[Row], as_of: datetime, *, is_incident: bool
) -> None:
    """Write what is lost."""
    head = {"source": source, "stream": stream, "found_as_of": text(as_of), "is_incident": is_incident}
    rows = [{**row, **head} for row in found]
    if rows:
        with ledger.engine.begin() as connection:
            connection.execute(sqlite.insert(LOSS).on_conflict_do_nothing(), rows)


def returned(
    ledger: Ledger, source: str, stream: str, found: Collection[Row], shown: Collection[str], as_of: datetime
) -> None:
    """Close losses, confirmed ones too, of records that the source shows again."""
    lost = {_same(row) for row in found}
    back = [
        row
        for row in losses(ledger, source, stream)
        if row["outcome"] != RETURNED and row["key"] in shown and _same(row) not in lost
    ]
    _mark(
        [row for row in back if row["outcome"] != CONFIRMED or row["kind"] == VANISHED],
        ledger,
        returned_as_of=text(as_of.astimezone(UTC)),
    )


def confirm(ledger: Ledger, rows: Iterable[Row], as_of: datetime, by: str) -> None:
    """Write that a person confirmed these losses: from the next run on the records are out, as if deleted at that instant."""
    _mark(rows, ledger, closed_as_of=text(as_of.astimezone(UTC)), closed_by=by)


def losses(
    ledger: Ledger, source: str | None = None, stream: str | None = None, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """Return what was found to be lost, as known at an as-of, by source, stream and key; what is open has no outcome."""
    wanted = [
        column == value for column, value in ((LOSS.c.source, source), (LOSS.c.stream, stream)) if value is not None
    ]
    if as_of is not None:
        wanted.append(LOSS.c.found_as_of <= text(as_of))
    with ledger.engine.connect() as connection:
        query = sa.select(LOSS).where(*wanted).order_by(*LOSS.primary_key)
        rows = [dict(row) for row in connection.execute(query).mappings()]
    for row in rows:
        row["outcome"] = next(
            (outcome for name, outcome in OUTCOMES if row[name] and (as_of is None or row[name] <= text(as_of))), None
        )
    return rows


def open_by_stream(ledger: Ledger, source: str, as_of: datetime) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the losses of a source that nobody confirmed and that did not come back, by source and stream."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in losses(ledger, source, as_of=as_of):
        if row["outcome"] is None:
            found.setdefault((source, row["stream"]), []).append(row)
    return found


def incident(ledger: Ledger, source: str, as_of: datetime) -> list[dict[str, Any]]:
    """Return the open losses of a source that were found with too many others to be deletions of a working day."""
    by_stream = open_by_stream(ledger, source, as_of)
    return [row for rows in by_stream.values() for row in rows if row["is_incident"]]


def alias(row: Row) -> str:
    """Return the id under which a lost record goes on whose own id was given to another."""
    return f"{row['key']}~{row['incarnation'][:19].translate(str.maketrans('', '', '-:T'))}"


def apply(connection: duckdb.DuckDBPyConnection, known: Collection[Row], stream: Stream) -> None:
    """Let `landed` hold what losses of its source make of it: ids given anew parted, confirmed losses gone."""
    for row in known:
        if row["kind"] == GIVEN_ANEW and row["outcome"] != RETURNED:
            _part(connection, stream, row)
    for row in known:
        if row["stream"] == stream.name and row["outcome"] == CONFIRMED:
            _take_out(connection, row)


def _part(connection: duckdb.DuckDBPyConnection, stream: Stream, row: Row) -> None:
    """Give the lost record its own id, and let what was made before the other one point to it."""
    key, fresh = literal(row["key"]), literal(alias(row))
    before = f"{created_sql(stream)} < TIMESTAMPTZ {literal(row['shown_at'])}"
    if row["stream"] == stream.name:
        patch = f"json_object({literal(stream.key[0])}, {fresh})"
        connection.execute(
            f"UPDATE landed SET key = {fresh}, payload = CAST(json_merge_patch(payload, {patch}) AS VARCHAR) "  # noqa: S608
            f"WHERE key = {key} AND NOT is_deleted AND {created_sql(stream)} = TIMESTAMPTZ {literal(row['incarnation'])}"
        )
        return
    old, new = literal(f'"{row["key"]}"'), literal(f'"{alias(row)}"')
    before = before if stream.created else f"event_at < TIMESTAMPTZ {literal(row['shown_at'])}"
    pointed = f"payload = replace(payload, {old}, {new}) WHERE contains(payload, {old})"
    connection.execute(f"UPDATE landed SET {pointed} AND {before}")  # noqa: S608


def _take_out(connection: duckdb.DuckDBPyConnection, row: Row) -> None:
    """Put a tombstone above a lost record; of a record that went back to an older version, the versions after that."""
    closed = f"TIMESTAMPTZ {literal(row['closed_as_of'])}"
    if row["kind"] == REVERSED:
        newer = f"stamp > TIMESTAMPTZ {literal(row['shown_at'])} AND extracted_at <= TIMESTAMPTZ {literal(row['found_as_of'])}"
        connection.execute(f"DELETE FROM landed WHERE key = {literal(row['key'])} AND {newer}")  # noqa: S608
        return
    key = literal(alias(row) if row["kind"] == GIVEN_ANEW else row["key"])
    connection.execute(
        f"INSERT INTO landed BY NAME SELECT key, greatest(max(stamp), {closed}) AS stamp, {closed} AS extracted_at, "  # noqa: S608
        f"strftime({closed}, '%Y-%m-%d') AS partition, true AS is_deleted, 0 AS row_no, 'ledger' AS batch, max(sequence) + 1 AS sequence, "
        f"greatest(max(rank), {closed}) AS rank FROM landed WHERE key = {key} GROUP BY key"
    )


def _held_sql(raw: RawLog, stream: Stream, as_of: datetime) -> str:
    """Return the SELECT of the newest landed version of every record that was not told to be deleted, by key and creation.

    An instant ahead of the reading is a slip of some clock and proves nothing: mended later, it is neither a way back nor another record.
    """
    files = [file for file in raw.files(stream.source, stream.name) if file.exists()]
    if not files:
        return (
            "SELECT NULL::VARCHAR AS key, NULL::TIMESTAMPTZ AS stamp, NULL::TIMESTAMPTZ AS event_at, NULL::TIMESTAMPTZ AS created, "
            "NULL::VARCHAR AS payload, true AS is_newest WHERE false"
        )
    listed = ", ".join(literal(str(file)) for file in files)
    order = "ORDER BY stamp DESC NULLS LAST, extracted_at DESC, row_no DESC"
    return f"""
        WITH found AS (
          SELECT *, {created_sql(stream)} AS created FROM read_parquet([{listed}])
          WHERE trim(key) <> '' AND extracted_at <= TIMESTAMPTZ {literal(as_of.isoformat())}
        ), landed AS (
          SELECT * REPLACE ({_sound("stamp")} AS stamp, {_sound("created")} AS created) FROM found
        ), newest AS (
          SELECT *, row_number() OVER (PARTITION BY key {order}) = 1 AS is_newest, row_number() OVER (PARTITION BY key, created, is_deleted {order}) AS place,
            max(CASE WHEN is_deleted THEN stamp END) OVER (PARTITION BY key) AS gone_at
          FROM landed
        )
        SELECT key, stamp, event_at, created, payload, is_newest FROM newest
        WHERE place = 1 AND NOT is_deleted AND (gone_at IS NULL OR stamp > gone_at)
          AND NOT coalesce(CASE WHEN json_valid(payload) THEN json_extract_string(payload, '$.IsDeleted') = 'true' END, false)
    """  # noqa: S608


def _sound(instant: str) -> str:
    return f"CASE WHEN {instant} <= extracted_at + {AHEAD} THEN {instant} END"


def _leave_out_explained(connection: duckdb.DuckDBPyConnection, raw: RawLog, stream: Stream, as_of: datetime) -> None:
    """Forget records whose parent was deleted, or which a merge took away: they go without a word of their own."""
    if stream.parent is not None:
        field, name = stream.parent
        parents = Stream(stream.source, name, ("Id",), "thing")
        owner = f"json_extract_string(payload, {literal('$.' + field)})"
        alive_sql = _held_sql(raw, parents, as_of)
        connection.execute(f"DELETE FROM held WHERE {owner} IS NULL OR {owner} NOT IN (SELECT key FROM ({alive_sql}))")  # noqa: S608
    if stream.merged_by is not None:
        name, keys = stream.merged_by
        merges = _held_sql(raw, Stream(stream.source, name, ("id",), "fact"), as_of)
        connection.execute(f"DELETE FROM held WHERE key IN (SELECT unnest({keys}) FROM ({merges}))")  # noqa: S608


def _lost_sql(stream: Stream) -> str:
    is_back = "false" if stream.is_stampless or stream.kind != "thing" else "here.stamp < held.stamp"
    z = "strftime({} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')"
    return f"""
        WITH judged AS (
          SELECT held.*, here.stamp AS shown_stamp, here.created AS shown_created,
            CASE WHEN here.key IS NULL AND held.is_newest THEN '{VANISHED}' WHEN held.created <> here.created THEN '{GIVEN_ANEW}'
              WHEN held.is_newest AND {is_back} THEN '{REVERSED}' END AS kind
          FROM held LEFT JOIN here ON here.key = held.key
        )
        SELECT key, kind, coalesce({z.format("created")}, '') AS incarnation, {z.format("coalesce(created, event_at)")} AS created_at,
          {z.format("coalesce(event_at, stamp)")} AS version_at,
          CASE kind WHEN '{REVERSED}' THEN {z.format("shown_stamp")} WHEN '{GIVEN_ANEW}' THEN {z.format("shown_created")} END AS shown_at
        FROM judged WHERE kind IS NOT NULL ORDER BY key, kind, incarnation
    """  # noqa: S608


def created_sql(stream: Stream) -> str:
    """Return the expression of a record's creation over its `payload`."""
    if stream.created is None:
        return "CAST(NULL AS TIMESTAMPTZ)"
    value = f"CASE WHEN json_valid(payload) THEN json_extract_string(payload, {literal('$.' + stream.created)}) END"
    return instant_sql(f"({value})", stream.clock)


def _same(row: Row) -> tuple[str, str, str]:
    return row["key"], row["kind"], row["incarnation"]


def _mark(rows: Iterable[Row], ledger: Ledger, **values: str) -> None:
    with ledger.engine.begin() as connection:
        for row in rows:
            same = sa.and_(*(column == row[column.name] for column in LOSS.primary_key))
            connection.execute(sa.update(LOSS).where(same).values(values))
