"""Goals against the figures: goal_attainment per goal, pipeline_coverage against goals on revenue_won.

Comes last, since it reads the other figures.

AMBIGUITIES (readings taken here)
GO1. A goal's value: the figure of the KPI ("all") of the very period [period_start, period_end) if it is a month, quarter
    or fiscal year; else, if it is made of whole months, the months together: stocks take the last month that has begun,
    counts and sums add up, ratios are recomputed from added numerators and denominators; else not_covered.
GO2. Numerator and denominator are value - baseline and target - baseline, in minor units of the reporting currency for
    money, as they are for counts, null for KPIs of other units. Baseline and target are major units (rates 0-1, nps points).
GO3. A goal that begins after as-of has no row. A null figure hands its reason on. target = baseline: zero_denominator.
    An unknown kpi_id, or a KPI whose source is off: not_covered.
GO4. pipeline_coverage = open pipeline due in the period (deals open at its end, as-of in a running one, in pipeline by
    then, CloseDate of today's record within the period) / (target - won to date in the period). Target = sum of the goals
    on revenue_won of exactly this period, those whose parent is also on revenue_won left out. No goal: not_covered; target
    met: denominator 0, zero_denominator. Rows as for pipeline_open.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.calendar import GRAINS, Calendar, Period
from mpm_pipeline_tests.independent.ledger import day_or_none, text
from mpm_pipeline_tests.independent.money import Rates, decimal_or_none, half_even
from mpm_pipeline_tests.independent.pipeline import Sales
from mpm_pipeline_tests.independent.scorecard import COST_PER_HEAD
from mpm_pipeline_tests.independent.world import Snapshot

STOCKS = {"mrr", "arr", "pipeline_open", "opportunities_open", "ltv_historic", "nrr", "grr"}
KeyedRows = dict[tuple[str, str, date], rows.Row]


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal with its half-open period."""

    goal_id: str
    parent: str | None
    kpi_id: str
    baseline: Decimal
    target: Decimal
    start: date
    end: date


def goals(snapshot: Snapshot) -> list[Goal]:
    """Read finance/goals."""
    found = []
    for record in snapshot.records("finance", "goals"):
        start, end = day_or_none(record.get("period_start")), day_or_none(record.get("period_end"))
        baseline, target = decimal_or_none(record.get("baseline")), decimal_or_none(record.get("target"))
        if start is None or end is None or end <= start or baseline is None or target is None:
            continue
        parent = text(record.get("parent_goal_id")) or None
        found.append(Goal(text(record["goal_id"]), parent, text(record.get("kpi_id")), baseline, target, start, end))
    return found


def figures(snapshot: Snapshot, calendar: Calendar, rates: Rates, others: Iterable[rows.Row]) -> list[rows.Row]:
    """Compute goal_attainment at the fiscal year that holds a goal's start."""
    known: KeyedRows = {(r.kpi_id, r.period_grain, r.period_start): r for r in others if r.segment_kind == "all"}
    out = []
    for goal in goals(snapshot):
        if goal.start <= calendar.date_of(snapshot.at):
            out.append(_attainment(goal, calendar, rates, known))
    return out


def coverage(snapshot: Snapshot, sales: Sales) -> list[rows.Row]:
    """Compute pipeline_coverage: open pipeline due in a period against what its goals on revenue_won still lack."""
    known = {goal.goal_id: goal for goal in goals(snapshot) if goal.kpi_id == "revenue_won"}
    tops = [goal for goal in known.values() if goal.parent not in known]
    return [_covered(period, tops, sales) for period in sales.periods]


def _covered(period: Period, tops: list[Goal], sales: Sales) -> rows.Row:
    mine = [goal for goal in tops if (goal.start, goal.end) == (period.start, period.end)]
    if not mine:
        return rows.row("pipeline_coverage", period, null_reason="not_covered", unit="ratio")
    due, told, end = [], 0, sales.calendar.start_of(period.end)
    last_day = min(period.end - timedelta(days=1), sales.calendar.date_of(sales.as_of))
    for deal in sales.deals:
        step = deal.step_before(end)
        if (
            step
            and not step.is_closed
            and deal.pipeline_at
            and deal.pipeline_at < end
            and period.holds(deal.close_date)
        ):
            due.append(0 if step.minor is None else sales.rates.to_reporting(step.minor, deal.currency, last_day))
            told += step.minor is not None
    won = [sales.at_close(deal) for deal in sales.closed_in(period) if deal.is_won]
    target = half_even(sum(Fraction(goal.target) for goal in mine) * 10**sales.exponent)
    missing = target - sum(minor or 0 for minor in won)
    lost = "fx_missing" if told and due.count(None) == told else None
    have = sum(minor or 0 for minor in due)
    return rows.rate("pipeline_coverage", period, have, max(0, missing), reason=lost, unit="ratio", n=len(due))


def _attainment(goal: Goal, calendar: Calendar, rates: Rates, known: KeyedRows) -> rows.Row:
    year, segment = calendar.period("fiscal_year", goal.start), ("goal", goal.goal_id)
    reached, unit, reason = value_of(goal, calendar, rates.digits, known)
    if reached is None:
        return rows.row("goal_attainment", year, segment, null_reason=reason, unit="rate")
    if goal.target == goal.baseline:
        return rows.row("goal_attainment", year, segment, null_reason="zero_denominator", unit="rate")
    part, whole = reached - Fraction(goal.baseline), Fraction(goal.target) - Fraction(goal.baseline)
    found = rows.row("goal_attainment", year, segment, value=part / whole, unit="rate")
    scale = {"money": 10**rates.digits, "count": 1}.get(unit)
    if scale and (part * scale).denominator == (whole * scale).denominator == 1:
        found.numerator, found.denominator = int(part * scale), int(whole * scale)
    return found


def value_of(goal: Goal, calendar: Calendar, digits: int, known: KeyedRows) -> tuple[Fraction | None, str, str | None]:
    """Give (value in major units, unit, null reason) of a goal's KPI over its period."""
    for grain in GRAINS:
        if calendar.period(grain, goal.start) == Period(grain, goal.start, goal.end):
            row = known.get((goal.kpi_id, grain, goal.start))
            return (row.value, row.unit, row.null_reason) if row else (None, "", "not_covered")
    months = calendar.periods("month", goal.start, goal.end - timedelta(days=1))
    found = [known[key] for m in months if (key := (goal.kpi_id, "month", m.start)) in known]
    if not found or months[0].start != goal.start or months[-1].end != goal.end:
        return None, "", "not_covered"
    if goal.kpi_id in STOCKS:
        return found[-1].value, found[-1].unit, found[-1].null_reason
    tops = [row.numerator for row in found if row.numerator is not None]
    if not tops:
        return None, found[-1].unit, found[-1].null_reason or "not_covered"
    if all(row.denominator is None for row in found):
        return sum((row.value or Fraction(0) for row in found), Fraction(0)), found[0].unit, None
    whole, unit = sum(row.denominator or 0 for row in found), found[0].unit
    if goal.kpi_id == COST_PER_HEAD or not whole:
        return None, unit, "zero_denominator" if not whole else "not_covered"
    scale = {"points": Fraction(100), "money": Fraction(1, 10**digits)}.get(unit, Fraction(1))
    return scale * sum(tops) / whole, unit, None
