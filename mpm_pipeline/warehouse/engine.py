"""Opens the in-process SQL engine with bounded threads, memory and a temp folder, always in UTC and always in memory.

Nothing is kept in a database file: tables are Delta or Parquet and come in as views, so that any number of steps can run
side by side.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa


@contextmanager
def connect() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a fresh in-memory connection; `MPM_ENGINE_MEMORY` and `MPM_ENGINE_THREADS` bound it."""
    with tempfile.TemporaryDirectory(prefix="mpm-engine-") as spill:
        options: dict[str, str | bool | int | float | list[str]] = {
            "threads": os.environ.get("MPM_ENGINE_THREADS", "2"),
            "memory_limit": os.environ.get("MPM_ENGINE_MEMORY", "2GB"),
            "temp_directory": spill,
            "preserve_insertion_order": "true",
        }
        connection = duckdb.connect(":memory:", config=options)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Run one statement and return its rows as an Arrow table."""
    return connection.sql(sql).to_arrow_table()


def quote(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text literal."""
    return "'" + text.replace("'", "''") + "'"
