"""Deals: stages, pipeline date, closes; win rates, revenue, pipeline created and open.

Win and loss follow the record of today, history serves snapshots and pipeline dates (readings 12, 20, 26).

AMBIGUITIES (readings taken here)
O1. inputs 3: history rows are at their own CreatedDate, ties by Id; the first is not moved to the deal's creation.
O2. inputs 3: the qualified stage by MasterLabel or ApiName exactly; one open stage only: that one; inactive stages count.
    A stage that is not listed makes pipeline only if it has the qualified stage's very name, or today's record is won.
O3. readings 12, inputs 3: the amount of a pipeline date without any known later is today's; none: in no sum.
O4. readings 20: the state at a period's end is that of the newest row before the next day's start; the rate is of its last
    day (as-of's day in a running period); a row without an amount is left out of pipeline_open.
O5. readings 1, 2: a segment occurs in a month when it has a deal closed in it, and then has all seven rows; product line,
    region or owner that is null: unknown.
O6. readings 26: win_rate_amount and average_deal leave out deals without an amount or without a rate.
O7. kpis 2.2: sales_velocity (no reading) = open deals in pipeline at the end x win rate by count x average deal / mean
    cycle days (none where that is not above 0), the last three over the 90 days that end with the period's last day (as-of's day in a running one).
O8. readings 21: revenue_sourced_marketing goes by the one source of a deal, whose look-back ends at creation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.identity import People
from mpm_pipeline_tests.independent.money import Rates, exponent, to_minor
from mpm_pipeline_tests.independent.rows import Row
from mpm_pipeline_tests.independent.segments import UNKNOWN, account_region, account_segment, product_line
from mpm_pipeline_tests.independent.world import Record, Snapshot, instant

ALL = ("all", "all")


@dataclass(slots=True)
class Step:
    """One history row: the stage and amount that held from `at` on."""

    at: datetime
    stage: str
    minor: int | None
    is_closed: bool
    is_won: bool
    is_pipeline: bool


@dataclass(slots=True)
class Deal:
    """One opportunity that is not deleted."""

    opportunity_id: str
    account_id: str | None
    owner_id: str
    currency: str
    minor: int | None
    created_at: datetime
    close_date: date
    is_won: bool
    is_closed: bool
    segments: dict[str, str]
    steps: list[Step] = field(default_factory=list)
    pipeline_at: datetime | None = None
    pipeline_minor: int | None = None
    won_at: datetime | None = None
    won_by_day: bool = False

    def step_before(self, end: datetime) -> Step | None:
        """The newest history row before an instant."""
        return next((step for step in reversed(self.steps) if step.at < end), None)


class Stages:
    """What a stage means: OpportunityStage, else the deal's own flags."""

    def __init__(self, snapshot: Snapshot) -> None:
        listed = sorted(
            snapshot.records("salesforce", "OpportunityStage"), key=lambda s: (s.get("SortOrder") or 0, s["Id"])
        )
        self.by_name = {
            str(name).strip(): s for s in listed for name in (s.get("MasterLabel"), s.get("ApiName")) if name
        }
        self.qualified_name = snapshot.settings["funnel"]["qualified_stage"]
        open_ones = [s for s in listed if not s.get("IsClosed")]
        second = open_ones[1] if len(open_ones) > 1 else next(iter(open_ones), None)
        chosen = self.by_name.get(self.qualified_name) or second
        self.qualified_order = chosen.get("SortOrder") or 0 if chosen else None

    def meaning(self, stage: Any, own: Record | None = None) -> tuple[bool, bool]:
        """(is closed, is won) of a stage; of an unlisted one what the deal's own record says."""
        found = self.by_name.get(str(stage or "").strip(), own or {})
        return bool(found.get("IsClosed")) or bool(found.get("IsWon")), bool(found.get("IsWon"))

    def is_pipeline(self, stage: str, own: Record | None) -> bool:
        """An open stage at or after the qualified one, or a won stage; never a lost one."""
        closed, won = self.meaning(stage, own)
        if closed:
            return won
        listed = self.by_name.get(stage.strip())
        if listed is None or self.qualified_order is None:
            return stage == self.qualified_name
        return (listed.get("SortOrder") or 0) >= self.qualified_order


