"""People at the companies, their contacts in the CRM, consent, interests, and how carelessly addresses are typed.

One person may stand in the CRM as several contacts (a change of job, a double entry) and leads, in the marketing
system, on invoices and in surveys. What belongs to whom is kept for `truth/`.
"""

from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.companies import owner_on, phone_number
from mpm_pipeline.simulator.generator.model import Company, Person, World
from mpm_pipeline.simulator.generator.staff import ascii_slug
from mpm_pipeline.simulator.generator.timeline import between
from mpm_pipeline.simulator.generator.writer import Record

CONTACTS = {"smb": (1, 2), "mid": (2, 3), "enterprise": (3, 5)}
URGENT_CHANNELS = ("Phone", "SMS", "Email", "Messenger")
JOB_CHANGE_SHARE = 0.015
TWICE_SHARE = 0.015
CHANGED_SHARE = 0.08


def build_people(world: World) -> None:
    """Fill the accounts with people and put down their contacts."""
    rng = world.rng("people")
    for company in world.crm_companies():
        low, high = CONTACTS[company.segment]
        for _ in range(rng.randint(low, high)):
            known = between(rng, company.created, world.line.starts_at, company.region)
            person = new_person(world, rng, company, known)
            put_contact(world, rng, person, known)
    shares = [max(1, round(len(world.people) * share)) for share in (CHANGED_SHARE, JOB_CHANGE_SHARE, TWICE_SHARE)]
    chosen = rng.sample(world.people, min(sum(shares), len(world.people)))
    for person in chosen[: shares[0]]:
        _promote(world, rng, person)
    for person in chosen[shares[0] : shares[0] + shares[1]]:
        _change_job(world, rng, person)
    for person in chosen[shares[0] + shares[1] :]:
        _enter_twice(world, rng, person)


def new_person(world: World, rng: Random, company: Company, known: datetime) -> Person:
    """Bring a person to life at a company."""
    names = words.COUNTRIES[company.country].names
    first, last = rng.choice(words.FIRST_NAMES[names]), rng.choice(words.LAST_NAMES[names])
    title = rng.choices([title for title, _ in words.TITLES], [weight for _, weight in words.TITLES])[0]
    mobile = phone_number(rng, company.country, is_mobile=True)
    taken = {colleague.email for colleague in company.people}
    email = mailbox(first, last, company)
    while email in taken:
        email = email.replace("@", f"{rng.randrange(2, 99)}@")
    person = Person(
        f"p{len(world.people):06d}", first, last, email, title, company, mobile, _interests(rng, company), known
    )
    person.opted_out, person.do_not_call = rng.random() < 0.06, rng.random() < 0.02
    person.do_not_contact = rng.random() < 0.012
    company.people.append(person)
    world.people.append(person)
    return person


def mailbox(first: str, last: str, company: Company) -> str:
    """Return the address in the manner of the company, which its name decides."""
    given = words.ROMANISED.get(first, "") or ascii_slug(first)
    family = words.ROMANISED.get(last, "") or ascii_slug(last)
    style = len(company.name) % 4
    local = (f"{given}.{family}", f"{given[0]}{family}", f"{given}.{family}", given)[style]
    return f"{local}@{company.domain}"


def _interests(rng: Random, company: Company) -> tuple[str, ...]:
    near, far = words.INTERESTS[company.line], words.INTERESTS[rng.choice(words.PRODUCT_LINES)]
    chosen = [topic for topic in near if rng.random() < 0.5] + [topic for topic in far if rng.random() < 0.15]
    return tuple(dict.fromkeys(chosen))


def as_typed(rng: Random, email: str) -> str:
    """Return an address as people and forms write it: now and then in capitals, with a tag or a blank."""
    luck = rng.random()
    if luck < 0.04:
        return email.upper()
    if luck < 0.09:
        return email.title()
    if luck < 0.10:
        return email.replace("@", "+news@")
    return f" {email}" if luck < 0.105 else email


