"""What every connector is: a source that can be probed, read over a range of UTC days, and watched for late records.

Of a vendor `sources/<vendor>/connector.py` exports `connect(settings) -> list[Connector]` (most give one; files give one per
folder); `connect` here gathers those of all sources that are on. Connectors only ask and yield pages; `fetch` lands them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from typing import Any

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.settings import Settings
from mpm_pipeline.vocabulary import VENDORS

MODULES = (*VENDORS, "files")


@dataclass(frozen=True)
class Days:
    """A contiguous range of UTC days [first..last] that is asked for.

    `reaches_start`: `first` is the first partition of all, which also takes whatever is stamped before it, so things and
    records that are taken whole are asked for without a lower bound (`since` is None). `as_of` is the run's.
    """

    first: date
    last: date
    reaches_start: bool
    as_of: datetime

    @classmethod
    def back_from(cls, as_of: datetime, days: int, first_day: date) -> "Days":
        """Return the last `days` days before as-of's day and that day itself, never before the first partition."""
        last = max(as_of.astimezone(UTC).date(), first_day)
        first = max(last - timedelta(days=days), first_day)
        return cls(first, last, first == first_day, as_of)

    @property
    def starts_at(self) -> datetime:
        """First instant of the first day: the lower bound of activities, which `start_at` cuts."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def since(self) -> datetime | None:
        """Lower bound of what is never cut; None: from the beginning of the world."""
        return None if self.reaches_start else self.starts_at

    @property
    def ends_at(self) -> datetime:
        """First instant after the last day (exclusive upper bound); may lie after as-of."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    def until(self, server: datetime | None) -> datetime | None:
        """Upper bound of what is asked for; None on the newest day, by the source's own clock: what is dated ahead of it lies in no other.

        A run that looks back, whose source has moved on since, keeps its bound.
        """
        is_newest = self.last >= self.as_of.astimezone(UTC).date() and server is not None and server < self.ends_at
        return None if is_newest else self.ends_at

    def each(self) -> list[date]:
        """Return the days one by one."""
        return [self.first + timedelta(days=place) for place in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class Page:
    """Some records of one stream as they came.

    `payloads` are the records' own JSON texts; broken ones are passed on as they are (they end in quarantine). `stamps`
    replaces the stamp that the payload itself carries, one per payload, spelt as the stream's `clock` says. `deleted` are
    tombstones: (key, stamp). `asked` are fields that the vendor must send on every record, be it as null, because they were
    asked for by name. A page without rows is worth yielding once per stream that was asked: it says that nothing came.
    `heads`, where all of the page could be read, are objects whose attributes are the records' own fields of these names: if they
    name all that the stream is filed by, nobody reads it again. `is_hidden`: the source shows nothing of that name, so the stream
    could not be asked at all.
    """

    stream: Stream
    payloads: Sequence[bytes] = ()
    stamps: Sequence[str | None] | None = None
    deleted: Sequence[tuple[str, str]] = field(default_factory=tuple)
    asked: Sequence[str] = ()
    heads: Sequence[Any] | None = None
    is_hidden: bool = False


LOT = 50_000


def in_lots(pages: Iterable[Page]) -> Iterator[Page]:
    """Join pages of one stream, so that what is done with a page is done once per lot; what was asked of their fields is left out."""
    lot: list[Page] = []
    for page in pages:
        if lot and (_shape(lot[0]) != _shape(page) or sum(len(one.payloads) for one in lot) >= LOT):
            yield _joined(lot)
            lot = []
        lot.append(page)
    if lot:
        yield _joined(lot)


def _shape(page: Page) -> tuple[Stream, bool]:
    return page.stream, page.stamps is None


def _joined(pages: Sequence[Page]) -> Page:
    stamps = None if pages[0].stamps is None else [stamp for page in pages for stamp in page.stamps or ()]
    payloads = [payload for page in pages for payload in page.payloads]
    return Page(pages[0].stream, payloads, stamps, [gone for page in pages for gone in page.deleted])


Known = Callable[[Stream], list[str]]
"""Tells the keys of a stream that landed and were not deleted."""


@dataclass(frozen=True)
class Shown:
    """What a source shows of a stream now: ids with stamp and creation are enough.

    `since`, of a stream's first page: facts before it were not asked for as a whole, so of those that are shown all the same only
    what never landed is of interest. `is_read_by_stamp`: `read` asks by the very stamps that are shown, so one that never landed
    is a change that was missed.
    """

    page: Page
    since: datetime | None = None
    is_read_by_stamp: bool = False


class Connector(ABC):
    """One source. All methods raise SourceUnavailable (CredentialsRefused), with words that hold no secret."""

    source: str
    horizon_days: int = 7
    remedy: str = "check what its credentials are allowed to read"
    """What to do when it shows less than before."""

    def wants(self, stream: str, field: str) -> bool:
        """Say whether a stream without a field that it had is lacking: not if nobody asks for the field any more, or settings do without it."""
        return True

    def is_custom(self, field: str) -> bool:
        """Say whether a field is one that customers of the vendor make themselves, and drop."""
        return False

    @abstractmethod
    def probe(self) -> datetime | None:
        """Make one cheap request with credentials and return the server's `Date`; None where there is none (a folder)."""

    @abstractmethod
    def read(self, days: Days) -> Iterator[Page]:
        """Yield everything that lies in these days, stream by stream (all pages of a stream one after the other).

        Things by their modification stamp, facts by their own instant, snapshots whole; see time.md, Partitions.
        """

    def watch(self, first_day: date, as_of: datetime) -> Iterator[Page]:
        """Yield what the source shows over its horizon, to find what came late; the default reads the last 7 days.

        Override it where streams have horizons of their own (ads 30 days) or a cheaper way (events).
        """
        yield from self.read(Days.back_from(as_of, self.horizon_days, first_day))

    def watch_weekly(self, first_day: date, as_of: datetime) -> Iterator[Page]:
        """Yield what changes late still beyond the horizon, where a vendor mends its figures that long; the default is nothing."""
        yield from ()

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        """Yield what the source shows now, as cheaply as it can be asked, to find what it lost and what came late; the default tells nothing.

        `turn` counts the sweeps that were made of this source: what cannot all be asked for each time comes by in turn.
        A stream of which no page is yielded is not held against anything, so one that cannot be seen whole is left out.
        """
        yield from ()

    def close(self) -> None:  # noqa: B027
        """Give connections back."""


def connect(settings: Settings) -> list[Connector]:
    """Return the connectors of all sources that are on; ConfigError when one lacks a credential."""
    found: list[Connector] = []
    for module in MODULES:
        if settings.is_on(module):
            found += import_module(f"mpm_pipeline.sources.{module}.connector").connect(settings)
    return found


def require(settings: Settings, source: str, *names: str) -> list[str]:
    """Return credentials of a source as plain texts; ConfigError names those that are missing and how to set them."""
    section: Any = getattr(settings, source)
    found, missing = [], []
    for name in names:
        value = getattr(section, name)
        value = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        found.append(value)
        if not value:
            missing.append(name)
    if missing:
        keys = ", ".join(f"{source}.{name}" for name in missing)
        variables = ", ".join(f"MPM_{source.upper()}__{name.upper()}" for name in missing)
        raise ConfigError(
            f"{source} is switched on but {keys} is not set; set it in mpm.toml or by {variables}, "
            f"or switch the source off with {source}.enabled = false"
        )
    return found
