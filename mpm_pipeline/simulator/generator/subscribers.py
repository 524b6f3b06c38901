"""People as the marketing system knows them: who stands in it, with which CRM ids, score and status, who twice.

Most are synchronised with the CRM and carry its lead, contact and account ids; some never were. A person's record
gets a new version when its lead becomes known, when the lead's status changes and at conversion.
"""

from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import Lead, Person, World
from mpm_pipeline.simulator.generator.people import as_typed, free_mailbox
from mpm_pipeline.simulator.generator.writer import Record, iso

CONTACT_SHARE, LEAD_SHARE, UNSYNCED_SHARE, TWICE_SHARE = 0.55, 0.95, 0.08, 0.02
SYNC = timedelta(minutes=4)
POINTS = {"form": 15, "webinar": 25, "click": 5, "link": 5, "booth": 20}


def put_subscribers(world: World) -> None:
    """Enter people into the marketing system and put down their records."""
    rng = world.rng("subscribers")
    by_person = first_leads(world)
    for person in world.people:
        lead = by_person.get(person.key)
        if rng.random() > (LEAD_SHARE if lead else CONTACT_SHARE) and not _needed(person):
            continue
        person.marketing_id = world.ids.number("marketing lead", 1_001)
        record, created = _record(world, rng, person, lead)
        is_synced = rng.random() > UNSYNCED_SHARE
        person.marketing_since = created
        _versions(world, record, created, person, lead if is_synced else None)
        if rng.random() < TWICE_SHARE and created < world.line.now - timedelta(days=30):
            _twice(world, rng, record, person, created)


def first_leads(world: World) -> dict[str, Lead]:
    """Return the oldest lead of each person, which is the one that is synchronised."""
    found: dict[str, Lead] = {}
    for lead in sorted(world.leads, key=lambda lead: (lead.created, lead.lead_id)):
        found.setdefault(lead.person.key, lead)
    return found


def _needed(person: Person) -> bool:
    return any(touch.kind == "click" for touch in person.touches)


def _record(world: World, rng: Random, person: Person, lead: Lead | None) -> tuple[Record, datetime]:
    created = min([touch.at for touch in person.touches] + ([lead.created] if lead else [person.known_since]))
    created = min(created, world.line.now) if lead is None else created
    if person.contact_id and not lead:
        created = min(created, person.known_since + timedelta(days=rng.randrange(40)))
    company = person.company
    opening = next((touch for touch in person.touches if touch.campaign and touch.campaign.program_id), None)
    record = {
        "id": person.marketing_id, "email": lead.email.strip() if lead else as_typed(rng, person.email).strip(),
        "firstName": person.first, "lastName": person.last, "company": company.name, "title": person.title or None,
        "industry": company.industry, "leadSource": lead.source if lead else None, "leadStatus": None, "leadScore": 0,
        "phone": None, "mobilePhone": person.mobile if rng.random() < 0.4 else None,
        "country": words.COUNTRIES[company.country].name, "state": None,
        "website": company.domain if rng.random() < 0.5 else None, "annualRevenue": None,
        "numberOfEmployees": company.employees, "originalSourceType": "Web form fillout" if lead else "salesforce.com",
        "originalSourceInfo": None,
        "acquisitionProgramId": opening.campaign.program_id if opening and opening.campaign else None,
        "sfdcLeadId": None, "sfdcContactId": None, "sfdcAccountId": None, "unsubscribed": person.opted_out,
        "emailInvalid": False, "leadPartitionId": 1, "personType": "contact",
        "solutionInterest": ";".join(person.interests) or None, "createdAt": iso(created),
    }  # fmt: skip
    if lead is None and person.contact_id and rng.random() > UNSYNCED_SHARE:
        past = person.earlier[0] if person.earlier and person.earlier[0][0] is not company else None
        record["sfdcContactId"] = past[2] if past else person.contact_id
        record["sfdcAccountId"] = past[0].account_id if past else company.account_id
    return record, created


def _versions(world: World, record: Record, created: datetime, person: Person, lead: Lead | None) -> None:
    """Put down the record at its creation, when the CRM's lead is known, and at each change of its status."""
    _put(world, record, created, person)
    if lead is None:
        last = max((touch.at for touch in person.touches), default=created)
        if last > created:
            _put(world, record, last + SYNC, person)
        return
    record.update(sfdcLeadId=lead.lead_id, leadStatus=lead.first_status)
    _put(world, record, max(lead.created + SYNC, created), person)
    for step in sorted(lead.steps, key=lambda step: step.at):
        if step.what == "status":
            record["leadStatus"] = step.new
            if step.at == lead.converted_at:
                record.update(sfdcContactId=person.contact_id, sfdcAccountId=person.company.account_id)
            _put(world, record, max(step.at, lead.created) + SYNC, person)


def _put(world: World, record: Record, at: datetime, person: Person) -> None:
    if at >= world.line.horizon:
        return
    record["leadScore"] = sum(POINTS.get(touch.kind, 0) for touch in person.touches if touch.at <= at)
    record["updatedAt"] = iso(at)
    world.book.put("marketo/leads", record, at)


def _twice(world: World, rng: Random, record: Record, person: Person, created: datetime) -> None:
    at = created + timedelta(days=rng.randint(3, 25), hours=1)
    other = {**record, "id": world.ids.number("marketing lead", 1_001), "sfdcLeadId": None, "sfdcContactId": None}
    other.update(sfdcAccountId=None, createdAt=iso(at), updatedAt=iso(at), leadScore=0)
    other["email"] = person.email.upper() if rng.random() < 0.5 else free_mailbox(rng, person)
    world.book.put("marketo/leads", other, at)
    world.marketing_twins.append((other["id"], person))
