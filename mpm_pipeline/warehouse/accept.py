"""From the raw log to typed records: of every key the newest version, good rows typed, bad rows named.

`accept` reads one stream by its record contract and leaves three tables in the connection: `"<source>"."<stream>"` (typed
fields plus `_key`, `_stamp`, `_first_seen_at`, `_partition`, `_deleted`), `"<source>"."<stream>$refused"` (quarantine rows)
and, for streams that keep versions, `"<source>"."<stream>$versions"` (all readable versions with `_extracted_at`).
If the newest version of a key is refused, the key is out: an older truth is never shown in its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from mpm_pipeline.contracts.fields import fields
from mpm_pipeline.contracts.record import Record, Stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.vocabulary import QUARANTINE_REASONS
from mpm_pipeline.warehouse.arrived import Arrived, arrived
from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.judge import LARGEST_RECORD, NOT_SENT, broken, leaf, typed_sql
from mpm_pipeline.warehouse.nested import ambiguous
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.unlanded import declare, show_read

LONG, LOT = 65_536, 16_777_216
"""Bytes from which a payload is long, and of the long ones that are read together."""

SAMPLE = 100
"""Records that are looked at to learn which names a stream's records have."""

READ_AT_ALL = f"(problem IS NULL OR starts_with(problem, {literal(NOT_SENT)}))"


@dataclass(frozen=True)
class Accepted:
    """What became of one stream: distinct keys that landed, that were typed and that were refused, and how new they are.

    `rows_in_headless_file` are those of the refused that stand in a file without a required column; `rows_ahead` are those of the
    typed that a vendor dates more than a day after as-of: they are served, and set no newest instant.
    """

    stream: Stream
    rows_in: int
    rows_out: int
    rows_quarantined: int
    newest_event_at: datetime | None
    newest_extracted_at: datetime | None
    rows_in_headless_file: int = 0
    rows_ahead: int = 0


def accept(connection: duckdb.DuckDBPyConnection, raw: RawLog, contract: type[Record], as_of: datetime) -> Accepted:
    """Type one stream as known at `as_of` into the connection; see the module's docstring for the tables it leaves."""
    stream = stream_of(contract)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(stream.source)}")
    name = f"{quote(stream.source)}.{{}}"
    main, refused, versions, kept = (
        name.format(quote(stream.name + suffix)) for suffix in ("", "$refused", "$versions", "$read")
    )
    came = arrived(connection, raw, stream, as_of)
    if not came.rows:
        declare(connection, stream, fields(contract))
        return Accepted(stream, 0, 0, 0, None, None)
    is_ordered = _read(connection, contract, kept, came)
    newest_event_at, newest_extracted_at = _newest_instants(connection, stream, as_of)
    keys = came.rows if came.is_single else _count(connection, "(SELECT DISTINCT identity FROM read)")
    is_single = keys == came.rows
    rows = _only_versions_sql(contract, "" if is_ordered else "ORDER BY key") if is_single else _accepted_sql(contract)
    connection.execute(f"CREATE OR REPLACE TABLE {refused} AS {_refused_sql(stream, '' if is_single else _newest())}")
    connection.execute(f"CREATE OR REPLACE {'VIEW' if is_ordered else 'TABLE'} {main} AS {rows}")
    if stream.keeps_versions:
        columns = ", ".join(f"{_apart(name)} AS {quote(name)}" for name in fields(contract))
        connection.execute(
            f"CREATE OR REPLACE TABLE {versions} AS SELECT key AS _key, stamp AS _stamp, extracted_at AS _extracted_at, {columns} "  # noqa: S608
            "FROM read WHERE reason IS NULL AND NOT is_deleted"
        )
    ((rows_out, rows_ahead),) = connection.execute(
        f"SELECT count(*), count(*) FILTER (NOT _deleted AND _{_ahead_sql(stream, as_of)}) FROM {main}"  # noqa: S608
    ).fetchall()
    ((rows_refused, headless),) = connection.execute(
        f"SELECT count(*), count(*) FILTER (reason_code = 'missing_column') FROM {refused}"  # noqa: S608
    ).fetchall()
    return Accepted(stream, keys, rows_out, rows_refused, newest_event_at, newest_extracted_at, headless, rows_ahead)


def refused_sql(source: str, stream: str) -> str:
    """Return the SELECT of an accepted stream's quarantine rows in the shape of `staged.meta_quarantine`."""
    return f"SELECT * EXCLUDE (partition) FROM {quote(source)}.{quote(stream + '$refused')}"  # noqa: S608


