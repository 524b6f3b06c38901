"""Which customer a record is, and was said to be: rows that changed are closed and kept, so that any past run can be read again.

`recorded_from_at` and `recorded_to_at` say from when to when a row was what the newest run said; `valid_from_at` is the record's own
beginning.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import sharing
from mpm_pipeline.customer.resolution.customers import ALL, coded, packed, places
from mpm_pipeline.customer.resolution.outcome import Told
from mpm_pipeline.customer.resolution.records import IDENTITY
from mpm_pipeline.customer.resolution.settle import put
from mpm_pipeline.customer.resolution.tables import SCHEMAS, loose
from mpm_pipeline.warehouse import engine

ALONE = 20
"""Bits of a record that shares nothing: it is itself."""
WORDS = {
    "decision": "somebody said so",
    "id": "declared id of the other record",
    "record": "declared id of the other record",
    "mailbox": "same mailbox",
    "role_mailbox": "same mailbox of a role, and no name",
    "handle": "same handle",
    "phone_name": "same name and telephone",
    "same_home": "tells the very same of somebody at home",
    "account_name": "same name at the same account",
    "likeness": "alike in name, birth or address",
    "domain": "same registered domain",
    "name": "same company name, which means one account alone",
    "spelling": "a slip of the pen in the company name, which means one account alone",
    "land": "same company name, which one company of the country bears",
}
PART = 250_000
"""So many rows are made at a time."""
COMPARED = ["person_id", "account_id", "is_company", "joined_by", "confidence", "reason", "valid_from_at"]


def fresh(found: Told, alive: pa.Table, shown: Numbers, account: Any, moment: datetime) -> Iterator[pa.Table]:
    """Yield, some at a time, what the crosswalk says of the records `shown`; `account`: beside each the id of its account."""
    company = np.asarray(pc.fill_null(alive["is_company"], False), dtype=bool)
    count = alive.num_rows
    kinds, weakest = np.full(count, -1, dtype=np.int32), np.full(count, np.nan)
    is_less, types = np.zeros(count, dtype=bool), pa.array([], pa.string())
    for kind, one in found.customers.items():
        mine = company[one.row] == (kind == "account")
        type_, best, names = sharing.strongest(one, found.keys[kind], found.shared[kind])
        sure, row = sharing.sure(one, found.shared[kind])[mine], one.row[mine]
        kinds[row] = np.where(type_[mine] >= 0, type_[mine] + len(types), -1)
        weakest[row], is_less[row] = sure, sure < best[mine]
        types = pa.concat_arrays([types, names])
    person = found.customers["person"].of_rows(count)
    reasons, began = _reasons(types), pa.scalar(0, SCHEMAS["crosswalk"].field("valid_from_at").type)
    named = {name: coded(alive[name]) for name in ("source", "object")}
    for low in range(0, max(len(shown), 1), PART):
        rows = shown[low : low + PART]
        type_, weak = kinds[rows], weakest[rows]
        why = np.where(type_ < 0, len(types), type_) + is_less[rows] * (len(types) + 1)
        columns = {name: packed(one, rows) for name, one in named.items()} | {
            "record_id": alive["record_id"].take(pa.array(rows)),
            "person_id": found.customers["person"].ids.take(places(person[rows])),
            "account_id": account.slice(low, PART),
            "is_company": company[rows],
            "joined_by": pc.fill_null(types.take(places(type_)), "alone"),
            "confidence": np.round(1 - np.exp2(-np.where(np.isnan(weak), ALONE, weak)), 6),
            "reason": packed((why, reasons), ALL),
            "valid_from_at": pc.fill_null(alive["created_at"].take(pa.array(rows)), began),
            "recorded_from_at": pa.repeat(pa.scalar(moment, began.type), len(rows)),
        }
        yield loose("crosswalk", columns)


def _reasons(types: Any) -> Any:
    """Return in words by what a record is joined, nothing last, and all again where its mate is joined by less."""
    nothing = "shares nothing with another record"
    words = [*(WORDS.get(one, nothing) for one in types.to_pylist()), nothing]
    return pa.array([*words, *(f"{one}, and its mate is joined by less" for one in words)], pa.string())


def recorded(connection: Any, before: pa.Table, fresh: pa.Table, gone: pa.Table, moment: datetime) -> pa.Table:
    """Return the crosswalk after this run: `fresh` is what it says of the records at hand, `gone` those that went; all other rows stay."""
    same = " AND ".join(f"b.{name} IS NOT DISTINCT FROM f.{name}" for name in COMPARED)
    fresh = fresh.cast(SCHEMAS["crosswalk"])
    connection.register("fresh_crosswalk", fresh)
    put(connection, "gone", gone.select(IDENTITY))
    named = pa.chunked_array([*fresh["record_id"].chunks, *gone["record_id"].chunks], pa.string())
    maybe = pc.and_(pc.is_in(before["record_id"], named), pc.is_null(before["recorded_to_at"]))
    put(connection, "told", before.filter(maybe).append_column("place", pa.array(np.flatnonzero(maybe.to_numpy()))))
    found = connection.sql(
        f"SELECT place, {same} AS is_same FROM told b JOIN fresh_crosswalk f USING (source, object, record_id)"  # noqa: S608
        " UNION ALL SELECT place, false FROM told b JOIN gone g USING (source, object, record_id)"
        " WHERE (b.source, b.object, b.record_id) NOT IN (SELECT (source, object, record_id) FROM fresh_crosswalk)"
    ).fetchnumpy()
    fresh = engine.fetch(
        connection,
        f"SELECT f.* FROM fresh_crosswalk f LEFT JOIN told b ON b.source = f.source AND b.object = f.object"  # noqa: S608
        f" AND b.record_id = f.record_id WHERE b.place IS NULL OR NOT ({same}) ORDER BY f.source, f.object, f.record_id",
    )
    connection.unregister("fresh_crosswalk")
    ended = np.zeros(before.num_rows, dtype=bool)
    ended[np.asarray(found["place"])[~np.asarray(found["is_same"], dtype=bool)]] = True
    if not ended.any() and not fresh.num_rows:
        return before
    closed = before.filter(pa.array(ended))
    at = pa.array([moment] * closed.num_rows, pa.timestamp("us", tz="UTC"))
    closed = closed.set_column(closed.column_names.index("recorded_to_at"), "recorded_to_at", at)
    return pa.concat_tables([before.filter(pa.array(~ended)), closed, fresh.cast(before.schema)])


def crosswalk_as_of(crosswalk: pa.Table, instant: datetime) -> pa.Table:
    """Return the crosswalk as the newest run at `instant` (UTC) told it; its rows count as open."""
    at = pa.scalar(instant, pa.timestamp("us", tz="UTC"))
    ended = crosswalk["recorded_to_at"]
    was = pc.and_(pc.less_equal(crosswalk["recorded_from_at"], at), pc.fill_null(pc.greater(ended, at), True))
    found = crosswalk.filter(was)
    place = found.column_names.index("recorded_to_at")
    found = found.set_column(place, "recorded_to_at", pa.nulls(found.num_rows, pa.timestamp("us", tz="UTC")))
    return found.sort_by([(name, "ascending") for name in IDENTITY])


def current(crosswalk: pa.Table) -> pa.Table:
    """Return the rows that hold now."""
    return crosswalk.filter(pc.is_null(crosswalk["recorded_to_at"]))
