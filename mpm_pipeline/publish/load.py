"""Puts the rows of one table into a database in bulk: COPY on PostgreSQL, executemany on SQLite.

Null and the empty text stay two things. SQLite has no instants, so they are ISO 8601 text with `Z`; PostgreSQL cannot hold
U+0000 in text, so it becomes U+FFFD on both.
"""

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import sqlalchemy as sa

BATCH = 50_000


def load(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    """Append rows, whose columns are the table's, inside the connection's transaction."""
    if not rows.num_rows:
        return
    rows = _without_nul(rows)
    raw: Any = connection.connection.driver_connection
    preparer = connection.dialect.identifier_preparer
    place = preparer.format_table(table)
    names = ", ".join(preparer.quote(name) for name in rows.column_names)
    if connection.dialect.name == "postgresql":
        with raw.cursor() as cursor, cursor.copy(f"COPY {place} ({names}) FROM STDIN (FORMAT csv)") as copy:
            for text in _csv(rows):
                copy.write(text)
        return
    marks = ", ".join("?" for _ in rows.column_names)
    raw.executemany(f"INSERT INTO {place} ({names}) VALUES ({marks})", _tuples(rows))  # noqa: S608


def _csv(rows: pa.Table) -> Iterator[bytes]:
    """Write CSV in which null is nothing and the empty text is two quotes."""
    options = pacsv.WriteOptions(include_header=False, quoting_style="all_valid")
    for batch in rows.to_batches(max_chunksize=BATCH):
        text = io.BytesIO()
        pacsv.write_csv(batch, text, options)
        yield text.getvalue()


def _tuples(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in rows.to_batches(max_chunksize=BATCH):
        yield from zip(*(_plain(column).to_pylist() for column in batch.columns), strict=True)


def _plain(column: pa.Array) -> pa.Array:
    """Write dates and instants as ISO 8601 text, whole seconds without a fraction."""
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring(pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ"), ".000000Z", "Z")
    return column.cast(pa.string()) if pa.types.is_date(column.type) else column


def _without_nul(rows: pa.Table) -> pa.Table:
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) and pc.any(pc.match_substring(rows.column(place), "\x00")).as_py():
            rows = rows.set_column(place, field, pc.replace_substring(rows.column(place), "\x00", "\ufffd"))
    return rows
