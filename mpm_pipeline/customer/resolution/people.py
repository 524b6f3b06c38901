"""Which records are one person, and no more: for a caller that gives ids and golden records by itself, as the pipeline does."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.resolution import accounts, delta, outcome, persons, settle
from mpm_pipeline.customer.resolution import decisions as deciding
from mpm_pipeline.customer.resolution import records as reading
from mpm_pipeline.customer.resolution.tables import SCHEMAS
from mpm_pipeline.warehouse import engine

PARTS = ("customer_number", "member", "evidence")


@dataclass(frozen=True)
class People:
    """`clusters` puts beside each record its `cluster_id`, which holds for this call only; the rest as `resolve` tells it."""

    clusters: pa.Table
    evidence: pa.Table
    key_guard_report: pa.Table
    review_queue: pa.Table


def resolve_people(given: reading.Records, decisions: pa.Table, as_of: datetime) -> People:
    """Say which records of people are one person; columns as for `resolve`, a stamp ahead of `as_of` says nothing."""
    alive = reading.aged(delta.not_ahead(reading.read(given), as_of))
    decided = deciding.of_rows(deciding.together(SCHEMAS["decision"].empty_table(), decisions, as_of), alive)
    rows = np.arange(alive.num_rows, dtype=np.int64)
    with engine.connect() as connection:
        settle.prepare(connection, alive)
        accounts.settle_accounts(connection)
        label, refused = persons.settle_persons(connection, alive.num_rows, decided)
        names = pa.array(label).cast(pa.string())
        settle.put(connection, "customer", pa.table({"row": rows, "kind": pa.repeat("person", len(rows)), "customer_id": names}))  # fmt: skip
        for name in PARTS:
            settle.make(connection, name)
        return People(
            clusters=alive.select(reading.IDENTITY).append_column("cluster_id", names),
            evidence=outcome.evidence(connection),
            key_guard_report=outcome.guards(connection),
            review_queue=outcome.reviews(connection, refused),
        )
