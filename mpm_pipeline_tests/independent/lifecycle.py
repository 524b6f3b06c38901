"""Life cycles: which stages a person entered in which cycle, and when.

One life cycle runs over the union of a person's leads in time order (readings 13-16). A hand-raise or a stage entry
after `recycled` or `rejected` opens the next cycle; a later stage imputes the earlier ones at the same instant.

AMBIGUITIES (readings taken here)
F1. inputs 3, readings 22: a response's FirstRespondedDate is a date, so it enters at the start of that day with
    is_day_grain; without it the start of the day of the member's creation, likewise.
F2. readings 13: "first hand-raise" of the first cycle is looked for within that cycle; a hand-raise after recycled or
    rejected opens the next one and leaves the first with the lead's creation.
F3. readings 13: a hand-raise at the very instant of the first mql is not imputed; later than it: imputed at the mql.
F4. readings 14, 15: creation = the earliest of the person's leads, a merged-away one included; it counts under the
    survivor, so where that was deleted it counts no more.
F5. readings 16: "the last other entry of that day" = the latest of all that the person's leads and hand-raises tell of that
    day (a lead's creation, any status with a stage, repeated ones too), day-grain conversions apart. The imputed stages of such a conversion are day-grain too.
F6. At one instant: hand-raise, inquiry, mql, sal, sql, recycled, rejected, in this order; of two conversions of one day the
    lead with the smaller id, as readings 43 has it for touches of one instant.
F7. inputs 3: with both a status row into an sql status and a conversion the earlier is the entry; equal: the exact one.
F8. readings 13: a creation with an unmapped status opens no cycle after recycled or rejected; one with an inquiry status does.
F9. A side state after a side state belongs to the same cycle; its first entry counts.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.identity import People, Person, Source, short
from mpm_pipeline_tests.independent.world import Record, Snapshot, instant

STAGES = ("inquiry", "mql", "sal", "sql")
SIDES = ("recycled", "rejected")
RANK = {name: place for place, name in enumerate(("hand", *STAGES, *SIDES))}
WORDS = {
    "inquiry": "New|Open|Open - Not Contacted|Inquiry",
    "mql": "MQL|Marketing Qualified",
    "sal": "SAL|Accepted|Working|Working - Contacted|Contacted",
    "sql": "SQL|Sales Qualified|Qualified|Closed - Converted|Converted",
    "recycled": "Recycled|Nurture|Nurturing",
    "rejected": "Rejected|Unqualified|Disqualified|Closed - Not Converted",
}


def _bare(text: Any) -> str:
    return re.sub(r"[^a-z0-9]", "", str(text or "").casefold())


STATUS = {_bare(word): stage for stage, words in WORDS.items() for word in words.split("|")}


@dataclass(slots=True)
class Event:
    """Something that may enter a stage; `lead` is a lead id as written, `kind` a stage, a side state or `hand`."""

    at: datetime
    kind: str
    lead: str | None
    day_grain: bool = False
    converts: bool = False

    @property
    def order(self) -> tuple[datetime, int, bool, str]:
        """Time order; at one instant hand-raises first, side states last, exact before day-grain."""
        return self.at, RANK[self.kind], self.day_grain, (self.lead or "") if self.day_grain else ""


@dataclass(slots=True)
class Entry:
    """One entry into a stage."""

    at: datetime
    lead: str | None
    imputed: bool = False
    day_grain: bool = False


@dataclass(slots=True)
class Cycle:
    """One life cycle of a person."""

    person: Person
    number: int
    entries: dict[str, Entry] = field(default_factory=dict)
    hand: Entry | None = None
    conversions: list[Event] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Recycled or rejected."""
        return any(side in self.entries for side in SIDES)


