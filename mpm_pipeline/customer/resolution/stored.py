"""Tables that are too large to be held: written to a file of their own as they are made, read when somebody asks for them."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpm_pipeline.customer.resolution.side_by_side import side_by_side
from mpm_pipeline.errors import ConfigError

HELD: Final = 400_000
"""A table of so many rows is still held in memory."""
OWN_WORDS: Final = (
    "kind", "source", "object", "other_source", "other_object", "key_type", "field", "rule", "reason", "joined_by", "evidence",
)  # fmt: skip
"""Columns of few values that name nobody."""
REPEATED: Final = (*OWN_WORDS, "country", "state", "city", "title", "first_name", "last_name", "company")
"""Columns of few values, which are written once each."""
FEWEST: Final = 100_000
"""Groups of fewer rows are written as one."""

PACKED: Final = pa.dictionary(pa.int32(), pa.string())


def give_back(rows: int) -> None:
    """Give memory that tables of many rows took, and need no more, back to the machine."""
    if rows > HELD:
        pa.default_memory_pool().release_unused()


class Stored:
    """A table in a file of its own, which goes when nobody needs it any more; `home` keeps a temporary folder alive."""

    def __init__(self, path: Path, schema: pa.Schema, home: Any = None) -> None:
        """Open the file, so that it can be read though another takes its place."""
        self.schema, self.path, self._home = schema, path, home
        self._file = pa.OSFile(str(path))

    @property
    def num_rows(self) -> int:
        """How many rows there are, without reading them."""
        return int(pq.read_metadata(self._file).num_rows)

    def read(self, columns: list[str] | None = None) -> pa.Table:
        """Read the table; ConfigError when it is damaged."""
        try:
            self._file.seek(0)
            return pq.read_table(self._file, columns=columns, pre_buffer=False, page_checksum_verification=True)
        except (pa.ArrowInvalid, OSError) as error:
            raise damaged(self.path, error) from error

    def groups(self) -> Iterator[pa.Table]:
        """Read the table some rows at a time, texts that come again as places in these; ConfigError when it is damaged."""
        words = [one for one in self.schema.names if one in OWN_WORDS]
        try:
            self._file.seek(0)
            file = pq.ParquetFile(self._file, read_dictionary=words, pre_buffer=False, page_checksum_verification=True)
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)
        except (pa.ArrowInvalid, OSError) as error:
            raise damaged(self.path, error) from error

    def place(self, path: Path) -> None:
        """Put the file to a path too: as another name for it where it can have one and still stands at its own, else as a copy.

        ConfigError when it was written by an earlier run and is damaged: nobody may have read it since.
        """
        if self._home is None:
            for _ in self.groups():
                pass
        try:
            if not os.path.samestat(os.fstat(self._file.fileno()), self.path.stat()):
                raise FileExistsError
            os.link(self.path, path)
        except OSError:
            self._file.seek(0)
            with path.open("wb") as out:
                shutil.copyfileobj(self._file, out)


Kept: TypeAlias = pa.Table | Stored


def damaged(path: Path, error: Exception) -> ConfigError:
    """Return the error of a file that cannot be read."""
    return ConfigError(
        f"{path} is damaged ({type(error).__name__}); resolve once more without --previous, or from an earlier folder"
    )


class Shelf:
    """A temporary folder for tables that are made piece by piece."""

    def __init__(self) -> None:
        """Make no folder yet: few runs need one."""
        self._folder: Any = None
        self._lock = Lock()

    def put_all(self, schemas: dict[str, pa.Schema], parts: dict[str, Iterable[pa.Table]], rows: int) -> dict[str, Kept]:  # fmt: skip
        """Return tables of their parts, two at a time where there are many `rows`: one is made while another is written."""
        made = side_by_side(lambda one: self.put(one[0], schemas[one[0]], one[1]), parts.items(), rows)
        return dict(zip(parts, made, strict=True))

    def put(self, name: str, schema: pa.Schema, parts: Iterable[pa.Table]) -> Kept:
        """Return one table of all parts: held while it is small."""
        waiting: list[pa.Table] = []
        rest = iter(parts)
        for part in rest:
            waiting.append(part)
            if sum(one.num_rows for one in waiting) > HELD:
                return self._write(name, schema, waiting, rest)
        return pa.concat_tables([one.cast(schema) for one in waiting]) if waiting else schema.empty_table()

    def _write(self, name: str, schema: pa.Schema, waiting: list[pa.Table], rest: Iterator[pa.Table]) -> Stored:
        with self._lock:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="mpm-resolution-", ignore_cleanup_errors=True)  # fmt: skip
        path = Path(self._folder.name) / f"{name}.parquet"
        packed = pa.schema([pa.field(one.name, PACKED) if one.name in REPEATED else one for one in schema])
        with pq.ParquetWriter(path, packed, store_schema=False, **_how(schema)) as writer:
            for part in _gathered(_each(waiting, rest), packed):
                writer.write_table(part)
        return Stored(path, schema, self._folder)


def _each(waiting: list[pa.Table], rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield what waits and then the rest; what was yielded is held no more."""
    waiting.reverse()
    while waiting:
        yield waiting.pop()
    yield from rest


def _gathered(parts: Iterator[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield parts as they are written, small ones together."""
    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(_packed(part, schema))
        if sum(one.num_rows for one in waiting) >= FEWEST:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(parts: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


def _packed(part: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return texts of few values as places in these."""
    columns = [
        pc.dictionary_encode(part[one.name].cast(pa.string())) if one.type == PACKED and part[one.name].type != PACKED else part[one.name].cast(one.type)
        for one in schema
    ]  # fmt: skip
    return pa.table(columns, schema=schema)


def write(table: Kept, path: Path) -> None:
    """Write a table to a file."""
    if isinstance(table, Stored):
        table.place(path)
    else:
        pq.write_table(table, path, **_how(table.schema))


def _how(schema: pa.Schema) -> dict[str, Any]:
    return {
        "use_dictionary": [name for name in schema.names if name in REPEATED],
        "write_statistics": False,
        "write_page_checksum": True,
    }
