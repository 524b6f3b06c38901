"""From the raw log to typed records: of every key the newest version, good rows typed, bad rows named.

`accept` reads one stream by its record contract and leaves three tables in the connection: `"<source>"."<stream>"` (typed
fields plus `_key`, `_stamp`, `_first_seen_at`, `_partition`, `_deleted`), `"<source>"."<stream>$refused"` (quarantine rows)
and, for streams that keep versions, `"<source>"."<stream>$versions"` (all readable versions with `_extracted_at`).
If the newest version of a key is refused, the key is out: an older truth is never shown in its place.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from mpm_pipeline.contracts.record import Record, Stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.vocabulary import QUARANTINE_REASONS
from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.wire import value_sql


def accept(connection: duckdb.DuckDBPyConnection, raw: RawLog, contract: type[Record], as_of: datetime) -> None:
    """Type one stream as known at `as_of` into the connection; see the module's docstring for the tables it leaves."""
    stream = stream_of(contract)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(stream.source)}")
    name = f"{quote(stream.source)}.{{}}"
    main, refused, versions = (name.format(quote(stream.name + suffix)) for suffix in ("", "$refused", "$versions"))
    _landed(connection, raw, stream, as_of)
    _read(connection, contract)
    connection.execute(f"CREATE OR REPLACE TABLE {refused} AS {_refused_sql(stream)}")
    connection.execute(f"CREATE OR REPLACE TABLE {main} AS {_accepted_sql(contract)}")
    if stream.keeps_versions:
        columns = ", ".join(quote(column) for column in _fields(contract))
        connection.execute(
            f"CREATE OR REPLACE TABLE {versions} AS SELECT key AS _key, stamp AS _stamp, extracted_at AS _extracted_at, {columns} "  # noqa: S608
            "FROM read WHERE reason IS NULL AND NOT is_deleted"
        )


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


def _fields(contract: type[Record]) -> dict[str, Any]:
    return dict(contract.to_schema().columns)


def _landed(connection: duckdb.DuckDBPyConnection, raw: RawLog, stream: Stream, as_of: datetime) -> None:
    files = [file for file in raw.files(stream.source, stream.name, newest_at=_newest_at(stream, as_of)) if file.exists()]
    empty = (
        "SELECT NULL::VARCHAR AS key, NULL::TIMESTAMPTZ AS stamp, NULL::TIMESTAMPTZ AS event_at, NULL::TIMESTAMPTZ AS extracted_at, "
        "NULL::VARCHAR AS partition, NULL::BOOLEAN AS is_deleted, NULL::VARCHAR AS payload, NULL::VARCHAR AS problem, "
        "NULL::BIGINT AS row_no, NULL::VARCHAR AS batch, NULL::BIGINT AS sequence WHERE false"
    )
    source = empty
    if files:
        listed = ", ".join(literal(str(file)) for file in files)
        order = ", ".join(f"({literal(str(file))}, {place})" for place, file in enumerate(files))
        folder = f"{stream.source}/{stream.name}/"
        source = (
            f"SELECT r.* EXCLUDE (filename), {literal(folder)} || parse_filename(filename) AS batch, o.sequence "  # noqa: S608
            f"FROM read_parquet([{listed}], filename = true) r JOIN (VALUES {order}) o(file, sequence) ON o.file = r.filename "
            f"WHERE extracted_at <= TIMESTAMPTZ {literal(as_of.isoformat())}"
        )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE landed AS {source}")


def _newest_at(stream: Stream, as_of: datetime) -> datetime | None:
    """Of a snapshot only the newest file counts, even when it is empty."""
    return as_of if stream.kind == "snapshot" else None


