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

from mpm_pipeline.contracts.record import Record, Stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.vocabulary import QUARANTINE_REASONS
from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.judge import LARGEST_RECORD, NOT_SENT, TOO_LARGE, broken, leaf, typed_sql
from mpm_pipeline.warehouse.losses import apply as apply_losses
from mpm_pipeline.warehouse.nested import ambiguous
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.unlanded import declare
from mpm_pipeline.warehouse.wire import AHEAD

BODY = f"CASE WHEN problem = {literal(TOO_LARGE)} THEN md5(payload) ELSE payload END"
"""What of a payload is held in memory: of one that is too large to be read only what tells it from others."""

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
    main, refused, versions = (name.format(quote(stream.name + suffix)) for suffix in ("", "$refused", "$versions"))
    if not _landed(connection, raw, stream, as_of):
        declare(connection, stream, _fields(contract))
        return Accepted(stream, 0, 0, 0, None, None)
    _read(connection, contract)
    ahead = _ahead_sql(stream, as_of)
    (landed,) = connection.execute(
        f"SELECT count(DISTINCT coalesce(key, '#' || md5(payload))), max(coalesce(event_at, stamp)) FILTER (NOT {ahead}), "  # noqa: S608
        "max(extracted_at), count(*) FROM landed"
    ).fetchall()
    rows = _accepted_sql(contract) if landed[0] < landed[3] else _only_versions_sql(contract)
    connection.execute(f"CREATE OR REPLACE TABLE {refused} AS {_refused_sql(stream)}")
    connection.execute(f"CREATE OR REPLACE TABLE {main} AS {rows}")
    if stream.keeps_versions:
        columns = ", ".join(f"{_apart(name)} AS {quote(name)}" for name in _fields(contract))
        connection.execute(
            f"CREATE OR REPLACE TABLE {versions} AS SELECT key AS _key, stamp AS _stamp, extracted_at AS _extracted_at, {columns} "  # noqa: S608
            "FROM read WHERE reason IS NULL AND NOT is_deleted"
        )
    headless = _count(connection, f"{refused} WHERE reason_code = 'missing_column'")
    counts = (landed[0], _count(connection, main), _count(connection, refused))
    rows_ahead = _count(connection, f"{main} WHERE NOT _deleted AND _{ahead}")
    return Accepted(stream, *counts, landed[1], landed[2], headless, rows_ahead)


def refused_sql(source: str, stream: str) -> str:
    """Return the SELECT of an accepted stream's quarantine rows in the shape of `staged.meta_quarantine`."""
    return f"SELECT * EXCLUDE (partition) FROM {quote(source)}.{quote(stream + '$refused')}"  # noqa: S608


def reconcile_sql(source: str, stream: str) -> str:
    """Return the SELECT that counts, per partition, keys in, out, refused and deleted of an accepted stream."""
    main, refused = (f"{quote(source)}.{quote(stream + suffix)}" for suffix in ("", "$refused"))
    return f"""
        SELECT {literal(source)} AS source, {literal(stream)} AS stream, partition,
          count(*) AS rows_in, count(*) FILTER (NOT refused) AS rows_out, count(*) FILTER (refused) AS rows_quarantined,
          count(*) FILTER (deleted) AS rows_deleted
        FROM (
          SELECT _partition AS partition, false AS refused, _deleted AS deleted FROM {main}
          UNION ALL SELECT partition, true, false FROM {refused}
        ) GROUP BY partition
    """  # noqa: S608


def _apart(name: str) -> str:
    """Name a typed field so that it never meets a column of ours: SQL takes `Field` and `field` for one name."""
    return quote(f".{name}")


def _fields(contract: type[Record]) -> dict[str, Any]:
    return dict(contract.to_schema().columns)


