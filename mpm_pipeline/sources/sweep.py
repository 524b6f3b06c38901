"""The id sweep: asks a source which records it shows, and notes those that vanished though nobody told that they were deleted.

Once a day, on the first run that reads a new day, and on the first run after one that failed. Nothing is ever deleted here:
rows stay until a person confirms the loss. More than a few lost at once, or a newest record older than what landed, is an
incident, which the page and every report tell until then.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pyarrow as pa

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.settings import Sweep
from mpm_pipeline.sources.connector import Connector, Days, Shown
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.warehouse import losses
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.rawlog import RawLog

MOST_DAYS = 31
"""Days of older versions that are asked again after one sweep."""
AGAIN = timedelta(days=1)
"""Days before that of as-of that the next run reads again anyway."""
SWEPT, WANTED = "swept_as_of", "sweep_wanted"


@dataclass(frozen=True)
class Swept:
    """What one sweep of one stream saw."""

    stream: str
    held: int
    lost: int
    fresh: int
    is_incident: bool


def want(ledger: Ledger, source: str) -> None:
    """Note, before a source is asked again, that it failed before: its next sweep does not wait for a new day."""
    if ledger.state(source).get("state") == "failed":
        ledger.put_state(source, **{WANTED: "yes"})


def due(ledger: Ledger, source: str, as_of: datetime, every_days: int) -> bool:
    """Say whether a source is to be swept: never in a fresh home, else once in so many days and after a failure."""
    if every_days == 0 or not ledger.days_read(source, as_of - timedelta(microseconds=1)):
        return False
    state = ledger.state(source)
    if state.get(WANTED) == "yes" or SWEPT not in state:
        return True
    swept = datetime.fromisoformat(state[SWEPT]).astimezone(UTC).date()
    return as_of.astimezone(UTC).date() >= swept + timedelta(days=every_days)


def sweep(
    connector: Connector, raw: RawLog, ledger: Ledger, as_of: datetime, limits: Sweep, run_id: str
) -> list[Swept]:
    """Look for lost records of one source and note them in the ledger; SourceUnavailable when it cannot be asked.

    Where a record went back to an older version, that version is landed beside the newer one, to be there when a person confirms the loss.
    What is shown and never landed, however old it is, is landed too.
    """
    found = []
    older: set[date] = set()
    for stream, arranged, since in _by_stream(connector, raw, as_of):
        seen = losses.compare(raw, stream, arranged, since, as_of)
        names = (connector.source, stream.name)
        fresh = losses.unknown(ledger, *names, seen.lost)
        is_many = len(fresh) > limits.max_lost_rows and len(fresh) > limits.max_lost_rate * seen.held
        is_incident = bool(fresh) and (is_many or seen.is_behind)
        losses.returned(ledger, *names, seen.lost, seen.shown, as_of)
        losses.record(ledger, *names, fresh, as_of, is_incident=is_incident)
        found.append(Swept(stream.name, seen.held, len(seen.lost), len(fresh), is_incident))
        older |= {day for day in seen.unlanded if day < as_of.date() - AGAIN}
        older |= {datetime.fromisoformat(row["shown_at"]).date() for row in fresh if row["kind"] == losses.REVERSED}
    for day in sorted({max(day, raw.first_day) for day in older})[:MOST_DAYS]:
        fetch(connector, raw, ledger, Days(day, day, day == raw.first_day, as_of), run_id)
    ledger.put_state(connector.source, **{SWEPT: text(as_of), WANTED: "no"})
    return found


def _by_stream(
    connector: Connector, raw: RawLog, as_of: datetime
) -> Iterator[tuple[Stream, pa.Table, datetime | None]]:
    """Yield each stream once with all that is shown of it."""
    known = partial(losses.alive, raw, as_of=as_of)
    first_day: date = raw.first_day
    pages: dict[str, list[Shown]] = {}
    for one in connector.shown(first_day, as_of, known):
        if pages and one.page.stream.name not in pages:
            yield from _joined(raw, pages, as_of)
        pages.setdefault(one.page.stream.name, []).append(one)
    yield from _joined(raw, pages, as_of)


def _joined(
    raw: RawLog, pages: dict[str, list[Shown]], as_of: datetime
) -> Iterator[tuple[Stream, pa.Table, datetime | None]]:
    for shown in pages.values():
        stream = shown[0].page.stream
        arranged = [
            raw.arrange(stream, one.page.payloads, extracted_at=as_of, stamps=one.page.stamps, deleted=one.page.deleted)
            for one in shown
        ]
        yield stream, pa.concat_tables(arranged), shown[0].since
    pages.clear()
