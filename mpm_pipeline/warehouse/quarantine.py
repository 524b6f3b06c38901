"""The account of refused rows: which of them were released and why, and which pages hold too many of them.

A release never changes the raw log or a verdict. A row that its contract takes now, or whose key has a newer version, is
staged because of that; a row that stays broken is only set aside for good, by a registered exception that a person answers for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from mpm_pipeline.contracts.record import Record
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.accept import accept, refused_sql
from mpm_pipeline.warehouse.engine import fetch
from mpm_pipeline.warehouse.rawlog import RawLog

MENDED = "the contract takes it now"
NEWER = "a newer version of the record is served"
SET_ASIDE = "exception "
"""Causes of a release; the last one is followed by the exception's id."""

PLACE = ("source", "stream", "batch", "row_no", "reason_code")


@dataclass(frozen=True)
class Page:
    """One page as the source sent it, or one file, with how many of its rows stand refused."""

    batch: str
    page_no: int
    rows: int
    refused: int


def with_releases(
    connection: duckdb.DuckDBPyConnection, refused: str, releases: Iterable[Mapping[str, Any]]
) -> pa.Table:
    """Return the rows of quarantine: those refused today, marked where set aside, and those released before."""
    connection.register("released", _released(releases))
    place = ", ".join(PLACE)
    return fetch(
        connection,
        f"""
        WITH refused AS ({refused}), freed AS (SELECT * FROM released WHERE NOT starts_with(cause, '{SET_ASIDE}')),
          waived AS (SELECT * FROM released WHERE starts_with(cause, '{SET_ASIDE}'))
        SELECT r.source, r.stream, r.key, r.reason_code, r.reason_text, r.batch, r.row_no, r.first_seen_at, w.resolved_at
        FROM refused r LEFT JOIN waived w USING ({place})
        UNION ALL
        SELECT source, stream, key, reason_code, reason_text, batch, row_no, first_seen_at, resolved_at
        FROM freed ANTI JOIN refused USING ({place})
        ORDER BY ALL
        """,  # noqa: S608
    )


def crowded(
    connection: duckdb.DuckDBPyConnection,
    quarantine: pa.Table,
    pages: Sequence[Mapping[str, Any]],
    most: float,
    least: int,
) -> list[Page]:
    """Return the pages of at least `least` rows of which more than the share `most` stands refused, the fullest first."""
    if not pages:
        return []
    connection.register("refused_row", quarantine.select(["batch", "row_no", "reason_code", "resolved_at"]))
    connection.register("page", pa.Table.from_pylist([dict(page) for page in pages]))
    found = fetch(
        connection,
        f"""
        SELECT p.batch, p.page_no, p.rows, count(*) AS refused
        FROM refused_row r JOIN page p ON p.batch = r.batch AND r.row_no BETWEEN p.first_row AND p.first_row + p.rows - 1
        WHERE r.resolved_at IS NULL AND r.reason_code <> 'missing_column' AND p.rows >= {least}
        GROUP BY ALL HAVING refused > {most} * p.rows ORDER BY refused DESC, p.batch, p.page_no
        """,  # noqa: S608
    )
    return [Page(**row) for row in found.to_pylist()]


def _released(releases: Iterable[Mapping[str, Any]]) -> pa.Table:
    moments = ("first_seen_at", "resolved_at")
    names = (*PLACE, "key", "reason_text", "cause")
    rows = [
        {name: row[name] for name in names} | {name: datetime.fromisoformat(row[name]) for name in moments}
        for row in releases
    ]
    kinds = {"row_no": pa.int64(), **dict.fromkeys(moments, pa.timestamp("us", "UTC"))}
    fields = [(name, kinds.get(name, pa.string())) for name in (*names, *moments)]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def verdicts(
    raw: RawLog, contract: type[Record], as_of: datetime, rows: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, int], tuple[str | None, bool]]:
    """Judge rows of one stream anew, from the raw log; return reason (None: sound) and whether quarantine still holds them."""
    stream = stream_of(contract)
    with engine.connect() as connection:
        accept(connection, raw, contract, as_of)
        wanted = [(row["batch"], row["row_no"]) for row in rows]
        connection.register(
            "wanted", pa.table({"batch": [one[0] for one in wanted], "row_no": [one[1] for one in wanted]})
        )
        found = fetch(
            connection,
            f"""
            SELECT w.batch, w.row_no, r.reason, q.batch IS NOT NULL AS is_held
            FROM wanted w JOIN read r USING (batch, row_no)
            LEFT JOIN ({refused_sql(stream.source, stream.name)}) q USING (batch, row_no)
            """,  # noqa: S608
        )
    return {(row["batch"], row["row_no"]): (row["reason"], row["is_held"]) for row in found.to_pylist()}


def sound_rows(raw: RawLog, contract: type[Record], as_of: datetime) -> list[dict[str, Any]]:
    """Return the accepted rows of one stream straight from the raw log, for what must be known before anything is staged."""
    stream = stream_of(contract)
    with engine.connect() as connection:
        accept(connection, raw, contract, as_of)
        table = f"{engine.quote(stream.source)}.{engine.quote(stream.name)}"
        return fetch(connection, f"SELECT * FROM {table} WHERE NOT _deleted").to_pylist()  # noqa: S608