class LifeCycles:
    """All life cycles of a snapshot, own people left out."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, people: People) -> None:
        self.snapshot, self.calendar, self.people = snapshot, calendar, people
        self.crm = snapshot.world.enabled("salesforce")
        self.history: dict[str, list[Record]] = defaultdict(list)
        for row in snapshot.records("salesforce", "LeadHistory"):
            self.history[short(row["LeadId"])].append(row)
        for rows in self.history.values():
            rows.sort(key=lambda row: (instant(row["CreatedDate"]), str(row["Id"])))
        self.hands = _hand_raises(snapshot, calendar, people)
        self.cycles = [cycle for person in people.persons if not person.internal for cycle in self._cycles_of(person)]

    def leads(self, person: Person) -> list[Source]:
        """The person's leads, merged-away ones included if the survivor is there: Salesforce's, else Marketo's."""
        if not self.crm:
            return person.of("marketo", "leads")
        return [lead for lead in person.of("salesforce", "Lead") if self.people.survivor(lead.record["Id"])]

    def rows(self, lead_id: Any, what: str) -> list[Record]:
        """LeadHistory rows of one field, oldest first."""
        return [row for row in self.history.get(short(lead_id), []) if row.get("Field") == what]

    def _cycles_of(self, person: Person) -> list[Cycle]:
        leads = self.leads(person)
        hands = [Event(h.at, "hand", h.lead, h.day_grain) for h in self.hands.get(person.number, [])]
        exact = hands + [
            event for lead in leads for event in (self._crm_events(lead) if self.crm else self._marketo_events(lead))
        ]
        created = min((lead.created for lead in leads if lead.created), default=None)
        first_lead = next((str(lead.record.get("Id", lead.record.get("id"))) for lead in leads), None)
        creation = Entry(created, first_lead, imputed=True) if created else None
        cycles = build(person, exact, creation)
        told = [event.at for event in exact] + [lead.created for lead in leads if lead.created]
        by_day = [event for lead in leads for event in self._conversion_by_day(lead, told)]
        return build(person, exact + by_day, creation) if by_day else cycles

    def _crm_events(self, lead: Source) -> list[Event]:
        record, lead_id = lead.record, str(lead.record["Id"])
        rows = self.rows(lead_id, "Status")
        changes = [(instant(row["CreatedDate"]), row.get("NewValue")) for row in rows]
        converted = self._converted_at(record)
        if rows:
            changes.insert(0, (lead.created, rows[0].get("OldValue")))
        elif not record.get("IsConverted"):
            changes.append((lead.created, record.get("Status")))
        elif converted:
            changes.append((converted, record.get("Status")))
        events = [Event(at, STATUS[_bare(status)], lead_id) for at, status in changes if at and _bare(status) in STATUS]
        return events + ([Event(converted, "sql", lead_id, converts=True)] if converted else [])

    def _converted_at(self, record: Record) -> datetime | None:
        rows = self.rows(record["Id"], "leadConverted")
        return instant(rows[0]["CreatedDate"]) if rows and record.get("IsConverted") else None

    def _conversion_by_day(self, lead: Source, told: list[datetime]) -> list[Event]:
        """A conversion known by its day alone: the later of the day's start and the last other entry of that day."""
        record = lead.record
        if (
            not self.crm
            or not record.get("IsConverted")
            or not record.get("ConvertedDate")
            or self._converted_at(record)
        ):
            return []
        day = date.fromisoformat(str(record["ConvertedDate"])[:10])
        others = [at for at in told if self.calendar.date_of(at) == day]
        at, lead_id = max([self.calendar.start_of(day), *others]), str(record["Id"])
        kinds = {"sql"}
        if not self.rows(lead_id, "Status") and _bare(record.get("Status")) in STATUS:
            kinds.add(STATUS[_bare(record.get("Status"))])
        return [Event(at, kind, lead_id, day_grain=True, converts=kind == "sql") for kind in sorted(kinds)]

    def _marketo_events(self, lead: Source) -> list[Event]:
        changes = sorted(
            self._marketo_changes.get(str(lead.record["id"]), []), key=lambda change: (change[0], change[3])
        )
        first = changes[0][1] if changes else lead.record.get("leadStatus")
        steps = [(lead.created, first)] + [(at, new) for at, _, new, _ in changes]
        return [
            Event(at, STATUS[_bare(status)], str(lead.record["id"]))
            for at, status in steps
            if at and _bare(status) in STATUS
        ]

    @property
    def _marketo_changes(self) -> dict[str, list[tuple[datetime, Any, Any, str]]]:
        if not hasattr(self, "_changes"):
            self._changes: dict[str, list[Any]] = defaultdict(list)
            for activity in self.snapshot.records("marketo", "activities"):
                if activity.get("activityTypeId") == 13 and activity.get("primaryAttributeValue") == "Lead Status":
                    values = {a["name"]: a.get("value") for a in activity.get("attributes") or []}
                    lead = self.people.marketo_survivor.get(str(activity["leadId"]), str(activity["leadId"]))
                    change = (
                        instant(activity["activityDate"]),
                        values.get("Old Value"),
                        values.get("New Value"),
                        str(activity["marketoGUID"]),
                    )
                    self._changes[lead].append(change)
        return self._changes


