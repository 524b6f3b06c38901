"""The id sweep: asks a source which records it shows, notes those that vanished though nobody told that they were deleted,
and reads the days of those that never landed, however old they are.

Once a day, on the first run that reads a new day, and on the first run after one that failed. Nothing is ever deleted here:
rows stay until a person confirms the loss. More than a few lost at once, or a newest record older than what landed, is an
incident, which the page and every report tell until then.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pyarrow as pa

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.settings import Sweep
from mpm_pipeline.sources.connector import Connector, Days, Shown, in_lots
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.warehouse import losses, withheld
from mpm_pipeline.warehouse.lateness import Unknown, unknown
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.rawlog import RawLog

MOST_RANGES = 31
"""Ranges of days that are read after one sweep; where there are more, all between the first and the last are read at once."""
SWEPT, WANTED, TURN = "swept_as_of", "sweep_wanted", "sweeps"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Swept:
    """What one sweep of one stream saw; `unknown` are records that had never landed, `withheld` those that did not come then either."""

    stream: str
    held: int
    lost: int
    fresh: int
    is_incident: bool
    unknown: int = 0
    withheld: int = 0


@dataclass(frozen=True)
class _Stream:
    """All that is shown of one stream, as it would land."""

    stream: Stream
    shown: pa.Table
    since: datetime | None
    is_read_by_stamp: bool


def want(ledger: Ledger, source: str) -> None:
    """Note, before a source is asked again, that it failed before: its next sweep does not wait for a new day."""
    if ledger.state(source).get("state") == "failed":
        ledger.put_state(source, **{WANTED: "yes"})


def due(ledger: Ledger, source: str, as_of: datetime, every_days: int) -> bool:
    """Say whether a source is to be swept: never in a fresh home, else once in so many days and after a failure.

    A home in which a run has landed something is not fresh, though it was cut off before a day counted as read.
    """
    before = as_of - timedelta(microseconds=1)
    if every_days == 0 or not (ledger.days_read(source, before) or ledger.has_landed(source, before)):
        return False
    state = ledger.state(source)
    if state.get(WANTED) == "yes" or SWEPT not in state:
        return True
    swept = datetime.fromisoformat(state[SWEPT]).astimezone(UTC).date()
    return as_of.astimezone(UTC).date() >= swept + timedelta(days=every_days)


def sweep(
    connector: Connector, raw: RawLog, ledger: Ledger, as_of: datetime, limits: Sweep, run_id: str
) -> list[Swept]:
    """Look for lost and for late records of one source; SourceUnavailable when it cannot be asked or a late day not be read.

    Until it ends it is wanted, so that the next one takes up what this one has noted but not read.

    Where a record went back to an older version, that version is landed beside the newer one, to be there when a person confirms the loss.
    """
    found: list[Swept] = []
    missed: dict[str, tuple[_Stream, list[Unknown]]] = {}
    again: set[date] = set()
    turn = int(ledger.state(connector.source).get(TURN, "0"))
    for one in _by_stream(connector, raw, as_of, turn):
        swept, fresh = _losses(one, raw, ledger, as_of, limits)
        late = _late(one, raw, as_of)
        again |= {datetime.fromisoformat(row["shown_at"]).date() for row in fresh if row["kind"] == losses.REVERSED}
        again |= {date.fromisoformat(row.day) for row in late}
        missed |= {swept.stream: (one, late)} if late else {}
        found.append(replace(swept, unknown=_keys(late)))
    ledger.put_state(connector.source, **{WANTED: "yes"})
    last = as_of.astimezone(UTC).date()
    for start, end in ranges({min(max(day, raw.first_day), last) for day in again}):
        result = fetch(connector, raw, ledger, Days(start, end, start == raw.first_day, as_of), run_id)
        if result.state != "done":
            raise SourceUnavailable(result.error or f"{connector.source}: days of late records could not be read")
    found = [
        replace(one, withheld=_withheld(missed.get(one.stream), one.stream, raw, ledger, connector.source, as_of))
        for one in found
    ]
    ledger.put_state(connector.source, **{SWEPT: text(as_of), WANTED: "no", TURN: str(turn + 1)})
    return found


def _withheld(
    missed: tuple[_Stream, list[Unknown]] | None, name: str, raw: RawLog, ledger: Ledger, source: str, as_of: datetime
) -> int:
    """Note which late records of a stream did not come with their days, and tell; return how many."""
    still = _late(missed[0], raw, as_of) if missed else []
    if missed:
        words = "%s: %s %s came late by more than the look-back, %s of them were shown and not given"
        log.info(words, source, _keys(missed[1]), name, _keys(still))
    fresh = withheld.note(ledger, source, name, still, as_of)
    if fresh:
        words = (
            "%s: %s %s are shown, but the days in which they lie came without them (first %s): they are in no figure"
        )
        log.warning(words, source, _keys(fresh), name, min(one.day for one in fresh))
    return _keys(still)


def _keys(rows: Collection[Unknown]) -> int:
    return len({row.key for row in rows})


def ranges(days: Collection[date]) -> list[tuple[date, date]]:
    """Return days as ranges of days that follow one another; as a single one where there would be too many."""
    found: list[tuple[date, date]] = []
    for day in sorted(days):
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found if len(found) <= MOST_RANGES else [(found[0][0], found[-1][1])]


def _losses(
    one: _Stream, raw: RawLog, ledger: Ledger, as_of: datetime, limits: Sweep
) -> tuple[Swept, list[losses.Row]]:
    """Note what a stream lost and what came back; return what is new of it too, and all of it where the last sweep was cut off."""
    seen = losses.compare(raw, one.stream, one.shown, one.since, as_of)
    names = (one.stream.source, one.stream.name)
    fresh = losses.unknown(ledger, *names, seen.lost)
    is_many = len(fresh) > limits.max_lost_rows and len(fresh) > limits.max_lost_rate * seen.held
    is_incident = bool(fresh) and (is_many or seen.is_behind)
    losses.returned(ledger, *names, seen.lost, seen.shown, as_of)
    losses.record(ledger, *names, fresh, as_of, is_incident=is_incident)
    was_cut_off = ledger.state(one.stream.source).get(WANTED) == "yes"
    again: list[losses.Row] = [*seen.lost] if was_cut_off else fresh
    return Swept(one.stream.name, seen.held, len(seen.lost), len(fresh), is_incident), again


def _late(one: _Stream, raw: RawLog, as_of: datetime) -> list[Unknown]:
    """Return the records that are shown and never landed; a snapshot has none, it is always read whole."""
    if one.stream.kind == "snapshot":
        return []
    return unknown(raw, one.stream, one.shown, as_of, by_stamp=one.is_read_by_stamp)


def _by_stream(connector: Connector, raw: RawLog, as_of: datetime, turn: int) -> Iterator[_Stream]:
    """Yield each stream once with all that is shown of it."""
    known = partial(losses.alive, raw, as_of=as_of)
    first_day: date = raw.first_day
    pages: dict[str, list[Shown]] = {}
    for one in connector.shown(first_day, as_of, known, turn):
        if pages and one.page.stream.name not in pages:
            yield from _joined(raw, pages, as_of)
        pages.setdefault(one.page.stream.name, []).append(one)
    yield from _joined(raw, pages, as_of)


def _joined(raw: RawLog, pages: dict[str, list[Shown]], as_of: datetime) -> Iterator[_Stream]:
    for shown in pages.values():
        stream = shown[0].page.stream
        arranged = [
            raw.arrange(stream, page.payloads, extracted_at=as_of, stamps=page.stamps, deleted=page.deleted)
            for page in in_lots(one.page for one in shown)
        ]
        yield _Stream(stream, pa.concat_tables(arranged), shown[0].since, shown[0].is_read_by_stamp)
    pages.clear()
