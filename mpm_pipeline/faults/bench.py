"""The benches: one tiny made-up world per vendor, where its rows lie in a page, and which values of them are compared.

A world has one long stream (the one that faults aim at), read in three pages or more, and a few short ones. It knows two epochs:
what the first run finds at `NOW`, and what has come a day later; a rewrite of the page size keeps the worlds small.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
DAY = 86_400.0

Line = dict[str, Any]
Lines = dict[str, list[Line]]


@dataclass(frozen=True)
class Bench:
    """One vendor's world: `main` is the long stream, `make` makes its n-th record for an instant."""

    vendor: str
    main: str
    rows_at: str
    path: str
    token_path: str
    count: int
    later: int
    fields: dict[str, str]
    compared: Mapping[str, tuple[str, ...]]
    make: Callable[[int, datetime], Line]
    around: Callable[[], Lines]
    rewrites: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> Lines:
        """Return all lines of the world by stream, the main stream's in the order of their instants."""
        step = (NOW - timedelta(hours=2) - START) / self.count
        times = [START + timedelta(hours=1) + step * place for place in range(self.count)]
        times += [NOW + timedelta(minutes=20 * (place + 1)) for place in range(self.later)]
        main = [{"at": text(at), "record": self.make(place, at)} for place, at in enumerate(times)]
        return {self.main: main, **self.around()}


def write(bench: Bench, lines: Lines, folder: Path) -> Path:
    """Write a world folder."""
    (folder / bench.vendor).mkdir(parents=True, exist_ok=True)
    (folder / "world.toml").write_text(
        f'name = "faults-{bench.vendor}"\ncurrency = "USD"\ntime_zone = "UTC"\nstarts_at = "{text(START)}"\n'
        f'now = "{text(NOW)}"\nseed = 3\n'
    )
    for stream, rows in lines.items():
        file = folder / bench.vendor / f"{stream}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def text(at: datetime) -> str:
    """Write an instant as worlds do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def wire_stamp(at: datetime) -> str:
    """Write an instant as Salesforce does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def milliseconds(at: datetime) -> int:
    """Write an instant as LinkedIn does."""
    return int(at.timestamp() * 1000)


def _sf_id(prefix: str, number: int) -> str:
    return f"{prefix}{number:012d}AAA"


def _opportunity(number: int, at: datetime) -> Line:
    stamp = wire_stamp(at)
    return {
        "Id": _sf_id("006", number), "Name": f"Deal {number}", "StageName": "Prospecting", "Amount": 1000.5 + number,
        "AccountId": _sf_id("001", number % 3), "CloseDate": "2026-06-30", "IsClosed": False, "IsWon": False,
        "CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp,
    }  # fmt: skip


def _salesforce() -> Lines:
    accounts = [
        {"Id": _sf_id("001", number), "Name": f"Account {number}", "CreatedDate": wire_stamp(START),
         "LastModifiedDate": wire_stamp(START), "SystemModstamp": wire_stamp(START)}
        for number in range(4)
    ]  # fmt: skip
    return {"Account": [{"at": text(START), "record": one} for one in accounts]}


def _activity(number: int, at: datetime) -> Line:
    return {
        "id": 1000 + number, "marketoGUID": str(1000 + number), "leadId": 1 + number % 20, "activityDate": text(at),
        "activityTypeId": 2, "primaryAttributeValueId": 7, "primaryAttributeValue": f"Form {number}", "attributes": [],
    }  # fmt: skip


def _marketo() -> Lines:
    leads = [
        {"id": number, "email": f"p{number}@acme.example", "firstName": f"P{number}", "createdAt": text(START),
         "updatedAt": text(START)}
        for number in range(1, 21)
    ]  # fmt: skip
    program = {"id": 7, "name": "Spring", "channel": "Webinar", "createdAt": text(START), "updatedAt": text(START)}
    return {
        "leads": [{"at": text(START), "record": one} for one in leads],
        "programs": [{"at": text(START), "record": program}],
    }


def _response(number: int, at: datetime) -> Line:
    return {
        "id": f"r{number:05d}", "submittedAt": milliseconds(at), "testLead": False, "leadType": "SPONSORED",
        "submitter": f"urn:li:person:p{number}", "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:507"},
        "versionedLeadGenFormUrn": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:31,1)",
    }  # fmt: skip


def _linkedin() -> Lines:
    made = milliseconds(START)
    account = {"id": 507, "name": "Acme", "currency": "EUR", "status": "ACTIVE", "lastModified": made}
    campaigns = [
        {"id": number, "name": f"Campaign {number}", "account": "urn:li:sponsoredAccount:507", "status": "ACTIVE",
         "lastModified": made}
        for number in range(1, 6)
    ]  # fmt: skip
    ads = []
    for day in range(1, 11):
        date = {"year": 2026, "month": 3, "day": day}
        row = {"dateRange": {"start": date, "end": date}, "pivotValues": ["urn:li:sponsoredCampaign:1"],
               "clicks": day, "impressions": 100, "costInLocalCurrency": f"{day}.10"}  # fmt: skip
        ads.append({"record": row})
    return {
        "adAccounts": [{"at": text(START), "record": account}],
        "adCampaigns": [{"at": text(START), "record": one} for one in campaigns],
        "adAnalytics": ads,
    }


def _charge(number: int, at: datetime) -> Line:
    return {
        "id": f"ch_{number:05d}", "object": "charge", "amount": 5000 + number, "currency": "usd", "status": "succeeded",
        "created": int(at.timestamp()), "customer": f"cus_{number % 10}", "payment_intent": f"pi_{number}",
    }  # fmt: skip


def _stripe() -> Lines:
    customers = [
        {"id": f"cus_{number}", "object": "customer", "created": int(START.timestamp()), "name": f"Customer {number}"}
        for number in range(10)
    ]
    return {"customers": [{"at": text(START), "record": one} for one in customers]}


BENCHES = {
    bench.vendor: bench
    for bench in (
        Bench(
            "salesforce", "Opportunity", "records", r"query(All)?\?.*FROM Opportunity( |$)|query(All)?/\w+-\d+",
            "oauth2/token", 450, 30,
            {"key": "Id", "stamp": "SystemModstamp", "number": "Amount", "text": "Name"},
            {"Opportunity": ("Name", "StageName", "Amount"), "Account": ("Name",)},
            _opportunity, _salesforce, {"batchSize=2000": "batchSize=200"},
        ),
        Bench(
            "marketo", "activities", "result", r"activities\.json", "oauth/token", 250, 30,
            {"key": "marketoGUID", "stamp": "activityDate", "number": "activityTypeId", "text": "primaryAttributeValue"},
            {"activities": ("leadId", "primaryAttributeValue", "activityTypeId"), "leads": ("email", "firstName")},
            _activity, _marketo, {"batchSize=300": "batchSize=100"},
        ),
        Bench(
            "linkedin", "leadFormResponses", "elements", r"leadFormResponses.*\(sponsoredAccount.*leadType:SPONSORED",
            "oauth/v2/accessToken", 250, 30,
            {"key": "id", "stamp": "submittedAt", "number": "submittedAt", "text": "submitter"},
            {"leadFormResponses": ("submitter", "versionedLeadGenFormUrn"), "adCampaigns": ("name",)},
            _response, _linkedin,
        ),
        Bench(
            "stripe", "charges", "data", r"v1/charges\?", "", 250, 30,
            {"key": "id", "stamp": "created", "number": "amount", "text": "customer"},
            {"charges": ("amount", "status", "customer"), "customers": ("name",)},
            _charge, _stripe,
        ),
    )
}  # fmt: skip
"""The benches by vendor."""
