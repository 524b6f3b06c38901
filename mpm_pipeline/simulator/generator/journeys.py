"""The course of every lead: where it came from, when it was qualified, routed, accepted, rejected, recycled, converted.

The plan only: `leads` writes it down. Some leads jump over a stage, come back after a recycle, stand twice in the CRM,
or are never called. A cohort of fresh marketing-qualified leads still waits in the queues at the world's `now`.
"""

import math
from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import INTERNAL_DOMAIN, Company, Lead, Person, Rep, Step, World
from mpm_pipeline.simulator.generator.people import as_typed, free_mailbox, new_person
from mpm_pipeline.simulator.generator.staff import pick_rep
from mpm_pipeline.simulator.generator.timeline import after, between, in_office, workday
from mpm_pipeline.simulator.generator.touches import FIRST_WEIGHTS, LATER_WEIGHTS, Rota, follow_up_touches, touch

STATUSES = {
    "new": ("Open - Not Contacted", "Open", "New"), "mql": ("MQL", "Marketing Qualified", "mql"),
    "sal": ("Working - Contacted", "Accepted", "SAL"), "sql": ("Qualified", "Sales Qualified", "SQL"),
    "recycled": ("Recycled", "Nurture", "Nurturing"),
    "rejected": ("Unqualified", "Disqualified", "Closed - Not Converted"),
    "converted": ("Closed - Converted", "Converted"), "odd": ("On Hold (AU)", "Bad Fax", "zz_migrated"),
}  # fmt: skip
CHANNEL_QUALITY = {
    "web": 0.7, "webinar": 0.3, "partner": 0.9, "event": 0.0, "content": -0.2, "email": -0.3, "paid_social": -0.5,
    "outbound": -0.2,
}  # fmt: skip
WAITING_PER_ACCOUNT = 0.12


