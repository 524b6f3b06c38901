"""Records that a source shows and does not give: a sweep read the days in which they lie, and the days came without them.

They are in no figure and no loss, since nothing of them was ever held; each sweep asks for their days again. They stand in the
ledger with the as-of at which they were found and the one at which that ended, so that a replay tells what was known then.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mpm_pipeline.warehouse.lateness import Unknown, has_landed
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.ledger_tables import WITHHELD
from mpm_pipeline.warehouse.rawlog import RawLog


def note(ledger: Ledger, source: str, stream: str, found: Collection[Unknown], as_of: datetime) -> list[Unknown]:
    """Write which records of a stream a sweep asked for in vain, end what is over, and return those not known before."""
    where = (WITHHELD.c.source == source, WITHHELD.c.stream == stream, WITHHELD.c.ended_as_of.is_(None))
    wanted = {(one.key, one.version): one for one in found}
    with ledger.engine.begin() as connection:
        known = {(row.key, row.version) for row in connection.execute(sa.select(WITHHELD).where(*where))}
        for key, version in known - wanted.keys():
            same = (WITHHELD.c.key == key, WITHHELD.c.version == version)
            connection.execute(sa.update(WITHHELD).where(*where, *same).values(ended_as_of=text(as_of)))
        fresh = [one for same, one in wanted.items() if same not in known]
        head = {"source": source, "stream": stream, "found_as_of": text(as_of)}
        if fresh:
            rows = [head | {"key": one.key, "version": one.version, "day": one.day} for one in fresh]
            connection.execute(sa.insert(WITHHELD).prefix_with("OR REPLACE"), rows)
    return fresh


def open_by_stream(raw: RawLog, source: str, as_of: datetime) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return what a source withholds as known at an as-of, by source and stream; what landed by then in another way is left out."""
    ended = WITHHELD.c.ended_as_of
    query = sa.select(WITHHELD).where(
        WITHHELD.c.source == source, WITHHELD.c.found_as_of <= text(as_of), ended.is_(None) | (ended > text(as_of))
    )
    with raw.ledger.engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query.order_by(*WITHHELD.primary_key)).mappings()]
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for stream in sorted({row["stream"] for row in rows}):
        own = [row for row in rows if row["stream"] == stream]
        missing = [
            row for row, is_there in zip(own, has_landed(raw, source, stream, own, as_of), strict=True) if not is_there
        ]
        if missing:
            found[source, stream] = missing
    return found
