"""Derived tables in Delta Lake: replaced whole or by partition in one commit, read by the engine as plain Parquet.

Names are `layer.table` (or `layer.vendor.table` for staged tables). What a table means is in its contract.
"""

from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq

from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.home import Home

WRITTEN = deltalake.WriterProperties(
    compression="SNAPPY",
    dictionary_page_size_limit=65_536,
    default_column_properties=deltalake.ColumnProperties(statistics_enabled="CHUNK"),
)
"""Of a column with ever new values no dictionary is made; its least and greatest value are told once, where they are looked for."""


class Tables:
    """The derived tables of one home.

    A table stays open, because opening one costs more than reading it; before every use the newest commit's own file is looked
    at, so that what anybody commits meanwhile, or puts in the table's place, is read anew.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._opened: dict[str, _Opened] = {}

    def path(self, name: str) -> Path:
        """Return the folder of a table."""
        return self.home.tables.joinpath(*name.split("."))

    def exists(self, name: str) -> bool:
        """Say whether a table was ever written."""
        if name in self._opened and self._opened[name].is_newest():
            return True
        path = self.path(name)
        return path.is_dir() and deltalake.DeltaTable.is_deltatable(str(path))

    def replace(self, name: str, rows: pa.Table) -> None:
        """Replace a table whole in one commit."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        place = self._table(name) if self.exists(name) else str(path)
        self._opened.pop(name, None)
        deltalake.write_deltalake(place, rows, mode="overwrite", schema_mode="overwrite", writer_properties=WRITTEN)
        if isinstance(place, deltalake.DeltaTable):
            self._opened[name] = _Opened(path, place)

    def read(self, name: str) -> pa.Table:
        """Read a table whole, file by file: Delta's own dataset leaves threads that abort one process exit in 25."""
        table = self._table(name)
        files = table.file_uris()
        if not files:
            return pa.schema(table.schema().to_arrow()).empty_table()
        return pa.concat_tables([pq.ParquetFile(file).read() for file in files])

    def rows(self, name: str) -> int:
        """Return the number of rows of the newest commit, from its statistics."""
        return int(self._table(name).count())

    def row_history(self, name: str, commits: int = 24) -> list[int]:
        """Return the rows that each of the newest commits wrote, oldest first."""
        told = self._table(name).history(commits)
        return [int(one["operationMetrics"]["num_added_rows"]) for one in reversed(told) if "operationMetrics" in one]

    def version(self, name: str) -> int:
        """Return the number of the newest commit."""
        return self._table(name).version()

    def scan_sql(self, name: str) -> str:
        """Return a SELECT over the newest commit's files, for the engine."""
        table = self._table(name)
        uris = table.file_uris()
        if uris:
            return f"SELECT * FROM read_parquet([{', '.join(literal(uri) for uri in uris)}])"  # noqa: S608
        empty = ", ".join(
            f"CAST(NULL AS {_TYPES[str(field.type)]}) AS {quote(field.name)}"
            for field in pa.schema(table.schema().to_arrow())
        )
        return f"SELECT {empty} WHERE false"

    def _table(self, name: str) -> deltalake.DeltaTable:
        opened = self._opened.get(name)
        if opened is None or not opened.is_newest():
            path = self.path(name)
            opened = self._opened[name] = _Opened(path, deltalake.DeltaTable(str(path)))
        return opened.table


class _Opened:
    """A table as of one commit, and how to tell that this commit is still the newest: its file is as it was, the next is not there."""

    def __init__(self, path: Path, table: deltalake.DeltaTable) -> None:
        self.table = table
        log = path / "_delta_log"
        self._own, self._next = (log / f"{table.version() + step:020}.json" for step in (0, 1))
        self._mark = _mark(self._own)

    def is_newest(self) -> bool:
        return self._mark is not None and _mark(self._own) == self._mark and not self._next.exists()


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


_TYPES = {
    "string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
}  # fmt: skip
