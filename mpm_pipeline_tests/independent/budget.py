"""Plan against actual: rows per budget line and month, and the four budget KPIs.

Amounts are reporting minor units: plans at the newest rate at or before the month's first day, actuals at their day's.

AMBIGUITIES (readings taken here)
G1. Total of a KPI = sum over top lines (no parent, or a parent that has no rows of its own, or a ring of parents).
G2. A line's parent, level, name and owner are those of its entry with the greatest (month, entry_id). A line that only
    appears as a parent is not known: actuals booked on it are a violation.
G3. Several entries of one line, month and view add up. plan, forecast, committed of a parent: the children's sum if any
    child has an amount in that month and view, else its own. target: its own alone.
G4. A view without an amount is null in the row; null counts 0 in sums and variance = actual - plan is null with plan.
    A row exists where the line or one below it has an entry or an actual in that month.
G5. KPI variance and used rate of a period = sums of its months, plan of months after as-of in a running quarter or
    year included (readings 40), no plan at all: variance = actual - 0, used rate zero_denominator.
G6. Any function's ledger lines count as actuals, only kind revenue never.
G7. Without any budget row the budget KPIs are not_covered; rows begin with the first budget month or booked line.
G8. A budget entry whose currency has no rate at all is left out and counted in coverage (of budget_plan).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.ledger import day_or_none, ledger, text
from mpm_pipeline_tests.independent.money import Rates, to_minor
from mpm_pipeline_tests.independent.world import Snapshot

VIEWS = ("target", "plan", "forecast", "committed")


@dataclass(slots=True)
class BudgetLine:
    """One budget line with its own amounts by (month, view) and its own actuals by month."""

    line_id: str
    parent: str | None = None
    level: str = ""
    name: str = ""
    owner: str = ""
    own: dict[tuple[date, str], int] = field(default_factory=dict)
    actual: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    children: list["BudgetLine"] = field(default_factory=list)

    def months(self) -> set[date]:
        """Collect the months in which this line or one below it has anything."""
        return (
            {month for month, _ in self.own} | set(self.actual) | {m for child in self.children for m in child.months()}
        )

    def amount(self, month: date, view: str) -> int | None:
        """Give the served amount of a view: the children's sum where they have any."""
        if view != "target":
            below = [minor for child in self.children if (minor := child.amount(month, view)) is not None]
            if below:
                return sum(below)
        return self.own.get((month, view))

    def spent(self, month: date) -> int:
        """Give the actual amount: own lines plus the children's."""
        return self.actual.get(month, 0) + sum(child.spent(month) for child in self.children)


class Budget:
    """The budget tree of a snapshot with its actuals."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, rates: Rates) -> None:
        self.calendar, self.rates = calendar, rates
        self.lines: dict[str, BudgetLine] = {}
        self.plan_entries: list[tuple[date, int | None]] = []
        self.actual_entries: list[tuple[date, int | None]] = []
        self._read(snapshot)
        booked = ledger(snapshot, calendar, rates)
        self.first_booked = min((line.booked_on for line in booked), default=None)
        self.unknown_lines = [n.line_id for n in booked if n.kind != "revenue" and n.budget_line_id not in self.lines]
        for line in booked:
            if line.kind != "revenue" and line.budget_line_id in self.lines:
                month = line.booked_on.replace(day=1)
                self.actual_entries.append((month, line.reporting_minor))
                self.lines[line.budget_line_id].actual[month] += line.reporting_minor or 0
        self.roots = self._join()

    def _read(self, snapshot: Snapshot) -> None:
        entries = sorted(
            snapshot.records("finance", "budget"), key=lambda r: (text(r.get("month")), text(r.get("entry_id")))
        )
        for record in entries:
            month, view = day_or_none(f"{text(record.get('month'))}-01"), text(record.get("view")).lower()
            line_id, currency = text(record.get("budget_line_id")), text(record.get("currency")).upper()
            minor = to_minor(record.get("amount"), currency)
            if month is None or view not in VIEWS or not line_id or minor is None:
                continue
            line = self.lines.setdefault(line_id, BudgetLine(line_id))
            line.parent = text(record.get("parent_line_id")) or None
            line.level, line.name, line.owner = (text(record.get(c)) for c in ("level", "name", "owner"))
            converted = self.rates.to_reporting(minor, currency, month, max_age=None)
            if view == "plan":
                self.plan_entries.append((month, converted))
            if converted is not None:
                line.own[month, view] = line.own.get((month, view), 0) + converted

    def _join(self) -> list[BudgetLine]:
        roots = []
        for line in self.lines.values():
            if line.parent in self.lines and not self._is_ring(line):
                self.lines[line.parent].children.append(line)
            else:
                roots.append(line)
        return roots

    def _is_ring(self, line: BudgetLine) -> bool:
        seen, here = set(), line
        while here.parent in self.lines and here.line_id not in seen:
            seen.add(here.line_id)
            here = self.lines[here.parent]
        return here.line_id == line.line_id and bool(seen)

    def first_day(self) -> date | None:
        """Give the first budget month or booked day."""
        days = [month for line in self.lines.values() for month, _ in line.own]
        return min([*days, *([self.first_booked] if self.first_booked else [])], default=None)

    def totals(self, period: Period) -> tuple[int, int]:
        """Give (plan, actual) of the top lines over a period's months."""
        months = [month for line in self.roots for month in line.months() if period.holds(month)]
        pairs = {(month, line.line_id) for line in self.roots for month in months}
        plan = sum(self.lines[line].amount(month, "plan") or 0 for month, line in pairs)
        return plan, sum(self.lines[line].spent(month) for month, line in pairs)


