"""What a home holds, as one hash: two homes with the same one go on in the same way, so a re-run of one speaks for both.

Files count by their bytes, SQLite files by what a reader finds after recovery, derived tables by their commits and the bytes
of their files. Names made up at random, the home's id and times of commits are left out, and so is what stands in a BI file
that is still being made and in its log, which nobody opens again.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

RANDOM = re.compile(r"(?<=\.scorecard-)\w+|(?<=part-)[\w-]+|(?<=_commit_)[\w-]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]+")
TIMES = ("timestamp", "modificationTime", "createdTime", "commitInfo", "id", "path", "stats", "size")
SQLITE = b"SQLite format 3\0"


def duplicate(home: Path, place: Path) -> Path:
    """Copy a home; files that are written once and never again are shared with it."""
    if home.exists():
        shutil.copytree(home, place, copy_function=_copied)
    return place


def _copied(source: str, target: str) -> None:
    is_final = source.endswith(".parquet") or "/_delta_log/" in source
    os.link(source, target) if is_final else shutil.copy2(source, target)


def readable(home: Path) -> str:
    """Hash what the next step of a run can find in a home: as `digest`, but derived tables count by the rows of their newest commit.

    In whatever order they stand there: many models leave that to the engine.
    """
    tables = [log.parent for log in sorted((home / "tables").rglob("_delta_log"))]
    found = [(str(table.relative_to(home)), _newest(table, _marks(table))) for table in tables]
    return hashlib.sha256(repr((found, digest(home, but_for="tables/"))).encode()).hexdigest()


def _marks(table: Path) -> tuple[tuple[str, int, int, int], ...]:
    stats = [(file.name, file.stat()) for file in sorted(table.rglob("*")) if file.is_file()]
    return tuple((name, told.st_ino, told.st_size, told.st_mtime_ns) for name, told in stats)


@lru_cache(maxsize=10_000)
def _newest(table: Path, marks: tuple[tuple[str, int, int, int], ...]) -> str:
    if not deltalake.DeltaTable.is_deltatable(str(table)):
        return ""
    files = deltalake.DeltaTable(str(table)).file_uris()
    return ", ".join(sorted(hashlib.sha256(_as_set(Path(file))).hexdigest() for file in files))


def digest(home: Path, but_for: str = " ", *, any_order: bool = False) -> str:
    """Hash what a home holds; with `any_order` rows count as a set: many models leave their order to the engine, as it does its blocks."""
    known = home / "home_id"
    identity = known.read_bytes() if known.exists() else b""
    found = []
    for file in sorted(home.rglob("*")):
        name = str(file.relative_to(home))
        if file.is_dir() or name.startswith(("locks/", but_for)) or name.endswith(("-wal", "-shm", "-journal")):
            continue
        body = _body(file, any_order)
        found.append(
            (RANDOM.sub("*", name), hashlib.sha256(body.replace(identity, b"*") if identity else body).hexdigest())
        )
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()


def _body(file: Path, any_order: bool) -> bytes:
    if "_delta_log" in file.parts and file.suffix == ".json":
        return _commit(file, any_order)
    if any_order and file.suffix == ".parquet" and "tables" in file.parts:
        return _as_set(file)
    if file.suffix == ".sqlite":
        return _rows(file)
    if file.name.startswith("mpm_bi.tmp"):
        return b""
    if any_order and file.name == "mpm_bi.duckdb":
        return _bi_rows(file)
    return file.read_bytes()


def _commit(file: Path, any_order: bool) -> bytes:
    """Return a commit of a derived table without times; the files that it names count by their bytes."""
    found = []
    for line in file.read_text().splitlines():
        try:
            action = json.loads(line)
        except ValueError:
            found.append(line)
            continue
        for kind, values in action.items():
            found.append(f"{kind} {_timeless(values)} {_named(file.parents[1], values, any_order)}")
    return "\n".join(found).encode()


def _timeless(values: dict[str, Any]) -> str:
    return "" if "operation" in values else repr({name: value for name, value in values.items() if name not in TIMES})


def _named(folder: Path, values: dict[str, Any], any_order: bool) -> str:
    file = folder / values["path"] if "path" in values else None
    if file is None or not file.exists():
        return ""
    return hashlib.sha256(_as_set(file) if any_order else file.read_bytes()).hexdigest()


def _as_set(file: Path) -> bytes:
    try:
        return "\n".join(sorted(map(repr, pq.ParquetFile(file).read().to_pylist()))).encode()
    except (pa.ArrowException, OSError):  # a file that was cut
        return b"cut"


def _bi_rows(file: Path) -> bytes:
    """Return the tables of a BI file with their rows as sets: the engine writes the same rows into other blocks each time."""
    with duckdb.connect(str(file), read_only=True) as connection:
        names = sorted(name for (name,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall())
        tables = [(name, connection.table(f'"{name}"').to_arrow_table()) for name in names]
    return "\n".join(
        repr((name, str(rows.schema), sorted(map(repr, rows.to_pylist())))) for name, rows in tables
    ).encode()


def _rows(file: Path) -> bytes:
    """Return all rows of a SQLite file as a reader finds them who opens it after a crash; the file itself stays as it is."""
    with tempfile.TemporaryDirectory() as copies:
        for part in file.parent.glob(file.name + "*"):
            shutil.copy(part, copies)
        connection = sqlite3.connect(Path(copies) / file.name)
        try:
            return "\n".join(connection.iterdump()).encode()
        except sqlite3.Error as error:
            return repr(error).encode()
        finally:
            connection.close()