def deals(snapshot: Snapshot, calendar: Calendar, people: People) -> list[Deal]:
    """All live opportunities with their history."""
    stages, history = Stages(snapshot), dict[str, list[Record]]()
    for row in snapshot.records("salesforce", "OpportunityHistory"):
        history.setdefault(str(row["OpportunityId"]), []).append(row)
    reporting = snapshot.settings["company"]["reporting_currency"]
    return [
        _deal(o, history.get(str(o["Id"]), []), stages, calendar, people, reporting)
        for o in snapshot.records("salesforce", "Opportunity")
    ]


def _deal(
    record: Record, history: list[Record], stages: Stages, calendar: Calendar, people: People, reporting: str
) -> Deal:
    currency = str(record.get("CurrencyIsoCode") or reporting).upper()
    closed, won = stages.meaning(record.get("StageName"), record)
    account, created = people.own_account(record.get("AccountId")), instant(record["CreatedDate"])
    assert created is not None
    segments = {
        "rep": str(record.get("OwnerId") or UNKNOWN),
        "region": account_region(account),
        "segment": account_segment(account),
    }
    segments["product_line"] = product_line(record)
    deal = Deal(
        str(record["Id"]), people.account_id(record.get("AccountId")), segments["rep"], currency, to_minor(record.get("Amount"), currency),
        created, date.fromisoformat(record["CloseDate"][:10]), won, closed, segments,
    )  # fmt: skip
    ordered = sorted(history, key=lambda row: (instant(row["CreatedDate"]), str(row["Id"])))
    deal.steps = [_step(row, instant(row["CreatedDate"]), record, stages, currency) for row in ordered]
    if not deal.steps:
        deal.steps = [_step(record, created, record, stages, currency)]
    _date(deal, bool(history), calendar)
    return deal


def _step(row: Record, at: datetime | None, today: Record, stages: Stages, currency: str) -> Step:
    assert at is not None
    stage = str(row.get("StageName") or "")
    own = today if stage == str(today.get("StageName") or "") else None
    return Step(
        at, stage, to_minor(row.get("Amount"), currency), *stages.meaning(stage, own), stages.is_pipeline(stage, own)
    )


def _date(deal: Deal, has_history: bool, calendar: Calendar) -> None:
    """Find the pipeline date with its amount, and the instant of winning."""
    place = next((i for i, step in enumerate(deal.steps) if step.is_pipeline), None)
    if place is not None:
        deal.pipeline_at = deal.steps[place].at
        later = [step.minor for step in deal.steps[place:]] + [deal.minor]
        deal.pipeline_minor = next((minor for minor in later if minor is not None), None)
    if deal.is_won:
        won = [step.at for step in deal.steps if has_history and step.is_won]
        deal.won_by_day = not won
        deal.won_at = won[0] if won else calendar.start_of(deal.close_date)


