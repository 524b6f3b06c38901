"""Deliberate flaws of single records: about ten that break a contract, and a few that point nowhere.

All are records of their own, made for the purpose, so that nothing else in the world depends on them; each is named in
`truth/flaws`. Careless typing, duplicates and odd statuses arise where people and leads are made.
"""

from datetime import timedelta

from mpm_pipeline.simulator.generator.model import World
from mpm_pipeline.simulator.generator.timeline import days_between
from mpm_pipeline.simulator.generator.writer import Record, epoch, iso


class Spoiler:
    """Puts flawed copies of records down and notes them; nothing where there is no record to copy."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.at = world.line.now - timedelta(days=min(33, max(0, world.line.days - 2)), hours=4)

    def crm(self, kind: str, name: str, prefix: str, flaw: str, /, **changes: object) -> None:
        """Put down a copy of a CRM record with another id and a flaw."""
        models = self.world.book.versions(f"salesforce/{name}")
        if not models:
            return
        record: Record = {**models[0].record, "Id": self.world.ids.crm(prefix), **changes}
        for stamp in ("CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"):
            record.pop(stamp, None)
        self.world.book.crm(name, record, self.at)
        self.world.flaws.append((kind, "salesforce", name, record["Id"], flaw))

    def row(self, kind: str, name: str, key: str, flaw: str, /, **changes: object) -> None:
        """Put down a copy of another system's record with a flaw."""
        models = self.world.book.versions(name)
        if not models:
            return
        record: Record = {**models[0].record, **changes}
        self.world.book.put(name, record, self.at)
        folder, stream = name.split("/")
        self.world.flaws.append((kind, folder, stream, str(record[key]), flaw))


def spoil(world: World) -> None:
    """Put down all deliberate flaws."""
    spoiler = Spoiler(world)
    _break_contracts(world, spoiler)
    _point_nowhere(world, spoiler)


def _break_contracts(world: World, spoiler: Spoiler) -> None:
    sent = spoiler.at - timedelta(days=2)
    answer: Record = {"sent_at": iso(sent), "answered_at": iso(spoiler.at), "email": None}
    spoiler.row(
        "broken",
        "service/survey",
        "response_id",
        "score outside its scale",
        response_id="R-BAD-1",
        kind="csat",
        scale_max="5",
        score="6",
        **answer,
    )
    spoiler.row(
        "broken",
        "service/survey",
        "response_id",
        "score outside its scale",
        response_id="R-BAD-2",
        kind="nps",
        scale_max="10",
        score="11",
        **answer,
    )
    booked: Record = {"booked_on": spoiler.at.date().isoformat(), "kind": "program", "function": "marketing"}
    spoiler.row(
        "broken", "finance/actuals", "line_id", "amount is no number", line_id="L-BAD-1", amount="n/a", **booked
    )
    spoiler.row("broken", "finance/actuals", "line_id", "no such currency", line_id="L-BAD-2", currency="US$", **booked)
    spoiler.row(
        "broken", "finance/fx_rates", "rate_id", "rate is no number", rate_id="GBPUSD-BAD", base="GBP", rate="-"
    )
    deal: Record = {
        "Name": "Imported deal",
        "StageName": "Prospecting",
        "IsClosed": False,
        "IsWon": False,
        "CampaignId": None,
    }
    spoiler.crm("broken", "Opportunity", "006", "no such currency", CurrencyIsoCode="ZZZ", **deal)
    spoiler.crm("broken", "Opportunity", "006", "amount is no number", Amount="n/a", ExpectedRevenue=None, **deal)
    spoiler.crm(
        "broken",
        "Lead",
        "00Q",
        "head count is no number",
        NumberOfEmployees="about 50",
        Email="import@legacy.example",
        LastName="Import",
    )
    spoiler.row(
        "broken", "stripe/charges", "id", "amount is no number", id=world.ids.billing("ch"), amount="n/a",
        payment_intent=None, created=epoch(spoiler.at), amount_refunded=0, refunded=False,
    )  # fmt: skip
    rows = world.book.versions("linkedin/adAnalytics")
    urn = rows[0].record["pivotValues"][0]
    taken = {str(row.record["dateRange"]["start"]) for row in rows if row.record["pivotValues"][0] == urn}
    for day in reversed(days_between(world.line.starts_at.date(), spoiler.at.date())):
        whole = {"year": day.year, "month": day.month, "day": day.day}
        if str(whole) not in taken:
            span = {"start": whole, "end": whole}
            spoiler.row(
                "broken",
                "linkedin/adAnalytics",
                "dateRange",
                "cost is no number",
                dateRange=span,
                costInLocalCurrency="n/a",
            )
            break


def _point_nowhere(world: World, spoiler: Spoiler) -> None:
    nobody = {prefix: world.ids.crm(prefix) for prefix in ("001", "003", "00Q")}
    person: Record = {
        "FirstName": "Ghost",
        "LastName": "Of Import",
        "Name": "Ghost Of Import",
        "MobilePhone": None,
        "Phone": None,
    }
    for number in range(2):
        address = f"ghost{number}@nowhere.example"
        spoiler.crm(
            "dangling", "Contact", "003", "account does not exist", AccountId=nobody["001"], Email=address, **person
        )
        spoiler.crm(
            "no_account",
            "Contact",
            "003",
            "has no account",
            AccountId=None,
            Email=f"lone{number}@nowhere.example",
            **person,
        )
        spoiler.crm(
            "dangling",
            "OpportunityContactRole",
            "00K",
            "contact does not exist",
            ContactId=nobody["003"],
            IsPrimary=False,
        )
        spoiler.crm(
            "dangling",
            "CampaignMember",
            "00v",
            "lead does not exist",
            LeadId=nobody["00Q"],
            ContactId=None,
            LeadOrContactId=nobody["00Q"],
            Type="Lead",
        )
        spoiler.crm(
            "dangling",
            "Account",
            "001",
            "parent does not exist",
            ParentId=nobody["001"],
            Name=f"Orphan {number + 1} Ltd",
            Website=None,
        )
