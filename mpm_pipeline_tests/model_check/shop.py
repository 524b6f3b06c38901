"""The source of the model: a few deals that are made, changed, found late and deleted, and a connector that shows them.

No HTTP: what a vendor's protocol can do wrong is the fault suite's business. Here it is the order of events that counts.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from mpm_pipeline.contracts.record import Record, Text, Whole, need, stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.connector import Connector, Days, Known, Page, Shown

FIRST_DAY = date(2026, 6, 1)
OPENS = datetime(2026, 6, 3, 12, tzinfo=UTC)
PAGE = 2


class Deal(Record):
    """A thing with a value that changes."""

    id: Text = need("text", "id")
    value: Whole = need("whole", "value")
    Config = stream("salesforce", "Deal", "id", "thing", stamp="stamp", created="made")


DEALS = stream_of(Deal)


class Crash(BaseException):
    """The loader's process ends here and now: nothing of it goes on, what it wrote stays."""


@dataclass
class Row:
    """What the source shows of one deal."""

    key: str
    stamp: datetime
    made: datetime
    value: int

    def payload(self) -> bytes:
        stamps = {"stamp": _z(self.stamp), "made": _z(self.made)}
        return json.dumps({"id": self.key, "value": self.value, **stamps}).encode()


@dataclass
class Shop(Connector):
    """Deals as a vendor shows them. `breaks_at`: the page at which the next answer breaks off, by an error or a crash."""

    source = "salesforce"
    clock: datetime = OPENS
    rows: dict[str, Row] = field(default_factory=dict)
    deleted: list[tuple[str, datetime]] = field(default_factory=list)
    made: int = 0
    breaks_at: int = 0
    breaks_with: BaseException | None = None
    pages: int = 0

    def insert(self, ago: timedelta) -> str:
        """Show a new deal that is stamped some time ago."""
        self.made += 1
        key = f"d{self.made}"
        self.rows[key] = Row(key, self.clock - ago, self.clock - ago, self.made)
        return key

    def change(self, key: str, stamp: datetime) -> None:
        """Give a deal another value under a stamp."""
        self.made += 1
        self.rows[key] = Row(key, stamp, self.rows[key].made, self.made)

    def delete(self, key: str, *, is_told: bool) -> None:
        """Show a deal no longer; tell of it or not."""
        del self.rows[key]
        if is_told:
            self.deleted.append((key, self.clock))

    def breaks(self, at: int, error: BaseException | None) -> None:
        """Let the answer break off at a page."""
        self.breaks_at, self.breaks_with, self.pages = at, error, 0

    def probe(self) -> datetime | None:
        return self.clock

    def read(self, days: Days) -> Iterator[Page]:
        def lies(at: datetime) -> bool:
            return (days.since is None or at >= days.since) and at < days.ends_at

        shown = sorted((row for row in self.rows.values() if lies(row.stamp)), key=lambda row: (row.stamp, row.key))
        gone = [(key, _z(at)) for key, at in self.deleted if lies(at) and key not in self.rows]
        yield from self._paged(shown)
        yield Page(DEALS, deleted=gone)

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        for page in self._paged(sorted(self.rows.values(), key=lambda row: row.key)):
            yield Shown(page, is_read_by_stamp=True)
        yield Shown(Page(DEALS))

    def _paged(self, rows: list[Row]) -> Iterator[Page]:
        for first in range(0, max(len(rows), 1), PAGE):
            self.pages += 1
            if self.breaks_with is not None and self.pages == self.breaks_at:
                raise self.breaks_with
            yield Page(DEALS, [row.payload() for row in rows[first : first + PAGE]])


DOWN = SourceUnavailable("salesforce: GET deals: answered 503 (tried for 60 s)")


def _z(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
