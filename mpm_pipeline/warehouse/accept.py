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
from mpm_pipeline.warehouse import losses
from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.judge import LARGEST_RECORD, NOT_SENT, TOO_LARGE, broken, leaf, typed_sql
from mpm_pipeline.warehouse.nested import ambiguous
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.unlanded import declare, show_read
from mpm_pipeline.warehouse.wire import AHEAD

BODY = f"CASE WHEN problem = {literal(TOO_LARGE)} THEN md5(payload) ELSE payload END"
"""What of a payload is held in memory: of one that is too large to be read only what tells it from others."""

LONG, LOT = 65_536, 16_777_216
"""Bytes from which a payload is long, and of the long ones that are read together."""

SAMPLE = 100
"""Records that are looked at to learn which names a stream's records have."""

READ_AT_ALL = f"(problem IS NULL OR starts_with(problem, {literal(NOT_SENT)}))"

ODD = f"NOT is_deleted AND NOT coalesce(stamp <= extracted_at + {AHEAD}, false)"
"""A version without a sound stamp."""
COUNTED = "SELECT count(*), count(key), count(DISTINCT key), count(*) FILTER ({1}) FROM {0}"


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


@dataclass(frozen=True)
class _Arrived:
    """What landed of one stream: the relation that holds it, its rows, those of them that carry a key, and how many keys that are.

    `batches` are its files by their place; none: each row names its own, because some stand in no file.
    """

    relation: str
    batches: Sequence[str]
    rows: int
    keyed: int
    keys: int

    @property
    def is_single(self) -> bool:
        """Every row has a key of its own: there are no versions to compare."""
        return self.rows == self.keyed == self.keys


def accept(connection: duckdb.DuckDBPyConnection, raw: RawLog, contract: type[Record], as_of: datetime) -> Accepted:
    """Type one stream as known at `as_of` into the connection; see the module's docstring for the tables it leaves."""
    stream = stream_of(contract)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(stream.source)}")
    name = f"{quote(stream.source)}.{{}}"
    main, refused, versions, kept = (
        name.format(quote(stream.name + suffix)) for suffix in ("", "$refused", "$versions", "$read")
    )
    arrived = _arrived(connection, raw, stream, as_of)
    if not arrived.rows:
        declare(connection, stream, fields(contract))
        return Accepted(stream, 0, 0, 0, None, None)
    is_ordered = _read(connection, contract, kept, arrived)
    newest_event_at, newest_extracted_at = _newest_instants(connection, stream, as_of)
    keys = arrived.rows if arrived.is_single else _count(connection, "(SELECT DISTINCT identity FROM read)")
    is_single = keys == arrived.rows
    rows = _only_versions_sql(contract, "" if is_ordered else "ORDER BY key") if is_single else _accepted_sql(contract)
    connection.execute(f"CREATE OR REPLACE TABLE {refused} AS {_refused_sql(stream, '' if is_single else _newest())}")
    connection.execute(f"CREATE OR REPLACE {'VIEW' if is_ordered else 'TABLE'} {main} AS {rows}")
    if stream.keeps_versions:
        columns = ", ".join(f"{_apart(name)} AS {quote(name)}" for name in fields(contract))
        connection.execute(
            f"CREATE OR REPLACE TABLE {versions} AS SELECT key AS _key, stamp AS _stamp, extracted_at AS _extracted_at, {columns} "  # noqa: S608
            "FROM read WHERE reason IS NULL AND NOT is_deleted"
        )
    headless = _count(connection, f"{refused} WHERE reason_code = 'missing_column'")
    counts = (keys, _count(connection, main), _count(connection, refused))
    rows_ahead = _count(connection, f"{main} WHERE NOT _deleted AND _{_ahead_sql(stream, as_of)}")
    return Accepted(stream, *counts, newest_event_at, newest_extracted_at, headless, rows_ahead)


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


def _arrived(connection: duckdb.DuckDBPyConnection, raw: RawLog, stream: Stream, as_of: datetime) -> _Arrived:
    """Show what landed up to as-of in the connection: straight from the files, or as a table where losses change it."""
    files = [
        file for file in raw.files(stream.source, stream.name, newest_at=_newest_at(stream, as_of)) if file.exists()
    ]
    if not files:
        return _Arrived("", (), 0, 0, 0)
    listed = ", ".join(literal(str(file)) for file in files)
    order = ", ".join(f"({literal(str(file))}, {place})" for place, file in enumerate(files))
    folder = f"{stream.source}/{stream.name}/"
    source = (
        f"SELECT r.* EXCLUDE (filename) REPLACE ({BODY} AS payload), {literal(folder)} || parse_filename(filename) AS batch, o.sequence "  # noqa: S608
        f"FROM read_parquet([{listed}], filename = true) r JOIN (VALUES {order}) o(file, sequence) ON o.file = r.filename "
        f"WHERE extracted_at <= TIMESTAMPTZ {literal(as_of.isoformat())}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW arrived AS SELECT *, {_rank_sql(stream)} AS rank FROM ({source})")  # noqa: S608
    *counted, odd = connection.execute(COUNTED.format("arrived", ODD)).fetchall()[0]
    has_odd = odd > 0 and counted[1] > counted[2] and bool(stream.stamp) and not stream.is_stampless
    known = losses.losses(raw.ledger, stream.source, as_of=as_of)
    if not known and not has_odd:
        return _Arrived("arrived", [folder + file.name for file in files], *counted)
    connection.execute("CREATE OR REPLACE TEMP TABLE landed AS SELECT * FROM arrived")
    if has_odd:
        _let_later_landings_stand(connection)
    losses.apply(connection, known, stream)
    return _Arrived("landed", [], *connection.execute(COUNTED.format("landed", ODD)).fetchall()[0][:3])


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
    odd = f"SELECT key, extracted_at FROM landed WHERE {ODD}"  # noqa: S608
    floor = f"SELECT max(o.extracted_at) FROM ({odd}) o WHERE o.key = l.key AND o.extracted_at <= l.extracted_at"  # noqa: S608
    connection.execute(f"UPDATE landed AS l SET rank = greatest(rank, ({floor})) WHERE key IN (SELECT key FROM ({odd}))")  # noqa: S608  # fmt: skip


def _read(connection: duckdb.DuckDBPyConnection, contract: type[Record], kept: str, arrived: _Arrived) -> bool:
    """Type every landed version and give each bad one the first reason that applies; long payloads a few at a time.

    Return whether the rows stand in the order of their keys, which they do where there is nothing else to order by.
    """
    short = f"coalesce(strlen(payload), 0) <= {LONG}"
    usual = _usual_names(connection, arrived.relation)
    is_ordered = arrived.is_single and not stream_of(contract).keeps_versions
    batch = "CAST(NULL AS VARCHAR)" if arrived.batches else "batch"
    rows = _read_sql(contract, arrived.relation, batch, short, usual, LONG) + ("ORDER BY key" if is_ordered else "")
    connection.execute(f"CREATE OR REPLACE TABLE {kept} AS {rows}")
    show_read(connection, kept, arrived.batches)
    if _count(connection, kept) == arrived.rows:
        return is_ordered
    if arrived.relation != "landed":
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
