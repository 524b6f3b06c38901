"""The points of a run at which the sweep strikes: every request, file made, write, fsync, rename and SQL statement that Python sees.

`watch` puts itself between the pipeline and the system, in this process and for good, so it is called in forked children only.
A kill is SIGKILL to the process itself: no cleanup, no flush, no atexit. A failure is the error that the system would give.
"""

import errno
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import deltalake
import duckdb
import httpx
import pyarrow.parquet as pq

from mpm_pipeline_tests.kill_sweep.state import digest, duplicate

DISK = (errno.ENOSPC, errno.EIO, errno.EROFS)
SQL = ("database or disk is full", "disk I/O error", "attempt to write a readonly database")
PLAIN = {"os.rename": "rename", "os.remove": "remove", "os.mkdir": "make folder", "os.link": "rename"}


Half = Callable[[Callable[[Any], str]], object]
"""Leaves half of an operation; it is told where a path of the home lies."""


@dataclass
class Points:
    """Counts what a run does below one home. By `mode` a run is

    killed at its `at`-th point (kill), or that one operation fails (fail), or at every point an image is taken of what a kill
    would leave there (image): the files as the system has them, nothing of what the process still holds.
    """

    home: Path
    mode: str = "count"
    at: int = 0
    images: Path = Path()
    only: str = ""
    """The part or step to which alone its points belong; none: all that is done."""
    seen: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    busy: bool = False
    place: str = ""

    def begin(self, home: Path, mode: str, at: int, images: Path, only: str) -> None:
        """Start anew, for another home."""
        self.__init__(home, mode, at, images, only)  # type: ignore[misc]
        self.enter("open")

    def enter(self, place: str) -> None:
        """Know which part or step begins."""
        self.place = place
        self.busy = bool(self.only) and place != self.only

    def reach(self, kind: str, half: Half | None = None) -> None:
        """Pass a point; where it is the one, leave what `half` leaves of the operation and strike."""
        if self.busy:
            return
        self.seen.append(kind)
        self.places.append(self.place)
        if self.mode == "image":
            self._take(half)
        elif self.mode != "count" and len(self.seen) == self.at:
            self.busy = True
            if half is not None:
                half(os.fspath)
            if self.mode == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            self.busy = False
            raise self._error(kind)

    def _take(self, half: Half | None) -> None:
        self.busy = True
        copy = self.home
        if half is not None and self.home.exists():
            copy = duplicate(self.home, self.images / "half")
            half(lambda path: str(copy / Path(path).relative_to(self.home)))
        state = digest(copy)
        place = self.images / state
        if not place.exists() and copy.exists():
            duplicate(copy, place)
        if copy != self.home:
            shutil.rmtree(copy)
        self.states.append(state)
        self.busy = False

    def owns(self, path: object) -> bool:
        """Say whether a path lies in the home."""
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(str(self.home))

    def _error(self, kind: str) -> Exception:
        place = self.at % len(DISK)
        if kind == "request":
            return httpx.ReadError("the connection broke") if place else httpx.ConnectError("nobody listens")
        if kind == "statement":
            return sqlite3.OperationalError(SQL[place])
        number = {"fsync": errno.EIO, "write": errno.ENOSPC}.get(kind, DISK[place])
        return OSError(number, os.strerror(number))


def watch(points: Points) -> None:
    """Count every operation of this process from now on."""
    sys.addaudithook(lambda event, given: _audited(points, event, given))
    _files(points)
    _tables(points)
    _databases(points)
    send = httpx.HTTPTransport.handle_request

    def asked(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        points.reach("request")
        return send(self, request)

    httpx.HTTPTransport.handle_request = asked  # type: ignore[method-assign]


def _audited(points: Points, event: str, given: tuple[Any, ...]) -> None:
    if points.busy:
        return
    if event == "open" and points.owns(given[0]) and (given[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        points.reach("make file")
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
        points.reach("write", lambda at: os.close(os.open(at(given[0]), flags, 0o600)))
    elif event in PLAIN and points.owns(given[0]):
        points.reach(PLAIN[event])


def _files(points: Points) -> None:
    """Watch fsync, and the Parquet files of the raw log, whose half is a file that was cut."""
    sync, parquet = os.fsync, pq.write_table

    def synced(handle: int) -> None:
        points.reach("fsync")
        sync(handle)

    def written(table: Any, where: Any, **options: Any) -> None:
        def cut(at: Callable[[Any], str]) -> None:
            parquet(table, at(where), **options)
            os.truncate(at(where), Path(at(where)).stat().st_size // 2)

        points.reach("make file")
        points.reach("write", cut)
        parquet(table, where, **options)

    os.fsync = synced
    pq.write_table = written


def _tables(points: Points) -> None:
    """Watch derived tables: their files may be cut, or be there without the commit that names them."""
    write = deltalake.write_deltalake

    def written(table: Any, rows: Any, **options: Any) -> None:
        path = table if isinstance(table, str) else unquote(urlsplit(table.table_uri).path)

        def uncommitted(at: Callable[[Any], str], share: float) -> None:
            place = Path(at(path))
            before = set(place.rglob("*"))
            write(str(place), rows, **options)
            for file in set(place.rglob("*")) - before:
                if file.suffix == ".json":
                    file.unlink()
                elif file.suffix == ".parquet":
                    os.truncate(file, int(file.stat().st_size * share))

        points.reach("make file")
        points.reach("write", lambda at: uncommitted(at, 0.5))
        points.reach("rename", lambda at: uncommitted(at, 1))
        write(table, rows, **options)

    deltalake.write_deltalake = written  # type: ignore[assignment]


def _databases(points: Points) -> None:
    """Watch every statement and commit in SQLite, and every statement in a DuckDB file."""
    open_sqlite, open_duckdb = sqlite3.dbapi2.connect, duckdb.connect

    class Cursor(sqlite3.Cursor):
        def execute(self, *given: Any) -> Any:
            points.reach("statement")
            return super().execute(*given)

        def executemany(self, *given: Any) -> Any:
            points.reach("statement")
            return super().executemany(*given)

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return super().cursor(Cursor)

        def commit(self) -> None:
            points.reach("statement")
            super().commit()

    class File:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def __enter__(self) -> "File":
            return self

        def __exit__(self, *_: object) -> None:
            self.inner.close()

        def execute(self, *given: Any) -> Any:
            points.reach("statement")
            return self.inner.execute(*given)

    def sqlite(*given: Any, **options: Any) -> Any:
        return open_sqlite(*given, **({"factory": Connection} | options))

    def duck(*given: Any, **options: Any) -> Any:
        if not (given and points.owns(given[0])):
            return open_duckdb(*given, **options)
        points.reach("make file")
        return File(open_duckdb(*given, **options))

    sqlite3.dbapi2.connect = sqlite3.connect = sqlite  # type: ignore[assignment]
    duckdb.connect = duck  # type: ignore[assignment]
