"""The part of the ledger that tells of pages as they came and of rows that were released from quarantine.

A page is what the source sent in one answer, or a whole file. A release is kept for good, with who made it and why.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

META = sa.MetaData()
"""All tables of the ledger."""

PAGE = sa.Table(
    "page", META,
    sa.Column("batch", sa.String, primary_key=True, comment="file of the raw log"),
    sa.Column("page_no", sa.Integer, primary_key=True, comment="place of the page in the file, from 0"),
    sa.Column("first_row", sa.Integer, nullable=False, comment="row_no of its first record"),
    sa.Column("rows", sa.Integer, nullable=False, comment="records that came on it"),
    sa.Column("content_hash", sa.String, nullable=False, comment="half of SHA-256 over its records as they came"),
)  # fmt: skip

RELEASE = sa.Table(
    "release", META,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("stream", sa.String, primary_key=True),
    sa.Column("batch", sa.String, primary_key=True),
    sa.Column("row_no", sa.Integer, primary_key=True),
    sa.Column("reason_code", sa.String, primary_key=True),
    sa.Column("reason_text", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("first_seen_at", sa.String, nullable=False),
    sa.Column("resolved_at", sa.String, nullable=False, comment="as-of of the release"),
    sa.Column("resolved_by", sa.String, nullable=False, comment="who released it"),
    sa.Column("cause", sa.String, nullable=False, comment="contract mended, newer version, or the exception that sets it aside"),
)  # fmt: skip


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