def _read(connection: duckdb.DuckDBPyConnection, contract: type[Record]) -> None:
    """Type every landed version and give each bad one the first reason that applies."""
    fields = _fields(contract)
    shape = "{" + ", ".join(f'"{name}":"{_leaf(field)}"' for name, field in fields.items()) + "}"
    typed = ",\n".join(f"{_typed(name, field)} AS {quote(name)}" for name, field in fields.items())
    bad_type = [
        f"(w.{quote(n)} IS NOT NULL AND {_typed(n, f)} IS NULL)"
        for n, f in fields.items()
        if _wire(f) not in ("text", "json", "currency")
    ]
    currency = [
        f"(w.{quote(n)} IS NOT NULL AND {_typed(n, f)} IS NULL)" for n, f in fields.items() if _wire(f) == "currency"
    ]
    missing = [f"{_present(n, f)} IS NULL" for n, f in fields.items() if not f.nullable]
    value = [check for n, f in fields.items() for check in _checks(n, f)] + ["contains(payload, '\\u0000')"]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE read AS
        WITH readable AS (
          SELECT *, CASE WHEN problem IS NULL AND json_valid(payload) THEN payload END AS text FROM landed
        ), sound AS (
          SELECT *, CASE WHEN json_type(text) = 'OBJECT' THEN text END AS object FROM readable
        ), leaves AS (
          SELECT *, object IS NOT NULL AS is_sound, json_transform(object, {literal(shape)}) AS w, json_keys(object) AS names FROM sound
        )
        SELECT key, coalesce(key, '#' || md5(payload)) AS identity, stamp, event_at, extracted_at, partition, is_deleted,
          batch, row_no, sequence,
          CASE WHEN is_deleted THEN NULL
            WHEN NOT is_sound THEN 'bad_json'
            WHEN len(list_distinct(names)) < len(names) THEN 'duplicate_key'
            WHEN key IS NULL OR trim(key) = '' THEN 'missing_key'
            WHEN {_any(missing)} THEN 'missing_field'
            WHEN {_any(bad_type)} THEN 'bad_type'
            WHEN {_any(currency)} THEN 'bad_currency'
            WHEN {_any(value)} THEN 'bad_value' END AS reason,
          {_first_bad(fields)} AS field,
          {typed}
        FROM leaves
    """)  # noqa: S608


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
    columns = ", ".join(quote(column) for column in _fields(contract))
    return f"""
        WITH ranked AS (
          SELECT *, first_value(is_deleted) OVER newest AS gone, first_value(reason) OVER newest AS newest_reason,
            first_value(partition) OVER newest AS newest_partition, min(extracted_at) OVER (PARTITION BY key) AS first_seen_at
          FROM read WHERE key IS NOT NULL
          WINDOW newest AS (PARTITION BY key ORDER BY stamp DESC NULLS LAST, extracted_at DESC, sequence DESC, row_no DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        ), bearing AS (
          SELECT * FROM ranked WHERE newest_reason IS NULL AND (reason IS NULL)
          QUALIFY row_number() OVER (PARTITION BY key ORDER BY is_deleted, stamp DESC NULLS LAST, extracted_at DESC, sequence DESC, row_no DESC) = 1
        )
        SELECT key AS _key, stamp AS _stamp, first_seen_at AS _first_seen_at, newest_partition AS _partition, gone AS _deleted,
          is_deleted AS _is_tombstone, {columns}
        FROM bearing ORDER BY key
    """  # noqa: S608


def _newest() -> str:
    return (
        "QUALIFY row_number() OVER (PARTITION BY identity "
        "ORDER BY stamp DESC NULLS LAST, extracted_at DESC, sequence DESC, row_no DESC) = 1"
    )


def _wire(field: Any) -> str:
    return str(field.metadata["wire"])


def _leaf(field: Any) -> str:
    return "JSON" if _wire(field) == "json" else "VARCHAR"


def _typed(name: str, field: Any) -> str:
    if _wire(field) == "json":
        return f"nullif(CAST(w.{quote(name)} AS VARCHAR), 'null')"
    return value_sql(f"w.{quote(name)}", _wire(field))


def _present(name: str, field: Any) -> str:
    return f"nullif(CAST(w.{quote(name)} AS VARCHAR), '')"


def _any(conditions: list[str]) -> str:
    return "(" + " OR ".join(conditions) + ")" if conditions else "false"


def _checks(name: str, field: Any) -> list[str]:
    """Turn the contract's range and list checks into conditions under which a row is refused."""
    found = []
    for check in field.checks:
        statistics: Mapping[str, Any] = check.statistics or {}
        typed = _typed(name, field)
        if check.name == "isin":
            allowed = ", ".join(literal(str(value)) for value in statistics["allowed_values"])
            found.append(f"({typed} NOT IN ({allowed}))")
        elif check.name == "greater_than_or_equal_to":
            found.append(f"({typed} < {statistics['min_value']})")
        elif check.name == "less_than_or_equal_to":
            found.append(f"({typed} > {statistics['max_value']})")
        else:
            raise NotImplementedError(f"{name}: the check {check.name} has no SQL form yet")
    return found


def _first_bad(fields: Mapping[str, Any]) -> str:
    """Name the first field that is missing, untyped or out of range; a field's name is no personal data."""
    missing = [f"WHEN {_present(n, f)} IS NULL THEN {literal(n)}" for n, f in fields.items() if not f.nullable]
    unread = [
        f"WHEN w.{quote(n)} IS NOT NULL AND {_typed(n, f)} IS NULL THEN {literal(n)}"
        for n, f in fields.items()
        if _wire(f) not in ("text", "json")
    ]
    outside = [f"WHEN {condition} THEN {literal(n)}" for n, f in fields.items() for condition in _checks(n, f)]
    whens = " ".join(missing + unread + outside)
    return f"CASE WHEN NOT is_sound THEN NULL {whens} END"
