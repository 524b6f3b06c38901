"""Connections of the engine: what a user of one finds, what he leaves behind, and how rows are fetched."""

import duckdb
import pyarrow as pa
import pytest

from mpm_pipeline.warehouse import engine

MANY = """
    SELECT i AS whole, i / 3.0 AS real, 'text ' || i AS text, i % 2 = 0 AS flag, DATE '2026-01-01' + CAST(i % 365 AS INTEGER) AS day,
      TIMESTAMPTZ '2026-01-01 00:00:00+00' AS instant, CASE WHEN i % 7 = 0 THEN i END AS gap
    FROM range(300000) rows(i) ORDER BY i
"""


@pytest.mark.parametrize("sql", [MANY, MANY.replace("range(300000)", "range(0)"), "SELECT NULL AS nothing"])
def test_rows_are_those_of_the_public_way(sql: str) -> None:
    """Types, columns and rows are what `sql(...).to_arrow_table()` tells, of many rows, of none, and of a column without a type."""
    with engine.connect() as connection:
        fetched, known = engine.fetch(connection, sql), connection.sql(sql).to_arrow_table()
    assert fetched.schema == known.schema
    assert fetched.equals(known)


def test_a_duckdb_without_the_inner_call_is_asked_the_public_way() -> None:
    """An older or newer one need not have it."""

    class Other:
        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self.sql = connection.sql

    with engine.connect() as connection:
        assert engine.fetch(Other(connection), "SELECT 1 AS one").to_pylist() == [{"one": 1}]  # type: ignore[arg-type]


def test_nothing_is_left_behind() -> None:
    """Tables, temporary ones, views and what was registered are gone for the next user of the same database; macros and UTC stay."""
    with engine.connect() as connection:
        engine.show(connection, {"run.given": pa.table({"one": [1]}), "run.told": "SELECT 2 AS two"})
        connection.execute("CREATE TABLE kept AS SELECT 1; CREATE TEMP TABLE passing AS SELECT 1")
        assert connection.execute("SELECT one, two FROM run.given, run.told").fetchall() == [(1, 2)]
        database = engine._idle[:]
    with engine.connect() as connection:
        assert engine._idle == database
        tables = (
            "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
        )
        assert connection.execute(tables).fetchall() == []
        assert connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
        assert connection.execute("SELECT registrable_domain('https://www.example.co.uk/a')").fetchall() == [
            ("example.co.uk",)
        ]


def test_a_database_on_which_something_failed_is_not_used_again() -> None:
    """Whoever comes next gets another one."""
    with pytest.raises(duckdb.Error), engine.connect() as connection:
        connection.execute("SELECT nonsense")
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT 1")
    with engine.connect() as other:
        assert other.execute("SELECT 1").fetchall() == [(1,)]
