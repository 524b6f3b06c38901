"""Whose disk refuses: the one under the home, or the one of the database server."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from mpm_pipeline.errors import ConfigError, DiskRefuses
from mpm_pipeline.warehouse.storage import disk

HOME = Path("/srv/home")
FULL = "could not extend file: No space left on device"


def said(error: Exception) -> str:
    with pytest.raises(DiskRefuses) as told, disk(HOME):
        raise error
    return str(told.value)


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
    ],
)
def test_a_full_disk_under_the_home_is_named(error: Exception) -> None:
    """The operating system's number and SQLite's words are about the home's own disk."""
    assert said(error).startswith("the disk under /srv/home is full; ")


def test_the_full_disk_of_a_database_server_is_its_own() -> None:
    """What the driver of a server says is about the disk on the other side: nobody is sent to look at the home's."""
    words = said(sa.exc.OperationalError("INSERT", {}, psycopg.errors.DiskFull(FULL)))
    assert words.startswith("the disk of the database server is full; ") and "free some space there" in words
    assert str(HOME) not in words


def test_other_errors_pass() -> None:
    """An error of ours, and one that has nothing to do with a disk, go on as they are."""
    for error in (ConfigError("disk is full of settings"), KeyError("disk is full")):
        with pytest.raises(type(error)), disk(HOME):
            raise error
