"""Business hours, routing and attempts: speed to lead, the service promise, follow-up.

Routed = the later of the cycle's mql entry and the first owner that is a user. An attempt is a completed call or mail,
or an event, by a standard user, on the lead or the contact it became, at or after routing.

AMBIGUITIES (readings taken here)
R1. readings 25: due = the earliest instant at which 8 business hours have passed; kept = an attempt at or before it (a
    call at 17:30 after a clock from 09:00 to 17:00 is late, although no business second lies between).
R2. readings 25, 5: follow_up_rate takes the leads whose own 14 x 24 h are over, so it is never immature_cohort.
R3. inputs 3: the lead is the one that made the mql entry (merged: its survivor); its first owner that is a user by
    LeadHistory Owner rows (ids, or names of users), the owner before the first row from its creation on.
R4. readings 25: hours and zone of whoever holds the lead at routing; a queue then: the company's zone.
R5. Attempts have no upper end but as-of: those of a later cycle count for an earlier one that had none. Child events are none.
R6. speed_to_lead_hours in hours of business time, not rounded.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.identity import short
from mpm_pipeline_tests.independent.lifecycle import Cycle, LifeCycles
from mpm_pipeline_tests.independent.rows import Row
from mpm_pipeline_tests.independent.touches import completed_at, is_standard, users
from mpm_pipeline_tests.independent.world import Record, Snapshot, instant

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Hours:
    """Business hours such as `Mon-Fri 09:00-17:00` in any zone."""

    def __init__(self, text: str) -> None:
        days, times = text.split()
        first, _, last = days.partition("-")
        self.days = range(DAYS.index(first), DAYS.index(last or first) + 1)
        self.opens, self.closes = (divmod(int(part[:2]) * 60 + int(part[3:]), 1440) for part in times.split("-"))

    def window(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
        """The open stretch of a day, None on a closed one."""
        if day.weekday() not in self.days:
            return None
        opens, closes = (
            datetime.combine(day + timedelta(days=later), time(minute // 60, minute % 60), zone).astimezone(UTC)
            for later, minute in (self.opens, self.closes)
        )
        return opens, closes

    def between(self, start: datetime, end: datetime, zone: ZoneInfo) -> Fraction:
        """Business seconds from start to end."""
        total, day = Fraction(0), start.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            window = self.window(day, zone)
            if window:
                stretch = min(end, window[1]) - max(start, window[0])
                total += max(Fraction(0), Fraction(stretch // timedelta(microseconds=1), 1_000_000))
            day += timedelta(days=1)
        return total

    def after(self, start: datetime, hours: Any, zone: ZoneInfo) -> datetime:
        """The earliest instant at which so many business hours have passed since start."""
        left, day = timedelta(hours=float(hours)), start.astimezone(zone).date()
        while True:
            window = self.window(day, zone)
            if window and window[1] > start:
                begin = max(start, window[0])
                if window[1] - begin >= left:
                    return begin + left
                left -= window[1] - begin
            day += timedelta(days=1)


@dataclass(slots=True)
class Routed:
    """One mql cycle that reached a user."""

    at: datetime
    zone: ZoneInfo
    attempts: list[datetime]
    due: datetime


class Routing:
    """Routed leads with their attempts."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, life: LifeCycles) -> None:
        self.snapshot, self.calendar, self.life = snapshot, calendar, life
        funnel = snapshot.settings["funnel"]
        self.hours, self.promise = Hours(funnel["business_hours"]), funnel["sla_first_attempt_business_hours"]
        self.wanted, self.window = int(funnel["follow_up_attempts"]), timedelta(days=funnel["follow_up_days"])
        self.users = users(snapshot)
        self.by_name = {str(u.get("Name")): key for key, u in self.users.items() if u.get("Name")}
        self.attempts = self._attempts()
        self.routed = [r for r in map(self._route, life.cycles) if r] if life.crm else []

    def _attempts(self) -> dict[str, list[datetime]]:
        found: dict[str, list[datetime]] = defaultdict(list)
        acts = [(task, completed_at(task, self.calendar)) for task in self.snapshot.records("salesforce", "Task")]
        acts += [
            (e, instant(e.get("StartDateTime")))
            for e in self.snapshot.records("salesforce", "Event")
            if not e.get("IsChild")
        ]
        for record, at in acts:
            if (
                at
                and at <= self.snapshot.at
                and record.get("WhoId")
                and is_standard(self.users.get(short(record.get("OwnerId"))))
            ):
                found[short(record["WhoId"])].append(at)
        return found

    def _owners(self, lead: Record) -> list[tuple[datetime, str | None]]:
        """The lead's owners that are users by time; None while a queue holds it."""
        steps = self.life.rows(lead["Id"], "Owner")
        created = instant(lead["CreatedDate"])
        assert created is not None
        changes = [(created, steps[0].get("OldValue") if steps else lead.get("OwnerId"))]
        changes += [(instant(row["CreatedDate"]) or created, row.get("NewValue")) for row in steps]
        return [(at, self._user(owner)) for at, owner in changes]

    def _user(self, owner: Any) -> str | None:
        text = str(owner or "")
        return short(text) if short(text) in self.users or text.startswith("005") else self.by_name.get(text)

    def _route(self, cycle: Cycle) -> Routed | None:
        mql = cycle.entries.get("mql")
        lead_id = self.life.people.survivor(mql.lead) if mql else None
        if mql is None or lead_id is None:
            return None
        lead = self.life.people.sources["salesforce", "Lead", short(lead_id)].record
        owners = self._owners(lead)
        first = min((at for at, user in owners if user), default=None)
        if first is None:
            return None
        at = max(mql.at, first)
        holder = [user for since, user in owners if since <= at][-1]
        name = self.users.get(holder or "", {}).get("TimeZoneSidKey")
        zone = ZoneInfo(name) if name else self.calendar.zone
        tried = sorted(t for who in self._ids(cycle, lead_id) for t in self.attempts.get(who, []) if t >= at)
        return Routed(at, zone, tried, self.hours.after(at, self.promise, zone))

    def _ids(self, cycle: Cycle, lead_id: str) -> set[str]:
        """The lead, those merged into it, and the contacts they became, with those that these were merged with."""
        people = self.life.people
        found = set()
        for source in cycle.person.of("salesforce", "Lead"):
            if people.survivor(source.record["Id"]) == lead_id:
                found |= {source.ref[2], short(source.record.get("ConvertedContactId"))}
        merges = [
            {short(source.record.get("MasterRecordId")), source.ref[2]}
            for source in cycle.person.of("salesforce", "Contact")
            if source.merged_away
        ]
        for _ in merges:
            found = found.union(*(both for both in merges if both & found))
        return found - {""}

    def rows(self, first: date | None) -> Iterator[Row]:
        """Speed to lead, SLA attainment, follow-up rate."""
        day, as_of = self.calendar.date_of, self.snapshot.at
        off = None if self.life.crm else "not_covered"
        for period in self.calendar.all_periods(first, day(as_of)):
            inside = [r for r in self.routed if period.holds(day(r.at))]
            waits = [self.hours.between(r.at, r.attempts[0], r.zone) / 3600 for r in inside if r.attempts]
            yield rows.median("speed_to_lead_hours", period, waits, unit="hours", reason=off)
            came_due = [r for r in self.routed if r.due <= as_of and period.holds(day(r.due))]
            kept = [r for r in came_due if r.attempts and r.attempts[0] <= r.due]
            yield rows.rate("sla_attainment", period, len(kept), len(came_due), reason=off)
            ripe = [r for r in inside if r.at + self.window <= as_of]
            followed = [r for r in ripe if sum(t <= r.at + self.window for t in r.attempts) >= self.wanted]
            yield rows.rate("follow_up_rate", period, len(followed), len(ripe), reason=off)
