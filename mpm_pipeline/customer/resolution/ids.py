"""Ids that stay: every record ever seen and the customer that it is (identity 7).

The registry of the run before is an input; only customers whose records are at hand are looked at, all others keep their rows.
An id is its oldest record's own; it survives merges and the heavier part of a split, and is never given to another customer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.matching import match, unused
from mpm_pipeline.customer.resolution.customers import same
from mpm_pipeline.customer.resolution.delta import Delta
from mpm_pipeline.customer.resolution.records import IDENTITY
from mpm_pipeline.customer.resolution.settle import drop_large, make, put, text
from mpm_pipeline.customer.resolution.tables import loose, shaped
from mpm_pipeline.warehouse import engine

LEFT = "SELECT place FROM at_hand WHERE label < 0 AND was_present"
LOST = """
SELECT bore AS old_id, own_id FROM at_hand
WHERE was_present AND bore IS NOT NULL AND bore NOT IN (SELECT id FROM label_id) ORDER BY old_id, own_id
"""
BEARER = 'SELECT h."row", l.id FROM at_hand h JOIN label_id l USING (label) WHERE h.label >= 0'
BACK = "SELECT old_id FROM redirected WHERE old_id IN (SELECT id FROM label_id)"


@dataclass(frozen=True)
class Carried:
    """The registry of one kind after a run; ids that nobody bears any more and who bore them; retired ids that are borne again.

    `touched`: every id that a record at hand bears or bore; `row` and `id`: what those that are there bear now.
    """

    registry: Iterable[pa.Table]
    lost: pa.Table
    back: pa.Table
    touched: Any
    row: Any
    id: Any


OWN = """
SELECT left($kind, 1) || '_' || substr(md5($kind || '|' || source || '|' || object || '|' || record_id), 1, 16) AS own_id FROM record ORDER BY "row"
"""
PART = 250_000
"""So many rows of a registry are made at a time."""


def first(connection: Any, kind: str, label: Numbers, alive: pa.Table, moment: datetime) -> Carried | None:
    """Give all customers their oldest record's own id, where nobody ever had one; None should two of these be the same.

    `label`: customers by record, -1 for none; `alive`: the records, the oldest first.
    """
    own = engine.fetch(connection, OWN.replace("$kind", engine.literal(kind)))["own_id"].combine_chunks()
    row = np.flatnonzero(label >= 0)
    _, head, place = np.unique(label[row], return_index=True, return_inverse=True)
    ids = own.take(pa.array(row[head]))
    if len(pc.unique(ids)) < len(ids):
        return None
    told = pa.DictionaryArray.from_arrays(pa.array(place), ids)
    nobody = pa.table({"old_id": pa.array([], pa.string()), "own_id": pa.array([], pa.string())})
    parts = _first_rows(kind, row, own, told, alive, moment)
    return Carried(parts, nobody, nobody.select(["old_id"]), pa.chunked_array([ids]), row, pa.chunked_array([told]))


def _first_rows(kind: str, row: Numbers, own: Any, told: Any, alive: pa.Table, moment: datetime) -> Iterator[pa.Table]:
    for low in range(0, len(row), PART):
        part = pa.array(row[low : low + PART])
        id_, now = (
            told.slice(low, PART).cast(pa.string()),
            pa.repeat(pa.scalar(moment, pa.timestamp("us", tz="UTC")), len(part)),
        )
        columns = {name: alive[name].take(part) for name in ("source", "object", "record_id", "created_at")}
        columns |= {"kind": same(kind, len(part)), "own_id": own.take(part), "id": id_, "first_id": id_}
        columns |= {"first_seen_at": now, "recorded_from_at": now, "is_present": pa.repeat(True, len(part))}
        yield loose("id_registry", columns)


def carry(
    connection: Any, kind: str, labelled: pa.Table, news: Delta, registry: pa.Table, redirect: pa.Table, moment: datetime
) -> Carried:  # fmt: skip
    """Give the customers at hand their ids.

    `labelled`: records whose customers are at hand, whole customers as they were and as they are, with row and label; label -1: none.
    `registry`: all rows of this kind.
    """
    connection.register("labelled", labelled)
    connection.register("gone", news.was.select([*IDENTITY, "created_at"]))
    connection.register("arrived", news.now.select(IDENTITY))
    make(connection, "own_record", kind=engine.literal(kind))
    connection.register("known", _known(connection, registry))
    connection.register("registered", registry)
    connection.register("redirected", redirect)
    make(connection, "at_hand")
    make(connection, "claim")
    put(connection, "won", _contested(connection))
    make(connection, "label_id")
    rows = engine.fetch(connection, text("registry_row", kind=engine.literal(kind), moment=engine.literal(moment.isoformat())))  # fmt: skip
    parts = _parts(connection, registry, rows)
    lost, back = engine.fetch(connection, LOST), engine.fetch(connection, BACK)
    touched = engine.fetch(connection, "SELECT bore AS id FROM at_hand WHERE bore IS NOT NULL AND was_present UNION SELECT id FROM label_id")["id"]  # fmt: skip
    bearer = engine.fetch(connection, BEARER)
    for name in ("labelled", "gone", "arrived", "known", "registered", "redirected"):
        connection.unregister(name)
    drop_large(connection, len(labelled), "own_record", "at_hand", "claim", "label_id")
    return Carried(
        parts,
        lost,
        back,
        touched,
        bearer["row"].to_numpy(),
        bearer["id"],
    )


def _parts(connection: Any, registry: pa.Table, rows: pa.Table) -> Iterable[pa.Table]:
    """Return the registry's rows after this run: those that stay, those of records at hand (`rows`), those whose record went."""
    stayed = np.ones(registry.num_rows, dtype=bool)
    places = connection.sql("SELECT place FROM at_hand WHERE place IS NOT NULL").fetchnumpy()["place"]
    stayed[np.asarray(places, dtype=np.int64)] = False
    left = np.zeros(registry.num_rows, dtype=bool)
    left[np.asarray(connection.sql(LEFT).fetchnumpy()["place"], dtype=np.int64)] = True
    stayed[np.asarray(connection.sql("SELECT place FROM at_hand WHERE label < 0 AND place IS NOT NULL AND NOT was_present").fetchnumpy()["place"], dtype=np.int64)] = True  # fmt: skip
    absent = registry.filter(pa.array(left))
    absent = absent.set_column(absent.column_names.index("is_present"), "is_present", pa.repeat(False, absent.num_rows))
    return chain(_kept(registry, stayed), [shaped("id_registry", rows), absent])


