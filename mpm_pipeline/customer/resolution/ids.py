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

from mpm_pipeline.customer.matching import match, unused
from mpm_pipeline.customer.resolution.settle import HERE, make, put
from mpm_pipeline.customer.resolution.tables import shaped
from mpm_pipeline.warehouse import engine

LEFT = "SELECT place FROM at_hand WHERE label < 0 AND was_present"
LOST = """
SELECT bore AS old_id, own_id FROM at_hand
WHERE was_present AND bore IS NOT NULL AND bore NOT IN (SELECT id FROM label_id) ORDER BY old_id, own_id
"""
BACK = "SELECT old_id FROM redirected WHERE old_id IN (SELECT id FROM label_id)"


@dataclass(frozen=True)
class Carried:
    """The registry of one kind after a run; ids that nobody bears any more and who bore them; retired ids that are borne again.

    `touched`: every id that a record at hand bears or bore; `row` and `id`: what those that are there bear now.
    """

    registry: pa.Table
    lost: pa.Table
    back: pa.Table
    touched: Any
    row: Any
    id: Any


def carry(
    connection: Any, kind: str, labelled: pa.Table, gone: pa.Table, registry: pa.Table, redirect: pa.Table, moment: datetime
) -> Carried:  # fmt: skip
    """Give the customers at hand their ids and make `bearer_<kind>` (row, id).

    `labelled`: row and label of records whose customers are at hand, whole customers as they were and as they are; label -1: none.
    `gone`: records of before that went. `registry`: all rows of this kind.
    """
    put(connection, "labelled", labelled)
    put(connection, "gone", gone.select(["source", "object", "record_id", "created_at"]))
    connection.register("registered", registry.append_column("place", pa.array(np.arange(registry.num_rows))))
    connection.register("redirected", redirect)
    make(connection, "at_hand", kind=engine.literal(kind))
    make(connection, "claim")
    put(connection, "won", _contested(connection))
    make(connection, "label_id")
    rows = engine.fetch(connection, _sql("registry_row", kind=engine.literal(kind), moment=engine.literal(moment.isoformat())))  # fmt: skip
    stayed = np.ones(registry.num_rows, dtype=bool)
    places = connection.sql("SELECT place FROM at_hand WHERE place IS NOT NULL").fetchnumpy()["place"]
    stayed[np.asarray(places, dtype=np.int64)] = False
    left = np.asarray(connection.sql(LEFT).fetchnumpy()["place"], dtype=np.int64)
    stayed[np.asarray(connection.sql("SELECT place FROM at_hand WHERE label < 0 AND place IS NOT NULL AND NOT was_present").fetchnumpy()["place"], dtype=np.int64)] = True  # fmt: skip
    absent = registry.take(pa.array(np.sort(left)))
    absent = absent.set_column(absent.column_names.index("is_present"), "is_present", pa.array([False] * len(left), pa.bool_()))  # fmt: skip
    lost, back = engine.fetch(connection, LOST), engine.fetch(connection, BACK)
    connection.execute(
        f'CREATE OR REPLACE TABLE bearer_{kind} AS SELECT h."row", l.id FROM at_hand h JOIN label_id l USING (label) WHERE h.label >= 0'  # noqa: S608
    )
    touched = engine.fetch(connection, "SELECT bore AS id FROM at_hand WHERE bore IS NOT NULL UNION SELECT id FROM label_id")["id"]  # fmt: skip
    bearer = engine.fetch(connection, f'SELECT "row", id FROM bearer_{kind}')  # noqa: S608
    connection.unregister("registered")
    connection.unregister("redirected")
    kept = registry if stayed.all() else registry.filter(pa.array(stayed))
    return Carried(
        pa.concat_tables([kept, shaped("id_registry", rows), absent]),
        lost,
        back,
        touched,
        bearer["row"].to_numpy(),
        bearer["id"],
    )


def _contested(connection: Any) -> pa.Table:
    """Return label, id and where it was split from of customers that claim several ids, or one that others claim too."""
    claims = connection.sql(_sql("contested")).df()
    chosen = match(claims) if len(claims) else pd.Series(dtype="object")
    heads = claims.drop_duplicates("label").set_index("label")[["own_id", "bore"]] if len(claims) else pd.DataFrame(columns=["own_id", "bore"])  # fmt: skip
    without = heads[~heads.index.isin(chosen.index)].sort_index()
    made = unused(without["own_id"].reset_index(drop=True), lambda wanted: _used(connection, wanted))
    label = np.concatenate([chosen.index.to_numpy(dtype=np.int64), without.index.to_numpy(dtype=np.int64)])
    id_ = [*chosen.tolist(), *made.tolist()]
    origin = [*[None] * len(chosen), *without["bore"].where(without["bore"].notna(), None).tolist()]
    return pa.table({"label": label, "id": pa.array(id_, pa.string()), "split_from": pa.array(origin, pa.string())})


def _used(connection: Any, wanted: list[str]) -> list[str]:
    """Return which of these ids are or were somebody's."""
    put(connection, "wanted", pa.table({"id": pa.array(wanted, pa.string())}))
    return list(engine.fetch(connection, _sql("id_used"))["id"].to_pylist())


def _sql(name: str, **values: str) -> str:
    sql = (HERE / f"{name}.sql").read_text()
    for parameter, value in values.items():
        sql = sql.replace(f"${parameter}", value)
    return sql


def of_kind(registry: pa.Table, kind: str) -> pa.Table:
    """Return the registry's rows of one kind."""
    return registry.filter(pc.equal(registry["kind"], kind))