def build(person: Person, events: list[Event], creation: Entry | None) -> list[Cycle]:
    """Cut a person's events into cycles; `creation` stands for a first cycle without a hand-raise."""
    cycles: list[Cycle] = []
    for event in sorted(events, key=lambda e: e.order):
        if not cycles:
            cycles.append(Cycle(person, 1))
        if event.kind in SIDES:
            cycles[-1].entries.setdefault(event.kind, Entry(event.at, event.lead, False, event.day_grain))
            continue
        if cycles[-1].closed:
            cycles.append(Cycle(person, cycles[-1].number + 1))
            hand = event.kind in ("hand", "inquiry")
            cycles[-1].entries["inquiry"] = Entry(event.at, event.lead, not hand, event.day_grain)
        _enter(cycles[-1], event)
    if not cycles and creation:
        cycles.append(Cycle(person, 1))
    if cycles:
        _first_inquiry(cycles[0], creation)
    return cycles


def _enter(cycle: Cycle, event: Event) -> None:
    if event.kind == "hand":
        cycle.hand = cycle.hand or Entry(event.at, event.lead, False, event.day_grain)
    elif event.kind != "inquiry":
        for stage in STAGES[1 : STAGES.index(event.kind) + 1]:
            cycle.entries.setdefault(stage, Entry(event.at, event.lead, stage != event.kind, event.day_grain))
    if event.converts:
        cycle.conversions.append(event)


def _first_inquiry(cycle: Cycle, creation: Entry | None) -> None:
    """min(first hand-raise, or lead creation where there is none; first mql, sal or sql entry)."""
    base = cycle.hand or creation
    later = [cycle.entries[stage] for stage in STAGES[1:] if stage in cycle.entries]
    first = min(later, key=lambda entry: entry.at, default=None)
    if first and (base is None or first.at < base.at):
        base = Entry(first.at, first.lead, True, first.day_grain)
    if base:
        cycle.entries["inquiry"] = base


def _hand_raises(snapshot: Snapshot, calendar: Calendar, people: People) -> dict[int, list[Entry]]:
    """Forms, campaign responses and LinkedIn answers by person."""
    found: dict[int, list[Entry]] = defaultdict(list)

    def add(person: Person | None, at: datetime | None, lead: Any = None, day_grain: bool = False) -> None:
        if person and at and at <= snapshot.at:
            found[person.number].append(Entry(at, str(lead) if lead else None, False, day_grain))

    for activity in snapshot.records("marketo", "activities"):
        if activity.get("activityTypeId") == 2:
            add(people.person("marketo", "leads", activity["leadId"]), instant(activity["activityDate"]))
    for member in snapshot.records("salesforce", "CampaignMember"):
        if member.get("HasResponded"):
            person = people.who(member.get("ContactId")) or people.who(member.get("LeadId"))
            add(person, response_at(member, calendar), member.get("LeadId"), day_grain=True)
    for response in snapshot.records("linkedin", "leadFormResponses"):
        add(people.person("linkedin", "leadFormResponses", response["id"]), instant(response.get("submittedAt")))
    return found


def response_at(member: Record, calendar: Calendar) -> datetime | None:
    """When a campaign member responded: the start of the day of its response, else of its creation."""
    if member.get("FirstRespondedDate"):
        return calendar.start_of(date.fromisoformat(str(member["FirstRespondedDate"])[:10]))
    created = instant(member.get("CreatedDate"))
    return calendar.start_of(calendar.date_of(created)) if created else None
