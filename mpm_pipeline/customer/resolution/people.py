"""Which records are one person, and no more: for a caller that gives ids and golden records by itself, as the pipeline does."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.resolution import accounts, delta, features, outcome, persons, sharing
from mpm_pipeline.customer.resolution import decisions as deciding
from mpm_pipeline.customer.resolution import records as reading
from mpm_pipeline.customer.resolution.customers import Customers
from mpm_pipeline.customer.resolution.tables import SCHEMAS, made
from mpm_pipeline.warehouse import engine


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
        features.prepare(connection, alive)
        accounts.settle_accounts(connection)
        label, refused = persons.settle_persons(connection, alive.num_rows, decided)
        names = pa.array(label).cast(pa.string())
        keys, customers = outcome.keys_of(connection)["person"], Customers.of("person", rows, names)
        found = sharing.evidence(customers, keys, sharing.shared(customers, keys, len(rows)), alive)
        return People(
            clusters=alive.select(reading.IDENTITY).append_column("cluster_id", names),
            evidence=pa.concat_tables([SCHEMAS["evidence"].empty_table(), *(made("evidence", part) for part in found)]),
            key_guard_report=outcome.guards(connection),
            review_queue=outcome.reviews(connection, refused, label),
        )