def reconcile_sql(contract: type[Record]) -> str:
    """Return the SELECT that counts, per partition, keys in, out, refused and deleted of an accepted stream.

    Deleted is what a tombstone or the record itself says; what merely vanished is none before a person confirms its loss.
    """
    source, stream = stream_of(contract).source, stream_of(contract).name
    flags = [quote(name) for name, one in fields(contract).items() if (one.metadata or {}).get("says_deleted")]
    deleted = " OR ".join(["_deleted", *(f"coalesce({flag}, false)" for flag in flags)])
    main, refused = (f"{quote(source)}.{quote(stream + suffix)}" for suffix in ("", "$refused"))
    return f"""
        SELECT {literal(source)} AS source, {literal(stream)} AS stream, partition,
          count(*) AS rows_in, count(*) FILTER (NOT refused) AS rows_out, count(*) FILTER (refused) AS rows_quarantined,
          count(*) FILTER (deleted) AS rows_deleted
        FROM (
          SELECT _partition AS partition, false AS refused, {deleted} AS deleted FROM {main}
          UNION ALL SELECT partition, true, false FROM {refused}
        ) GROUP BY partition
    """  # noqa: S608


def _apart(name: str) -> str:
    """Name a typed field so that it never meets a column of ours: SQL takes `Field` and `field` for one name."""
    return quote(f".{name}")


def _newest_instants(connection: duckdb.DuckDBPyConnection, stream: Stream, as_of: datetime) -> Any:
    """Return the newest instant of an event that is not ahead of as-of, and of a landing."""
    newest = f"max(coalesce(event_at, stamp)) FILTER (NOT {_ahead_sql(stream, as_of)})"
    return connection.execute(f"SELECT {newest}, max(extracted_at) FROM read").fetchall()[0]  # noqa: S608


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608


def _ahead_sql(stream: Stream, as_of: datetime) -> str:
    """Return the condition over `partition` that a vendor dates a row after the day that follows as-of's; files may."""
    tomorrow = f"{as_of.astimezone(UTC) + timedelta(days=1):%Y-%m-%d}" if stream.kind != "snapshot" else "9999-12-31"
    return f"partition > {literal(tomorrow)}"


def _read(connection: duckdb.DuckDBPyConnection, contract: type[Record], kept: str, came: Arrived) -> bool:
    """Type every landed version and give each bad one the first reason that applies; long payloads a few at a time.

    Return whether the rows stand in the order of their keys, which they do where there is nothing else to order by.
    """
    short = f"coalesce(strlen(payload), 0) <= {LONG}"
    usual = _usual_names(connection, came.relation)
    is_ordered = came.is_single and not stream_of(contract).keeps_versions
    batch = "CAST(NULL AS VARCHAR)" if came.batches else "batch"
    rows = _read_sql(contract, came.relation, batch, short, usual, LONG) + ("ORDER BY key" if is_ordered else "")
    connection.execute(f"CREATE OR REPLACE TABLE {kept} AS {rows}")
    show_read(connection, kept, came.batches)
    if _count(connection, kept) == came.rows:
        return is_ordered
    if came.relation != "landed":
        connection.execute(f"CREATE OR REPLACE TEMP TABLE landed AS SELECT * FROM arrived WHERE NOT ({short})")  # noqa: S608
    for places in _lots(connection):
        which = f"rowid IN ({', '.join(map(str, places))})"
        connection.execute(f"INSERT INTO {kept} " + _read_sql(contract, "landed", batch, which))
    return False


def _usual_names(connection: duckdb.DuckDBPyConnection, relation: str) -> list[list[str]]:
    """Return the lists of names that most records have and in which no name stands twice, so that it is judged once for all."""
    found = connection.execute(
        f"""
        WITH few AS (SELECT payload FROM {relation} WHERE problem IS NULL AND strlen(payload) <= {LONG} LIMIT {SAMPLE}),
          objects AS (SELECT CASE WHEN json_valid(payload) AND starts_with(payload, '{{') THEN payload END AS object FROM few),
          shapes AS (SELECT json_keys(object) AS names, count(*) AS records FROM objects WHERE object IS NOT NULL GROUP BY ALL)
        SELECT names FROM shapes WHERE NOT {ambiguous("names")} ORDER BY records DESC, names LIMIT 2
        """  # noqa: S608
    ).fetchall()
    return [names for (names,) in found if all(map(str.isprintable, names))]


def _lots(connection: duckdb.DuckDBPyConnection) -> Iterator[list[int]]:
    """Yield the long payloads in lots that are read at one go: reading JSON takes a multiple of its size in memory."""
    long = connection.execute(f"SELECT rowid, strlen(payload) FROM landed WHERE strlen(payload) > {LONG}").fetchall()  # noqa: S608
    lot, size = list[int](), 0
    for row, length in long:
        if lot and size + length > LOT:
            yield lot
            lot, size = [], 0
        lot.append(row)
        size += length
    if lot:
        yield lot


