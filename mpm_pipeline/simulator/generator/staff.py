"""The vendor's own people who use the CRM: reps, managers, callers, operations, and the queues in which leads wait.

Also the choice of who gets a lead or a deal. Head count and the rep file are written in `headcount`.
"""

from datetime import date, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import INTERNAL_DOMAIN, Rep, World
from mpm_pipeline.simulator.generator.timeline import midnight
from mpm_pipeline.simulator.generator.writer import Record

REGION_CYCLE = ("AMER", "EMEA", "AMER", "APAC", "EMEA", "AMER")
SEGMENT_CYCLE = (("smb", "mid"), ("mid", "enterprise"), ("smb",), ("enterprise",), (), ("mid",))
LINE_CYCLE = ((), ("Data", "Analytics"), ("Platform", "Data"), (), ("Analytics",), ("Platform",))
ZONES = {
    "AMER": ("America/New_York", "America/Chicago", "America/Los_Angeles"),
    "EMEA": ("Europe/London", "Europe/Berlin", "Europe/Paris"),
    "APAC": ("Asia/Tokyo", "Australia/Sydney", "Asia/Singapore"),
}
NAMES_BY_REGION = {"AMER": "west", "EMEA": "europe", "APAC": "asia"}
OTHER_ROLES = (
    ("Chief Revenue Officer", "AMER"), ("Sales Manager AMER", "AMER"), ("Sales Manager EMEA", "EMEA"),
    ("Sales Manager APAC", "APAC"), ("Sales Operations", "AMER"), ("Marketing Operations", "EMEA"),
    ("Campaign Manager", "AMER"),
)  # fmt: skip


