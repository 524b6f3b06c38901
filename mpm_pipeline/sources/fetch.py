"""The landing loop: asks a connector for a range of days, lands what it yields, and writes what was asked into the ledger.

One source that fails does not stop the others: its days are recorded as failed with the error, and asked again later. What
landed before a failure stays (landing the same content twice is free), but only whole ranges count as read.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import ContractBroken, SourceUnavailable
from mpm_pipeline.sources.clock import AGREEMENT
from mpm_pipeline.sources.connector import Connector, Days, Page
from mpm_pipeline.sources.fields_shown import FieldsShown
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.rawlog import Landed, RawLog

CHUNK = 50_000
"""Records after which what has come is landed, in whole pages."""

CHUNK_BYTES = 32 * 1024 * 1024
"""The same in bytes: records may be large."""


@dataclass(frozen=True)
class SourceResult:
    """What became of one fetch of one source."""

    source: str
    state: str
    rows_in: int
    windows: int
    error: str | None = None


@dataclass
class _Intake:
    """Rows of one stream on their way into the raw log; a snapshot waits until it is whole."""

    raw: RawLog
    stream: Stream
    days: Days
    payloads: list[bytes] = field(default_factory=list)
    stamps: list[str | None] = field(default_factory=list)
    deleted: list[tuple[str, str]] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    heads: list[Any] = field(default_factory=list)
    landed: list[Landed] = field(default_factory=list)
    asked: Sequence[str] = ()
    has_stamps: bool = False
    size: int = 0

    def take(self, page: Page) -> None:
        self.payloads += page.payloads
        self.heads += page.heads or ()
        self.pages += [len(page.payloads)] if page.payloads else []
        self.size += sum(map(len, page.payloads))
        self.deleted += page.deleted
        self.asked = page.asked or self.asked
        self.has_stamps = self.has_stamps or page.stamps is not None
        self.stamps += page.stamps if page.stamps is not None else [None] * len(page.payloads)
        if self.stream.kind != "snapshot" and (len(self.payloads) >= CHUNK or self.size >= CHUNK_BYTES):
            self._land()

    def finish(self) -> None:
        if self.payloads or self.deleted or self.stream.kind == "snapshot":
            self._land()

    def _land(self) -> None:
        done = self.raw.append(
            self.stream,
            self.payloads,
            extracted_at=self.days.as_of,
            window=(self.days.starts_at, self.days.ends_at),
            stamps=self.stamps if self.has_stamps else None,
            deleted=self.deleted,
            asked=self.asked,
            pages=self.pages,
            read=self.heads if len(self.heads) == len(self.payloads) else None,
        )
        self.landed.append(done)
        self.payloads, self.stamps, self.deleted, self.pages, self.heads, self.size = [], [], [], [], [], 0


def fetch(
    connector: Connector, raw: RawLog, ledger: Ledger, days: Days, run_id: str, *, by_machine: bool = False
) -> SourceResult:
    """Read a range of days of one source into the raw log and record a ledger window for each day.

    `by_machine`: as-of is this machine's own time, because no source told any when the run began.
    """
    intakes: dict[str, _Intake] = {}
    hidden: set[str] = set()
    missed: list[str] = []
    fields = FieldsShown(connector, ledger)
    trouble = ""
    try:
        if by_machine:
            _need_agreement(connector, days.as_of)
        for page in connector.read(days):
            if page.stream.name not in intakes:
                _finish(one for one in intakes.values() if one.stream.kind != "snapshot")
                intakes[page.stream.name] = _Intake(raw, page.stream, days)
            if fields.is_hidden(page):
                hidden.add(page.stream.name)
                continue
            intakes[page.stream.name].take(page)
            if page.is_hidden:
                hidden.add(page.stream.name)
                missed += [page.stream.name] if raw.files(connector.source, page.stream.name) else []
    except ContractBroken as error:
        trouble = str(error)
    except SourceUnavailable as error:
        return _failed(connector.source, ledger, days, run_id, list(intakes), str(error))
    _finish(intakes.values())
    fields.keep()
    trouble = trouble or _gone(connector, [*missed, *fields.gone])
    return _done(connector.source, ledger, days, run_id, intakes, hidden, trouble)


def _gone(connector: Connector, missed: Collection[str]) -> str:
    """Say which streams that were read before are no longer shown; empty where there are none."""
    words = f"it no longer shows {', '.join(missed)}, of which records have landed; {connector.remedy}"
    return f"{connector.source}: {words}" if missed else ""


def _need_agreement(connector: Connector, as_of: datetime) -> None:
    """Refuse a source whose clock shows another time than the run: what landed would stay unseen until as-of has come."""
    told = connector.probe()
    if told is not None and abs(told - as_of) > AGREEMENT:
        raise SourceUnavailable(
            f"{connector.source}: its clock shows {text(told)}, but the run began by this machine's own ({text(as_of)}), as no "
            "source could be asked then; nothing was landed, run again"
        )


def coverage(ledger: Ledger, source: str, as_of: datetime) -> tuple[date | None, datetime | None]:
    """Return, as known at an as-of, the first day that was read and the instant up to which there was no gap; None: never read."""
    days = ledger.days_read(source, as_of).items()
    read = {date.fromisoformat(day): datetime.fromisoformat(as_of) for day, as_of in days}
    if not read:
        return None, None
    first = last = min(read)
    while last + timedelta(days=1) in read:
        last += timedelta(days=1)
    return first, min(read[last], datetime.combine(last + timedelta(days=1), time(), UTC))


def _finish(intakes: Iterable[_Intake]) -> None:
    for intake in intakes:
        intake.finish()


def _done(
    source: str,
    ledger: Ledger,
    days: Days,
    run_id: str,
    intakes: dict[str, _Intake],
    hidden: Collection[str],
    trouble: str,
) -> SourceResult:
    """Record days that were read; `trouble` says what of them cannot be used, which a run must tell (degraded)."""
    landed = [(name, one) for name, intake in sorted(intakes.items()) for one in intake.landed]
    counts: Counter[str] = Counter()
    digest = hashlib.sha256()
    for name, one in landed:
        counts.update(one.by_partition)
        digest.update(f"{name} {one.content_hash}\n".encode())
    shared = {"state": "done", "content_hash": digest.hexdigest(), "error": trouble or None}
    windows = _windows(source, days, run_id, list(intakes), counts, shared, hidden)
    ledger.add_windows(windows)
    state = "failed" if trouble else "done"
    ledger.put_state(source, state=state, error=trouble, as_of=text(days.as_of))
    return SourceResult(source, state, sum(one.rows for _, one in landed), len(windows), trouble or None)


def _failed(source: str, ledger: Ledger, days: Days, run_id: str, asked: list[str], error: str) -> SourceResult:
    shared = {"state": "failed", "content_hash": None, "error": error}
    windows = _windows(source, days, run_id, asked, Counter(), shared)
    ledger.add_windows(windows)
    ledger.put_state(source, state="failed", error=error, as_of=text(days.as_of))
    return SourceResult(source, "failed", 0, len(windows), error)


def _windows(
    source: str,
    days: Days,
    run_id: str,
    asked: list[str],
    counts: Counter[str],
    shared: dict[str, Any],
    hidden: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Make one row per day; rows that lie outside the range (snapshots have no day) are counted on its last day."""
    bounds = [days.first.isoformat(), days.last.isoformat()]
    strays = sum(number for day, number in counts.items() if not bounds[0] <= day <= bounds[1])
    told = {"streams": asked, "days": bounds, "reaches_start": days.reaches_start}
    question = json.dumps(told | ({"hidden": sorted(hidden)} if hidden else {}))
    return [
        {
            "run_id": run_id,
            "source": source,
            "partition": day.isoformat(),
            "as_of": text(days.as_of),
            "rows_in": counts[day.isoformat()] + (strays if day == days.last else 0),
            "asked": question,
            **shared,
        }
        for day in days.each()
    ]