class Sales:
    """Rows of the sales side."""

    def __init__(self, found: list[Deal], snapshot: Snapshot, calendar: Calendar, rates: Rates) -> None:
        self.deals, self.calendar, self.rates, self.as_of = found, calendar, rates, snapshot.at
        self.currency = snapshot.settings["company"]["reporting_currency"]
        self.exponent = exponent(self.currency)
        days = [calendar.date_of(d.created_at) for d in found] + [d.close_date for d in found if d.is_closed]
        self.first = min(days, default=None)
        self.periods = calendar.all_periods(self.first, calendar.date_of(snapshot.at))

    def at_close(self, deal: Deal) -> int | None:
        """The amount in reporting currency at the rate of the close date."""
        return None if deal.minor is None else self.rates.to_reporting(deal.minor, deal.currency, deal.close_date)

    def at_pipeline(self, deal: Deal) -> int | None:
        """The pipeline amount at the rate of the pipeline date."""
        if deal.pipeline_minor is None or deal.pipeline_at is None:
            return None
        return self.rates.to_reporting(deal.pipeline_minor, deal.currency, self.calendar.date_of(deal.pipeline_at))

    def created_in(self, period: Period) -> list[Deal]:
        """Deals with a known amount whose pipeline date lies in the period."""
        return [
            d
            for d in self.deals
            if d.pipeline_at and d.pipeline_minor is not None and period.holds(self.calendar.date_of(d.pipeline_at))
        ]

    def closed_in(self, period: Period) -> list[Deal]:
        """Deals closed today whose close date lies in the period."""
        return [d for d in self.deals if d.is_closed and period.holds(d.close_date)]

    def sum(
        self,
        kpi_id: str,
        period: Period,
        found: list[Deal],
        value: Callable[[Deal], int | None],
        segment: tuple[str, str] = ALL,
    ) -> Row:
        """A sum over deals whose amount is known."""
        return rows.money(
            kpi_id,
            period,
            [value(d) for d in found],
            self.currency,
            self.exponent,
            segment,
        )

    def rows(self) -> Iterator[Row]:
        """All rows of this module."""
        for period in self.periods:
            closed = self.closed_in(period)
            yield from self._closes(period, closed, ALL)
            yield self.sum("pipeline_created", period, self.created_in(period), self.at_pipeline)
            yield from self._open(period)
            if period.grain != "month":
                continue
            for kind in ("rep", "region", "segment", "product_line"):
                for name in sorted({d.segments[kind] for d in closed}):
                    yield from self._closes(period, [d for d in closed if d.segments[kind] == name], (kind, name))
            won = [d for d in closed if d.is_won and d.minor is not None]
            for code in sorted({d.currency for d in won}):
                amounts = [d.minor for d in won if d.currency == code]
                yield rows.money("revenue_won", period, amounts, code, exponent(code), ("currency", code))

    def _closes(self, period: Period, closed: list[Deal], segment: tuple[str, str]) -> Iterator[Row]:
        won = [d for d in closed if d.is_won]
        valued = [d for d in closed if d.minor is not None]
        amounts = {d.opportunity_id: self.at_close(d) for d in valued}
        known = [d for d in valued if amounts[d.opportunity_id] is not None]
        missing = "fx_missing" if valued and not known else None
        total, gained = (
            sum(amounts[d.opportunity_id] or 0 for d in known if d.is_won or side) for side in (True, False)
        )
        yield rows.count("opportunities_won", period, len(won), segment)
        yield rows.count("opportunities_lost", period, len(closed) - len(won), segment)
        yield rows.rate("win_rate_count", period, len(won), len(closed), segment)
        yield rows.rate("win_rate_amount", period, gained, total, segment, missing, n=len(known))
        yield rows.money(
            "revenue_won",
            period,
            [amounts[d.opportunity_id] for d in valued if d.is_won],
            self.currency,
            self.exponent,
            segment,
        )
        paid = [d for d in known if d.is_won]
        lost_rate = "fx_missing" if not paid and any(d.is_won for d in valued) else None
        average = rows.money_ratio(
            "average_deal", period, gained, len(paid), self.currency, self.exponent, segment, lost_rate
        )
        yield average
        cycles = [(d.close_date - self.calendar.date_of(d.created_at)).days for d in won]
        yield rows.median("sales_cycle_days", period, cycles, segment)

    def _open(self, period: Period) -> Iterator[Row]:
        """State at the period's end, or as-of, by the newest history row then."""
        running = self.calendar.start_of(period.end) > self.as_of
        last_day = self.calendar.date_of(self.as_of) if running else date.fromordinal(period.end.toordinal() - 1)
        end = self.calendar.start_of(period.end)
        standing = [(d, d.step_before(end)) for d in self.deals]
        still = [(d, s) for d, s in standing if s and not s.is_closed]
        yield rows.count("opportunities_open", period, len(still))
        held = [(d, s) for d, s in still if d.pipeline_at and d.pipeline_at < end and s.minor is not None]
        amounts = [self.rates.to_reporting(s.minor, d.currency, last_day) for d, s in held if s.minor is not None]
        yield rows.money("pipeline_open", period, amounts, self.currency, self.exponent)
        yield self._velocity(period, len([d for d, _ in still if d.pipeline_at and d.pipeline_at < end]), last_day)

    def _velocity(self, period: Period, qualified: int, last_day: date) -> Row:
        """Open qualified deals x win rate x average deal / mean cycle days, of the 90 days that end with `last_day`."""
        trailing = Period("trailing", last_day - timedelta(days=89), last_day + timedelta(days=1))
        closed = self.closed_in(trailing)
        won = [d for d in closed if d.is_won]
        paid = [amount for amount in map(self.at_close, won) if amount is not None]
        days = sum((d.close_date - self.calendar.date_of(d.created_at)).days for d in won)
        fields: dict[str, Any] = {"unit": "money per day", "currency_code": self.currency, "n": qualified}
        if not paid or days <= 0:
            return rows.row("sales_velocity", period, null_reason="zero_denominator", **fields)
        minor = qualified * Fraction(len(won), len(closed)) * Fraction(sum(paid), len(paid)) / Fraction(days, len(won))
        return rows.row("sales_velocity", period, value=minor / 10**self.exponent, value_minor=round(minor), **fields)
