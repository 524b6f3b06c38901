"""The part of the ledger that keeps what people decided on pairs of records: one customer, two, or unsure.

A decision is never changed: the newest one on a pair counts (identity 10), older ones stay readable.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa

from mpm_pipeline.warehouse.ledger_tables import IDENTITY_DECISION

PAIR: Final = ("source", "object", "record_id", "other_source", "other_object", "other_record_id")
SCHEMA: Final = pa.schema(
    [(name, pa.string()) for name in (*PAIR, "decision", "decided_by", "why")]
    + [("decided_at", pa.timestamp("us", "UTC"))]
)


def decide(engine: sa.Engine, decision: Mapping[str, Any]) -> None:
    """Record one decision; `decided_at` is an instant."""
    at = decision["decided_at"].astimezone(UTC).isoformat()
    with engine.begin() as connection:
        connection.execute(sa.insert(IDENTITY_DECISION), {**decision, "decided_at": at})


def decisions(engine: sa.Engine, as_of: datetime) -> pa.Table:
    """Return all decisions as known at an as-of, in the order in which they were made (columns: `SCHEMA`)."""
    query = sa.select(*(IDENTITY_DECISION.c[name] for name in SCHEMA.names)).order_by(IDENTITY_DECISION.c.number)
    query = query.where(IDENTITY_DECISION.c.decided_at <= as_of.astimezone(UTC).isoformat())
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    told = [{**row, "decided_at": datetime.fromisoformat(row["decided_at"])} for row in rows]
    return pa.Table.from_pylist(told, schema=SCHEMA)
