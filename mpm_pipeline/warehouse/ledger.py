"""The ledger: what was asked of which source, when, what came, and what the sources were seen to hold.

One SQLite file per home, written through SQLAlchemy. Rows describe files of the raw log; a file without a row is adopted at
start-up (`rawlog.adopt`), a row without a file cannot arise, because the row follows the rename.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.dialects import sqlite

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger_pages import add_pages
from mpm_pipeline.warehouse.ledger_tables import BATCH, META, RUN, SIGHTING, SOURCE_STATE, WINDOW
from mpm_pipeline.warehouse.storage import refusal, refused

ORDER = sa.literal_column("run.rowid", sa.Integer)
"""Runs in the order in which they were begun."""

MEND = (
    "move it away together with its -wal and -shm files and run again: the raw log is whole, its files are entered anew "
    "and all days are asked again"
)


class Ledger:
    """All reads and writes of one home's ledger; instants are ISO 8601 texts in UTC."""

    def __init__(self, home: Home) -> None:
        self.engine = sa.create_engine(f"sqlite:///{home.ledger}", connect_args={"timeout": 30})
        try:
            with FileLock(
                home.locks / "ledger.lock", timeout=30
            ):  # two that make it at once find it locked or half made
                with self.engine.begin() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                META.create_all(self.engine)
        except (sa.exc.DatabaseError, OSError) as error:
            self.engine.dispose()
            number = refusal(error)
            if number is not None:
                raise refused(home.root, number) from None
            if isinstance(error, OSError):
                raise
            raise SourceUnavailable(f"{home.ledger} cannot be read ({type(error.orig).__name__}); {MEND}") from None

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    def begin_run(self, run_id: str, kind: str, as_of: datetime, as_of_source: str) -> None:
        """Write or renew the row of a run."""
        row = {"run_id": run_id, "kind": kind, "as_of": text(as_of), "as_of_source": as_of_source, "state": "started"}
        with self.engine.begin() as connection:
            connection.execute(sa.delete(RUN).where(RUN.c.run_id == run_id))
            connection.execute(sa.insert(RUN), [row])

    def end_run(self, run_id: str, state: str) -> None:
        """Say how a run ended."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(RUN).where(RUN.c.run_id == run_id).values(state=state))

    def run(self, run_id: str) -> Mapping[str, Any] | None:
        """Return the row of one run."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(RUN).where(RUN.c.run_id == run_id)).mappings().first()
            return dict(found) if found else None

    def newest_as_of(self, *, but_for_probes: bool = False) -> datetime | None:
        """Return the newest as-of of any run, or None in a fresh home; a probe looks without landing or building.

        A machine's clock, which a run goes by when no source tells the time, counts until a source tells it again.
        """
        told = RUN.c.as_of_source != "machine"
        newest = sa.select(sa.func.coalesce(sa.func.max(ORDER), 0)).where(told).correlate(None).scalar_subquery()
        query = sa.select(sa.func.max(RUN.c.as_of)).where(told | (newest < ORDER))
        if but_for_probes:
            query = query.where(RUN.c.kind != "probe")
        with self.engine.connect() as connection:
            found = connection.execute(query).scalar()
        return datetime.fromisoformat(found) if found else None

    def add_batch(self, row: Mapping[str, Any]) -> None:
        """Record one file of the raw log with its `pages` (rows, hash); a process that started meanwhile may have adopted it."""
        file = {name: value for name, value in row.items() if name != "pages"}
        with self.engine.begin() as connection:
            connection.execute(sqlite.insert(BATCH).on_conflict_do_nothing(index_elements=["batch"]), [file])
            add_pages(connection, row["batch"], row.get("pages", ()))

    def newest_batch(self) -> int:
        """Return the number of the newest file of the raw log, 0 when there is none."""
        with self.engine.connect() as connection:
            return connection.execute(sa.select(sa.func.max(BATCH.c.sequence))).scalar() or 0

    def batches(self, source: str, stream: str) -> list[Mapping[str, Any]]:
        """Return the batches of one stream, oldest first."""
        query = sa.select(BATCH).where(BATCH.c.source == source, BATCH.c.stream == stream).order_by(BATCH.c.sequence)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def newest_of(self, source: str, stream: str, until: datetime | None = None) -> Mapping[str, Any] | None:
        """Return the newest batch of one stream, of those that were landed up to `until`."""
        query = sa.select(BATCH).where(BATCH.c.source == source, BATCH.c.stream == stream)
        if until is not None:
            query = query.where(BATCH.c.extracted_at <= text(until.astimezone(UTC)))
        with self.engine.connect() as connection:
            found = connection.execute(query.order_by(BATCH.c.sequence.desc()).limit(1)).mappings().first()
            return dict(found) if found else None

    def has_content(self, source: str, stream: str, content_hash: str) -> bool:
        """Say whether a batch of one stream has this content."""
        where = (BATCH.c.source == source, BATCH.c.stream == stream, BATCH.c.content_hash == content_hash)
        return self._any(sa.select(BATCH.c.sequence).where(*where))

    def has_landed(self, source: str, until: datetime) -> bool:
        """Say whether anything of a source had landed up to an instant."""
        query = sa.select(BATCH.c.sequence).where(BATCH.c.source == source)
        return self._any(query.where(BATCH.c.extracted_at <= text(until.astimezone(UTC))))

    def has_batch(self, name: str) -> bool:
        """Say whether a file is recorded."""
        return self._any(sa.select(BATCH.c.sequence).where(BATCH.c.batch == name))

    def batch_names(self) -> set[str]:
        """Return the names of all recorded files."""
        with self.engine.connect() as connection:
            return set(connection.execute(sa.select(BATCH.c.batch)).scalars())

    def add_windows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Record that days of a source were asked for, with the outcome."""
        rows = [dict(row) for row in rows]
        if rows:
            with self.engine.begin() as connection:
                connection.execute(sa.insert(WINDOW), rows)

    def windows(self, source: str | None = None) -> list[Mapping[str, Any]]:
        """Return the windows of one source or of all, oldest first."""
        query = sa.select(WINDOW).order_by(WINDOW.c.window_id)
        if source is not None:
            query = query.where(WINDOW.c.source == source)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def rows_by_day(self, source: str, run_id: str, first: date, last: date) -> dict[str, int]:
        """Return the rows that one run read of a source, by day of a range."""
        days = WINDOW.c.partition.between(text(first), text(last))
        query = sa.select(WINDOW.c.partition, WINDOW.c.rows_in).order_by(WINDOW.c.partition, WINDOW.c.window_id)
        with self.engine.connect() as connection:
            found = connection.execute(query.where(WINDOW.c.source == source, WINDOW.c.run_id == run_id, days))
            return {row[0]: row[1] for row in found}

    def newest_window(self) -> int:
        """Return the number of the newest window: it grows with every fetch."""
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.max(WINDOW.c.window_id))).scalar() or 0)

    def newest_read(self) -> datetime | None:
        """Return the newest as-of at which any day was read without error."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(sa.func.max(WINDOW.c.as_of)).where(WINDOW.c.state == "done")).scalar()
        return datetime.fromisoformat(found) if found else None

    def newest_attempt(self, source: str, as_of: datetime) -> Mapping[str, Any] | None:
        """Return the newest window of a source up to an as-of: how asking it went then."""
        query = sa.select(WINDOW).where(WINDOW.c.source == source, WINDOW.c.as_of <= text(as_of))
        with self.engine.connect() as connection:
            found = connection.execute(query.order_by(WINDOW.c.window_id.desc()).limit(1)).mappings().first()
            return dict(found) if found else None

    def days_read(self, source: str, as_of: datetime | None = None) -> dict[str, str]:
        """Return the days of a source that had been read without error (up to an as-of), and the newest as-of at which each was."""
        query = (
            sa.select(WINDOW.c.partition, sa.func.max(WINDOW.c.as_of))
            .where(WINDOW.c.source == source, WINDOW.c.state == "done")
            .group_by(WINDOW.c.partition)
        )
        if as_of is not None:
            query = query.where(WINDOW.c.as_of <= text(as_of))
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def streams_read(self, source: str, as_of: datetime) -> tuple[datetime, frozenset[str]] | None:
        """Return when a source was read last without failing, up to an as-of, and which of its streams were there then."""
        query = sa.select(WINDOW.c.as_of, WINDOW.c.asked).where(
            WINDOW.c.source == source,
            WINDOW.c.state == "done",
            WINDOW.c.as_of <= text(as_of),
            WINDOW.c.asked.is_not(None),
        )
        with self.engine.connect() as connection:
            found = connection.execute(query.order_by(WINDOW.c.window_id.desc()).limit(1)).first()
        return (datetime.fromisoformat(found[0]), frozenset(json.loads(found[1])["streams"])) if found else None

    def hidden(self, source: str, as_of: datetime) -> dict[str, datetime | None]:
        """Return the streams that a source did not show when it was read last, up to an as-of, and when it did; None: never."""
        query = sa.select(WINDOW.c.as_of, WINDOW.c.asked).where(
            WINDOW.c.source == source,
            WINDOW.c.state == "done",
            WINDOW.c.as_of <= text(as_of),
            WINDOW.c.asked.is_not(None),
        )
        found: dict[str, datetime | None] = {}
        waiting: set[str] | None = None
        with self.engine.connect() as connection:
            for read_at, asked in connection.execute(query.order_by(WINDOW.c.window_id.desc())):
                question = json.loads(asked)
                hidden = set(question.get("hidden", ()))
                if waiting is None:
                    waiting, found = set(hidden), dict.fromkeys(sorted(hidden))
                shown = waiting & set(question["streams"]) - hidden
                found |= dict.fromkeys(shown, datetime.fromisoformat(read_at))
                waiting -= shown
                if not waiting:
                    break
        return found

    def partitions_done(self, source: str) -> set[str]:
        """Return the days of a source that were read without error at least once."""
        query = sa.select(WINDOW.c.partition).where(WINDOW.c.source == source, WINDOW.c.state == "done").distinct()
        with self.engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def _any(self, query: sa.Select[Any]) -> bool:
        with self.engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def put_sightings(self, source: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace what a probe of one source saw that had not landed."""
        rows = [dict(row) for row in rows]
        with self.engine.begin() as connection:
            connection.execute(sa.delete(SIGHTING).where(SIGHTING.c.source == source))
            if rows:
                connection.execute(sa.insert(SIGHTING), rows)

    def sightings(self) -> list[Mapping[str, Any]]:
        """Return what the probes saw that had not landed then."""
        with self.engine.connect() as connection:
            return [
                dict(row) for row in connection.execute(sa.select(SIGHTING).order_by(*SIGHTING.primary_key)).mappings()
            ]

    def put_state(self, source: str, **values: str) -> None:
        """Remember facts about a source: watermark, last error, state of the newest fetch."""
        with self.engine.begin() as connection:
            for name, value in values.items():
                where = (SOURCE_STATE.c.source == source, SOURCE_STATE.c.name == name)
                connection.execute(sa.delete(SOURCE_STATE).where(*where))
                connection.execute(sa.insert(SOURCE_STATE), [{"source": source, "name": name, "value": value}])

    def state(self, source: str) -> dict[str, str]:
        """Return the remembered facts about a source."""
        query = sa.select(SOURCE_STATE.c.name, SOURCE_STATE.c.value).where(SOURCE_STATE.c.source == source)
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def text(instant: datetime | date) -> str:
    """Write an instant or day as the ledger keeps it."""
    return instant.isoformat()
