"""The BI file: the served tables in one DuckDB file, swapped in whole, for tools that open a file rather than a server."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from mpm_pipeline.warehouse.engine import quote
from mpm_pipeline.warehouse.home import Home


def write_bi_file(home: Home, rows: Mapping[str, pa.Table]) -> None:
    """Write all tables to a fresh file and put it in place of the old one."""
    fresh = home.bi_file.with_suffix(".tmp")
    fresh.unlink(missing_ok=True)
    with duckdb.connect(str(fresh)) as connection:
        for name, table in rows.items():
            connection.register("incoming", table)
            connection.execute(f"CREATE TABLE {quote(name)} AS SELECT * FROM incoming")  # noqa: S608
            connection.unregister("incoming")
    fresh.replace(home.bi_file)
