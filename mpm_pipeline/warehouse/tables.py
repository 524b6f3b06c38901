"""Derived tables in Delta Lake: replaced whole or by partition in one commit, read by the engine as plain Parquet.

Names are `layer.table` (or `layer.vendor.table` for staged tables). What a table means is in its contract.
"""

from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq

from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.home import Home


class Tables:
    """The derived tables of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def path(self, name: str) -> Path:
        """Return the folder of a table."""
        return self.home.tables.joinpath(*name.split("."))

    def exists(self, name: str) -> bool:
        """Say whether a table was ever written."""
        return deltalake.DeltaTable.is_deltatable(str(self.path(name)))

    def replace(self, name: str, rows: pa.Table) -> None:
        """Replace a table whole in one commit."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        deltalake.write_deltalake(str(path), rows, mode="overwrite", schema_mode="overwrite")

    def read(self, name: str) -> pa.Table:
        """Read a table whole, file by file: Delta's own dataset leaves threads that abort one process exit in 25."""
        table = deltalake.DeltaTable(str(self.path(name)))
        files = table.file_uris()
        if not files:
            return pa.schema(table.schema().to_arrow()).empty_table()
        return pa.concat_tables([pq.ParquetFile(file).read() for file in files])

    def rows(self, name: str) -> int:
        """Return the number of rows of the newest commit, from its statistics."""
        return int(deltalake.DeltaTable(str(self.path(name))).count())

    def row_history(self, name: str, commits: int = 24) -> list[int]:
        """Return the rows that each of the newest commits wrote, oldest first."""
        told = deltalake.DeltaTable(str(self.path(name))).history(commits)
        return [int(one["operationMetrics"]["num_added_rows"]) for one in reversed(told) if "operationMetrics" in one]

    def version(self, name: str) -> int:
        """Return the number of the newest commit."""
        return deltalake.DeltaTable(str(self.path(name))).version()

    def scan_sql(self, name: str) -> str:
        """Return a SELECT over the newest commit's files, for the engine."""
        table = deltalake.DeltaTable(str(self.path(name)))
        uris = table.file_uris()
        if uris:
            return f"SELECT * FROM read_parquet([{', '.join(literal(uri) for uri in uris)}])"  # noqa: S608
        empty = ", ".join(
            f"CAST(NULL AS {_TYPES[str(field.type)]}) AS {quote(field.name)}"
            for field in pa.schema(table.schema().to_arrow())
        )
        return f"SELECT {empty} WHERE false"


_TYPES = {
    "string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "date32[day]": "DATE",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
}  # fmt: skip
