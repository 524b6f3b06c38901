"""Days and periods of the company: its zone, its months, its fiscal quarters and years.

Every instant becomes a date in the company's zone; periods are half-open pairs of dates. Quarters are fiscal.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

GRAINS = ("month", "quarter", "fiscal_year")
MONTHS = {"month": 1, "quarter": 3, "fiscal_year": 12}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of whole days [start, end)."""

    grain: str
    start: date
    end: date

    def holds(self, day: date | None) -> bool:
        """Say whether the day lies in the period."""
        return day is not None and self.start <= day < self.end

    @property
    def days(self) -> int:
        """Number of days in the period."""
        return (self.end - self.start).days


class Calendar:
    """The company's zone and fiscal year."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.zone = ZoneInfo(settings["company"]["time_zone"])
        self.fiscal_month = int(settings["company"]["fiscal_year_start_month"])

    def date_of(self, at: datetime) -> date:
        """The company's date at an instant."""
        return at.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant at which the company's day begins."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """The instant at which the company's day is over (the next day's start)."""
        return self.start_of(day + timedelta(days=1))

    def period(self, grain: str, day: date) -> Period:
        """The period of this grain that holds the day."""
        size = MONTHS[grain]
        index = day.year * 12 + day.month - self.fiscal_month
        first = index - index % size + self.fiscal_month - 1
        return Period(grain, _month(first), _month(first + size))

    def periods(self, grain: str, first: date, last: date) -> list[Period]:
        """All periods of this grain that overlap [first, last]."""
        found = []
        while first <= last:
            found.append(self.period(grain, first))
            first = found[-1].end
        return found

    def all_periods(self, first: date | None, last: date) -> list[Period]:
        """Months, quarters and fiscal years that overlap [first, last]; none without a first day."""
        return [] if first is None else [p for grain in GRAINS for p in self.periods(grain, first, last)]


def _month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)