class Course:
    """Writes the steps of one lead, one after the other."""

    def __init__(self, world: World, rng: Random, lead: Lead) -> None:
        self.world, self.rng, self.lead = world, rng, lead
        self.at = lead.created
        self.status = lead.first_status

    def go(self, stage: str, at: datetime, reason: str | None = None) -> bool:
        """Move to a stage; return whether that still happens in this world."""
        self.at = max(at, self.at + timedelta(seconds=1))
        if self.at >= self.world.line.horizon:
            return False
        status = spelling(self.rng, stage)
        if status != self.status:
            self.lead.steps.append(Step(self.at, "status", self.status, status, reason))
            self.status = status
        return True

    def qualify(self, quality: float) -> bool:
        """Pass from inquiry to marketing qualified, if the lead is good enough."""
        if self.lead.first_status in STATUSES["mql"]:
            return True
        if self.rng.random() > sigmoid(0.2 + quality):
            if self.rng.random() < 0.12:
                self.go("rejected", after(self.rng, self.at, timedelta(days=5)), self._reason())
            return False
        return self.go("mql", after(self.rng, self.at, timedelta(days=2.2), 1.1))

    def route(self) -> bool:
        """Hand the lead to a rep, unless one owns it already."""
        lead, company = self.lead, self.lead.person.company
        if lead.owner is None:
            at = after(self.rng, self.at, timedelta(minutes=40), 1.2)
            if at >= self.world.line.horizon:
                return False
            lead.owner = pick_rep(self.world, self.rng, at.date(), company.region, company.segment, lead.line)
            lead.steps.append(Step(at, "owner", lead.first_owner, lead.owner.user_id))
            self.at = at
        return True

    def contact(self) -> bool:
        """Let the rep try to reach the person; return whether anyone ever did."""
        rng, rep = self.rng, self.lead.owner
        if rep is None or rng.random() < 0.07:
            return False
        at = in_hours(rng, rep, after(rng, self.at, timedelta(hours=2.6), 1.1))
        first = at
        for _ in range(rng.choices((1, 2, 3, 4), (28, 36, 24, 12))[0]):
            if at < self.world.line.horizon:
                self.lead.attempts.append((at, rng.choices(("Call", "Email", "Event"), (60, 34, 6))[0], rep))
            at = in_hours(rng, rep, after(rng, at, timedelta(days=2.5), 0.7))
        self.at = first
        return first < self.world.line.horizon

    def decide(self, quality: float) -> None:
        """Let sales accept, reject, recycle or forget the lead, and go on from there."""
        rng = self.rng
        luck = rng.random() - 0.05 * quality
        if luck < 0.045 and self.go("sql", after(rng, self.at, timedelta(days=3))):
            self._convert(quality)
        elif luck < 0.66:
            if self.go("sal", after(rng, self.at, timedelta(hours=9), 1.0)):
                self._work(quality)
        elif luck < 0.80:
            self.go("rejected", after(rng, self.at, timedelta(days=4)), self._reason())
        elif luck < 0.93:
            self._recycle(quality, timedelta(days=8))

    def _work(self, quality: float) -> None:
        rng, rep = self.rng, self.lead.owner
        luck = rng.random() - 0.09 * quality - (rep.skill * 0.15 if rep else 0)
        if luck < 0.42:
            if self.go("sql", after(rng, self.at, timedelta(days=6), 0.7)):
                self._convert(quality)
        elif luck < 0.72:
            self._recycle(quality, timedelta(days=18))
        elif luck < 0.88:
            self.go("rejected", after(rng, self.at, timedelta(days=9)), self._reason())
        elif luck > 0.985:
            self.go("odd", after(rng, self.at, timedelta(days=9)))

    def _convert(self, quality: float) -> None:
        if self.rng.random() > 0.82:
            return
        at = self.at if self.rng.random() < 0.3 else after(self.rng, self.at, timedelta(days=1.5))
        if self.go("converted", at):
            self.lead.converted_at = self.at
            self.lead.has_conversion_row = self.rng.random() > 0.05

    def _recycle(self, quality: float, delay: timedelta) -> None:
        if not self.go("recycled", after(self.rng, self.at, delay, 0.6), self._reason()) or self.rng.random() > 0.38:
            return
        at = after(self.rng, self.at, timedelta(days=30), 0.5)
        if self.rng.random() < 0.5:
            touch_again(self.world, self.rng, self.lead, at)
        if self.go("mql", at + timedelta(minutes=30)) and self.contact():
            self.decide(quality - 0.4)

    def _reason(self) -> str | None:
        return self.rng.choice(words.REJECTION_REASONS) if self.rng.random() < 0.75 else None


def sigmoid(value: float) -> float:
    """Return the probability of these log-odds."""
    return 1 / (1 + math.exp(-value))


def spelling(rng: Random, stage: str) -> str:
    """Return the CRM's status of a stage: mostly the usual one."""
    usual = STATUSES[stage]
    return usual[0] if rng.random() < 0.93 and stage != "odd" else rng.choice(usual)


def in_hours(rng: Random, rep: Rep, at: datetime) -> datetime:
    """Move an attempt into the rep's working hours, mostly."""
    if rng.random() < 0.06:
        return at
    moved = in_office(rng, workday(at.date()), rep.region)
    return moved if moved >= at else in_office(rng, workday(at.date() + timedelta(days=1)), rep.region)


def touch_again(world: World, rng: Random, lead: Lead, at: datetime) -> None:
    """Let a campaign call a recycled person back."""
    campaign = Rota(world, LATER_WEIGHTS).pick(rng, at.date())
    if campaign and at < world.line.horizon:
        touch(world, lead.person, campaign, at, lead)


def build_leads(world: World) -> None:
    """Plan every lead of the half year, of those still waiting, and of our own people who try the forms."""
    rng = world.rng("journeys")
    first, later = Rota(world, FIRST_WEIGHTS), Rota(world, LATER_WEIGHTS)
    waiting = max(6, round(world.line.accounts * WAITING_PER_ACCOUNT))
    for _ in range(max(10, world.line.volume(2.35) - waiting)):
        created = between(rng, world.line.starts_at + timedelta(minutes=30), world.line.horizon)
        again = world.leads and rng.random() < 0.07
        person = rng.choice(world.leads).person if again else _someone(world, rng, created, 0.2)
        lead = _new_lead(world, rng, first, person, created)
        course = Course(world, rng, lead)
        quality = _quality(lead)
        if course.qualify(quality) and course.route() and course.contact():
            course.decide(quality)
        follow_up_touches(world, rng, later, lead)
    for number in range(waiting):
        _wait(world, rng, first, later, number)
    for _ in range(3):
        person = _someone(world, rng, world.line.starts_at, 0.0)
        person.email = person.email.split("@")[0] + "@" + INTERNAL_DOMAIN
        created = between(rng, world.line.starts_at + timedelta(days=1), world.line.now)
        _new_lead(world, rng, first, person, created).is_internal = True


