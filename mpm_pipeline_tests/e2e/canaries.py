"""Canaries: made-up secrets and people that stand nowhere else, and a search for them through everything that a home holds.

Packed files (Parquet, SQLite, DuckDB) are read as tables, value by value, because a text in them need not lie there in one piece.
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

MARK = "kanarienvogel"
"""Stands in every made-up person's name and address, in whatever case."""

PEOPLE = {
    "salesforce": ("Lead", "Contact"),
    "marketo": ("leads",),
    "linkedin": ("leadFormResponses",),
    "stripe": ("customers",),
}
NAMES = re.compile(r'("(?:FirstName|LastName|firstName|lastName|Name|name)":")([^"]+)(")')
ADDRESS = re.compile(r"[\w.+-]+(@[\w.-]+)")
MOST = 6
"""People of each stream who become canaries."""


@dataclass
class Search:
    """What is looked for, and where it was found: places by canary."""

    canaries: Mapping[str, str]
    found: dict[str, set[str]] = field(default_factory=dict)

    def look(self, place: str, text: str) -> None:
        """Note which canaries stand in a text."""
        lowered = text.lower()
        for name, canary in self.canaries.items():
            if canary.lower() in lowered:
                self.found.setdefault(name, set()).add(place)

    def home(self, root: Path) -> int:
        """Look through all files of a folder, their names too; return how many there were."""
        files = sorted(file for file in root.rglob("*") if file.is_file())
        for file in files:
            self.look(f"name of {file.parent.relative_to(root)}", str(file.relative_to(root)))
            for place, text in texts(file, str(file.relative_to(root))):
                self.look(place, text)
        return len(files)


def texts(file: Path, place: str) -> Iterator[tuple[str, str]]:
    """Yield what a file holds as text, table by table where it holds tables."""
    with file.open("rb") as opened:
        head = opened.read(16)
    if head.startswith(b"PAR1"):
        yield place, _joined(row.values() for row in pq.ParquetFile(file).read().to_pylist())
    elif head.startswith(b"SQLite format 3"):
        yield from _tables(
            sqlite3.connect(f"file:{file}?mode=ro", uri=True),
            "SELECT name FROM sqlite_master WHERE type = 'table'",
            place,
        )
    elif head[8:12] == b"DUCK":
        yield from _tables(duckdb.connect(str(file), read_only=True), "SELECT table_name FROM duckdb_tables()", place)
    else:
        yield place, file.read_bytes().decode("utf-8", errors="replace")


def _tables(connection: Any, names: str, place: str) -> Iterator[tuple[str, str]]:
    with closing(connection):
        for (name,) in connection.execute(names).fetchall():
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            yield f"{place}:{name}", _joined(rows)


def _joined(rows: Iterable[Iterable[Any]]) -> str:
    return "\n".join(
        value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
        for row in rows
        for value in row
    )


def plant(world: Path, folder: Path) -> int:
    """Copy a world with canaries in the place of some people of each vendor, the last of them unusable; return how many records hold one."""
    shutil.copytree(world, folder)
    planted = 0
    for vendor, streams in PEOPLE.items():
        for stream in streams:
            file = folder / vendor / f"{stream}.jsonl"
            lines = file.read_text().splitlines()
            chosen: list[str] = []
            for place, line in enumerate(lines):
                key = _key(line)
                if key in chosen or (len(chosen) < MOST and ADDRESS.search(line.partition('"record":')[2])):
                    chosen = chosen if key in chosen else [*chosen, key]
                    lines[place] = _renamed(
                        line, f"{stream.lower()}{chosen.index(key)}", is_bad=chosen.index(key) == MOST - 1
                    )
                    planted += 1
            file.write_text("\n".join(lines) + "\n")
    return planted


def _key(line: str) -> str:
    record = json.loads(line)["record"]
    return str(record.get("Id") or record.get("id"))


def _renamed(line: str, name: str, *, is_bad: bool) -> str:
    head, mark, record = line.partition('"record":')
    record = ADDRESS.sub(rf"{MARK}.{name}\1", record)
    refused = r"\\u0000" if is_bad else ""
    return head + mark + NAMES.sub(rf"\g<1>{MARK.capitalize()} {name}{refused}\g<3>", record)
