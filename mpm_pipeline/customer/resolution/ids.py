"""Ids that stay: every record ever seen and the customer that it is (identity 7).

The registry of the run before is an input; only customers whose records are at hand are looked at, all others keep their rows.
An id is its oldest record's own; it survives merges and the heavier part of a split, and is never given to another customer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.matching import ids_of
from mpm_pipeline.customer.resolution.settle import HERE, put
from mpm_pipeline.customer.resolution.tables import SCHEMAS
from mpm_pipeline.warehouse import engine

MEMBERS = "SELECT * FROM at_hand WHERE label >= 0 ORDER BY first_told_at NULLS LAST, source, object, record_id"


@dataclass(frozen=True)
class Carried:
    """The registry of one kind after a run, the id of each row at hand, ids that nobody bears any more, and who bore them."""

    registry: pa.Table
    row: Any
    id: Any
    touched: set[str]
    lost: pd.DataFrame


def carry(
    connection: Any, kind: str, labelled: pa.Table, gone: pa.Table, registry: pa.Table, redirect: pa.Table, moment: datetime
) -> Carried:  # fmt: skip
    """Give the customers at hand their ids.

    `labelled`: row and label of records whose customers are at hand, whole customers as they were and as they are; label -1: none.
    `gone`: records of before that went. `registry`: all rows of this kind.
    """
    put(connection, "labelled", labelled)
    put(connection, "gone", gone.select(["source", "object", "record_id", "created_at"]))
    connection.register("registered", registry.append_column("place", pa.array(np.arange(registry.num_rows))))
    connection.register("redirected", redirect)
    connection.execute((HERE / "at_hand.sql").read_text().replace("$kind", engine.literal(kind)))
    every = connection.sql(MEMBERS).df()
    every["id"] = every["id"].astype("object").where(every["id"].notna(), None)
    every["is_present"] = True
    if registry.num_rows:
        ages = connection.sql((HERE / "id_age.sql").read_text()).df().set_index("id")["age"]
        every["id_age"], every["own_age"] = every["id"].map(ages), every["own_id"].map(ages)
    _, first, inverse = np.unique(every["label"].to_numpy(), return_index=True, return_inverse=True)
    every["fresh"] = ids_of(every, first[inverse], lambda wanted: _used(connection, wanted))
    left = connection.sql("SELECT place, own_id, id FROM at_hand WHERE label < 0 AND was_present").df()
    stayed = np.ones(registry.num_rows, dtype=bool)
    stayed[every["place"].dropna().to_numpy(dtype=np.int64)] = False
    stayed[left["place"].to_numpy(dtype=np.int64)] = False
    absent = registry.take(pa.array(left["place"].to_numpy(dtype=np.int64)))
    absent = absent.set_column(absent.column_names.index("is_present"), "is_present", pa.array([False] * len(left), pa.bool_()))  # fmt: skip
    rows = _rows(kind, every, moment)
    bore = pd.concat([every.loc[every["was_present"], ["own_id", "bore"]], left.rename(columns={"id": "bore"})])
    lost = bore[~bore["bore"].isin(set(every["fresh"]))].rename(columns={"bore": "old_id"})[["old_id", "own_id"]]
    connection.unregister("registered")
    connection.unregister("redirected")
    kept = registry if stayed.all() else registry.filter(pa.array(stayed))
    touched = {*bore["bore"], *every["fresh"]}
    return Carried(pa.concat_tables([kept, rows, absent]), every["row"].to_numpy(dtype=np.int64), every["fresh"].to_numpy(), touched, lost)  # fmt: skip


def _used(connection: Any, wanted: list[str]) -> list[str]:
    """Return which of these ids are or were somebody's."""
    put(connection, "wanted", pa.table({"id": pa.array(wanted, pa.string())}))
    return list(engine.fetch(connection, (HERE / "id_used.sql").read_text())["id"].to_pylist())


def _rows(kind: str, every: pd.DataFrame, moment: datetime) -> pa.Table:
    """Return the rows of records at hand."""
    known = every["bore"].notna()
    changed = (every["fresh"] != every["bore"]).to_numpy(dtype=bool)
    born = every["fresh"].isin(set(every["bore"].dropna()))
    every["split_from"] = every["split_from"].where(every["fresh"] == every["bore"], None)
    made = (~born & known & every["was_present"]).to_numpy(dtype=bool)
    every.loc[made & ~_older(every), "split_from"] = every["bore"]
    origin = every.dropna(subset=["split_from"]).drop_duplicates("fresh").set_index("fresh")["split_from"]
    rows = every[["source", "object", "record_id", "own_id"]].assign(
        kind=kind,
        id=every["fresh"],
        first_id=every["first_id"].where(every["first_id"].notna(), every["fresh"]),
        split_from=every["fresh"].map(origin),
        created_at=every["first_told_at"],
        first_seen_at=every["first_seen_at"].fillna(pd.Timestamp(moment)),
        recorded_from_at=every["recorded_from_at"].where(~changed & known, pd.Timestamp(moment)),
        is_present=True,
    )
    return pa.Table.from_pandas(rows, SCHEMAS["id_registry"], preserve_index=False)


def _older(every: pd.DataFrame) -> Any:
    """Say of each row whether its customer's id is that of a record that is new: an older one that arrived, no split."""
    fresh = set(every.loc[every["bore"].isna(), "own_id"])
    return every["fresh"].isin(fresh).to_numpy(dtype=bool)


def of_kind(registry: pa.Table, kind: str) -> pa.Table:
    """Return the registry's rows of one kind."""
    return registry.filter(pc.equal(registry["kind"], kind))