def _read_sql(
    contract: type[Record],
    relation: str,
    batch: str,
    which: str,
    usual: Sequence[Sequence[str]] = (),
    longest: int = LARGEST_RECORD,
) -> str:
    declared = fields(contract)
    stream = stream_of(contract)
    shape = "{" + ", ".join(f'"{name}":"{leaf(field)}"' for name, field in declared.items()) + "}"
    typed = ", ".join(f"{quote(name)}: {typed_sql(name, field)}" for name, field in declared.items())
    rules = broken(stream, declared, usual, longest)
    first_broken = "\n".join(f"WHEN {condition} THEN {place}" for place, (_, _, condition) in enumerate(rules, start=1))
    reasons, named = (", ".join(literal(one[part]) for one in rules) for part in (0, 1))
    return f"""
        WITH readable AS (
          SELECT *, CASE WHEN {READ_AT_ALL} THEN payload END AS text FROM {relation} WHERE {which}
        ), told AS (
          SELECT *, TRY(json_keys(text)) AS names FROM readable
        ), sound AS (
          SELECT *, CASE WHEN names IS NOT NULL AND (starts_with(text, '{{') OR json_type(text) = 'OBJECT') THEN text END AS object FROM told
        ), leaves AS (
          SELECT *, object IS NOT NULL AS is_sound, json_transform(object, {literal(shape)}) AS w FROM sound
        ), typed AS (
          SELECT *, {{{typed}}} AS t FROM leaves
        ), judged AS (
          SELECT *, CASE WHEN is_deleted THEN NULL {first_broken} END AS verdict FROM typed
        )
        SELECT key, CASE WHEN key IS NULL THEN '#' || md5(payload) END AS anonymous, stamp, rank, event_at, extracted_at, partition, is_deleted,
          {batch} AS batch, row_no, sequence,
          [{reasons}][verdict] AS reason,
          CASE [{named}][verdict] WHEN {literal(NOT_SENT)} THEN problem[{len(NOT_SENT) + 1}:] ELSE nullif([{named}][verdict], '') END AS field,
          {", ".join(f"t.{quote(name)} AS {_apart(name)}" for name in declared)}
        FROM judged
    """  # noqa: S608


def _refused_sql(stream: Stream, newest: str) -> str:
    reasons = " ".join(f"WHEN {literal(code)} THEN {literal(words)}" for code, words in QUARANTINE_REASONS.items())
    return f"""
        SELECT {literal(stream.source)} AS source, {literal(stream.name)} AS stream, coalesce(key, '') AS key, reason AS reason_code,
          CASE reason {reasons} END || coalesce(' (field ' || field || ')', '') AS reason_text,
          batch, row_no, extracted_at AS first_seen_at, CAST(NULL AS TIMESTAMPTZ) AS resolved_at, partition
        FROM (SELECT * FROM read {newest})
        WHERE reason IS NOT NULL
    """  # noqa: S608


def _accepted_sql(contract: type[Record]) -> str:
    """Of each key the newest version that carries a payload, flagged as deleted when a newer tombstone stands above it."""
    columns = ", ".join(f"{_apart(name)} AS {quote(name)}" for name in fields(contract))
    return f"""
        WITH ranked AS (
          SELECT *, first_value(is_deleted) OVER newest AS gone, first_value(reason) OVER newest AS newest_reason,
            first_value(partition) OVER newest AS newest_partition, min(extracted_at) OVER (PARTITION BY key) AS first_seen_at
          FROM read WHERE key IS NOT NULL
          WINDOW newest AS (PARTITION BY key ORDER BY rank DESC NULLS LAST, extracted_at DESC, sequence DESC, row_no DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        ), bearing AS (
          SELECT * FROM ranked WHERE newest_reason IS NULL AND (reason IS NULL)
          QUALIFY row_number() OVER (PARTITION BY key ORDER BY is_deleted, rank DESC NULLS LAST, extracted_at DESC, sequence DESC, row_no DESC) = 1
        )
        SELECT key AS _key, stamp AS _stamp, first_seen_at AS _first_seen_at, newest_partition AS _partition, gone AS _deleted,
          is_deleted AS _is_tombstone, {columns}
        FROM bearing ORDER BY key
    """  # noqa: S608


def _only_versions_sql(contract: type[Record], order: str) -> str:
    """The same where every key has landed once: there is nothing to compare."""
    columns = ", ".join(f"{_apart(name)} AS {quote(name)}" for name in fields(contract))
    return f"""
        SELECT key AS _key, stamp AS _stamp, extracted_at AS _first_seen_at, partition AS _partition, is_deleted AS _deleted,
          is_deleted AS _is_tombstone, {columns}
        FROM {quote(stream_of(contract).source)}.{quote(stream_of(contract).name + "$read")}
        WHERE key IS NOT NULL AND reason IS NULL {order}
    """  # noqa: S608


def _newest() -> str:
    return (
        "QUALIFY row_number() OVER (PARTITION BY identity "
        "ORDER BY rank DESC NULLS LAST, extracted_at DESC, sequence DESC, row_no DESC) = 1"
    )
