"""Recognised revenue: finance's own lines, else billing spread by day (readings 39), decided by fiscal year.

AMBIGUITIES (readings taken here)
RV1. "No kind=revenue row in the whole year": of the rows visible and booked up to as-of's day.
RV2. Days of a line = company dates from that of its start to that of its end, the end's date out.
RV3. Every day's part is converted at that day's rate by itself; as-of's day counts in full, later days not yet.
RV4. Finance on but without a revenue row in the year, and Stripe off: not_covered.
RV5. A year in which finance has revenue rows is finance's alone, also in its months without any.
"""

from collections import defaultdict
from datetime import date, timedelta

from mpm_pipeline_tests.independent import billing
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.ledger import LedgerLine
from mpm_pipeline_tests.independent.money import Rates, half_even
from mpm_pipeline_tests.independent.world import Snapshot


def spread(total: int, start: date, end: date) -> list[tuple[date, int]]:
    """Spread an amount over the days of [start, end) by cumulative half-even rounding; no days: on its day."""
    count = max(1, (end - start).days)
    sums = [half_even(total * k) if count == 1 else _part(total, k, count) for k in range(count + 1)]
    return [(start + timedelta(days=k), sums[k + 1] - sums[k]) for k in range(count)]


def _part(total: int, k: int, count: int) -> int:
    whole, rest = divmod(total * k, count)
    return whole + (1 if 2 * rest > count or (2 * rest == count and whole % 2) else 0)


class Revenue:
    """Recognised revenue of a snapshot, by day."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, rates: Rates, lines: list[LedgerLine]) -> None:
        self.calendar = calendar
        self.has_finance = snapshot.world.enabled("finance")
        self.has_billing = snapshot.world.enabled("stripe")
        self.booked: dict[date, list[int | None]] = defaultdict(list)
        for line in lines:
            if line.kind == "revenue":
                self.booked[line.booked_on].append(line.reporting_minor)
        self.finance_years = {calendar.period("fiscal_year", day).start for day in self.booked}
        self.billed: dict[date, list[int | None]] = defaultdict(list)
        today = calendar.date_of(snapshot.at)
        for day, minor, currency in _billed(snapshot, calendar):
            if day <= today and calendar.period("fiscal_year", day).start not in self.finance_years:
                self.billed[day].append(rates.to_reporting(minor, currency, day))

    def first_day(self) -> date | None:
        """Give the first day on which anything is recognised."""
        return min([*self.booked, *self.billed], default=None)

    def basis(self, period: Period) -> str | None:
        """Say where the period's revenue comes from; None is not covered."""
        if self.calendar.period("fiscal_year", period.start).start in self.finance_years:
            return "finance"
        return "billing" if self.has_billing else None

    def amounts(self, period: Period) -> list[int | None]:
        """Give the period's converted records; None stands for one without a rate."""
        source = self.booked if self.basis(period) == "finance" else self.billed
        return [minor for day, found in source.items() if period.holds(day) for minor in found]


def _billed(snapshot: Snapshot, calendar: Calendar) -> list[tuple[date, int, str]]:
    found = []
    for invoice in billing.invoices(snapshot):
        for line in invoice.lines:
            net = line.amount - line.discount - line.inclusive_tax
            days = spread(net, calendar.date_of(line.start), calendar.date_of(line.end))
            found += [(day, minor, line.currency) for day, minor in days]
    for note in billing.credit_notes(snapshot):
        found.append((calendar.date_of(note.created), note.tax - note.amount, note.currency))
    return found