def _landed(connection: duckdb.DuckDBPyConnection, raw: RawLog, stream: Stream, as_of: datetime) -> int:
    """Bring what landed up to as-of into the connection; return how many rows that are."""
    files = [
        file for file in raw.files(stream.source, stream.name, newest_at=_newest_at(stream, as_of)) if file.exists()
    ]
    if not files:
        connection.execute("DROP TABLE IF EXISTS landed")
        return 0
    listed = ", ".join(literal(str(file)) for file in files)
    order = ", ".join(f"({literal(str(file))}, {place})" for place, file in enumerate(files))
    folder = f"{stream.source}/{stream.name}/"
    source = (
        f"SELECT r.* EXCLUDE (filename) REPLACE ({BODY} AS payload), {literal(folder)} || parse_filename(filename) AS batch, o.sequence "  # noqa: S608
        f"FROM read_parquet([{listed}], filename = true) r JOIN (VALUES {order}) o(file, sequence) ON o.file = r.filename "
        f"WHERE extracted_at <= TIMESTAMPTZ {literal(as_of.isoformat())}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE landed AS SELECT *, {_rank_sql(stream)} AS rank FROM ({source})")  # noqa: S608
    if stream.stamp and not stream.is_stampless:
        _let_later_landings_stand(connection)
    apply_losses(connection, raw.ledger, stream, as_of)
    return _count(connection, "landed")


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])  # noqa: S608


def _ahead_sql(stream: Stream, as_of: datetime) -> str:
    """Return the condition over `partition` that a vendor dates a row after the day that follows as-of's; files may."""
    tomorrow = f"{as_of.astimezone(UTC) + timedelta(days=1):%Y-%m-%d}" if stream.kind != "snapshot" else "9999-12-31"
    return f"partition > {literal(tomorrow)}"


def _newest_at(stream: Stream, as_of: datetime) -> datetime | None:
    """Of a snapshot only the newest file counts, even when it is empty."""
    return as_of if stream.kind == "snapshot" else None


def _rank_sql(stream: Stream) -> str:
    """Return what orders the versions of a key before their landing does: the stamp, see `Stream.is_stampless`.

    A version whose stamp cannot be read, or lies ahead of its landing, is as new as its landing: an older truth never stands
    above it, and it stands above no later one (`_let_later_landings_stand`).
    """
    if not stream.is_stampless:
        return f"CASE WHEN stamp <= extracted_at + {AHEAD} THEN stamp ELSE extracted_at END"
    order = "ORDER BY extracted_at, sequence, row_no"
    return (
        f"CASE WHEN row_number() OVER (PARTITION BY key, payload, is_deleted {order}) = 1 "
        f"THEN max(stamp) OVER (PARTITION BY key {order} ROWS UNBOUNDED PRECEDING) ELSE stamp END"
    )


def _let_later_landings_stand(connection: duckdb.DuckDBPyConnection) -> None:
    """Rank what landed after a version without a sound stamp no lower than that one: its stamp may be an older day's, once it is mended."""
    odd = f"SELECT key, extracted_at FROM landed WHERE NOT is_deleted AND NOT coalesce(stamp <= extracted_at + {AHEAD}, false)"  # noqa: S608
    if _count(connection, f"({odd})"):
        floor = f"SELECT max(o.extracted_at) FROM ({odd}) o WHERE o.key = l.key AND o.extracted_at <= l.extracted_at"  # noqa: S608
        connection.execute(
            f"UPDATE landed AS l SET rank = greatest(rank, ({floor})) WHERE key IN (SELECT key FROM ({odd}))"  # noqa: S608
        )


def _read(connection: duckdb.DuckDBPyConnection, contract: type[Record]) -> None:
    """Type every landed version and give each bad one the first reason that applies; long payloads a few at a time."""
    short = f"coalesce(strlen(payload), 0) <= {LONG}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE read AS {_read_sql(contract, short, _usual_names(connection), LONG)}"
    )
    for rows in _lots(connection):
        connection.execute("INSERT INTO read " + _read_sql(contract, f"rowid IN ({', '.join(map(str, rows))})"))


