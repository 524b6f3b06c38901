"""When things happen in a generated world: its fixed clock, its stretch of time, and random instants inside it.

The world ends on a fixed past date, so that it gives the same figures on every day it is served. Billing, deals,
finance and head count begin eighteen months before the activities. Everything is simulated up to three days after the
world's `now`: what comes after it shows only once the simulator's clock is moved. All instants are UTC.
"""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

NOW = datetime(2026, 6, 30, 18, tzinfo=UTC)
HISTORY_MONTHS = 18
FUTURE = timedelta(days=3)
LATE_DAYS_BACK = (2, 4, 6)
"""Days before `now` for which late records show within the first day after it."""

OFFICE_OPENS = {"AMER": 13, "EMEA": 7, "APAC": 0, "unknown": 8}
"""UTC hour at which the working day of a region begins, near enough."""


@dataclass(frozen=True)
class Timeline:
    """The stretch of time of one world, and the only source of its randomness."""

    accounts: int
    days: int
    seed: int
    now: datetime = NOW

    @property
    def starts_at(self) -> datetime:
        """Return the first instant of activities."""
        return midnight(self.now.date() - timedelta(days=self.days))

    @property
    def history_start(self) -> datetime:
        """Return the first instant of billing, deals, finance and head count: a first of a month."""
        first = self.starts_at.date().replace(day=1)
        return midnight(add_months(first, -HISTORY_MONTHS))

    @property
    def horizon(self) -> datetime:
        """Return the instant at which the simulation of the business stops."""
        return self.now + FUTURE

    @property
    def late_days(self) -> tuple[date, ...]:
        """Return the past days for which something arrives late on the first day after `now`."""
        days = (self.now.date() - timedelta(days=back) for back in LATE_DAYS_BACK)
        return tuple(day for day in days if day >= self.starts_at.date())

    def rng(self, subject: str) -> Random:
        """Return the random stream of one subject; subjects do not disturb each other."""
        return Random(f"{self.seed}/{self.accounts}/{self.days}/{subject}")

    def volume(self, per_account: float) -> int:
        """Return a count that grows with the accounts and with the length of the activities."""
        return max(1, round(per_account * self.accounts * self.days / 180))


def midnight(day: date) -> datetime:
    """Return the first instant of a day."""
    return datetime.combine(day, time(), UTC)


def add_months(day: date, months: int) -> date:
    """Move a date by whole months, to the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def shift_months(at: datetime, months: int) -> datetime:
    """Move an instant by whole months and keep its time of day."""
    return datetime.combine(add_months(at.date(), months), at.timetz())


def months(start: date, end: date) -> list[date]:
    """List the first days of the months that begin in [start's month, end)."""
    found = [start.replace(day=1)]
    while add_months(found[-1], 1) < end:
        found.append(add_months(found[-1], 1))
    return found


def days_between(start: date, end: date) -> list[date]:
    """List the days of [start, end)."""
    return [start + timedelta(days=offset) for offset in range((end - start).days)]


def in_office(rng: Random, day: date, region: str = "EMEA") -> datetime:
    """Draw an instant of a region's working hours on the given day."""
    return midnight(day) + timedelta(seconds=OFFICE_OPENS[region] * 3600 + rng.randrange(9 * 3600))


def workday(day: date) -> date:
    """Move a Saturday or Sunday to the Monday after it."""
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def between(rng: Random, start: datetime, end: datetime, region: str = "EMEA") -> datetime:
    """Draw an instant of [start, end), mostly in working hours of working days."""
    span = (end - start).total_seconds()
    at = start + timedelta(seconds=int(rng.random() * span))
    if rng.random() < 0.9:
        at = in_office(rng, workday(at.date()), region)
    return at if start <= at < end else start + timedelta(seconds=int(rng.random() * span))


def after(rng: Random, at: datetime, median: timedelta, spread: float = 0.8) -> datetime:
    """Draw a later instant whose delay is log-normal with the given median."""
    return at + timedelta(seconds=max(1, int(median.total_seconds() * math.exp(rng.gauss(0.0, spread)))))