def differences(budget: Budget) -> list[tuple[str, date, str]]:
    """Name the parents' own amounts that differ from their children's sum: (line, month, view)."""
    found = []
    for line in budget.lines.values():
        for (month, view), own in line.own.items():
            if view != "target" and line.children and line.amount(month, view) != own:
                found.append((line.line_id, month, view))
    return sorted(found)


def table(budget: Budget) -> list[dict]:
    """Give rows like fct_budget, sorted by line and month."""
    found = []
    for line in budget.lines.values():
        for month in line.months():
            plan, actual = line.amount(month, "plan"), line.spent(month)
            found.append(
                {
                    "budget_line_id": line.line_id,
                    "parent_line_id": line.parent,
                    "level": line.level,
                    "name": line.name,
                    "owner": line.owner,
                    "month": month,
                    **{f"{view}_minor": line.amount(month, view) for view in VIEWS},
                    "actual_minor": actual,
                    "variance_minor": None if plan is None else actual - plan,
                    "currency_code": budget.rates.reporting,
                }
            )
    return sorted(found, key=lambda row: (row["budget_line_id"], row["month"]))


def figures(snapshot: Snapshot, calendar: Calendar, rates: Rates) -> list[rows.Row]:
    """Compute budget_plan, budget_actual, budget_variance, budget_used_rate at month, quarter and fiscal year."""
    budget = Budget(snapshot, calendar, rates)
    out = []
    for period in calendar.all_periods(budget.first_day(), calendar.date_of(snapshot.at)):
        if not budget.lines:
            for kpi in ("budget_plan", "budget_actual", "budget_variance", "budget_used_rate"):
                out.append(rows.row(kpi, period, null_reason="not_covered"))
            continue
        out += _of_period(budget, period)
    return out


def _of_period(budget: Budget, period: Period) -> list[rows.Row]:
    plan, actual = budget.totals(period)
    reporting, digits = budget.rates.reporting, budget.rates.digits
    planned = [minor for month, minor in budget.plan_entries if period.holds(month)]
    booked = [minor for month, minor in budget.actual_entries if period.holds(month)]
    found = [
        rows.money("budget_plan", period, _shaped(planned, plan), reporting, digits),
        rows.money("budget_actual", period, _shaped(booked, actual), reporting, digits),
    ]
    lost = any(row.null_reason for row in found)
    variance = [None] if lost else [actual - plan]
    found.append(rows.money("budget_variance", period, variance, reporting, digits))
    found.append(rows.rate("budget_used_rate", period, actual, plan, reason="fx_missing" if lost else None))
    return found


def _shaped(entries: list[int | None], total: int) -> list[int | None]:
    """Keep how many entries had a rate, but let them add up to the total of the tree."""
    known = [minor for minor in entries if minor is not None]
    if entries and not known:
        return list(entries)
    return [total, *([0] * max(0, len(known) - 1)), *([None] * (len(entries) - len(known)))]
