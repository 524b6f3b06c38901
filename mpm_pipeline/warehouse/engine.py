"""Opens the in-process SQL engine with bounded threads, memory and a temp folder, always in UTC and always in memory.

Nothing is kept in a database file: tables are Delta or Parquet and come in as views, so that any number of steps can run
side by side. Databases are used again, because a new one with the shared macros costs many times what a step's own catalog
costs; every use gets a connection and a catalog of its own and leaves nothing behind but macros that are the same for whoever
comes next.
"""

import itertools
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from mpm_pipeline.warehouse.domains import define

MACROS = Path(__file__).with_name("macros.sql")
LEGAL_FORMS = Path(__file__).with_name("legal_form.csv")
THREADS, MEMORY = os.environ.get("MPM_ENGINE_THREADS", "2"), os.environ.get("MPM_ENGINE_MEMORY", "2GB")
"""What is allowed where the environment does not say so when a connection is made: as it said when the process began."""
_idle: list[duckdb.DuckDBPyConnection] = []
_numbers = itertools.count(1)
_spill = tempfile.TemporaryDirectory(prefix="mpm-engine-", ignore_cleanup_errors=True)


@contextmanager
def connect(*, keep: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with an empty catalog and the shared macros; `MPM_ENGINE_MEMORY` and `MPM_ENGINE_THREADS` bound it.

    `keep`: its database is used again. One that is closed instead gives back the memory that its tables took.
    """
    database = _idle.pop() if _idle else _fresh()
    name = f"work_{next(_numbers)}"
    connection = database.cursor()
    try:
        connection.execute(f"ATTACH ':memory:' AS {name}; SET search_path = '{name}.main,memory.main'")
        yield connection
    except BaseException:
        keep = False
        raise
    finally:
        connection.close()
        if not keep:
            database.close()
    if keep:
        database.execute(f"DETACH {name}")
        _idle.append(database)


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Run one statement and return its rows as an Arrow table."""
    return connection.sql(sql).to_arrow_table()


def show(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table | str]) -> None:
    """Make tables visible under their `schema.table` names: of Arrow, or as the SELECT that tells their rows."""
    views, schemas = [], {}
    for name, rows in tables.items():
        schema, short = (quote(part) for part in name.split(".", 1))
        schemas[schema] = f"CREATE SCHEMA IF NOT EXISTS {schema}"
        if isinstance(rows, pa.Table):
            given = "given_" + name.replace(".", "_")
            connection.register(given, rows)
            rows = f"SELECT * FROM {quote(given)}"  # noqa: S608
        views.append(f"CREATE OR REPLACE VIEW {schema}.{short} AS {rows}")
    connection.execute(";\n".join([*schemas.values(), *views]))


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
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    forms = "|".join(LEGAL_FORMS.read_text().split()[1:])
    connection.execute(MACROS.read_text().replace("{forms}", forms))
    define(connection)
    return connection
