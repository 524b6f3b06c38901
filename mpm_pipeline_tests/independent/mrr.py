"""The MRR bridge per account and month, and what is read off it: mrr, arr, movements, nrr, grr, churn rates.

Original amounts by currency at each month's last instant; conversions at that month-end's rate (readings 29-32, 52).

AMBIGUITIES (readings taken here)
K1. The rate of a month's closing is that of the month's last day, of the running month that of as-of's day.
K2. An account with several currencies is converted currency by currency and added up; a currency without a fresh rate
    is out of closing and of the re-valued opening, and the loss of the opening stands in fx.
K3. Which movement it is goes by original amounts: prior 0 and never before above 0 at a month's end: new; prior 0:
    reactivation; now 0: churn; else by the sign of the movement. All movements are served as positive amounts, fx signed.
K4. fct_mrr has a row per account from its first month with MRR to as-of's month, zero rows included.
K5. Months begin with that of the first subscription or line. nrr and grr: not_covered where t-12 lies before it.
K6. nrr, grr: accounts with MRR at t-12 of which an amount, then or now, has no rate at t are out of both sides.
K7. logo churn counts accounts with any original MRR, rates or not. revenue churn leaves unconverted accounts out.
K8. Churn rates of the first month have no opening: zero_denominator.
K9. coverage of mrr = share of accounts with MRR that could be converted; none of several: fx_missing. mrr of no
    accounts: 0.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.money import Rates
from mpm_pipeline_tests.independent.payers import Payers
from mpm_pipeline_tests.independent.subscriptions import Subscriptions
from mpm_pipeline_tests.independent.world import Snapshot

MOVEMENTS = ("new", "expansion", "contraction", "churn", "reactivation", "fx")
Amounts = dict[str, int]


@dataclass(slots=True)
class Bridge:
    """One account and month in reporting minor units."""

    account: str
    month: date
    opening: int
    closing: int
    new: int = 0
    expansion: int = 0
    contraction: int = 0
    churn: int = 0
    reactivation: int = 0
    fx: int = 0

    def closes(self) -> bool:
        """Say whether opening and movements give the closing."""
        gained = self.opening + self.new + self.expansion + self.reactivation + self.fx
        return gained - self.contraction - self.churn == self.closing


class Mrr:
    """Month-end amounts and bridges of a snapshot."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, rates: Rates, payers: Payers) -> None:
        self.calendar, self.rates, self.as_of = calendar, rates, snapshot.at
        self.today = calendar.date_of(snapshot.at)
        subscriptions = Subscriptions(snapshot)
        first = subscriptions.first_instant()
        self.first_day = calendar.date_of(first) if first and first <= snapshot.at else None
        self.months = calendar.periods("month", self.first_day, self.today) if self.first_day else []
        self.original: dict[date, dict[str, Amounts]] = {}
        for month in self.months:
            by_account: dict[str, Amounts] = defaultdict(dict)
            for (customer, currency), minor in subscriptions.monthly(self.instant_of(month)).items():
                mine = by_account[payers.account(customer)]
                mine[currency] = mine.get(currency, 0) + minor
            self.original[month.start] = dict(by_account)
        self.bridges = list(self._bridges())

    def instant_of(self, month: Period) -> datetime:
        """Give the last instant of a month, as-of in the running one."""
        return min(self.calendar.start_of(month.end) - timedelta(seconds=1), self.as_of)

    def rate_day(self, month: Period) -> date:
        """Give the day whose rates value a month's closing."""
        return min(month.end - timedelta(days=1), self.today)

    def value(self, amounts: Amounts, on: date) -> int | None:
        """Convert an account's amounts; None if there are some and none has a rate."""
        found = [self.rates.to_reporting(minor, currency, on) for currency, minor in amounts.items()]
        known = [minor for minor in found if minor is not None]
        return None if found and not known else sum(known)

    def is_whole(self, amounts: Amounts, on: date) -> bool:
        """Say that every currency of the account has a fresh rate."""
        return all(self.rates.rate(currency, self.rates.reporting, on) is not None for currency in amounts)

    def before(self, month: Period) -> date | None:
        """Give the start of the month before, None where there is none."""
        earlier = self.calendar.period("month", month.start - timedelta(days=1)).start
        return earlier if earlier in self.original else None

    def last_month(self, period: Period) -> Period:
        """Give the last month of a period that has begun by as-of."""
        return self.calendar.period("month", min(period.end - timedelta(days=1), self.today))

    def _bridges(self) -> Iterator[Bridge]:
        closings: dict[str, int] = {}
        seen: set[str] = set()
        prior: dict[str, Amounts] = {}
        for month in self.months:
            now, on = self.original[month.start], self.rate_day(month)
            for account in sorted(seen | set(now)):
                then, here = prior.get(account, {}), now.get(account, {})
                bridge = self._bridge(account, month, on, closings.get(account, 0), then, here, account in seen)
                closings[account] = bridge.closing
                yield bridge
            seen |= set(now)
            prior = now

    def _bridge(
        self, account: str, month: Period, on: date, opening: int, then: Amounts, here: Amounts, seen: bool
    ) -> Bridge:
        revalued, closing = self.value(then, on) or 0, self.value(here, on) or 0
        moved = closing - revalued
        bridge = Bridge(account, month.start, opening, closing, fx=revalued - opening)
        if not then and here:
            setattr(bridge, "reactivation" if seen else "new", moved)
        elif then and not here:
            bridge.churn = -moved
        elif moved >= 0:
            bridge.expansion = moved
        else:
            bridge.contraction = -moved
        return bridge


