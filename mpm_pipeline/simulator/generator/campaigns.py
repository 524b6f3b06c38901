"""The campaigns of the half year, in whichever systems they live, and the CRM's own records of them.

One list of real campaigns; some stand in the CRM and in the marketing system (linked by `sfdcId`, one only by an equal
name), some in one alone, the paid social ones in the social system. Programmes are written in `programs`, ads in
`social`. `pull` is how strongly a touch really moves a person: it decides what causes a deal.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import Campaign, World
from mpm_pipeline.simulator.generator.timeline import add_months, midnight, months
from mpm_pipeline.simulator.generator.writer import Record

CRM_TYPES = {
    "email": "Email", "webinar": "Webinar", "event": "Trade Show", "content": "Content", "web": "Web",
    "partner": "Referral Program", "outbound": "Telemarketing", "paid_social": "Advertisement",
    "skywriting": "Skywriting", "umbrella": "Conference",
}  # fmt: skip
IN_CRM_ONLY = ("partner", "outbound", "skywriting", "umbrella")
MEMBER_STATUSES = {
    "webinar": (("Invited", False), ("Registered", False), ("Attended", True), ("No Show", False)),
    "event": (("Invited", False), ("Visited Booth", True)),
    "content": (("Sent", False), ("Downloaded", True)),
}
DEFAULT_STATUSES = (("Sent", False), ("Responded", True))


def build_campaigns(world: World) -> None:
    """Plan all campaigns and put down what the CRM records of them."""
    for number, campaign in enumerate(_plan(world)):
        campaign.key = f"g{number:03d}"
        in_crm = campaign.kind in IN_CRM_ONLY or campaign.crm_id == "linked"
        campaign.crm_id = world.ids.crm("701") if in_crm else None
        if campaign.kind == "paid_social":
            campaign.social_id = world.ids.number("social campaign", 318_400)
        elif campaign.kind not in IN_CRM_ONLY and campaign.program_id is None:
            campaign.program_id = world.ids.number("program", 1001)
            campaign.smart_id = world.ids.number("smart campaign", 2001)
            campaign.email_id = world.ids.number("email", 3001)
        if campaign.program_id == -1:
            campaign.program_id = None
        world.campaigns.append(campaign)
    for campaign in world.campaigns:
        if campaign.crm_id:
            _put_campaign(world, campaign)
    _put_twins(world)


def _campaign(name: str, kind: str, start: date, days: int, monthly: int, pull: float, where: str = "") -> Campaign:
    made = Campaign("", name, kind, start, start + timedelta(days=days), monthly, pull)
    made.crm_id = "linked" if "crm" in where else None
    made.program_id = -1 if "alone" in where else None
    return made


def _plan(world: World) -> Iterator[Campaign]:
    start, end = world.line.starts_at.date(), world.line.now.date()
    span = (end - start).days
    umbrella = _campaign(f"{start.year} {words.TOPICS[0]} push", "umbrella", start, span, 0, 0.1)
    yield umbrella
    for number, month in enumerate(months(start, end)):
        where = "crm" if number % 2 else ""
        yield _campaign(f"{month:%Y-%m} Newsletter", "email", max(month, start), 27, 900, 0.4, where)
    for number in range(max(1, span // 26)):
        day = start + timedelta(days=8 + 26 * number)
        topic = words.TOPICS[number % len(words.TOPICS)]
        name = f"Webinar: {topic} in practice ({day:%b %Y})"
        webinar = _campaign(name, "webinar", day, 20, 3200 + 400 * number, 1.6, "crm")
        webinar.parent = umbrella if number % 2 else None
        yield webinar
    for number in range(max(1, span // 60)):
        day = start + timedelta(days=25 + 55 * number)
        city = words.CITIES[number % len(words.CITIES)]
        where = "crm" if number % 3 == 1 else "crm alone"
        yield _campaign(f"Data Summit {city} {day.year}", "event", day, 3, 21000, 1.3, where)
    for number in range(3):
        where = "crm" if number == 1 else ""
        yield _campaign(f"Guide: {words.TOPICS[3 + number]}", "content", start, span + 10, 1400, 0.9, where)
    yield _campaign("Contact us", "web", start, span + 10, 0, 2.0)
    yield _campaign("Demo request 🚀", "web", start, span + 10, 0, 2.4)
    yield _campaign("Partner referrals", "partner", start, span + 10, 0, 2.2)
    for number in range(2):
        day = add_months(start, 3 * number)
        yield _campaign(f"Outbound sequence {number + 1}", "outbound", day, 88, 0, 0.8)
    for number in range(7):
        day = start + timedelta(days=min(12 * number, span // 2))
        name = f"Sponsored: {words.TOPICS[number]} - {('AMER', 'EMEA', 'APAC')[number % 3]}"
        yield _campaign(name, "paid_social", day, min(150, span + 10), 5200 + 700 * number, 0.7)
    yield _campaign("Podcast: The Data Hour", "podcast", start, span // 2, 1900, 0.5)
    yield _campaign("Skywriting over Boston", "skywriting", start + timedelta(days=span // 3), 6, 15000, 0.1)


def _put_campaign(world: World, campaign: Campaign) -> None:
    created = midnight(campaign.starts - timedelta(days=20)) + timedelta(hours=9)
    created = min(max(created, world.line.history_start), world.line.now - timedelta(days=1))
    record = _record(world, campaign)
    world.book.crm("Campaign", {**record, "Status": "Planned", "ActualCost": 0.0}, created)
    if midnight(campaign.starts) > created:
        world.book.crm("Campaign", {**record, "Status": "In Progress"}, created, midnight(campaign.starts))
    ended = midnight(campaign.ends) + timedelta(days=1, hours=8)
    if ended < world.line.now:
        world.book.crm("Campaign", {**record, "Status": "Completed", "IsActive": False}, created, ended)
    statuses = MEMBER_STATUSES.get(campaign.kind, DEFAULT_STATUSES)
    for order, (label, responded) in enumerate(statuses):
        status = {
            "Id": world.ids.crm("01Y"), "CampaignId": campaign.crm_id, "Label": label, "IsDefault": order == 0,
            "HasResponded": responded, "SortOrder": order + 1,
        }  # fmt: skip
        world.book.crm("CampaignMemberStatus", status, created)


def _record(world: World, campaign: Campaign) -> Record:
    one_day = campaign.name.startswith("Data Summit") and campaign.program_id is None
    cost = float(campaign.monthly_cost) if campaign.kind in ("event", "skywriting", "webinar") else 0.0
    owner = next(member for member in world.staff if member.role == "Campaign Manager")
    return {
        "Id": campaign.crm_id, "Name": campaign.name, "Type": CRM_TYPES.get(campaign.kind, campaign.kind.title()),
        "Status": "Planned", "ParentId": campaign.parent and campaign.parent.crm_id,
        "StartDate": campaign.starts.isoformat(),
        "EndDate": None if one_day and campaign.starts.month % 2 else campaign.ends.isoformat(), "IsActive": True,
        "BudgetedCost": cost * 1.1, "ActualCost": cost, "ExpectedRevenue": cost * 8, "ExpectedResponse": 2.5,
        "NumberSent": 0.0, "OwnerId": owner.user_id, "CurrencyIsoCode": "USD",
    }  # fmt: skip


def _put_twins(world: World) -> None:
    """Enter two campaigns again in the CRM under an equal name, without a link: their cost is claimed elsewhere."""
    for kind, spelling in (("paid_social", str.upper), ("content", str.strip)):
        original = next(campaign for campaign in world.campaigns if campaign.kind == kind and not campaign.crm_id)
        twin = {"Id": world.ids.crm("701"), "Name": spelling(original.name), "ActualCost": 4800.0}
        record = {**_record(world, original), **twin}
        created = min(midnight(original.starts) + timedelta(hours=8), world.line.now - timedelta(days=1))
        world.book.crm("Campaign", {**record, "Status": "In Progress"}, created)
