"""What stood of each record after a run: its customers and the keys that joined it, kept row by row beside the records."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import hand
from mpm_pipeline.customer.resolution.delta import Delta
from mpm_pipeline.customer.resolution.ids import Carried
from mpm_pipeline.customer.resolution.sharing import Keys
from mpm_pipeline.customer.resolution.tables import SCHEMAS, Resolution


@dataclass
class Stood:
    """What stood of the records of now, oldest first, and of those that went; nulls for new ones."""

    trace: pa.Table
    went: pa.Table
    is_new: Any
    digest: Any = None

    def id(self, kind: str) -> Any:
        """Return the customers of a kind before, record by record."""
        return self.trace[f"{kind}_id"].combine_chunks()

    def gone(self, kind: str) -> set[str]:
        """Return the customers of a kind that lost a record, or one as it was."""
        return set(self.went[f"{kind}_id"].drop_null().to_pylist())

    def dirty(self, connection: Any, before: Resolution, alive: pa.Table, keys: dict[str, Keys]) -> Any:
        """Mark records that are new, are joined by other keys than before, have come of age or belong to a family of companies."""
        self.digest = hand.digests(connection, keys, alive.num_rows)
        was = np.asarray(pc.fill_null(self.trace["digest"], 0), dtype=np.int64)
        aged = hand.come_of_age(alive, before.recorded_at)
        return self.is_new | (was != self.digest) | aged | hand.family(connection, alive.num_rows)


def stood(before: Resolution, news: Delta, order: Numbers) -> Stood:
    """Lay what stood beside the records of now; `order`: their places, the oldest first."""
    fresh = SCHEMAS["trace"].empty_table()
    told = before.trace
    stays = news.stays if told.num_rows == len(news.stays) else np.zeros(told.num_rows, dtype=bool)
    kept = told.filter(pa.array(stays)) if len(stays) else fresh
    new = news.record.num_rows - kept.num_rows
    nothing = pa.table({field.name: pa.nulls(new, field.type) for field in SCHEMAS["trace"]}, schema=SCHEMAS["trace"])
    is_new = np.ones(news.record.num_rows, dtype=bool)
    is_new[: kept.num_rows] = False
    went = told.filter(pa.array(~stays)) if len(stays) else fresh
    return Stood(pa.concat_tables([kept, nothing]).take(pa.array(order)), went, is_new[order])


def moved(was: Any, at_hand: Any, carried: Carried) -> Any:
    """Return the ids of now: those of records at hand as they were carried, all others as they were."""
    place = np.arange(len(was), dtype=np.int64)
    place[at_hand] = -1
    place[carried.row] = len(was) + np.arange(len(carried.row))
    every = pa.concat_arrays([was, *carried.id.cast(pa.string()).chunks])
    return every.take(pa.array(place, mask=place < 0))


def differ(was: Any, now: Any) -> Any:
    """Mark where two columns differ; null equals null."""
    same = pc.fill_null(pc.equal(was, now), False)
    return ~np.asarray(pc.or_(same, pc.and_(pc.is_null(was), pc.is_null(now))), dtype=bool)


def kept(now: dict[str, Any], digest: Any) -> pa.Table:
    """Return what the next run lays beside the records, in their order."""
    return pa.table(
        {"person_id": now["person"], "account_id": now["account"], "digest": digest}, schema=SCHEMAS["trace"]
    )