def build_staff(world: World) -> None:
    """Hire everyone, open the queues, and put down users, roles and queues."""
    rng = world.rng("staff")
    taken: set[str] = set()
    for role, region in OTHER_ROLES:
        world.staff.append(_hire(world, rng, taken, role, region, date(2021, 3, 1)))
    for number in range(max(2, world.line.accounts // 120)):
        world.staff.append(_hire(world, rng, taken, "Sales Development", REGION_CYCLE[number % 6], date(2023, 5, 1)))
    count = max(6, round(world.line.accounts / 28))
    for number in range(count):
        world.staff.append(_hire_rep(world, rng, taken, number, count))
    for number in range(2):
        gone = _hire_rep(world, rng, taken, number, count)
        gone.ended = (world.line.starts_at + timedelta(days=world.line.days // 3)).date()
        world.staff.append(gone)
    _put_users(world)
    _put_queues(world)


def _hire(world: World, rng: Random, taken: set[str], role: str, region: str, started: date) -> Rep:
    names = NAMES_BY_REGION[region]
    while True:
        first, last = rng.choice(words.FIRST_NAMES[names]), rng.choice(words.LAST_NAMES[names])
        email = f"{ascii_slug(first)}.{ascii_slug(last)}@{INTERNAL_DOMAIN}"
        if email not in taken and ascii_slug(last):
            break
    taken.add(email)
    started += timedelta(days=rng.randrange(200))
    return Rep(world.ids.crm("005"), first, last, email, region, rng.choice(ZONES[region]), role, started)


def _hire_rep(world: World, rng: Random, taken: set[str], number: int, count: int) -> Rep:
    region = REGION_CYCLE[number % 6]
    within = number // 6 * REGION_CYCLE.count(region) + REGION_CYCLE[: number % 6].count(region)
    rep = _hire(world, rng, taken, f"Account Executive {region}", region, date(2020 + number % 4, 2, 1))
    if number >= count - 2:
        rep.started = world.line.now.date() - timedelta(days=60 + 55 * (count - 1 - number))
    elif number == count - 3:
        rep.started = world.line.now.date() - timedelta(days=410)
    rep.is_rep = True
    rep.segments, rep.lines = SEGMENT_CYCLE[within % 6], LINE_CYCLE[within % 6]
    rep.capacity = rng.choice((3, 4, 4, 5, 6)) - (rep.segments == ("enterprise",))
    rep.skill = round(rng.gauss(0, 0.35), 3)
    rep.line_skill = {line: round(rng.gauss(0, 0.25), 3) for line in words.PRODUCT_LINES}
    if number == 1:
        day = world.line.now.date()
        rep.absent = f"{day - timedelta(days=5)}/{day + timedelta(days=10)}"
    elif number == 4:
        day = world.line.starts_at.date()
        weeks = [(day + timedelta(days=offset), day + timedelta(days=offset + 7)) for offset in (20, 200)]
        rep.absent = ";".join(f"{first}/{last}" for first, last in weeks)
    return rep


def ascii_slug(text: str) -> str:
    """Return a name as it stands in a mailbox or a domain: lower-case ASCII letters and digits only."""
    folded = text.lower().translate(_FOLD)
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())


_FOLD = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ë": "e", "ê": "e", "á": "a", "à": "a", "í": "i",
     "ó": "o", "ø": "o", "ř": "r", "č": "c", "ñ": "n", "ç": "c", "å": "a", "ú": "u"}
)  # fmt: skip


def pick_rep(world: World, rng: Random, on: date, region: str, segment: str, line: str | None) -> Rep:
    """Choose who takes a lead, a deal or an account: mostly by region, then by product line and segment."""
    present = [rep for rep in world.reps() if rep.works_on(on)] or world.reps()
    weights = []
    for rep in present:
        weight = 30.0 if rep.region == region or region == "unknown" else 0.3
        weight *= 4.0 if line in rep.lines else (2.0 if not rep.lines else 0.4)
        weight *= 4.0 if segment in rep.segments else (2.0 if not rep.segments else 0.5)
        weights.append(weight)
    return rng.choices(present, weights)[0]


def _put_users(world: World) -> None:
    roles: dict[str, str] = {}
    start = world.line.history_start - timedelta(days=400)
    for member in world.staff:
        if member.role not in roles:
            roles[member.role] = world.ids.crm("00E")
            top = roles.get("Chief Revenue Officer")
            parent = None if roles[member.role] == top else top
            role = {"Id": roles[member.role], "Name": member.role, "ParentRoleId": parent, "PortalType": "None"}
            world.book.crm("UserRole", role, start)
    managers = {member.region: member.user_id for member in world.staff if member.role.startswith("Sales Manager")}
    for member in world.staff:
        user = _user(member, roles[member.role], managers.get(member.region))
        world.book.crm("User", user, midnight(member.started))
        if member.ended:
            gone = {**user, "IsActive": False}
            world.book.crm("User", gone, midnight(member.started), midnight(member.ended + timedelta(days=1)))
    robot = _user(
        Rep(world.ids.crm("005"), "Marketing", "Sync", f"sync@{INTERNAL_DOMAIN}", "EMEA", "UTC", "", date(2021, 3, 1)),
        None,
        None,
    )
    world.book.crm("User", {**robot, "UserType": "AutomatedProcess", "TimeZoneSidKey": "GMT"}, start)
    world.queues["robot"] = robot["Id"]


def _user(member: Rep, role_id: str | None, manager_id: str | None) -> Record:
    sales = member.is_rep or "Sales" in member.role
    return {
        "Id": member.user_id, "Username": member.email, "FirstName": member.first, "LastName": member.last,
        "Name": member.name, "Email": member.email, "IsActive": True, "UserRoleId": role_id,
        "ManagerId": None if manager_id == member.user_id else manager_id, "ProfileId": "00e5e000000T0aTAAS",
        "Department": "Sales" if sales else "Marketing", "Division": member.region, "TimeZoneSidKey": member.zone,
        "UserType": "Standard",
    }  # fmt: skip


def _put_queues(world: World) -> None:
    for region in ("AMER", "EMEA", "APAC", "unknown"):
        name = f"MQL Queue {region}" if region != "unknown" else "Unassigned Leads"
        world.queues[region] = world.ids.crm("00G")
        queue = {
            "Id": world.queues[region], "Name": name, "DeveloperName": name.replace(" ", "_"), "Type": "Queue",
            "Email": None,
        }  # fmt: skip
        world.book.crm("Group", queue, world.line.history_start)