def figures(snapshot: Snapshot, calendar: Calendar, rates: Rates, payers: Payers) -> list[rows.Row]:
    """Compute mrr, arr, the movements, nrr, grr and churn rates at month, quarter and fiscal year."""
    mrr = Mrr(snapshot, calendar, rates, payers)
    out = []
    for period in calendar.all_periods(mrr.first_day, mrr.today):
        out += [*_stock(mrr, period), *_movements(mrr, period), *_retention(mrr, period), *_churn(mrr, period)]
    return out


def _stock(mrr: Mrr, period: Period) -> list[rows.Row]:
    month = mrr.last_month(period)
    closings = [mrr.value(a, mrr.rate_day(month)) for a in mrr.original[month.start].values()]
    found = rows.money("mrr", period, closings, mrr.rates.reporting, mrr.rates.digits)
    yearly = [None if minor is None else 12 * minor for minor in closings]
    return [found, rows.money("arr", period, yearly, mrr.rates.reporting, mrr.rates.digits)]


def _movements(mrr: Mrr, period: Period) -> list[rows.Row]:
    inside = [bridge for bridge in mrr.bridges if period.holds(bridge.month)]
    return [
        rows.money(f"mrr_{name}", period, [getattr(b, name) for b in inside], mrr.rates.reporting, mrr.rates.digits)
        for name in MOVEMENTS
    ]


def _retention(mrr: Mrr, period: Period) -> list[rows.Row]:
    month = mrr.last_month(period)
    year_ago = month.start.replace(year=month.start.year - 1)
    if year_ago not in mrr.original:
        return [rows.row(kpi, period, null_reason="not_covered", unit="rate") for kpi in ("nrr", "grr")]
    on, now = mrr.rate_day(month), mrr.original[month.start]
    whole = net = gross = missing = 0
    for account, then in mrr.original[year_ago].items():
        here = now.get(account, {})
        if not mrr.is_whole(then, on) or not mrr.is_whole(here, on):
            missing += 1
            continue
        before, after = mrr.value(then, on) or 0, mrr.value(here, on) or 0
        whole, net, gross = whole + before, net + after, gross + min(before, after)
    reason = "fx_missing" if missing and not whole else None
    return [rows.rate("nrr", period, net, whole, reason=reason), rows.rate("grr", period, gross, whole, reason=reason)]


def _churn(mrr: Mrr, period: Period) -> list[rows.Row]:
    first, last = mrr.calendar.period("month", period.start), mrr.last_month(period)
    start = mrr.before(first)
    then = mrr.original[start] if start else {}
    now, on = mrr.original[last.start], mrr.rate_day(last)
    opening = lost = missing = 0
    for account, amounts in then.items():
        here = now.get(account, {})
        if not mrr.is_whole(amounts, on) or not mrr.is_whole(here, on):
            missing += 1
            continue
        before, after = mrr.value(amounts, on) or 0, mrr.value(here, on) or 0
        opening, lost = opening + before, lost + max(0, before - after)
    gone = sum(account not in now for account in then)
    reason = "fx_missing" if missing and not opening else None
    return [
        rows.rate("logo_churn_rate", period, gone, len(then)),
        rows.rate("revenue_churn_rate", period, lost, opening, reason=reason),
    ]


def table(mrr: Mrr) -> list[dict]:
    """Give rows like fct_mrr."""
    return [
        {
            "account_id": b.account,
            "month": b.month,
            "currency_code": mrr.rates.reporting,
            **{f"{name}_minor": getattr(b, name) for name in ("opening", *MOVEMENTS, "closing")},
        }
        for b in mrr.bridges
    ]
