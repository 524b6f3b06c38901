"""Files of plan and people as typed rows: ledger lines, employments, budget entries.

A row that misses a required column or does not parse is in no figure (it would sit in quarantine).
Money stays in the row's own currency here, beside its conversion at the booking day's rate.

AMBIGUITIES (readings taken here)
L1. A ledger line booked on a day after as-of's day (company zone) is not counted yet, as readings 35 says of spend.
L2. `function`, `kind`, `role`, `view` are compared trimmed and in lower case; another value is a bad row.
L3. FTE is kept in thousandths of an FTE, rounded half-even.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.money import Rates, decimal_or_none, half_even, to_minor
from mpm_pipeline_tests.independent.world import Snapshot

FUNCTIONS = {"marketing", "sales", "other"}
KINDS = {"program", "people", "tooling", "revenue", "other"}
ROLES = {"quota_bearing", "field_marketing", "sales_ops", "marketing_ops", "sdr", "manager", "other"}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One ledger line; `reporting_minor` is None where no rate is known."""

    line_id: str
    booked_on: date
    function: str
    kind: str
    minor: int
    currency: str
    reporting_minor: int | None
    budget_line_id: str | None

    @property
    def is_expense(self) -> bool:
        """Say that the line is cost of sales or marketing."""
        return self.kind != "revenue" and self.function in ("sales", "marketing")


@dataclass(frozen=True, slots=True)
class Employment:
    """One employment; `end_on` is the last day employed."""

    function: str
    role: str
    thousandths: int
    start_on: date
    end_on: date | None

    def days_in(self, start: date, end: date) -> int:
        """Count the days employed within [start, end)."""
        last_day = end if self.end_on is None else min(end, date.fromordinal(self.end_on.toordinal() + 1))
        return max(0, (last_day - max(start, self.start_on)).days)


def text(value: Any) -> str:
    """Give a cell as trimmed text, null as empty."""
    return "" if value is None else str(value).strip()


def day_or_none(value: Any) -> date | None:
    """Read a YYYY-MM-DD cell, else None."""
    try:
        return date.fromisoformat(text(value))
    except ValueError:
        return None


def is_true(value: Any) -> bool:
    """Read a boolean cell."""
    return value is True or text(value).lower() == "true"


def ledger(snapshot: Snapshot, calendar: Calendar, rates: Rates) -> list[LedgerLine]:
    """Read the ledger lines booked up to as-of's day."""
    found = []
    for record in snapshot.records("finance", "actuals"):
        booked, currency = day_or_none(record.get("booked_on")), text(record.get("currency")).upper()
        function, kind = text(record.get("function")).lower(), text(record.get("kind")).lower()
        minor = to_minor(record.get("amount"), currency)
        if not text(record.get("line_id")) or booked is None or minor is None or not currency:
            continue
        if function not in FUNCTIONS or kind not in KINDS or booked > calendar.date_of(snapshot.at):
            continue
        reporting = rates.to_reporting(minor, currency, booked)
        line = text(record.get("budget_line_id")) or None
        found.append(LedgerLine(record["line_id"], booked, function, kind, minor, currency, reporting, line))
    return found


def employments(snapshot: Snapshot) -> list[Employment]:
    """Read hr/headcount."""
    found = []
    for record in snapshot.records("hr", "headcount"):
        start, fte = day_or_none(record.get("start_on")), decimal_or_none(record.get("fte"))
        function, role = text(record.get("function")).lower(), text(record.get("role")).lower()
        if start is None or fte is None or function not in FUNCTIONS or role not in ROLES:
            continue
        found.append(Employment(function, role, half_even(fte * 1000), start, day_or_none(record.get("end_on"))))
    return found
