"""Rows of the funnel: counts of life cycles, cohort conversions and velocities, lead sources, rejection and recycling.

AMBIGUITIES (readings taken here)
F10. readings 24 and 5: rejection_rate and recycle_rate are cohort rates, null (immature_cohort) until 90 days after the end.
F11. readings 5: velocity_* are null (immature_cohort) by the same rule; n = pairs so far.
F12. readings 17: won counts without a lower bound (a deal won by the start of CloseDate may precede sql by hours). Of a
     cycle's conversions any deal counts, the earliest won; a deal belongs to the cycle that its lead's conversion fell in.
F13. readings 27: region, segment and lead source of an entry are today's, of the person's account then, else of the lead
     whose record made the entry (merged: its survivor), else of the newest live lead that the person had by then, else of
     the oldest that followed.
F14. inputs 3: inferred source = channel of the person's first touch, any origin, in [inquiry - look-back, inquiry];
     none: unknown, in no channel's cost.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.attribution import Journeys
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.identity import short
from mpm_pipeline_tests.independent.lifecycle import STAGES, Cycle, Entry, LifeCycles
from mpm_pipeline_tests.independent.pipeline import Deal
from mpm_pipeline_tests.independent.rows import Row
from mpm_pipeline_tests.independent.segments import (
    UNKNOWN,
    account_region,
    account_segment,
    lead_source,
    region_of_country,
    segment_of_size,
    source_is_unknown,
)
from mpm_pipeline_tests.independent.world import Record, Snapshot

COUNTS = {"inquiry": "inquiries", "mql": "mqls", "sal": "sals", "sql": "sqls"}
PAIRS = (("inquiry", "mql"), ("mql", "sal"), ("sal", "sql"), ("sql", "won"))


class Funnel:
    """The funnel of a snapshot."""

    def __init__(
        self, snapshot: Snapshot, calendar: Calendar, life: LifeCycles, deals: list[Deal], journeys: Journeys
    ) -> None:
        self.snapshot, self.calendar, self.life, self.journeys = snapshot, calendar, life, journeys
        self.window = timedelta(days=snapshot.settings["funnel"]["conversion_window_days"])
        self.won = {short(deal.opportunity_id): deal for deal in deals if deal.is_won}
        self.leads = self._lead_records()
        self.off = (
            None if any(snapshot.world.enabled(v) for v in ("salesforce", "marketo", "linkedin")) else "not_covered"
        )
        days = [calendar.date_of(e.at) for c in life.cycles for e in c.entries.values()] + [
            day for day, _ in self.leads
        ]
        days += [calendar.date_of(deal.created_at) for deal in deals]
        self.first = min(days, default=None)

    def _lead_records(self) -> list[tuple[date, Record]]:
        """Lead records with their day of creation, own people left out."""
        found = []
        for person in self.life.people.persons:
            for source in self.life.leads(person):
                if not person.internal and not source.merged_away and source.created:
                    found.append((self.calendar.date_of(source.created), source.record))
        return found

    def entry(self, cycle: Cycle, stage: str) -> Entry | None:
        """The cycle's entry into a stage; `won` goes by the deal that its conversion made."""
        if stage != "won":
            return cycle.entries.get(stage)
        found = []
        for event in cycle.conversions:
            source = self.life.people.sources.get(("salesforce", "Lead", short(event.lead)))
            deal = self.won.get(short(source.record.get("ConvertedOpportunityId"))) if source else None
            if deal and deal.won_at:
                found.append(Entry(deal.won_at, event.lead, False, deal.won_by_day))
        return min(found, key=lambda entry: entry.at, default=None)

    def entered(self, stage: str, period: Period) -> list[Cycle]:
        """Cycles that entered the stage in the period."""
        return [
            c
            for c in self.life.cycles
            if stage in c.entries and period.holds(self.calendar.date_of(c.entries[stage].at))
        ]

    def lead_of(self, cycle: Cycle, entry: Entry) -> Record | None:
        """The live lead behind an entry: its own, else the person's newest of then, else the next that came."""
        people = self.life.people
        if self.life.crm:
            own = people.survivor(entry.lead)
            if own:
                return people.sources["salesforce", "Lead", short(own)].record
        live = [s for s in self.life.leads(cycle.person) if not s.merged_away]
        known = [s for s in live if s.created and s.created <= entry.at]
        return known[-1].record if known else next((s.record for s in live), None)

    def segments(self, cycle: Cycle, stage: str) -> dict[str, str]:
        """Region, segment and lead source of an entry."""
        entry = cycle.entries[stage]
        lead, people = self.lead_of(cycle, entry), self.life.people
        account = people.account(people.account_of(cycle.person, entry.at))
        source = lead if self.life.crm or lead is None else {"LeadSource": lead.get("leadSource")}
        if account:
            return {
                "region": account_region(account),
                "segment": account_segment(account),
                "lead_source": lead_source(source),
            }
        own = lead or {}
        country, size = (
            own.get("Country", own.get("country")),
            own.get("NumberOfEmployees", own.get("numberOfEmployees")),
        )
        return {
            "region": region_of_country(country),
            "segment": segment_of_size(size),
            "lead_source": lead_source(source),
        }

    def inferred_source(self, cycle: Cycle) -> str:
        """Channel of the person's first touch in the look-back before the inquiry, else unknown."""
        at = cycle.entries["inquiry"].at
        found = [
            t
            for t in self.journeys.by_person.get(cycle.person.number, [])
            if at - self.journeys.look_back <= t.at <= at
        ]
        return found[0].channel if found else UNKNOWN

    def reached(self, cycle: Cycle, a: str, b: str) -> tuple[Entry, Entry] | None:
        """Both entries when b was reached within the window after a."""
        first, second = self.entry(cycle, a), self.entry(cycle, b)
        return (first, second) if first and second and second.at - first.at <= self.window else None

    def immature(self, period: Period) -> str | None:
        """A cohort is mature when the period's end and the window have passed."""
        return self.off or (
            None if self.calendar.start_of(period.end) + self.window <= self.snapshot.at else "immature_cohort"
        )

    def rows(self) -> Iterator[Row]:
        """All rows of this module."""
        for period in self.calendar.all_periods(self.first, self.calendar.date_of(self.snapshot.at)):
            cohorts = {stage: self.entered(stage, period) for stage in STAGES}
            for stage, cycles in cohorts.items():
                yield rows.count(COUNTS[stage], period, len(cycles))
                if period.grain == "month":
                    yield from self._by_segment(stage, period, cycles)
            for a, b in PAIRS:
                yield from self._pair(a, b, period, cohorts[a])
            for side, kpi_id in (("rejected", "rejection_rate"), ("recycled", "recycle_rate")):
                gone = [
                    c
                    for c in cohorts["mql"]
                    if side in c.entries and timedelta(0) <= c.entries[side].at - c.entries["mql"].at <= self.window
                ]
                yield rows.rate(kpi_id, period, len(gone), len(cohorts["mql"]), reason=self.immature(period))
            made = [lead for day, lead in self.leads if period.holds(day)]
            blank = [lead for lead in made if source_is_unknown(lead.get("LeadSource", lead.get("leadSource")))]
            yield rows.rate("lead_source_unknown_rate", period, len(blank), len(made))

    def _by_segment(self, stage: str, period: Period, cycles: list[Cycle]) -> Iterator[Row]:
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for cycle in cycles:
            for segment in self.segments(cycle, stage).items():
                counted[segment] += 1
        for segment, number in sorted(counted.items()):
            yield rows.count(COUNTS[stage], period, number, segment)

    def _pair(self, a: str, b: str, period: Period, cycles: list[Cycle]) -> Iterator[Row]:
        pairs = [pair for pair in (self.reached(c, a, b) for c in cycles) if pair]
        reason = self.immature(period)
        yield rows.rate(f"conversion_{a}_{b}", period, len(pairs), len(cycles), reason=reason)
        exact = [(x.at, y.at) for x, y in pairs if not (x.imputed or y.imputed or x.day_grain or y.day_grain)]
        yield rows.median(f"velocity_{a}_{b}", period, [_days(x, y) for x, y in exact], reason=reason)


def _days(start: datetime, end: datetime) -> Fraction:
    return Fraction((end - start) // timedelta(microseconds=1), 86_400_000_000)
