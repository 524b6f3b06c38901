"""Companies and their accounts in the CRM: size, country, trade, hierarchies, owners, and accounts kept twice.

About a fifth of the companies have no account yet; one is opened when a lead of theirs is converted. The account's
`Type` changes once the company becomes a customer (`billing`).
"""

from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import Company, Rep, World
from mpm_pipeline.simulator.generator.staff import pick_rep
from mpm_pipeline.simulator.generator.timeline import between
from mpm_pipeline.simulator.generator.writer import Record

SEGMENTS = (("smb", 50), ("mid", 33), ("enterprise", 17))
EMPLOYEES = {"smb": (5, 199), "mid": (200, 1999), "enterprise": (2000, 60000)}
LINE_WEIGHTS = {"smb": (5, 4, 1), "mid": (4, 4, 3), "enterprise": (3, 3, 5)}
OUTSIDE_SHARE = 0.25
CHILD_SHARE = 0.08
TWICE_SHARE = 0.02
SPELLING_BY_CODE = 0.35


def build_companies(world: World) -> None:
    """Found all companies and put down the accounts of those that the CRM knows."""
    rng = world.rng("companies")
    total = world.line.accounts + max(2, round(world.line.accounts * OUTSIDE_SHARE))
    names = _names(rng, total)
    for number in range(total):
        company = _company(world, rng, number, *names[number])
        world.companies.append(company)
        if number < world.line.accounts:
            if number > 5 and rng.random() < CHILD_SHARE:
                _adopt(rng, company, world.companies[:number])
            open_account(world, rng, company, company.created)
    _open_twice(world, rng)


def _names(rng: Random, total: int) -> list[tuple[str, str, str]]:
    trades = [(trade, word) for trade, several in words.TRADES.items() for word in several]
    size = len(words.STEM_A) * len(words.STEM_B) * len(trades)
    found = []
    for drawn, code in enumerate(rng.sample(range(size), min(total, size)) + list(range(max(0, total - size)))):
        rest, trade = divmod(code, len(trades))
        left, right = divmod(rest, len(words.STEM_B))
        again = f" {drawn // size + 1}" if drawn >= size else ""
        found.append((words.STEM_A[left] + words.STEM_B[right], trades[trade][1] + again, trades[trade][0]))
    return found


def _company(world: World, rng: Random, number: int, stem: str, word: str, industry: str) -> Company:
    codes = list(words.COUNTRIES)
    country = rng.choices(codes, [words.COUNTRIES[code].weight for code in codes])[0]
    region, currency = words.COUNTRIES[country].region, words.COUNTRIES[country].currency
    segment = rng.choices([name for name, _ in SEGMENTS], [weight for _, weight in SEGMENTS])[0]
    low, high = EMPLOYEES[segment]
    employees = round(low * (high / low) ** rng.random())
    line = rng.choices(words.PRODUCT_LINES, LINE_WEIGHTS[segment])[0]
    created = between(rng, world.line.history_start - timedelta(days=500), world.line.starts_at, region)
    domain = f"{stem}-{word}.example".lower().replace(" ", "")
    if country == "JP" and rng.random() < 0.4:
        name = f"株式会社{stem}{word}"
    else:
        name = f"{stem} {word} {rng.choice(words.LEGAL_FORMS[country])}".strip()
    phone = phone_number(rng, country)
    owner = pick_rep(world, rng, world.line.starts_at.date(), region, segment, line)
    return Company(
        f"c{number:05d}", name, domain, country, region, currency, industry, employees, segment, line, phone, created,
        owner,
    )  # fmt: skip


def phone_number(rng: Random, country: str, is_mobile: bool = False) -> str:
    """Draw a telephone number as it is written in a country."""
    pattern = words.PHONES[country][is_mobile].replace("@", rng.choice(words.AREA_CODES))
    return "".join(str(rng.randrange(10)) if sign == "#" else sign for sign in pattern)


def _adopt(rng: Random, company: Company, elder: list[Company]) -> None:
    parents = [candidate for candidate in elder[-200:] if candidate.segment == "enterprise" and candidate.account_id]
    if parents:
        company.parent = rng.choice(parents)
        company.owner = company.parent.owner if rng.random() < 0.4 else company.owner
        company.created = max(company.created, company.parent.created + timedelta(hours=1))


def open_account(world: World, rng: Random, company: Company, at: datetime) -> None:
    """Give a company its account from `at` on."""
    company.account_id = world.ids.crm("001")
    company.created = at
    company.account = _account(rng, company)
    world.book.crm("Account", company.account, at)


def _account(rng: Random, company: Company) -> Record:
    home = words.COUNTRIES[company.country]
    country = company.country if rng.random() < SPELLING_BY_CODE else home.name
    known = company.employees if rng.random() > 0.03 else None
    sites = (f"https://www.{company.domain}", company.domain, f"http://{company.domain}/")
    return {
        "Id": company.account_id, "Name": company.name, "Type": "Prospect",
        "ParentId": company.parent and company.parent.account_id, "Industry": company.industry,
        "AnnualRevenue": None if known is None else float(known * rng.randrange(90, 240) * 1000),
        "NumberOfEmployees": known, "BillingStreet": f"{rng.randrange(1, 400)} {rng.choice(words.STEM_A)} Street",
        "BillingCity": home.city, "BillingState": "IL" if company.country == "US" else None,
        "BillingPostalCode": home.postal_code, "BillingCountry": country if rng.random() > 0.02 else None,
        "Website": rng.choice(sites) if rng.random() > 0.04 else None, "Phone": company.switchboard,
        "OwnerId": company.owner.user_id, "AccountSource": rng.choice(words.SOURCES_KNOWN),
        "CurrencyIsoCode": home.currency, "MasterRecordId": None,
    }  # fmt: skip


def become_customer(world: World, company: Company, at: datetime) -> None:
    """Note that a company pays us from now on."""
    if company.customer_since is None:
        company.customer_since = at
        company.account["Type"] = "Customer"
        world.book.crm("Account", company.account, company.created, max(at, company.created))


def _open_twice(world: World, rng: Random) -> None:
    known = list(world.crm_companies())
    for company in rng.sample(known, max(1, round(len(known) * TWICE_SHARE))):
        other = {**company.account, "Id": world.ids.crm("001"), "ParentId": None}
        words_of_name = company.name.split(" ")
        other["Name"] = rng.choice((company.name.upper(), f"{words_of_name[0]} {words_of_name[-1]}", company.name))
        other["Website"] = f"www.{company.domain.upper()}"
        company.other_account_ids.append(other["Id"])
        opened = min(company.created + timedelta(days=rng.randrange(1, 90)), world.line.starts_at)
        world.book.crm("Account", other, opened)


def owner_on(world: World, rng: Random, company: Company, at: datetime) -> Rep:
    """Return the account's owner, or someone who works here where the owner does not on that day."""
    if company.account_id and company.owner.works_on(at.date()) and rng.random() < 0.85:
        return company.owner
    return pick_rep(world, rng, at.date(), company.region, company.segment, company.line)
