"""The scorecard's KPIs 1-6 and recognised revenue, from finance/actuals and hr/headcount (7 and 8: not yet).

AMBIGUITIES (readings taken here)
SC1. Rows begin with the period of the first event of any of the KPI's sources; a period that lies wholly before the
    first event of a source that it needs, or whose source is off or empty, is `not_covered`.
SC2. Expense = kind not revenue, function sales or marketing; shadow marketing stays under its `function`.
SC3. Quota-bearing and field-marketing FTE go by role alone; the operations roles count within sales and marketing.
SC4. The first event of hr/headcount is its earliest start_on, so rows may begin years before the ledger does.
SC5. Days of a running period for FTE: before as-of's day; its expense counts up to and with as-of's day. On the first
    day of a period there are no days yet: zero_denominator.
SC6. A numerator or a denominator of which nothing could be converted: fx_missing.
"""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.ledger import Employment, LedgerLine, employments, ledger
from mpm_pipeline_tests.independent.money import Rates
from mpm_pipeline_tests.independent.revenue import Revenue
from mpm_pipeline_tests.independent.world import Snapshot

COST_TO_REVENUE = "scorecard_1_marketing_sales_cost_to_revenue"
SALES_TO_MARKETING = "scorecard_2_sales_to_marketing_cost"
COST_PER_HEAD = "scorecard_3_marketing_cost_per_sales_head"
QUOTA_TO_FIELD = "scorecard_4_quota_bearing_to_field_marketing"
PROGRAM_SHARE = "scorecard_5_program_share"
OPERATIONS_SHARE = "scorecard_6_operations_share"
LATER = ("scorecard_7_sales_enablement_score", "scorecard_8_lead_management_score")


def total(minors: list[int | None]) -> tuple[int | None, Fraction]:
    """Add up converted records: (sum or None if none could be converted, share converted)."""
    known = [minor for minor in minors if minor is not None]
    if minors and not known:
        return None, Fraction(0)
    return sum(known), Fraction(len(known), len(minors)) if minors else Fraction(1)


def covered(period: Period, *firsts: date | None) -> bool:
    """Say that every source had begun before the period was over."""
    return all(first is not None and first < period.end for first in firsts)