def _usual_names(connection: duckdb.DuckDBPyConnection) -> list[list[str]]:
    """Return the lists of names that most records have and in which no name stands twice, so that it is judged once for all."""
    found = connection.execute(
        f"""
        WITH few AS (SELECT payload FROM landed WHERE problem IS NULL AND strlen(payload) <= {LONG} LIMIT {SAMPLE}),
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
    contract: type[Record], which: str, usual: Sequence[Sequence[str]] = (), longest: int = LARGEST_RECORD
) -> str:
    fields = _fields(contract)
    stream = stream_of(contract)
    shape = "{" + ", ".join(f'"{name}":"{leaf(field)}"' for name, field in fields.items()) + "}"
    typed = ", ".join(f"{quote(name)}: {typed_sql(name, field)}" for name, field in fields.items())
    rules = broken(stream, fields, usual, longest)
    first_broken = "\n".join(f"WHEN {condition} THEN {place}" for place, (_, _, condition) in enumerate(rules, start=1))
    reasons, named = (", ".join(literal(one[part]) for one in rules) for part in (0, 1))
    return f"""
        WITH readable AS (
          SELECT *, CASE WHEN {READ_AT_ALL} AND json_valid(payload) THEN payload END AS text FROM landed WHERE {which}
        ), sound AS (
          SELECT *, CASE WHEN starts_with(text, '{{') OR json_type(text) = 'OBJECT' THEN text END AS object FROM readable
        ), leaves AS (
          SELECT *, object IS NOT NULL AS is_sound, json_transform(object, {literal(shape)}) AS w, json_keys(object) AS names FROM sound
        ), typed AS (
          SELECT *, {{{typed}}} AS t FROM leaves
        ), judged AS (
          SELECT *, CASE WHEN is_deleted THEN NULL {first_broken} END AS verdict FROM typed
        )
        SELECT key, coalesce(key, '#' || md5(payload)) AS identity, stamp, rank, event_at, extracted_at, partition, is_deleted,
          batch, row_no, sequence,
          [{reasons}][verdict] AS reason,
          CASE [{named}][verdict] WHEN {literal(NOT_SENT)} THEN problem[{len(NOT_SENT) + 1}:] ELSE nullif([{named}][verdict], '') END AS field,
          {", ".join(f"t.{quote(name)} AS {_apart(name)}" for name in fields)}
        FROM judged
    """  # noqa: S608


def _refused_sql(stream: Stream) -> str:
    reasons = " ".join(f"WHEN {literal(code)} THEN {literal(words)}" for code, words in QUARANTINE_REASONS.items())
    return f"""
        SELECT {literal(stream.source)} AS source, {literal(stream.name)} AS stream, coalesce(key, '') AS key, reason AS reason_code,
          CASE reason {reasons} END || coalesce(' (field ' || field || ')', '') AS reason_text,
          batch, row_no, extracted_at AS first_seen_at, CAST(NULL AS TIMESTAMPTZ) AS resolved_at, partition
        FROM (SELECT * FROM read {_newest()})
        WHERE reason IS NOT NULL
    """  # noqa: S608


def _accepted_sql(contract: type[Record]) -> str:
    """Of each key the newest version that carries a payload, flagged as deleted when a newer tombstone stands above it."""
    columns = ", ".join(f"{_apart(name)} AS {quote(name)}" for name in _fields(contract))
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


def _only_versions_sql(contract: type[Record]) -> str:
    """The same where every key has landed once: there is nothing to compare."""
    columns = ", ".join(f"{_apart(name)} AS {quote(name)}" for name in _fields(contract))
    return f"""
        SELECT key AS _key, stamp AS _stamp, extracted_at AS _first_seen_at, partition AS _partition, is_deleted AS _deleted,
          is_deleted AS _is_tombstone, {columns}
        FROM read WHERE key IS NOT NULL AND reason IS NULL ORDER BY key
    """  # noqa: S608


def _newest() -> str:
    return (
        "QUALIFY row_number() OVER (PARTITION BY identity "
        "ORDER BY rank DESC NULLS LAST, extracted_at DESC, sequence DESC, row_no DESC) = 1"
    )
