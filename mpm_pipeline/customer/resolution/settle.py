"""Runs the SQL models of resolution one after the other and labels keys and records by their connected components."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import components
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.domains import registrable_domain

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "staged" / "reference"
LISTS = {
    "nickname": HERE / "nickname.csv",
    "other_name": HERE / "other_name.csv",
    "hollow_domain": HERE / "hollow_domain.csv",
    "placeholder": HERE / "placeholder.csv",
    "free_mail": REFERENCE / "free_mail.csv",
}


def prepare(connection: Any, records: pa.Table) -> None:
    """Bring records and lists in and make `feature`."""
    forms = "|".join((HERE / "legal_form.csv").read_text().split()[1:])
    for macro in (HERE / "macros.sql").read_text().replace("{forms}", forms).split(";\n"):
        if macro.strip():
            connection.execute(macro)
    for name, file in LISTS.items():
        connection.execute(
            f"CREATE TABLE {name} AS FROM read_csv({engine.literal(str(file))}, header = true, all_varchar = true)"
        )
    roles = engine.literal(str(REFERENCE / "mailbox.csv"))
    connection.execute(f"CREATE TABLE mailbox AS FROM read_csv({roles}, header = true, all_varchar = true)")
    put(connection, "record", records)
    put(connection, "domain_name", _domains(records))
    make(connection, "feature")


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


def _domains(records: pa.Table) -> pa.Table:
    """Give every domain that is named its registered part."""
    mail = pc.utf8_lower(
        pc.utf8_trim_whitespace(pc.struct_field(pc.extract_regex(records["email"], "@(?P<host>[^@]+)$"), "host"))
    )
    sites = [pc.fill_null(records[name], "") for name in ("domain", "website")]
    site = pc.if_else(pc.equal(pc.utf8_trim_whitespace(sites[0]), ""), sites[1], pc.utf8_trim_whitespace(sites[0]))
    raw = pc.unique(pa.chunked_array([*mail.chunks, *site.chunks], pa.string())).drop_null()
    found = [registrable_domain(name) for name in raw.to_pylist()]
    return pa.table({"raw": raw, "registrable": pa.array(found, pa.string())})
