"""Connections of the engine: what a user of one finds and what he leaves behind."""

import duckdb
import pyarrow as pa
import pytest

from mpm_pipeline.warehouse import engine


def test_nothing_is_left_behind() -> None:
    """Tables, temporary ones, views and what was registered are gone for the next user of the same database; macros, small lists and UTC stay."""
    with engine.connect() as connection:
        engine.show(connection, {"run.given": pa.table({"one": [1]}), "run.told": "SELECT 2 AS two"})
        connection.execute("CREATE TABLE kept AS SELECT 1; CREATE TEMP TABLE passing AS SELECT 1")
        assert connection.execute("SELECT one, two FROM run.given, run.told").fetchall() == [(1, 2)]
        database = engine._idle[:]
    with engine.connect() as connection:
        assert engine._idle == database
        tables = (
            "SELECT table_name FROM duckdb_tables() WHERE database_name <> 'memory' "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
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
