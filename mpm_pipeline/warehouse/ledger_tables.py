"""The tables of the ledger: their columns and indexes, and nothing that reads or writes them."""

import sqlalchemy as sa

META = sa.MetaData()

RUN = sa.Table(
    "run", META,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False, comment="run, backfill, demo, probe, replay"),
    sa.Column("as_of", sa.String, nullable=False),
    sa.Column("as_of_source", sa.String, nullable=False, comment="setting, sources or machine"),
    sa.Column("state", sa.String, nullable=False, comment="started, done, degraded, failed"),
)  # fmt: skip

BATCH = sa.Table(
    "batch", META,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("batch", sa.String, nullable=False, unique=True, comment="file name below raw/<source>/<stream>"),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("stream", sa.String, nullable=False),
    sa.Column("window_from", sa.String),
    sa.Column("window_to", sa.String),
    sa.Column("extracted_at", sa.String, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String, nullable=False, comment="SHA-256 over keys, stamps and payloads"),
)  # fmt: skip
sa.Index("batch_by_content", BATCH.c.source, BATCH.c.stream, BATCH.c.content_hash)
sa.Index("batch_by_stream", BATCH.c.source, BATCH.c.stream, BATCH.c.sequence)

WINDOW = sa.Table(
    "request_window", META,
    sa.Column("window_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("partition", sa.String, nullable=False, comment="UTC day that was asked for"),
    sa.Column("as_of", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False, comment="done or failed"),
    sa.Column("rows_in", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String),
    sa.Column("asked", sa.String, comment="streams that were asked, as JSON"),
    sa.Column("error", sa.String),
)  # fmt: skip
sa.Index("window_by_partition", WINDOW.c.source, WINDOW.c.partition)
sa.Index("window_by_outcome", WINDOW.c.source, WINDOW.c.state, WINDOW.c.partition, WINDOW.c.as_of)

SIGHTING = sa.Table(
    "sighting", META,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("stream", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True, comment="vendor stamp, else hash of the payload"),
    sa.Column("partition", sa.String, nullable=False),
    sa.Column("seen_as_of", sa.String, nullable=False),
)  # fmt: skip

SOURCE_STATE = sa.Table(
    "source_state", META,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)  # fmt: skip

LOSS = sa.Table(
    "loss", META,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("stream", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("kind", sa.String, primary_key=True, comment="vanished, reversed or given_anew"),
    sa.Column("incarnation", sa.String, primary_key=True, comment="creation of the record that was lost; empty: not told"),
    sa.Column("found_as_of", sa.String, primary_key=True),
    sa.Column("created_at", sa.String, comment="instant at which it was entered"),
    sa.Column("version_at", sa.String, comment="stamp, else instant, of the newest version that landed"),
    sa.Column("shown_at", sa.String, comment="what the source shows instead: stamp of the older version, creation of the other"),
    sa.Column("is_incident", sa.Boolean, nullable=False, comment="found with more than one loses by deleting"),
    sa.Column("closed_as_of", sa.String, comment="when a person confirmed it"),
    sa.Column("closed_by", sa.String, comment="who did"),
    sa.Column("returned_as_of", sa.String, comment="when the source showed the record again"),
)  # fmt: skip

WITHHELD = sa.Table(
    "withheld", META,
    sa.Column("source", sa.String, primary_key=True),
    sa.Column("stream", sa.String, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("version", sa.String, primary_key=True, comment="stamp that the source shows; empty: it is known by its key alone"),
    sa.Column("found_as_of", sa.String, primary_key=True),
    sa.Column("day", sa.String, nullable=False, comment="UTC day in which it lies and that came without it"),
    sa.Column("ended_as_of", sa.String, comment="when a sweep found that it had landed or was no longer shown"),
)  # fmt: skip

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

IDENTITY_DECISION = sa.Table(
    "identity_decision", META,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("decided_at", sa.String, nullable=False, comment="as-of of the run that was looked at"),
    sa.Column("decided_by", sa.String, nullable=False, comment="who said so"),
    sa.Column("source", sa.String, nullable=False), sa.Column("object", sa.String, nullable=False),
    sa.Column("record_id", sa.String, nullable=False),
    sa.Column("other_source", sa.String, nullable=False), sa.Column("other_object", sa.String, nullable=False),
    sa.Column("other_record_id", sa.String, nullable=False),
    sa.Column("decision", sa.String, nullable=False, comment="yes: one customer, no: two, unsure: neither"),
    sa.Column("why", sa.String, nullable=False),
)  # fmt: skip
