"""Runs the SQL models of resolution one after the other and labels keys and records by their connected components."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from mpm_pipeline.customer.components import components
from mpm_pipeline.customer.resolution.side_by_side import MANY
from mpm_pipeline.warehouse import engine

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "staged" / "reference"
LISTS = {
    "nickname": HERE / "nickname.csv",
    "other_name": HERE / "other_name.csv",
    "hollow_domain": HERE / "hollow_domain.csv",
    "hollow_word": HERE / "hollow_word.csv",
    "page_host": HERE / "page_host.csv",
    "placeholder": HERE / "placeholder.csv",
    "site_host": HERE / "site_host.csv",
    "trade_word": HERE / "trade_word.csv",
    "free_mail": REFERENCE / "free_mail.csv",
    "hollow_id": REFERENCE / "hollow_id.csv",
    "mailbox": REFERENCE / "mailbox.csv",
}


@cache
def listed(name: str) -> Any:
    """Return the first column of a list; every text is taken as it stands, `null` and `nan` too."""
    options = csv.ConvertOptions(strings_can_be_null=False)
    return csv.read_csv(LISTS[name], convert_options=options).column(0).combine_chunks()


def bring_lists(connection: Any) -> None:
    """Bring macros and lists into the connection's own catalog, where its next user finds them."""
    if connection.execute("SELECT 1 FROM duckdb_tables() WHERE database_name = 'memory' AND table_name = 'resolution_ready'").fetchall():  # fmt: skip
        return
    for macro in (HERE / "macros.sql").read_text().split(";\n"):
        if macro.strip():
            connection.execute(macro)
    for name, file in LISTS.items():
        connection.execute(
            f"CREATE OR REPLACE TABLE memory.main.{name} AS FROM read_csv({engine.literal(str(file))}, header = true, all_varchar = true)"
        )
    connection.execute("CREATE TABLE memory.main.resolution_ready (done BOOLEAN)")


def make(connection: Any, name: str, **values: float | str) -> None:
    """Make the table of one SQL model; `values` stand for its `$names`."""
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS {text(name, **values)}")


def text(name: str, **values: float | str) -> str:
    """Return the text of one SQL model; `values` stand for its `$names`."""
    sql = (HERE / f"{name}.sql").read_text()
    for parameter, value in values.items():
        sql = sql.replace(f"${parameter}", str(value))
    return sql


def drop(connection: Any, *names: str) -> None:
    """Drop tables that nobody reads any more; a million records leave little room."""
    for name in names:
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def drop_large(connection: Any, rows: int, *names: str) -> None:
    """Drop tables of so many rows; few take less room than dropping them takes time."""
    if rows >= MANY:
        drop(connection, *names)


def put(connection: Any, name: str, table: pa.Table) -> None:
    """Make a table of an Arrow table's rows."""
    connection.register("incoming", table)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM incoming")
    connection.unregister("incoming")


def label_pairs(connection: Any, sql: str) -> pa.Table:
    """Label texts that are joined in pairs (`one`, `other`) and those that stand alone (`other` null): `key`, `label`."""
    pairs = engine.fetch(connection, sql)
    both = pa.concat_arrays([pairs["one"].combine_chunks(), pairs["other"].combine_chunks().drop_null()])
    names = pc.unique(both)
    names = names.take(pc.sort_indices(names))
    linked = pairs.filter(pc.is_valid(pairs["other"]))
    one, other = (pc.index_in(linked[side].combine_chunks(), names).to_numpy() for side in ("one", "other"))
    key = np.arange(len(one), dtype=np.int64)
    label = components(len(names), np.concatenate([one, other]).astype(np.int64), np.concatenate([key, key]))
    return pa.table({"key": names, "label": pa.array(label)})
