"""Derived tables stay open, yet nobody is ever shown the rows of a commit that is not the newest."""

import os
import shutil
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pytest

from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.tables import Tables

NAME = "kpis.figure"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home.open(tmp_path / "home")


def rows(*numbers: int) -> pa.Table:
    return pa.table({"n": pa.array(numbers, pa.int64())})


def seen(tables: Tables) -> tuple[list[int], list[int], int, int]:
    """Return what every way of looking shows: read, scanned, counted, and the rows of each commit at its end."""
    with engine.connect() as connection:
        scanned = engine.fetch(connection, tables.scan_sql(NAME))["n"].to_pylist()
    return tables.read(NAME)["n"].to_pylist(), scanned, tables.rows(NAME), tables.row_history(NAME)[-1]


def test_what_was_replaced_is_read_anew(home: Home) -> None:
    """1 row, then 2, then none, then 1 again."""
    tables = Tables(home)
    assert not tables.exists(NAME)
    for numbers in ((1,), (2, 3), (), (4,)):
        tables.replace(NAME, rows(*numbers))
        assert tables.exists(NAME)
        assert seen(tables) == (list(numbers), list(numbers), len(numbers), len(numbers))


def test_what_another_replaced_is_read_anew(home: Home) -> None:
    """Two that hold the same table open, as two processes do, write by turns; each sees what the other wrote and adds to it."""
    here, there = Tables(home), Tables(home)
    for number in range(6):
        (here, there)[number % 2].replace(NAME, rows(number))
        assert seen(here) == seen(there) == ([number], [number], 1, 1)
    assert here.version(NAME) == there.version(NAME) == 5


def test_a_table_put_in_its_place_is_read_anew(home: Home, tmp_path: Path) -> None:
    """The folder is thrown away and another with as many commits and the same times stands there."""
    tables, others = Tables(home), Tables(Home.open(tmp_path / "other"))
    tables.replace(NAME, rows(1))
    others.replace(NAME, rows(2))
    assert seen(tables)[0] == [1]
    stamp = next((tables.path(NAME) / "_delta_log").glob("*.json")).stat()
    shutil.rmtree(tables.path(NAME))
    shutil.copytree(others.path(NAME), tables.path(NAME))
    os.utime(next((tables.path(NAME) / "_delta_log").glob("*.json")), ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert seen(tables)[0] == [2]


def test_a_table_that_is_gone_is_not_there(home: Home) -> None:
    """What was open is no proof."""
    tables = Tables(home)
    tables.replace(NAME, rows(1))
    assert tables.exists(NAME)
    shutil.rmtree(tables.path(NAME))
    assert not tables.exists(NAME)
    tables.replace(NAME, rows(2))
    assert seen(tables)[0] == [2]


def test_a_write_that_failed_leaves_what_was(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of before are read, and the next write goes through."""
    tables = Tables(home)
    tables.replace(NAME, rows(1))

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError):
        patched.setattr(deltalake, "write_deltalake", full)
        tables.replace(NAME, rows(2))
    assert seen(tables)[0] == [1]
    tables.replace(NAME, rows(3))
    assert seen(tables)[0] == [3]


def test_a_table_is_opened_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is looked at and replaced."""
    opened = []
    real = deltalake.DeltaTable.__init__

    def counted(self: Any, *arguments: Any, **options: Any) -> None:
        opened.append(arguments)
        real(self, *arguments, **options)

    tables = Tables(home)
    tables.replace(NAME, rows(1))
    monkeypatch.setattr(deltalake.DeltaTable, "__init__", counted)
    for number in range(3):
        seen(tables)
        tables.replace(NAME, rows(number))
    assert len(opened) == 1
