"""Which campaign moves whom, and when: the touches behind inquiries, journeys and influenced deals.

Only the plan; the records that vendors keep of a touch are made in `activities`, `membership` and `social`, which note
them in `Touch.refs`.
"""

from datetime import date, datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator.model import Campaign, Lead, Person, Touch, World
from mpm_pipeline.simulator.generator.timeline import OFFICE_OPENS, after, between, midnight

KINDS = {
    "email": "click", "webinar": "webinar", "event": "booth", "content": "form", "web": "form", "partner": "referral",
    "outbound": "call", "paid_social": "social_form", "podcast": "link", "skywriting": "response",
}  # fmt: skip
FIRST_WEIGHTS = {
    "web": 13, "webinar": 10, "paid_social": 2, "content": 5, "email": 6, "event": 60, "partner": 5, "outbound": 7,
    "podcast": 2, "skywriting": 3,
}  # fmt: skip
LATER_WEIGHTS = {"email": 12, "webinar": 12, "content": 5, "web": 4, "event": 30, "paid_social": 1, "podcast": 1}
CONTACT_SHARE = 0.5


class Rota:
    """Answers which campaigns run on a day, with a weight for each."""

    def __init__(self, world: World, weights: dict[str, int]) -> None:
        self._weights = weights
        self._campaigns = [campaign for campaign in world.campaigns if campaign.kind in weights]
        self._known: dict[date, tuple[list[Campaign], list[int]]] = {}

    def pick(self, rng: Random, day: date) -> Campaign | None:
        """Choose a campaign that runs on the day, if any does."""
        if day not in self._known:
            running = [campaign for campaign in self._campaigns if campaign.runs_on(day)]
            self._known[day] = (running, [self._weights[campaign.kind] for campaign in running])
        running, weights = self._known[day]
        return rng.choices(running, weights)[0] if running else None


def touch(world: World, person: Person, campaign: Campaign | None, at: datetime, lead: Lead | None = None) -> Touch:
    """Let a campaign touch a person."""
    made = Touch(at, KINDS[campaign.kind] if campaign else "form", person, campaign, lead)
    person.touches.append(made)
    world.touches.append(made)
    return made


def follow_up_touches(world: World, rng: Random, rota: Rota, lead: Lead) -> None:
    """Let further campaigns touch the person of a lead in the weeks after it."""
    at = lead.created
    for _ in range(rng.choices((0, 1, 2, 3, 4, 6), (25, 28, 20, 14, 9, 4))[0]):
        at = after(rng, at, timedelta(days=9), 0.9)
        _touch_on(world, rng, rota, lead.person, at, lead)


def contact_touches(world: World, rng: Random) -> None:
    """Let campaigns touch people who stand in the CRM without being a lead."""
    rota = Rota(world, LATER_WEIGHTS)
    for person in world.people:
        if person.contact_id and not person.lead_ids and rng.random() < CONTACT_SHARE:
            for _ in range(rng.choices((1, 2, 3, 5), (45, 30, 17, 8))[0]):
                at = between(rng, world.line.starts_at, world.line.horizon, person.company.region)
                if at > person.known_since:
                    _touch_on(world, rng, rota, person, at)


def _touch_on(world: World, rng: Random, rota: Rota, person: Person, at: datetime, lead: Lead | None = None) -> None:
    hour = timedelta(hours=OFFICE_OPENS[person.company.region], seconds=rng.randrange(10 * 3600))
    at = midnight(at.date()) + hour if rng.random() < 0.85 else at
    campaign = rota.pick(rng, at.date())
    begins = max(world.line.starts_at, lead.created if lead else world.line.starts_at)
    if campaign and begins <= at < world.line.horizon:
        touch(world, person, campaign, at, lead)
