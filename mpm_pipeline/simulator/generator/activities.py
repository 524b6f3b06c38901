"""The marketing system's activity log: visits, mails, clicks (also of bots), forms, progress, status and score.

Activities are gathered first and numbered in the order of time, as the system does. Touches note the activity that
tells of them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator.model import Campaign, Lead, Person, Touch, World
from mpm_pipeline.simulator.generator.programs import CHANNELS, LISTS, SUCCESS
from mpm_pipeline.simulator.generator.subscribers import POINTS, SYNC, first_leads
from mpm_pipeline.simulator.generator.timeline import between, midnight
from mpm_pipeline.simulator.generator.writer import iso

FIELD_IDS = {"Lead Status": 19, "Email Address": 24, "Lead Score": 48}
PAGES = (
    "/",
    "/pricing",
    "/product/data",
    "/product/analytics",
    "/product/platform",
    "/blog/forecasting",
    "/customers",
    "/demo",
)
AUDIENCE = 0.29
BOT = {"Is Bot Activity": True, "Bot Activity Pattern": "Matches known bot IP"}
Attributes = dict[str, object]


@dataclass(slots=True)
class Entry:
    """One activity before it has a number."""

    at: datetime
    marketing_id: int
    type_id: int
    campaign: Campaign | None
    primary: tuple[int, str] | None
    attributes: Attributes = field(default_factory=dict)
    touch: Touch | None = None


class Log:
    """Gathers activities inside the world's stretch of time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.entries: list[Entry] = []

    def add(
        self, at: datetime, person: Person, type_id: int, campaign: Campaign | None, primary: tuple[int, str] | None,
        attributes: Attributes, touch: Touch | None = None,
    ) -> None:  # fmt: skip
        """Note an activity, unless it lies outside or the person is unknown to the system."""
        if person.marketing_id is None or person.marketing_since is None:
            return
        if max(self.world.line.starts_at, person.marketing_since) <= at < self.world.line.horizon:
            self.entries.append(Entry(at, person.marketing_id, type_id, campaign, primary, attributes, touch))

    def put(self) -> None:
        """Number the activities and put them down."""
        self.entries.sort(key=lambda entry: entry.at)
        for number, entry in enumerate(self.entries, 5_000_001):
            record = {
                "id": number, "marketoGUID": str(number), "leadId": entry.marketing_id, "activityDate": iso(entry.at),
                "activityTypeId": entry.type_id, "campaignId": entry.campaign.smart_id if entry.campaign else None,
                "attributes": [{"name": name, "value": value} for name, value in entry.attributes.items()],
            }  # fmt: skip
            if entry.primary:
                record["primaryAttributeValueId"], record["primaryAttributeValue"] = entry.primary
            self.world.book.put("marketo/activities", record, entry.at)
            if entry.touch:
                entry.touch.refs.append(("marketo", "activities", str(number)))


def put_activities(world: World) -> None:
    """Put down the whole activity log."""
    rng = world.rng("activities")
    log = Log(world)
    for lead in first_leads(world).values():
        _life_of_lead(log, rng, lead)
    for touch in world.touches:
        _touch(log, rng, touch)
    for person in world.people:
        _visits(log, rng, person)
    for campaign in world.campaigns:
        if campaign.kind == "email":
            _mailing(world, log, rng, campaign)
    log.put()


def _life_of_lead(log: Log, rng: Random, lead: Lead) -> None:
    person = lead.person
    first = min([lead.created, *(touch.at for touch in person.touches)])
    attributes: Attributes = {
        "Created Date": f"{first:%Y-%m-%d}",
        "Source Type": "Web form fillout",
        "SFDC Type": "Lead",
    }
    log.add(first, person, 12, None, None, {**attributes, **({"Lead Source": lead.source} if lead.source else {})})
    for step in lead.steps:
        if step.what == "status":
            change: Attributes = {
                "New Value": step.new,
                "Old Value": step.old,
                "Reason": "Synced from CRM",
                "Source": "Salesforce Sync",
            }
            log.add(step.at + SYNC, person, 13, None, (FIELD_IDS["Lead Status"], "Lead Status"), change)
    if rng.random() < 0.15:
        log.add(first + timedelta(minutes=3), person, 24, None, (4002, LISTS[1]), {"Source": "Smart campaign"})