def misspelt(rng: Random, name: str) -> str:
    """Return a name as it is sometimes written: nickname, swapped letters, capitals."""
    luck = rng.random()
    if luck < 0.25 and name in words.NICKNAMES:
        return words.NICKNAMES[name]
    if luck < 0.02 and len(name) > 4:
        return name[:2] + name[3] + name[2] + name[4:]
    return name.upper() if luck > 0.985 else name


def free_mailbox(rng: Random, person: Person) -> str:
    """Return a private address of a person."""
    local, _, _ = mailbox(person.first, person.last, person.company).partition("@")
    return f"{local}.{rng.randrange(1000, 9999)}@{rng.choice(words.FREE_MAIL)}"


def contact_fields(rng: Random, person: Person) -> Record:
    """Return the fields that contacts and leads share, as someone typed them."""
    first, last = misspelt(rng, person.first), misspelt(rng, person.last)
    channel = rng.choice(URGENT_CHANNELS) if rng.random() < 0.12 else None
    address = {"Phone": person.company.switchboard, "Email": person.email, None: None}.get(channel, person.mobile)
    return {
        "FirstName": first if rng.random() > 0.02 else None, "LastName": last, "Name": f"{first} {last}",
        "Title": person.title or None, "Phone": person.company.switchboard if rng.random() < 0.6 else None,
        "MobilePhone": person.mobile if rng.random() < 0.5 else None, "HasOptedOutOfEmail": person.opted_out,
        "DoNotCall": person.do_not_call, "Do_Not_Contact__c": person.do_not_contact,
        "Solution_Interest__c": ";".join(person.interests) or None, "Urgent_Channel__c": channel,
        "Urgent_Address__c": address,
    }  # fmt: skip


def put_contact(world: World, rng: Random, person: Person, at: datetime) -> None:
    """Enter a person as a contact of the company's account."""
    company = person.company
    person.contact_id, person.contact_since = world.ids.crm("003"), at
    person.contact = {
        "Id": person.contact_id, "AccountId": company.account_id, **contact_fields(rng, person),
        "Email": as_typed(rng, person.email) if rng.random() > 0.03 else None,
        "Department": rng.choice(words.DEPARTMENTS), "MailingCountry": words.COUNTRIES[company.country].name,
        "LeadSource": rng.choice(words.SOURCES_KNOWN + words.SOURCES_PLACEHOLDER[:4]),
        "OwnerId": owner_on(world, rng, company, at).user_id, "ReportsToId": None, "IsEmailBounced": False,
        "EmailBouncedDate": None, "MasterRecordId": None,
    }  # fmt: skip
    world.book.crm("Contact", person.contact, at)


def _moment(world: World, rng: Random) -> datetime:
    return between(rng, world.line.starts_at + timedelta(days=2), world.line.now - timedelta(days=8))


def _promote(world: World, rng: Random, person: Person) -> None:
    person.contact["Title"] = "Director of Analytics" if person.title == "Data Scientist" else "Head of Data"
    world.book.crm("Contact", person.contact, person.known_since, _moment(world, rng))


def _change_job(world: World, rng: Random, person: Person) -> None:
    others = [company for company in world.crm_companies() if company is not person.company]
    if not others:
        return
    elsewhere = rng.choice(others)
    person.earlier.append((person.company, person.email, person.contact_id))
    person.company.people.remove(person)
    person.company = elsewhere
    person.email = mailbox(person.first, person.last, elsewhere)
    while person.email in {colleague.email for colleague in elsewhere.people}:
        person.email = person.email.replace("@", "1@")
    elsewhere.people.append(person)
    person.contact["MobilePhone"] = person.mobile
    moved = _moment(world, rng)
    world.book.crm("Contact", person.contact, person.known_since, moved - timedelta(hours=2))
    put_contact(world, rng, person, moved)
    person.contact["MobilePhone"] = person.mobile
    world.book.crm("Contact", person.contact, moved, moved + timedelta(minutes=5))


def _enter_twice(world: World, rng: Random, person: Person) -> None:
    other = {**person.contact, "Id": world.ids.crm("003"), "Email": person.email.upper(), "Title": None}
    at = _moment(world, rng)
    person.earlier.append((person.company, person.email, other["Id"]))
    world.book.crm("Contact", other, at)
