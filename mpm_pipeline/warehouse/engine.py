"""Opens the in-process SQL engine with bounded threads, memory and a temp folder, always in UTC and always in memory.

Nothing is kept in a database file: tables are Delta or Parquet and come in as views, so that any number of steps can run
side by side. Connections are used again, because a new one with the shared macros costs five times what a step's own catalog
costs; every use gets a fresh catalog and leaves nothing behind but lists and macros that are the same for whoever comes next.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from mpm_pipeline.warehouse.domains import define

MACROS = Path(__file__).with_name("macros.sql")
THREADS, MEMORY = os.environ.get("MPM_ENGINE_THREADS", "2"), os.environ.get("MPM_ENGINE_MEMORY", "2GB")
"""What is allowed where the environment does not say so when a connection is made: as it said when the process began."""
_idle: list[duckdb.DuckDBPyConnection] = []
_numbers = itertools.count(1)
_spill = tempfile.TemporaryDirectory(prefix="mpm-engine-", ignore_cleanup_errors=True)


@contextmanager
def connect(*, keep: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with an empty catalog and the shared macros; `MPM_ENGINE_MEMORY` and `MPM_ENGINE_THREADS` bound it.

    `keep`: it is used again. One that is closed instead gives back the memory that its tables took.
    """
    connection = _idle.pop() if _idle else _fresh()
    name = f"work_{next(_numbers)}"
    try:
        connection.execute(f"ATTACH ':memory:' AS {name}")
        connection.execute(f"SET search_path = '{name}.main,memory.main'")
        yield connection
    except BaseException:
        connection.close()
        raise
    if not keep:
        connection.close()
        return
    _clear(connection, name)
    _idle.append(connection)


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Run one statement and return its rows as an Arrow table."""
    return connection.sql(sql).to_arrow_table()


def show(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Make an Arrow table visible under its `schema.table` name."""
    schema, short = (quote(part) for part in name.split(".", 1))
    given = "given_" + name.replace(".", "_")
    connection.register(given, table)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    connection.execute(f"CREATE OR REPLACE VIEW {schema}.{short} AS SELECT * FROM {quote(given)}")  # noqa: S608


def quote(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text literal."""
    return "'" + text.replace("'", "''") + "'"


def _fresh() -> duckdb.DuckDBPyConnection:
    options: dict[str, str | bool | int | float | list[str]] = {
        "threads": os.environ.get("MPM_ENGINE_THREADS", THREADS),
        "memory_limit": os.environ.get("MPM_ENGINE_MEMORY", MEMORY),
        "temp_directory": _spill.name,
        "preserve_insertion_order": "true",
    }
    connection = duckdb.connect(":memory:", config=options)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(MACROS.read_text())
    define(connection)
    return connection


def _clear(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Drop the step's catalog and what it left in the connection's own temporary one."""
    connection.execute("SET search_path = 'memory.main'")
    connection.execute(f"DETACH {name}")
    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal").fetchall()
    for (view,) in views:
        connection.unregister(view)
        connection.execute(f"DROP VIEW IF EXISTS temp.{quote(view)}")
    for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall():
        connection.execute(f"DROP TABLE temp.{quote(table)}")
