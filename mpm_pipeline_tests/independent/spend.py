"""Spend by day, source, campaign and channel; what a lead, an mql and a won franc of credit cost.

LinkedIn's days as they are; Marketo's period cost over the days of its month; Salesforce's actual cost over the
campaign's days, only where neither of the two claims the campaign (Marketo's sfdcId, else equal names).

AMBIGUITIES (readings taken here)
E1. inputs 3: a Marketo programme claims a campaign by sfdcId, one without sfdcId by its equal name, a LinkedIn campaign by
    its equal name; claimed is claimed, also where the claimant shows no cost.
E2. readings 35: each period cost entry is spread by itself over the month of its startDate.
E3. inputs 3: only the campaign pivot of adAnalytics is spend; a campaign whose account cannot be seen: reporting currency.
E4. readings 34: cost_per_lead by channel has a row where the channel has spend or an inferred inquiry in the month.
E5. readings 42: channels with spend = a positive sum in the period; each credit is converted by itself at the close date's
    rate; the spend is that of all channels; no margin is applied; model rows at month only, `all` at every grain.
E6. readings 35: as-of's own day is in.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.attribution import RULES, Credit
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.funnel import Funnel
from mpm_pipeline_tests.independent.identity import short
from mpm_pipeline_tests.independent.money import Rates, exponent, half_even, to_minor
from mpm_pipeline_tests.independent.pipeline import Deal
from mpm_pipeline_tests.independent.rows import Row
from mpm_pipeline_tests.independent.segments import UNKNOWN
from mpm_pipeline_tests.independent.touches import Campaigns
from mpm_pipeline_tests.independent.world import Record, Snapshot, ads_day, instant


@dataclass(slots=True)
class Spent:
    """One day of one campaign in one source."""

    day: date
    source: str
    campaign_id: str
    channel: str
    minor: int
    currency: str


def over_days(total: int, first: date, days: int) -> Iterator[tuple[date, int]]:
    """Day k of n gets round_half_even(total x k / n) minus what came before."""
    before = 0
    for k in range(1, days + 1):
        upto = half_even(Fraction(total * k, days))
        yield first + timedelta(days=k - 1), upto - before
        before = upto


def spent(snapshot: Snapshot, calendar: Calendar, campaigns: Campaigns) -> list[Spent]:
    """All days of spend, also those after the as-of."""
    reporting = snapshot.settings["company"]["reporting_currency"]
    return [
        *_social(snapshot, campaigns, reporting),
        *_automation(snapshot, campaigns, reporting),
        *_crm(snapshot, calendar, campaigns, reporting),
    ]


def _social(snapshot: Snapshot, campaigns: Campaigns, reporting: str) -> Iterator[Spent]:
    accounts = {
        str(a["id"]).rsplit(":", 1)[-1]: str(a.get("currency") or reporting).upper()
        for a in snapshot.records("linkedin", "adAccounts")
    }
    for record in snapshot.records("linkedin", "adAnalytics"):
        pivot = str((record.get("pivotValues") or [""])[0])
        if "sponsoredCampaign:" not in pivot:
            continue
        campaign = campaigns.of_social(pivot)
        own = campaigns.social.get(pivot.rsplit(":", 1)[-1], {})
        currency = accounts.get(str(own.get("account") or "").rsplit(":", 1)[-1], reporting)
        minor = to_minor(record.get("costInLocalCurrency"), currency)
        if campaign and minor:
            yield Spent(ads_day(record), "linkedin", campaign.campaign_id, campaign.channel, minor, currency)


def _automation(snapshot: Snapshot, campaigns: Campaigns, reporting: str) -> Iterator[Spent]:
    for program in snapshot.records("marketo", "programs"):
        campaign = campaigns.of_program(program["id"])
        for cost in program.get("costs") or []:
            begin = date.fromisoformat(str(cost["startDate"])[:10]).replace(day=1)
            month = Calendar({"company": {"time_zone": "UTC", "fiscal_year_start_month": 1}}).period("month", begin)
            for day, minor in over_days(to_minor(cost.get("cost"), reporting) or 0, begin, month.days):
                if campaign and minor:
                    yield Spent(day, "marketo", campaign.campaign_id, campaign.channel, minor, reporting)


def _name(record: Record) -> str:
    return str(record.get("name") or record.get("Name") or "").strip().casefold()


def _crm(snapshot: Snapshot, calendar: Calendar, campaigns: Campaigns, reporting: str) -> Iterator[Spent]:
    by_id = {short(program["sfdcId"]) for program in campaigns.programs.values() if program.get("sfdcId")}
    by_name = {_name(p) for p in campaigns.programs.values() if not p.get("sfdcId")} | {
        _name(c) for c in campaigns.social.values()
    }
    for record in campaigns.crm.values():
        if short(record["Id"]) in by_id or (_name(record) and _name(record) in by_name):
            continue
        currency = str(record.get("CurrencyIsoCode") or reporting).upper()
        created = instant(record.get("CreatedDate")) or snapshot.world.starts_at
        start = date.fromisoformat(record["StartDate"][:10]) if record.get("StartDate") else calendar.date_of(created)
        end = date.fromisoformat(record["EndDate"][:10]) if record.get("EndDate") else start
        campaign, total = campaigns.of_crm(record["Id"]), to_minor(record.get("ActualCost"), currency) or 0
        for day, minor in over_days(total, start, max((end - start).days + 1, 1)):
            if campaign and minor:
                yield Spent(day, "salesforce", campaign.campaign_id, campaign.channel, minor, currency)


class Costs:
    """Spend and what it is divided by."""

    def __init__(
        self, found: Sequence[Spent], snapshot: Snapshot, calendar: Calendar, rates: Rates, funnel: Funnel
    ) -> None:
        self.calendar, self.funnel = calendar, funnel
        self.currency = snapshot.settings["company"]["reporting_currency"]
        self.exponent = exponent(self.currency)
        self.today = calendar.date_of(snapshot.at)
        self.days = [(s, rates.to_reporting(s.minor, s.currency, s.day)) for s in found if s.day <= self.today]
        self.rates = rates
        world = snapshot.world
        self.no_deals = None if world.enabled("salesforce") else "not_covered"
        self.first = min((s.day for s, _ in self.days), default=None)

    def within(self, period: Period) -> dict[str, list[int | None]]:
        """Converted day amounts by channel."""
        found: dict[str, list[int | None]] = defaultdict(list)
        for one, minor in self.days:
            if period.holds(one.day):
                found[one.channel].append(minor)
        return found

    def total(self, period: Period) -> int:
        """All spend of the period that could be converted."""
        return sum(minor or 0 for amounts in self.within(period).values() for minor in amounts)

    def periods(self, *firsts: date | None) -> list[Period]:
        """The periods since the first of these days."""
        return self.calendar.all_periods(min((day for day in firsts if day), default=None), self.today)

    def rows(self) -> Iterator[Row]:
        """Spend, cost per lead and per mql."""
        for period in self.periods(self.first, self.funnel.first):
            by_channel = self.within(period)
            everything = [minor for amounts in by_channel.values() for minor in amounts]
            yield rows.money("spend", period, everything, self.currency, self.exponent)
            lost = "fx_missing" if everything and all(minor is None for minor in everything) else None
            total, inquiries = self.total(period), self.funnel.entered("inquiry", period)
            yield self._per("cost_per_lead", period, total, len(inquiries), reason=lost)
            yield self._per("cost_per_mql", period, total, len(self.funnel.entered("mql", period)), reason=lost)
            if period.grain == "month":
                sources = [self.funnel.inferred_source(cycle) for cycle in inquiries]
                for channel in sorted({*by_channel, *sources} - {UNKNOWN}):
                    segment, amounts = ("channel", channel), by_channel.get(channel, [])
                    known = [minor for minor in amounts if minor is not None]
                    reason = "fx_missing" if amounts and not known else None
                    if amounts:
                        yield rows.money("spend", period, amounts, self.currency, self.exponent, segment)
                    yield self._per("cost_per_lead", period, sum(known), sources.count(channel), segment, reason)

    def _per(
        self,
        kpi_id: str,
        period: Period,
        minor: int,
        whole: int,
        segment: tuple[str, str] = ("all", "all"),
        reason: str | None = None,
    ) -> Row:
        return rows.money_ratio(kpi_id, period, minor, whole, self.currency, self.exponent, segment, reason)

    def acquisition(self, new_customers: dict[tuple[str, date], int | None]) -> Iterator[Row]:
        """Cost per acquisition, given new customers by (grain, start of period)."""
        for period in self.periods(self.first):
            whole = new_customers.get((period.grain, period.start))
            yield self._per("cost_per_acquisition", period, self.total(period), whole or 0)

    def returns(self, credits: Sequence[Credit], deals: Sequence[Deal]) -> Iterator[Row]:
        """Attributed return on spend by model: credits of channels with spend in the period against all spend."""
        closes = {deal.opportunity_id: deal.close_date for deal in deals}
        earned = defaultdict(list)
        for credit in credits:
            if credit.measure == "revenue":
                day = closes[credit.opportunity_id]
                earned[credit.model].append(
                    (day, credit.channel, self.rates.to_reporting(credit.minor, credit.currency, day))
                )
        for period in self.periods(self.first):
            paid = {channel for channel, amounts in self.within(period).items() if sum(a or 0 for a in amounts) > 0}
            cost = self.total(period)
            for model in RULES if period.grain == "month" else ("linear",):
                gain = sum(minor or 0 for day, channel, minor in earned[model] if period.holds(day) and channel in paid)
                row = rows.rate(
                    "roi_attributed", period, gain - cost, cost, ("model", model), self.no_deals, unit="ratio"
                )
                if period.grain == "month":
                    yield row
                if model == "linear":
                    yield rows.rate("roi_attributed", period, gain - cost, cost, reason=self.no_deals, unit="ratio")
