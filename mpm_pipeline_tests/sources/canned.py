"""A connector that yields what a test puts in, and a home to land it in."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.connector import Connector, Days, Page
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

AS_OF = datetime(2026, 6, 3, 12, tzinfo=UTC)
FIRST_DAY = date(2026, 6, 1)
DEAL = Stream("crm", "Deal", ("id",), "thing", stamp="stamp")
CLICK = Stream("crm", "Click", ("id",), "fact", instant="at")
PLAN = Stream("crm", "plan", ("id",), "snapshot")
DAYS = Days(FIRST_DAY, date(2026, 6, 3), True, AS_OF)


def deal(key: str, stamp: str) -> bytes:
    """A record of a thing."""
    return f'{{"id":"{key}","stamp":"{stamp}"}}'.encode()


class Canned(Connector):
    """Yields `pages` for any days; an exception among them is raised when it is reached."""

    source = "crm"

    def __init__(self, *pages: Page | Exception) -> None:
        self.pages: Sequence[Page | Exception] = pages
        self.asked: list[Days] = []

    def probe(self) -> datetime | None:
        return AS_OF

    def read(self, days: Days) -> Iterator[Page]:
        self.asked.append(days)
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield page


def home(root: Path) -> tuple[RawLog, Ledger]:
    """A fresh raw log and its ledger."""
    opened = Home.open(root)
    ledger = Ledger(opened)
    return RawLog(opened, ledger, FIRST_DAY), ledger


DOWN = SourceUnavailable("crm: GET crm.example/deals: answered 503 (tried for 60 s)")
Maker = Callable[[], tuple[RawLog, Ledger]]