def _someone(world: World, rng: Random, at: datetime, known_share: float) -> Person:
    while rng.random() < known_share:
        person = rng.choice(world.people)
        if person.known_since < at:
            return person
    return new_person(world, rng, _company_of_lead(world, rng), at)


def _company_of_lead(world: World, rng: Random) -> Company:
    inside = world.line.accounts
    number = rng.randrange(inside) if rng.random() < 0.66 else rng.randrange(inside, len(world.companies))
    return world.companies[number]


def _quality(lead: Lead) -> float:
    opening = lead.person.touches[0].campaign if lead.person.touches else None
    quality = CHANNEL_QUALITY.get(opening.kind, -0.3) if opening else -0.4
    return quality + (0.3 if lead.person.title.startswith(("VP", "Chief", "Head", "Director")) else 0.0)


def _new_lead(world: World, rng: Random, rota: Rota, person: Person, created: datetime) -> Lead:
    company = person.company
    campaign = rota.pick(rng, created.date()) if rng.random() < 0.92 else None
    status = spelling(rng, "mql" if rng.random() < 0.07 else "new")
    luck = rng.random()
    email = free_mailbox(rng, person) if luck < 0.08 else as_typed(rng, person.email)
    if luck > 0.985:
        email = f"{rng.choice(words.ROLE_MAILBOXES)}@{company.domain}"
    known = _source(rng, campaign.kind if campaign else "")
    source = rng.choice(words.SOURCES_PLACEHOLDER) if rng.random() < 0.17 else known
    line = company.line if rng.random() < 0.85 else None
    lead = Lead(world.ids.crm("00Q"), person, created, status, world.queues[company.region], line, source, email)
    if rng.random() < 0.1:
        lead.owner = pick_rep(world, rng, created.date(), company.region, company.segment, line)
        lead.first_owner = lead.owner.user_id
    if campaign or rng.random() < 0.35:
        at = max(created - timedelta(seconds=rng.randrange(60, 600)), world.line.starts_at)
        touch(world, person, campaign, at, lead)
    person.lead_ids.append(lead.lead_id)
    world.leads.append(lead)
    return lead


def _source(rng: Random, kind: str) -> str:
    usual = {
        "web": "Web", "webinar": "Webinar", "event": "Trade Show", "paid_social": "Paid Social",
        "partner": "Partner Referral", "content": "Content Download", "email": "Email", "outbound": "Cold Call",
    }  # fmt: skip
    return usual.get(kind, "Web") if rng.random() < 0.93 else rng.choice(words.SOURCES_KNOWN)


def _wait(world: World, rng: Random, first: Rota, later: Rota, number: int) -> None:
    now = world.line.now
    created = between(rng, now - timedelta(days=21), now - timedelta(hours=5))
    lead = _new_lead(world, rng, first, _someone(world, rng, created, 0.0), created)
    lead.is_waiting, lead.owner, lead.first_status = True, None, STATUSES["new"][0]
    queue = world.queues["unknown" if number % 9 == 8 else lead.person.company.region]
    lead.first_owner = queue if number % 20 else None
    person = lead.person
    person.do_not_contact = number % 20 in (1, 2)
    person.do_not_call = number % 20 == 3
    person.opted_out = number % 20 in (3, 4, 5)
    qualified = min(after(rng, created, timedelta(days=1.5)), now - timedelta(minutes=rng.randrange(20, 240)))
    Course(world, rng, lead).go("mql", qualified)
    follow_up_touches(world, rng, later, lead)