class Scorecard:
    """The inputs of the scorecard at one snapshot."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, rates: Rates) -> None:
        self.calendar, self.rates = calendar, rates
        self.today = calendar.date_of(snapshot.at)
        self.lines = ledger(snapshot, calendar, rates)
        self.people = employments(snapshot)
        self.revenue = Revenue(snapshot, calendar, rates, self.lines)
        self.first_line = min((line.booked_on for line in self.lines), default=None)
        starts = [person.start_on for person in self.people if person.start_on <= self.today]
        self.first_start = min(starts, default=None)

    def expense(self, period: Period, wanted: Callable[[LedgerLine], bool] = lambda line: True) -> list[int | None]:
        """Give the converted expense lines of a period."""
        return [n.reporting_minor for n in self.lines if n.is_expense and period.holds(n.booked_on) and wanted(n)]

    def fte_days(self, period: Period, wanted: Callable[[Employment], bool]) -> int:
        """Sum thousandths of an FTE over the days of a period, up to as-of."""
        end = min(period.end, self.today)
        return sum(p.thousandths * p.days_in(period.start, end) for p in self.people if wanted(p))

    def days(self, period: Period) -> int:
        """Count the days of a period that are over by as-of."""
        return max(0, (min(period.end, self.today) - period.start).days)

    def periods(self, *firsts: date | None) -> list[Period]:
        """Give the periods from the first event of any of the sources."""
        return self.calendar.all_periods(min((f for f in firsts if f), default=None), self.today)


def _ratio(
    card: Scorecard,
    kpi: str,
    period: Period,
    top: list[int | None],
    bottom: list[int | None],
    unit: str,
    is_covered: bool,
) -> rows.Row:
    part, part_share = total(top)
    whole, whole_share = total(bottom)
    fields: dict[str, Any] = {
        "unit": unit,
        "n": None,
        "coverage": min(part_share, whole_share),
        "currency_code": card.rates.reporting,
    }
    if not is_covered:
        return rows.row(kpi, period, null_reason="not_covered", unit=unit)
    if part is None or whole is None:
        return rows.row(kpi, period, numerator=part, denominator=whole, null_reason="fx_missing", **fields)
    return rows.rate(kpi, period, part, whole, **fields)


def _heads(card: Scorecard, kpi: str, period: Period, top: Callable, bottom: Callable, unit: str) -> rows.Row:
    if not covered(period, card.first_start):
        return rows.row(kpi, period, null_reason="not_covered", unit=unit)
    return rows.rate(kpi, period, card.fte_days(period, top), card.fte_days(period, bottom), unit=unit, n=None)


def _is_sales_or_marketing(person: Employment) -> bool:
    return person.function in ("sales", "marketing")


def _is_operations(person: Employment) -> bool:
    return _is_sales_or_marketing(person) and person.role in ("sales_ops", "marketing_ops")


def _cost_per_head(card: Scorecard, period: Period) -> rows.Row:
    spent, share = total(card.expense(period, lambda n: n.function == "marketing"))
    heads = card.fte_days(period, lambda p: p.function == "sales")
    fields: dict[str, Any] = {"unit": "money", "currency_code": card.rates.reporting, "coverage": share, "n": None}
    if not covered(period, card.first_line, card.first_start):
        return rows.row(COST_PER_HEAD, period, null_reason="not_covered", unit="money")
    if spent is None:
        return rows.row(COST_PER_HEAD, period, denominator=heads, null_reason="fx_missing", **fields)
    found = rows.rate(COST_PER_HEAD, period, spent, heads, **fields)
    if found.value is not None:
        exact = Fraction(spent * 1000 * card.days(period), heads)
        found.value, found.value_minor = exact / 10**card.rates.digits, round(exact)
    return found


def figures(snapshot: Snapshot, calendar: Calendar, rates: Rates) -> list[rows.Row]:
    """Compute scorecard KPIs 1-8 and recognised_revenue at month, quarter and fiscal year."""
    card = Scorecard(snapshot, calendar, rates)
    out = []
    for period in card.periods(card.first_line, card.first_start, card.revenue.first_day()):
        out += [rows.row(kpi, period, null_reason="not_covered", unit="score") for kpi in LATER]
    for period in card.periods(card.first_line, card.revenue.first_day()):
        out += _against_revenue(card, period)
    for period in card.periods(card.first_line):
        out += _from_ledger(card, period)
    for period in card.periods(card.first_line, card.first_start):
        out.append(_cost_per_head(card, period))
    for period in card.periods(card.first_start):
        quota = (lambda p: p.role == "quota_bearing", lambda p: p.role == "field_marketing")
        out.append(_heads(card, QUOTA_TO_FIELD, period, *quota, "ratio"))
        out.append(_heads(card, OPERATIONS_SHARE, period, _is_operations, _is_sales_or_marketing, "rate"))
    return out


def _against_revenue(card: Scorecard, period: Period) -> list[rows.Row]:
    earned = card.revenue.amounts(period)
    is_covered = card.revenue.basis(period) is not None and covered(period, card.revenue.first_day())
    both = is_covered and covered(period, card.first_line)
    cost = _ratio(card, COST_TO_REVENUE, period, card.expense(period), earned, "rate", both)
    if not is_covered:
        return [cost, rows.row("recognised_revenue", period, null_reason="not_covered", unit="money")]
    return [cost, rows.money("recognised_revenue", period, earned, card.rates.reporting, card.rates.digits)]


def _from_ledger(card: Scorecard, period: Period) -> list[rows.Row]:
    sales = card.expense(period, lambda n: n.function == "sales")
    marketing = card.expense(period, lambda n: n.function == "marketing")
    program = card.expense(period, lambda n: n.kind == "program")
    program_and_people = card.expense(period, lambda n: n.kind in ("program", "people"))
    return [
        _ratio(card, SALES_TO_MARKETING, period, sales, marketing, "ratio", True),
        _ratio(card, PROGRAM_SHARE, period, program, program_and_people, "rate", True),
    ]
