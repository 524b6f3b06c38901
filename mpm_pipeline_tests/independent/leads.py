"""Lead distribution, version 1 points: candidates, eligible pairs with points per dimension, values, free capacity.

The best total under capacity is in assignment. Points are exact decimals with one place.

AMBIGUITIES (readings taken here; those of the pure arithmetic stand in points)
D1. The lead of a cycle = the person's newest live Salesforce lead by CreatedDate of those that were created, moved or raised
    a hand since the cycle began (in the first cycle: of all); its owner decides (a queue or none).
D2. Suppression looks at all live records of the person: Do_Not_Contact__c on any; e-mail opt-out on any (Marketo
    `unsubscribed` included) together with DoNotCall on any.
D3. A rep needs an active standard Salesforce user of the same e-mail (trimmed, no case) and start_on <= today.
D4. A lead with an account takes segment and region from it; its product line is always its own: Product_Line__c, else
    the first solution interest of the lead, else of the person's contacts, else of Marketo. Values compared without case.
    Interests of a person are those of the golden record: identity 9, one record's list, not the union.
D6. Account owners: any live account of the id; parent, child, sibling = by ParentId; "won before" = any won deal of the
    account that this rep owns.
D8. Others of the account = persons, not own people, whose account at as-of it is. A touch in [as-of - 90 x 24 h, as-of],
    of whatever origin.
D10. A role counts on a deal that is open today, of the lead's own person too, whichever account the deal is of.
D12. Mean won amount: deals won with CloseDate in (today - 365 days, today], rates known; 10 of the lead's segment, else
    all (any number), else 1.00 of the reporting currency. value_minor = half-even(score / 100 x mean x margin).
D13. The horizon's days: today and the next horizon_days - 1. Working days by company business days, absences half-open.
D14. Leads routed to the rep: mql cycles with routed instant in (as-of - horizon, as-of] whose owner then was the rep.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.identity import People, Person, Ref, Source, short
from mpm_pipeline_tests.independent.ledger import day_or_none, text
from mpm_pipeline_tests.independent.lifecycle import Cycle, LifeCycles
from mpm_pipeline_tests.independent.money import Rates, decimal_or_none, half_even
from mpm_pipeline_tests.independent.pipeline import Deal, deals
from mpm_pipeline_tests.independent.points import (
    Lead,
    Pair,
    Rep,
    has_authority,
    listed,
    meeting_points,
    segment_points,
    tenths,
    tenure_points,
)
from mpm_pipeline_tests.independent.routing import Routing
from mpm_pipeline_tests.independent.segments import (
    UNKNOWN,
    account_region,
    account_segment,
    region_of_country,
    segment_of_size,
)
from mpm_pipeline_tests.independent.touches import Campaigns, is_standard, touches
from mpm_pipeline_tests.independent.world import Record, Snapshot, instant


def items(value: Any) -> list[str]:
    """Split a list cell or a multi-select by semicolons."""
    return [part.strip() for part in text(value).split(";") if part.strip()]


class Distribution:
    """Leads, reps, pairs and capacities of a snapshot."""

    def __init__(
        self, snapshot: Snapshot, calendar: Calendar, rates: Rates, persons: Mapping[Ref, str] | None = None
    ) -> None:
        self.snapshot, self.calendar, self.rates = snapshot, calendar, rates
        self.today, self.now = calendar.date_of(snapshot.at), snapshot.at
        self.people = People(snapshot, calendar, persons)
        self.life = LifeCycles(snapshot, calendar, self.people)
        self.deals = deals(snapshot, calendar, self.people)
        self.routing = Routing(snapshot, calendar, self.life)
        self.persons_of: dict[str, list[Person]] = defaultdict(list)
        for person in self.people.persons:
            account = None if person.internal else self.people.account_of(person, self.now)
            if account:
                self.persons_of[account].append(person)
        recent = self.now - timedelta(days=90)
        found = touches(snapshot, calendar, self.people, Campaigns(snapshot))
        self.engaged = {t.person.number for t in found if t.person and recent <= t.at <= self.now}
        self.on_open_deals = self._on_open_deals()
        self.meetings = self._meetings()
        self.families: dict[str, set[str]] = {}
        self.reps = self._reps()
        self.leads = [lead for lead in map(self._lead, self._current()) if lead]
        self.pairs = [pair for lead in self.leads if not lead.held for pair in self._pairs(lead)]
        self.capacity = {rep.rep_id: self._capacity(rep) for rep in self.reps}

    def _current(self) -> list[Cycle]:
        last = {cycle.person.number: cycle for cycle in self.life.cycles}
        return [c for c in last.values() if "mql" in c.entries and "sal" not in c.entries and not c.closed]

    def _lead(self, cycle: Cycle) -> Lead | None:
        person = cycle.person
        live = [s for s in self.life.leads(person) if not s.merged_away and self._is_in(cycle, s)]
        if not live:
            return None
        record = max(live, key=lambda s: (s.created, s.ref[2])).record
        if text(record.get("OwnerId")).startswith("005"):
            return None
        lead_id = str(record["Id"]) if self.life.crm else f"marketo:{record['id']}"
        account_id = self.people.account_of(person, self.now)
        if account_id:
            account = self.people.account(account_id)
            segment, region = account_segment(account), account_region(account)
        else:
            segment, region = segment_of_size(record.get("NumberOfEmployees")), region_of_country(record.get("Country"))
        line = text(record.get("Product_Line__c")) or next(iter(self.interests(person, record)), "")
        held = "suppressed" if self._is_suppressed(person) else None if self.reps else "no_rep_data"
        return Lead(lead_id, person, account_id, segment, region, line or None, held)

    def _is_in(self, cycle: Cycle, lead: Source) -> bool:
        """Say whether a lead belongs to a person's last cycle: created or moved since it began."""
        began = min(entry.at for entry in cycle.entries.values())
        moves = [e.at for e in (self.life._crm_events(lead) if self.life.crm else self.life._marketo_events(lead))]
        raised = [h.at for h in self.life.hands.get(cycle.person.number, []) if h.lead and short(h.lead) == lead.ref[2]]
        return cycle.number == 1 or any(at and at >= began for at in [lead.created, *moves, *raised])

    def interests(self, person: Person, first: Record | None = None) -> list[str]:
        """List a person's solution interests: those of one record, else of the golden record."""
        told = [items((first or {}).get("Solution_Interest__c"))]
        for source in sorted(person.sources, key=_trust):
            told.append(items(source.record.get("Solution_Interest__c") or source.record.get("solutionInterest")))
        return list(dict.fromkeys(next(filter(None, told), [])))

    def _is_suppressed(self, person: Person) -> bool:
        records = [s.record for s in person.sources if s.ref[0] in ("salesforce", "marketo") and not s.merged_away]

        def any_true(*names: str) -> bool:
            return any(text(record.get(name)).lower() == "true" for record in records for name in names)

        return any_true("Do_Not_Contact__c") or (
            any_true("HasOptedOutOfEmail", "unsubscribed") and any_true("DoNotCall")
        )

    def _reps(self) -> list[Rep]:
        users = {
            text(u.get("Email")).lower(): u
            for u in self.snapshot.records("salesforce", "User")
            if u.get("IsActive", True) and is_standard(u)
        }
        found = []
        for record in self.snapshot.records("hr", "reps"):
            user, start = users.get(text(record.get("email")).lower()), day_or_none(record.get("start_on"))
            per_week, ramp = decimal_or_none(record.get("capacity_per_week")), decimal_or_none(record.get("ramp_days"))
            if user is None or start is None or start > self.today or per_week is None:
                continue
            lists = [
                {value.casefold() for value in items(record.get(c))} for c in ("regions", "segments", "product_lines")
            ]
            spans = [span.split("/") for span in items(record.get("absent"))]
            absent = [(date.fromisoformat(first), date.fromisoformat(end)) for first, end in spans]
            regions, segments, lines = lists
            days = 180 if ramp is None else int(ramp)
            found.append(Rep(str(user["Id"]), regions, segments, lines, start, days, per_week, absent))
        return found

    def _on_open_deals(self) -> set[int]:
        is_open = {short(deal.opportunity_id) for deal in self.deals if not deal.is_closed}
        found = set()
        for role in self.snapshot.records("salesforce", "OpportunityContactRole"):
            person = self.people.who(role.get("ContactId"))
            if person and short(role.get("OpportunityId")) in is_open:
                found.add(person.number)
        return found

    def _meetings(self) -> dict[tuple[str, str], list[int]]:
        """Days from today to each meeting, by (account, rep)."""
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for event in self.snapshot.records("salesforce", "Event"):
            at, person = instant(event.get("StartDateTime")), self.people.who(event.get("WhoId"))
            day = self.calendar.date_of(at) if at else None
            if event.get("IsAllDayEvent") or day is None:
                day = day_or_none(text(event.get("ActivityDate"))[:10]) or day
            account = self.people.account_id(event.get("AccountId"))
            account = account or (self.people.account_of(person, self.now) if person else None)
            if day and account and not event.get("IsChild"):
                found[account, short(event.get("OwnerId"))].append((day - self.today).days)
        return found

    def _pairs(self, lead: Lead) -> list[Pair]:
        alike = {"connected": self._connected(lead), "shared_interest": self._shared(lead)}
        return [pair for rep in self.reps if (pair := self._pair(lead, rep, alike))]

    def _pair(self, lead: Lead, rep: Rep, alike: dict[str, Fraction]) -> Pair | None:
        region = listed(lead.region, rep.regions, UNKNOWN, 6, 3)
        line = listed(lead.product_line, rep.product_lines, None, 12, 6)
        hard = self.snapshot.settings["leads"]["authority"]
        if ("region" in hard and region == 0) or ("product_line" in hard and line == 0):
            return None
        exact = {
            "base": Fraction(6),
            "segment": Fraction(segment_points(lead.segment, rep.segments)),
            "product_line": Fraction(line),
            "region": Fraction(region),
            "tenure": Fraction(tenure_points(lead.segment, (self.today - rep.start_on).days, rep.ramp_days)),
            "account": Fraction(self._account(lead.account_id, rep)),
            "meeting": Fraction(meeting_points(self.meetings.get((lead.account_id or "", short(rep.rep_id)), []))),
            **alike,
        }
        pair = Pair(lead.lead_id, rep.rep_id, {name: tenths(points) for name, points in exact.items()})
        margin = Fraction(str(self.snapshot.settings["company"]["gross_margin_rate"]))
        pair.value_minor = half_even(Fraction(pair.score) / 100 * self.mean_won(lead.segment) * margin)
        return pair

    def _account(self, account_id: str | None, rep: Rep) -> int:
        if account_id is None:
            return 0
        mine = [d for d in self.deals if d.account_id == account_id and short(d.owner_id) == short(rep.rep_id)]
        if self._owns(account_id, rep):
            return 15
        if any(not deal.is_closed for deal in mine):
            return 8
        if any(self._owns(other, rep) for other in self._family(account_id)):
            return 5
        return 4 if any(deal.is_won for deal in mine) else 0

    def _family(self, account_id: str) -> set[str]:
        """Give parent, children and siblings of an account."""
        if account_id not in self.families:
            parent = self._parent(account_id)
            others = {a for a in map(self.people.account_id, self.people.accounts) if a and a != account_id}
            above = {parent} - {None}
            self.families[account_id] = {a for a in others if a in above or self._parent(a) in {account_id} | above}
        return self.families[account_id]

    def _parent(self, account_id: str) -> str | None:
        return self.people.account_id((self.people.account(account_id) or {}).get("ParentId"))

    def _owns(self, account_id: str, rep: Rep) -> bool:
        return short((self.people.account(account_id) or {}).get("OwnerId")) == short(rep.rep_id)

    def _others(self, lead: Lead) -> list[Person]:
        return [p for p in self.persons_of.get(lead.account_id or "", []) if p.number != lead.person.number]

    def _connected(self, lead: Lead) -> Fraction:
        others = [person for person in self._others(lead) if person.number in self.engaged]
        points = 6 * min(Fraction(1), Fraction(math.log2(1 + len(others))) / 3)
        titles = [_title(person) for person in others]
        points += 3 if any(map(has_authority, titles)) else 0
        everyone = self.persons_of.get(lead.account_id or "", [])
        return points + (3 if any(person.number in self.on_open_deals for person in everyone) else 0)

    def _shared(self, lead: Lead) -> Fraction:
        weight: dict[str, int] = defaultdict(int)
        for person in self._others(lead):
            for solution in self.interests(person):
                weight[solution] += 1
        whole = sum(weight.values())
        return (
            Fraction(13 * sum(weight.get(s, 0) for s in self.interests(lead.person)), whole) if whole else Fraction(0)
        )

    def mean_won(self, segment: str) -> Fraction:
        """Give the mean won amount of a segment over the last 365 days in reporting minor units."""
        won = [d for d in self.deals if d.is_won and self.today - timedelta(days=365) < d.close_date <= self.today]
        amounts = [(d, _at_close(d, self.rates)) for d in won]
        known = [(deal.segments["segment"], minor) for deal, minor in amounts if minor is not None]
        mine = [minor for name, minor in known if name == segment]
        chosen = mine if len(mine) >= 10 else [minor for _, minor in known]
        return Fraction(sum(chosen), len(chosen)) if chosen else Fraction(10**self.rates.digits)

    def _capacity(self, rep: Rep) -> int:
        horizon = int(self.snapshot.settings["leads"]["horizon_days"])
        days = [self.today + timedelta(days=k) for k in range(horizon)]
        working = [day for day in days if day.weekday() in self.routing.hours.days]
        present = [day for day in working if not any(start <= day < end for start, end in rep.absent)]
        ramp = Fraction(1, 2) if (self.today - rep.start_on).days < rep.ramp_days else Fraction(1)
        share = Fraction(len(present), len(working)) if working else Fraction(0)
        places = math.floor(Fraction(rep.per_week) * Fraction(horizon, 7) * share * ramp)
        return max(0, places - self._routed_to(rep, timedelta(days=horizon)))

    def _routed_to(self, rep: Rep, horizon: timedelta) -> int:
        found = 0
        for cycle in self.life.cycles if self.life.crm else []:
            routed = self.routing._route(cycle)
            if routed and self.now - horizon < routed.at <= self.now:
                lead = self.people.survivor(cycle.entries["mql"].lead)
                owners = self.routing._owners(self.people.sources["salesforce", "Lead", short(lead)].record)
                found += [user for since, user in owners if since <= routed.at][-1] == short(rep.rep_id)
        return found


def _title(person: Person) -> str:
    """Give the golden title of a person."""
    told = [text(s.record.get("Title") or s.record.get("title")) for s in sorted(person.sources, key=_trust)]
    return next(filter(None, told), "")


def _trust(source: Source) -> tuple[bool, int, float]:
    """Sort records as golden records take them: live before merged, contacts, leads, others, the newest change first."""
    stamps = [source.record.get(name) for name in ("SystemModstamp", "LastModifiedDate", "updatedAt")]
    changed = next((at for stamp in stamps if (at := instant(stamp))), None)
    place = {"Contact": 0, "Lead": 1}.get(source.ref[1], 2)
    return source.merged_away, place, -changed.timestamp() if changed else 0.0


def _at_close(deal: Deal, rates: Rates) -> int | None:
    return None if deal.minor is None else rates.to_reporting(deal.minor, deal.currency, deal.close_date)
