"""What sales does: calls and mails as tasks, meetings as events, on leads, on deals, and those still to come.

When a lead is converted its tasks and events move to the contact, as the CRM does it. Automatic mails are written by a
user that is no person: they must not count as attempts.
"""

from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.journeys import STATUSES
from mpm_pipeline.simulator.generator.model import Company, Deal, Lead, Person, Rep, World
from mpm_pipeline.simulator.generator.staff import pick_rep
from mpm_pipeline.simulator.generator.timeline import after, in_office, workday
from mpm_pipeline.simulator.generator.writer import Record, crm_time

DURATIONS = (15, 30, 30, 45, 60, 60, 90)


def put_sales_activity(world: World) -> None:
    """Put down all tasks and events."""
    rng = world.rng("sales activity")
    for lead in world.leads:
        for at, kind, rep in lead.attempts:
            if kind == "Event":
                _meeting(world, rng, at, rep, lead.person, None, lead=lead)
            else:
                _task(world, rng, at, kind, rep.user_id, lead=lead)
        for step in lead.steps:
            if step.new in STATUSES["mql"] and rng.random() < 0.2:
                _task(world, rng, step.at + timedelta(minutes=4), "Email", world.queues["robot"], lead=lead)
    for deal in world.deals:
        _work_deal(world, rng, deal)
    _meetings_to_come(world, rng)


def _task(
    world: World,
    rng: Random,
    at: datetime,
    kind: str,
    owner: str,
    *,
    lead: Lead | None = None,
    deal: Deal | None = None,
) -> None:
    if at >= world.line.horizon:
        return
    subjects = words.SUBJECTS_CALL if kind == "Call" else words.SUBJECTS_EMAIL
    contact = deal.people[0].contact_id if deal and deal.people else None
    record: Record = {
        "Id": world.ids.crm("00T"), "WhoId": _who(lead, at) if lead else contact,
        "WhatId": deal.opportunity_id if deal else None, "AccountId": deal.company.account_id if deal else None,
        "Subject": rng.choice(subjects), "ActivityDate": at.date().isoformat(), "Status": "Not Started",
        "Priority": "Normal", "OwnerId": owner, "IsClosed": False, "IsArchived": False, "IsRecurrence": False,
        "CallDurationInSeconds": None, "CallType": "Outbound" if kind == "Call" else None, "CallDisposition": None,
        "TaskSubtype": kind, "CompletedDateTime": None,
    }  # fmt: skip
    created = at
    if rng.random() < 0.15 and at - timedelta(hours=5) > (lead.created if lead else world.line.starts_at):
        created = at - timedelta(hours=rng.randint(1, 4))
        world.book.crm("Task", record, created)
    record.update(Status="Completed", IsClosed=True, CompletedDateTime=crm_time(at))
    if kind == "Call":
        record.update(
            CallDurationInSeconds=rng.randrange(20, 1500),
            CallDisposition=rng.choice(("Connected", "Voicemail", "No answer")),
        )
    world.book.crm("Task", record, created, at)
    if lead and lead.converted_at and lead.converted_at > at:
        _move(world, "Task", record, lead, created)


def _who(lead: Lead, at: datetime) -> str | None:
    """Return the lead, or the contact that it had become by then."""
    return lead.person.contact_id if lead.converted_at and lead.converted_at <= at else lead.lead_id


def _move(world: World, name: str, record: Record, lead: Lead, created: datetime) -> None:
    assert lead.converted_at is not None
    record["WhoId"], record["AccountId"] = lead.person.contact_id, lead.person.company.account_id
    record["WhatId"] = lead.deal and lead.deal.opportunity_id
    world.book.crm(name, record, created, lead.converted_at)


def _meeting(
    world: World, rng: Random, starts: datetime, rep: Rep, person: Person | None, company: Company | None, *,
    deal: Deal | None = None, lead: Lead | None = None, created: datetime | None = None,
) -> None:  # fmt: skip
    starts = starts.replace(minute=rng.choice((0, 30)), second=0)
    begin = max([world.line.starts_at, *(known.created for known in (lead, deal) if known)])
    created = created or min(max(starts - timedelta(days=rng.randint(1, 12)), begin + timedelta(minutes=5)), starts)
    minutes = rng.choice(DURATIONS)
    is_group = rng.random() < 0.1
    record = {
        "Id": world.ids.crm("00U"), "WhoId": _who(lead, created) if lead else (person.contact_id if person else None),
        "WhatId": deal.opportunity_id if deal else None, "AccountId": company.account_id if company else None,
        "Subject": rng.choice(words.SUBJECTS_MEETING), "StartDateTime": crm_time(starts),
        "EndDateTime": crm_time(starts + timedelta(minutes=minutes)), "DurationInMinutes": minutes,
        "ActivityDate": starts.date().isoformat(), "ActivityDateTime": crm_time(starts), "IsAllDayEvent": False,
        "Location": rng.choice(("Online", "By phone", "On site", None)), "OwnerId": rep.user_id, "IsChild": False,
        "IsGroupEvent": is_group, "GroupEventType": "1" if is_group else "0", "IsArchived": False,
        "EventSubtype": "Event",
    }  # fmt: skip
    world.book.crm("Event", record, created)
    if is_group:
        colleague = rng.choice([other for other in world.reps() if other is not rep])
        child = {**record, "Id": world.ids.crm("00U"), "OwnerId": colleague.user_id, "IsChild": True}
        world.book.crm("Event", child, created)
    if lead and lead.converted_at and lead.converted_at > created:
        _move(world, "Event", record, lead, created)


def _work_deal(world: World, rng: Random, deal: Deal) -> None:
    ends = deal.closed_at or world.line.horizon
    at = max(deal.created, world.line.starts_at)
    for _ in range(rng.choices((0, 1, 2, 3, 5), (20, 30, 25, 15, 10))[0]):
        at = in_office(rng, workday(after(rng, at, timedelta(days=7)).date()), deal.owner.region)
        if at >= min(ends, world.line.horizon) or not deal.owner.works_on(at.date()):
            return
        if rng.random() < 0.3:
            person = rng.choice(deal.people) if deal.people else None
            _meeting(world, rng, at, deal.owner, person, deal.company if rng.random() < 0.85 else None, deal=deal)
        else:
            _task(world, rng, at, rng.choice(("Call", "Email")), deal.owner.user_id, deal=deal)


def _meetings_to_come(world: World, rng: Random) -> None:
    """Plan meetings of the next five weeks, first of all with the accounts of leads that wait."""
    now = world.line.now
    reps = [rep for rep in world.reps() if rep.works_on(now.date())]
    waiting = [lead.person.company for lead in world.leads if lead.is_waiting and lead.person.company.account_id]
    others = [deal.company for deal in world.deals if deal.closed_at is None and deal.company.account_id]
    for number, company in enumerate([*waiting, *rng.sample(others, min(len(others), len(waiting)))]):
        if rng.random() < (0.2 if number < len(waiting) else 0.5):
            continue
        rep = company.owner if company.owner in reps and rng.random() < 0.5 else None
        rep = rep or pick_rep(world, rng, now.date(), company.region, company.segment, company.line)
        days = rng.choice((2, 5, 8, 13, 20, 26, 33, -4, -11))
        starts = in_office(rng, workday((now + timedelta(days=days)).date()), rep.region)
        created = min(starts, now) - timedelta(days=rng.randint(1, 4), hours=rng.randint(1, 9))
        if created < max(company.created, world.line.starts_at):
            continue
        known = [person for person in company.people if person.contact_since and person.contact_since < created]
        person = rng.choice(known) if known else None
        _meeting(world, rng, starts, rep, person, company, created=created)
