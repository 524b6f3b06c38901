"""10 May 2016, in small: what a CRM showed before, while and after it lost five hours, every record there for one reason.

Read at 14:00 on the 10th, down until 14:00 on the 11th, then back without what was entered from 09:00 to 14:00 on the 10th.
Before: 30 leads, a deal won at 5,000 and an open one at 7,000. In the five hours: 25 leads (`lost`), a contact, a deal won at
1,000, a deal won at 2,500, and the open deal of 7,000 won. After: leads 01 and 02 of the lost ones' ids stand for other people.
"""

from pathlib import Path
from typing import Any

from mpm_pipeline_tests.simulator.small_worlds import Rows, version, write_world

READ, DOWN, BACK = "2016-05-10T14:00:00Z", "2016-05-10T20:00:00Z", "2016-05-11T14:00:00Z"
FROM, TO = "2016-05-10T09:00:00Z", "2016-05-10T14:00:00Z"
REP = "0050000000000R1AAA"
KEPT_DEAL, OPEN_DEAL, LOST_DEALS = (
    "006000000000001AAA",
    "006000000000002AAA",
    ("006000000000003AAA", "006000000000004AAA"),
)
CONTACT, LOST_CONTACT, ACCOUNT = "003000000000001AAA", "003000000000002AAA", "001000000000001AAA"
LOST_LEADS = [f"00Q0000000001{number:02}AAA" for number in range(1, 26)]
GIVEN_ANEW = LOST_LEADS[:2]
LOST = {*LOST_LEADS, *LOST_DEALS, LOST_CONTACT}


def thing(key: str, made: str, changed: str | None = None, **fields: Any) -> dict[str, Any]:
    """A record with the fields that all have; instants as `05-10T09:15`."""
    stamps = {
        "CreatedDate": _at(made),
        "LastModifiedDate": _at(changed or made),
        "SystemModstamp": _at(changed or made),
    }
    return {"Id": key, "IsDeleted": False, **fields, **stamps}


def lead(key: str, made: str, name: str, **fields: Any) -> dict[str, Any]:
    """A lead of its own company."""
    address = f"{name.lower()}@{name.lower()}.example"
    more = {
        "Status": "MQL",
        "LeadSource": "Web",
        "OwnerId": REP,
        "Phone": None,
        "DoNotCall": False,
        "HasOptedOutOfEmail": False,
    }
    return thing(key, made, LastName=name, Company="-", Email=address, IsConverted=False, **(more | fields))


def deal(key: str, made: str, amount: float, stage: str, changed: str | None = None) -> dict[str, Any]:
    """A deal of the one company; won ones close on the 10th."""
    won = stage == "Closed Won"
    return thing(
        key, made, changed, AccountId=ACCOUNT, Name="deal", StageName=stage, Amount=amount, CloseDate="2016-05-10",
        IsWon=won, IsClosed=won, OwnerId=REP, Type=None,
    )  # fmt: skip


def lost(record: dict[str, Any]) -> dict[str, Any]:
    """A version that was seen and that the restore took away."""
    return version(record, until=DOWN)


def world(folder: Path) -> Path:
    """Write the world; Stripe is there so that somebody tells the time while the CRM is down."""
    names = [f"Lost{number:02}" for number in range(1, 26)]
    fates: list[dict[str, Any]] = [{} for _ in names]
    fates[2] = {"Phone": "+49 30 1", "HasOptedOutOfEmail": True}
    fates[3] = {"Phone": "+49 30 2", "DoNotCall": True}
    fates[4] = {"Do_Not_Contact__c": True}
    fates[5] = {"Urgent_Channel__c": "twitter", "Urgent_Address__c": "@lost06"}
    fates[6] = {"Phone": None, "HasOptedOutOfEmail": True}
    stages = [("Prospecting", 1, False), ("Qualification", 2, False), ("Closed Won", 3, True)]
    streams: dict[str, Rows] = {
        "salesforce/OpportunityStage": [
            thing(f"01J00000000000{order}AAA", "01-01T00:00", ApiName=name, MasterLabel=name, SortOrder=order, IsActive=True, IsClosed=won, IsWon=won)
            for name, order, won in stages
        ],
        "salesforce/User": [thing(REP, "01-01T00:00", Username="r@own.example", Name="Rep", Email="r@own.example", IsActive=True, UserType="Standard")],
        "salesforce/Account": [thing(ACCOUNT, "01-05T00:00", Name="Acme", Website="acme.example", BillingCountry="Germany", NumberOfEmployees=50, OwnerId=REP)],
        "salesforce/Contact": [
            thing(CONTACT, "01-06T00:00", AccountId=ACCOUNT, LastName="Kept", Name="Kept", Email="kept@acme.example", OwnerId=REP),
            lost(thing(LOST_CONTACT, "05-10T09:30", AccountId=ACCOUNT, LastName="Gone", Name="Gone", Email="gone@acme.example", OwnerId=REP)),
        ],
        "salesforce/Lead": [
            *(lead(f"00Q0000000000{number:02}AAA", f"04-{number:02}T10:00", f"Kept{number:02}") for number in range(1, 31)),
            *(lost(lead(key, "05-10T10:00", name, **fate)) for key, name, fate in zip(LOST_LEADS, names, fates, strict=True)),
            *(lead(key, "05-11T13:00", f"Other{place}") for place, key in enumerate(GIVEN_ANEW)),
        ],
        "salesforce/Opportunity": [
            deal(KEPT_DEAL, "02-01T00:00", 5000.0, "Closed Won"),
            deal(OPEN_DEAL, "03-01T00:00", 7000.0, "Qualification"),
            lost(deal(OPEN_DEAL, "03-01T00:00", 7000.0, "Closed Won", "05-10T11:00")),
            lost(deal(LOST_DEALS[0], "05-10T11:30", 1000.0, "Closed Won")),
            lost(deal(LOST_DEALS[1], "05-10T12:30", 2500.0, "Closed Won")),
        ],
        "stripe/customers": [{"id": "cus_1", "object": "customer", "name": "Acme", "created": 1451952000, "currency": "usd", "metadata": {}}],
    }  # fmt: skip
    return write_world(folder, streams, now=READ, starts_at="2016-05-01T00:00:00Z")


def _at(text: str) -> str:
    return f"2016-{text}:00.000+0000"
