"""The part of the ledger that tells of pages as they came and of rows that were released from quarantine.

A page is what the source sent in one answer, or a whole file. A release is kept for good, with who made it and why.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from mpm_pipeline.warehouse.ledger_tables import PAGE, RELEASE


def add_pages(connection: sa.Connection, batch: str, pages: Iterable[tuple[int, str]]) -> None:
    """Record the pages (rows, hash) of one file of the raw log, in order."""
    rows, first = [], 0
    for number, (count, digest) in enumerate(pages):
        rows.append({"batch": batch, "page_no": number, "first_row": first, "rows": count, "content_hash": digest})
        first += count
    if rows:
        connection.execute(sqlite.insert(PAGE).on_conflict_do_nothing(), rows)


def pages(engine: sa.Engine, batches: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return the pages of some files of the raw log, in order."""
    found: list[Mapping[str, Any]] = []
    with engine.connect() as connection:
        for batch in sorted(set(batches)):
            query = sa.select(PAGE).where(PAGE.c.batch == batch).order_by(PAGE.c.page_no)
            found += [dict(row) for row in connection.execute(query).mappings()]
    return found


def add_releases(engine: sa.Engine, rows: Iterable[Mapping[str, Any]]) -> None:
    """Record rows of quarantine whose cause is gone; the first release of a row stands."""
    rows = [dict(row) for row in rows]
    if rows:
        with engine.begin() as connection:
            connection.execute(sqlite.insert(RELEASE).on_conflict_do_nothing(), rows)


def releases(engine: sa.Engine, as_of: datetime | None = None) -> list[Mapping[str, Any]]:
    """Return the released rows of quarantine, as known at an as-of."""
    query = sa.select(RELEASE).order_by(*RELEASE.primary_key)
    if as_of is not None:
        query = query.where(RELEASE.c.resolved_at <= as_of.astimezone(UTC).isoformat())
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
