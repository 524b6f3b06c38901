"""Deliberate flaws of single records: ten that break a contract, and a few that point nowhere.

All are records of their own, made for the purpose, so that nothing else in the world depends on them; each is named in
`truth/flaws`. Careless typing, duplicates and odd statuses arise where people and leads are made.
"""

from datetime import timedelta

from mpm_pipeline.simulator.generator.model import World
from mpm_pipeline.simulator.generator.timeline import days_between
from mpm_pipeline.simulator.generator.writer import Record, epoch, iso

DEAL = {"Name": "Imported deal", "StageName": "Prospecting", "IsClosed": False, "IsWon": False, "CampaignId": None}
LEAD = {"NumberOfEmployees": "about 50", "Email": "import@legacy.example", "LastName": "Import"}
GHOST = {"FirstName": "Ghost", "LastName": "Of Import", "Name": "Ghost Of Import", "MobilePhone": None, "Phone": None}


class Spoiler:
    """Puts flawed copies of records down and notes them; nothing where there is no record to copy."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at = world.line.now - timedelta(days=min(33, max(0, world.line.days - 2)), hours=4)

    def crm(self, kind: str, name: str, prefix: str, flaw: str, changes: Record) -> None:
        """Put down a copy of a CRM record with another id and a flaw."""
        models = self.world.book.versions(f"salesforce/{name}")
        if not models:
            return
        record: Record = {**models[0].record, "Id": self.world.ids.crm(prefix), **changes}
        for stamp in ("CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"):
            record.pop(stamp, None)
        self.world.book.crm(name, record, self.at)
        self.world.flaws.append((kind, "salesforce", name, record["Id"], flaw))

    def row(self, name: str, key: str, flaw: str, changes: Record) -> None:
        """Put down a copy of another system's record that breaks its contract."""
        models = self.world.book.versions(name)
        if not models:
            return
        record: Record = {**models[0].record, **changes}
        self.world.book.put(name, record, self.at)
        folder, stream = name.split("/")
        self.world.flaws.append(("broken", folder, stream, str(record[key]), flaw))


def spoil(world: World) -> None:
    """Put down all deliberate flaws."""
    spoiler = Spoiler(world)
    _break_files(spoiler)
    _break_vendors(world, spoiler)
    _point_nowhere(world, spoiler)


def _break_files(spoiler: Spoiler) -> None:
    sent, answered = iso(spoiler.at - timedelta(days=2)), iso(spoiler.at)
    for key, kind, scale in (("R-BAD-1", "csat", 5), ("R-BAD-2", "nps", 10)):
        answer = {"response_id": key, "kind": kind, "scale_max": str(scale), "score": str(scale + 1), "email": None}
        answer |= {"sent_at": sent, "answered_at": answered}
        spoiler.row("service/survey", "response_id", "score outside its scale", answer)
    line = {"booked_on": spoiler.at.date().isoformat(), "kind": "program", "function": "marketing"}
    spoiler.row("finance/actuals", "line_id", "amount is no number", {**line, "line_id": "L-BAD-1", "amount": "n/a"})
    spoiler.row("finance/actuals", "line_id", "no such currency", {**line, "line_id": "L-BAD-2", "currency": "US$"})
    rate = {"rate_id": "GBPUSD-BAD", "base": "GBP", "rate": "-"}
    spoiler.row("finance/fx_rates", "rate_id", "rate is no number", rate)


def _break_vendors(world: World, spoiler: Spoiler) -> None:
    spoiler.crm("broken", "Opportunity", "006", "no such currency", {**DEAL, "CurrencyIsoCode": "ZZZ"})
    spoiler.crm(
        "broken", "Opportunity", "006", "amount is no number", {**DEAL, "Amount": "n/a", "ExpectedRevenue": None}
    )
    spoiler.crm("broken", "Lead", "00Q", "head count is no number", LEAD)
    charge = {"id": world.ids.billing("ch"), "amount": "n/a", "payment_intent": None, "created": epoch(spoiler.at)}
    charge |= {"amount_refunded": 0, "refunded": False}
    spoiler.row("stripe/charges", "id", "amount is no number", charge)
    rows = world.book.versions("linkedin/adAnalytics")
    pivot = rows[0].record["pivotValues"] if rows else []
    taken = {str(row.record["dateRange"]["start"]) for row in rows if row.record["pivotValues"] == pivot}
    for day in reversed(days_between(world.line.starts_at.date(), spoiler.at.date())):
        start = {"year": day.year, "month": day.month, "day": day.day}
        if str(start) not in taken:
            row = {"dateRange": {"start": start, "end": start}, "costInLocalCurrency": "n/a"}
            spoiler.row("linkedin/adAnalytics", "dateRange", "cost is no number", row)
            break


def _point_nowhere(world: World, spoiler: Spoiler) -> None:
    account, contact, lead = (world.ids.crm(prefix) for prefix in ("001", "003", "00Q"))
    for number in range(2):
        stray, lone = f"ghost{number}@nowhere.example", f"lone{number}@nowhere.example"
        nobody = {**GHOST, "AccountId": account, "Email": stray}
        spoiler.crm("dangling", "Contact", "003", "account does not exist", nobody)
        spoiler.crm("no_account", "Contact", "003", "has no account", {**GHOST, "AccountId": None, "Email": lone})
        role = {"ContactId": contact, "IsPrimary": False}
        spoiler.crm("dangling", "OpportunityContactRole", "00K", "contact does not exist", role)
        member = {"LeadId": lead, "ContactId": None, "LeadOrContactId": lead, "Type": "Lead"}
        spoiler.crm("dangling", "CampaignMember", "00v", "lead does not exist", member)
        orphan = {"ParentId": account, "Name": f"Orphan {number + 1} Ltd", "Website": None}
        spoiler.crm("dangling", "Account", "001", "parent does not exist", orphan)