def _touch(log: Log, rng: Random, touch: Touch) -> None:
    campaign, person, at = touch.campaign, touch.person, touch.at
    if touch.kind == "form":
        form = {
            "Form Fields": 'a:2:{s:5:"Email";s:1:"x";s:7:"Company";s:1:"y";}',
            "Webpage ID": 71,
            "User Agent": "Mozilla/5.0",
        }
        log.add(at, person, 2, campaign, (1204, "Form - " + (campaign.name if campaign else "Footer")), {**form}, touch)
        if campaign and rng.random() < 0.6:
            _progress(log, rng, touch, campaign, at + timedelta(seconds=20), None, SUCCESS[campaign.kind])
    elif touch.kind == "link":
        log.add(
            at,
            person,
            3,
            campaign,
            (88, "/podcast/latest"),
            {"Webpage ID": 72, "Query Parameters": "utm_medium=audio"},
            touch,
        )
    elif touch.kind == "click" and campaign and campaign.email_id:
        _mail(log, rng, campaign, person, at, touch)
    elif touch.kind in ("webinar", "booth") and campaign and campaign.program_id:
        if touch.kind == "webinar":
            _progress(
                log, rng, touch, campaign, at - timedelta(days=rng.randint(1, 9), hours=2), "Invited", "Registered"
            )
        _progress(
            log, rng, touch, campaign, at, "Registered" if touch.kind == "webinar" else None, SUCCESS[campaign.kind]
        )
    if points := POINTS.get(touch.kind):
        change: Attributes = {
            "Change Value": f"+{points}",
            "New Value": points,
            "Old Value": 0,
            "Reason": f"Responded: {touch.kind}",
        }
        log.add(at + timedelta(seconds=40), person, 22, campaign, (FIELD_IDS["Lead Score"], "Lead Score"), change)


def _progress(log: Log, rng: Random, touch: Touch, campaign: Campaign, at: datetime, old: str | None, new: str) -> None:
    steps = {name: step for name, step, _ in CHANNELS[campaign.kind][2]}
    success = new == SUCCESS[campaign.kind]
    attributes: Attributes = {
        "New Status": new,
        "New Status ID": steps[new],
        "Success": success,
        "Acquired By": touch.lead is not None,
    }
    attributes.update({"Program Member ID": rng.randrange(10_000, 99_999), "Reason": "Changed by smart campaign"})
    if old:
        attributes.update({"Old Status": old, "Old Status ID": steps[old]})
    assert campaign.program_id is not None
    log.add(
        at, touch.person, 104, campaign, (campaign.program_id, campaign.name), attributes, touch if success else None
    )


def _mail(log: Log, rng: Random, campaign: Campaign, person: Person, at: datetime, touch: Touch) -> None:
    assert campaign.email_id is not None
    primary = (campaign.email_id, f"{campaign.name}.Mail")
    client: Attributes = {
        "Device": rng.choice(("Desktop", "iPhone")),
        "Is Mobile Device": False,
        "Platform": "macOS",
        "Is Bot Activity": False,
    }
    log.add(at - timedelta(seconds=30), person, 10, campaign, primary, dict(client))
    log.add(
        at, person, 11, campaign, primary, {**client, "Link": "https://northlode.example/blog", "Link ID": 311}, touch
    )


def _visits(log: Log, rng: Random, person: Person) -> None:
    for touch in person.touches:
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            at = touch.at + timedelta(minutes=rng.randint(-40, 90))
            page = rng.choice(PAGES)
            log.add(
                at,
                person,
                1,
                None,
                (71, page),
                {"Webpage URL": page, "User Agent": "Mozilla/5.0", "Query Parameters": ""},
            )
    if not person.touches and rng.random() < 0.5:
        at = between(rng, log.world.line.starts_at, log.world.line.horizon, person.company.region)
        if at > person.known_since:
            log.add(at, person, 1, None, (71, PAGES[0]), {"Webpage URL": PAGES[0], "User Agent": "Mozilla/5.0"})


def _mailing(world: World, log: Log, rng: Random, campaign: Campaign) -> None:
    """Send a newsletter: delivered or bounced, opened by some, clicked by bots, left by a few."""
    assert campaign.email_id is not None
    primary = (campaign.email_id, f"{campaign.name}.Mail")
    sent = midnight(campaign.starts) + timedelta(hours=9)
    for person in world.people:
        if person.known_since >= sent or rng.random() > AUDIENCE:
            continue
        at = sent + timedelta(seconds=rng.randrange(3600))
        run: Attributes = {"Campaign Run ID": campaign.email_id, "Choice Number": 0, "Step ID": 11}
        log.add(at, person, 6, campaign, primary, run)
        if rng.random() < 0.025:
            bounce: Attributes = {
                **run,
                "Category": "2",
                "Details": "550 unknown user",
                "Email": person.email,
                "Subcategory": "2001",
            }
            log.add(at + timedelta(seconds=9), person, 8, campaign, primary, bounce)
            continue
        log.add(at + timedelta(seconds=7), person, 7, campaign, primary, run)
        if rng.random() < 0.06:
            link: Attributes = {**BOT, "Link": "https://northlode.example/blog", "Link ID": 311}
            log.add(at + timedelta(seconds=11), person, 10, campaign, primary, dict(BOT))
            log.add(at + timedelta(seconds=12), person, 11, campaign, primary, link)
        elif rng.random() < 0.2:
            seen: Attributes = {"Device": "Desktop", "Is Mobile Device": False, "Is Bot Activity": False}
            log.add(at + timedelta(minutes=rng.randint(3, 4000)), person, 10, campaign, primary, seen)
        if person.opted_out and rng.random() < 0.3:
            log.add(at + timedelta(hours=5), person, 9, campaign, primary, {"Campaign Run ID": campaign.email_id})