def _kept(registry: pa.Table, stayed: Any) -> Iterator[pa.Table]:
    """Yield the rows of a registry that stay, some at a time."""
    for low in range(0, registry.num_rows, PART):
        yield registry.slice(low, PART).filter(pa.array(stayed[low : low + PART]))


def _known(connection: Any, registry: pa.Table) -> pa.Table:
    """Return what the registry says of the records at hand, each row with its place."""
    own = engine.fetch(connection, "SELECT own_id FROM own_record")["own_id"]
    mine = pc.is_in(registry["own_id"], own)
    return registry.filter(mine).append_column("place", pa.array(np.flatnonzero(mine.to_numpy())))


def _contested(connection: Any) -> pa.Table:
    """Return label, id and where it was split from of customers that claim several ids, or one that others claim too."""
    claims = connection.sql(text("contested")).df()
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
    return list(engine.fetch(connection, text("id_used"))["id"].to_pylist())


def of_kind(registry: pa.Table, kind: str) -> pa.Table:
    """Return the registry's rows of one kind, which mostly lie together."""
    mine = pc.equal(registry["kind"], kind).to_numpy()
    place = np.flatnonzero(mine)
    if len(place) and place[-1] - place[0] + 1 == len(place):
        return registry.slice(place[0], len(place))
    return registry.filter(pa.array(mine))
