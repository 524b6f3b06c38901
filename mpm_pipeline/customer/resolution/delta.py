"""What a run was given beside what was there: records that are new, that changed, that went, and those that stay as they were."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution.records import IDENTITY
from mpm_pipeline.customer.resolution.settle import drop, put
from mpm_pipeline.customer.resolution.tables import SCHEMAS

SAME = " AND ".join(f"g.{name} IS NOT DISTINCT FROM b.{name}" for name in SCHEMAS["record"].names)


@dataclass(frozen=True)
class Delta:
    """`record`: all records as they stand now; `was` and `now`: the old and the new of those that differ.

    `stays` marks the records of before that are as they were; they come first in `record` as it is merged, then those of `now`.
    """

    record: pa.Table
    was: pa.Table
    now: pa.Table
    stays: Any

    @property
    def gone(self) -> pa.Table:
        """The old of all that differ: gone, unless it is there anew."""
        return self.was


def merge(connection: Any, before: pa.Table, given: pa.Table, *, whole: bool) -> Delta:
    """Put what was given over what was there; `whole`: what is not given is gone. Records that say the same again are no news."""
    lives = pc.invert(pc.fill_null(given["deleted"], False))
    if not before.num_rows:
        fresh = given.filter(lives)
        return Delta(fresh, before, fresh, np.zeros(0, dtype=bool))
    put(connection, "given", given.append_column("place", pa.array(np.arange(given.num_rows))))
    maybe = pc.is_in(before["record_id"], given["record_id"])
    put(connection, "stored", before.filter(maybe).append_column("place", pa.array(np.flatnonzero(maybe.to_numpy()))))
    found = connection.sql(
        f"""
        SELECT b.place AS was, g.place AS now, coalesce({SAME}, false) AS is_same
        FROM stored b JOIN given g USING ({", ".join(IDENTITY)})
        """  # noqa: S608
    ).fetchnumpy()
    drop(connection, "given", "stored")
    was, now, same = (np.asarray(found[name]) for name in ("was", "now", "is_same"))
    news = np.asarray(lives).copy()
    news[now[same]] = False
    stays = np.full(before.num_rows, not whole)
    stays[was] = same
    fresh = given.filter(pa.array(news))
    left = before.filter(pa.array(stays)) if not stays.all() else before
    return Delta(pa.concat_tables([left, fresh]), before.filter(pa.array(~stays)), fresh, stays)


def not_ahead(records: pa.Table, moment: datetime) -> pa.Table:
    """Return records as they are known at `moment`: a stamp ahead of it says nothing."""
    for name in ("created_at", "updated_at"):
        ahead = pc.fill_null(pc.greater(records[name], pa.scalar(moment, pa.timestamp("us", tz="UTC"))), False)
        if pc.any(ahead).as_py():
            place = records.column_names.index(name)
            records = records.set_column(place, name, pc.if_else(ahead, None, records[name]))
    return records
