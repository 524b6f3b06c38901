"""What the disk under a home, or a database server's, refuses, in words: it is full, read-only or failing, whoever ran into it.

The operating system says it by number, SQLite, DuckDB and Delta Lake each in words of their own; all of them are read here.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mpm_pipeline.errors import DiskRefuses, MpmError

NUMBERS = {
    errno.ENOSPC: "is full", errno.EDQUOT: "is full for this user (quota)", errno.EROFS: "is read-only",
    errno.EIO: "fails (input/output error)", errno.EFBIG: "takes no file as large as this",
}  # fmt: skip
WORDS = {
    "no space left on device": errno.ENOSPC, "os error 28": errno.ENOSPC, "disk is full": errno.ENOSPC,
    "quota exceeded": errno.EDQUOT, "read-only file system": errno.EROFS, "os error 30": errno.EROFS,
    "readonly database": errno.EROFS, "disk i/o error": errno.EIO, "input/output error": errno.EIO, "os error 5)": errno.EIO,
    "file too large": errno.EFBIG, "os error 27": errno.EFBIG,
}  # fmt: skip
REMEDY = {errno.ENOSPC: "free some space", errno.EDQUOT: "free some space", errno.EROFS: "make it writable"}
SPEAKERS = ("sqlite3", "sqlalchemy", "duckdb", "_duckdb", "deltalake", "_internal", "pyarrow", "builtins")
"""Packages whose words about a disk are taken for one; of builtins only OSError."""
SERVERS = ("psycopg", "psycopg2", "pg8000", "pymysql", "MySQLdb", "oracledb", "pyodbc")
"""Drivers of database servers: what they say is about the disk on the other side."""
DEEPEST = 10


@contextmanager
def disk(place: Path) -> Iterator[None]:
    """Turn what a disk refuses below a folder into DiskRefuses; every other error goes on as it is."""
    try:
        yield
    except MpmError:
        raise
    except Exception as error:
        number = refusal(error)
        if number is None:
            raise
        raise refused(place, number, is_of_server=comes_from_server(error)) from error


def refused(place: Path, number: int, *, is_of_server: bool = False) -> DiskRefuses:
    """Return the error that says what a disk refuses: the one under a place, or the one of the database server."""
    where, there = ("of the database server", " there") if is_of_server else (f"under {place}", "")
    return DiskRefuses(
        f"the disk {where} {NUMBERS[number]}; what landed and what is served stays whole: "
        f"{REMEDY.get(number, 'look at the disk')}{there}, then run the same command again"
    )


def refusal(error: BaseException) -> int | None:
    """Return the number of what a disk refused, when that is what an error, or what it came from, is about."""
    return next((number for number in map(_number, _chain(error)) if number is not None), None)


def comes_from_server(error: BaseException) -> bool:
    """Say whether a database server said it: its disk is another than ours, even on the same machine."""
    return any(_package(one) in SERVERS for one in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    for _ in range(DEEPEST):
        if one is None:
            return
        yield one
        one = getattr(one, "orig", None) or one.__cause__ or one.__context__


def _package(error: BaseException) -> str:
    return type(error).__module__.split(".")[0]


def _number(error: BaseException) -> int | None:
    if isinstance(error, OSError) and error.errno in NUMBERS:
        return error.errno
    package = _package(error)
    if package not in SPEAKERS or (package == "builtins" and not isinstance(error, OSError)):
        return None
    text = str(getattr(error, "orig", None) or error).lower()
    return next((number for words, number in WORDS.items() if words in text), None)
