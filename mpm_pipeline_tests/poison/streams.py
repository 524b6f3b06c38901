"""The streams that are poisoned: how a good record of each looks, which of its fields play which part, how a page wraps them.

A record is a mapping from name to the JSON text of its value, so that what no JSON writer would write can be written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.contracts.registry import records, stream_of
from mpm_pipeline.sources.connector import Page
from mpm_pipeline.sources.linkedin import restli
from mpm_pipeline.sources.marketo import answers as marketo
from mpm_pipeline.sources.page import read_all
from mpm_pipeline.sources.reply import Reply
from mpm_pipeline.sources.salesforce import queries as salesforce
from mpm_pipeline.sources.stripe import connector as stripe
from mpm_pipeline.sources.stripe.events import Told

Members = dict[str, str]
SF_STAMP = '"2026-06-02T08:00:00.000+0000"'
MKTO_STAMP = '"2026-06-02T08:00:00Z"'


@dataclass(frozen=True)
class Target:
    """One stream with the parts its fields play; a part that a stream lacks is empty and its poisons do not apply."""

    source: str
    name: str
    good: Callable[[int], Members]
    key: str
    text: str
    envelope: tuple[bytes, bytes]
    page: Callable[["Target", Reply], Page]
    number: str = ""
    currency: str = ""
    needed: str = ""
    instant: str = ""
    stamp: str = ""
    closed: str = ""
    nested: str = ""
    key_inside: bool = False
    """Whether a part of the key lies in what is nested."""
    asked: tuple[str, ...] = field(default_factory=tuple)

    @property
    def stream(self) -> Stream:
        """The declared stream."""
        return stream_of(records()[self.source, self.name])

    def wrap(self, rows: Sequence[bytes]) -> bytes:
        """Write a page as the vendor sends it."""
        return self.envelope[0] + b",".join(rows) + self.envelope[1]

    def read(self, body: bytes) -> Page:
        """Read a page as the vendor's connector does."""
        return self.page(self, Reply(200, {}, body))


def written(members: Members) -> bytes:
    """Write a record."""
    return ("{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}").encode()


def _salesforce(target: Target, reply: Reply) -> Page:
    page = salesforce.page_of(reply, salesforce.Progress())
    salesforce.Progress().take(page.heads, "SystemModstamp")
    return Page(target.stream, page.rows, asked=target.asked, heads=page.heads if page.is_read else None)


def _marketo(target: Target, reply: Reply) -> Page:
    rows = marketo.listed(reply).rows or []
    for row in rows:
        marketo.head(row)
    return Page(target.stream, rows)


def _linkedin(target: Target, reply: Reply) -> Page:
    rows = restli.elements(reply)
    return Page(target.stream, rows, [restli.stamp(row) for row in rows] if target.stream.kind == "thing" else None)


def _stripe(target: Target, reply: Reply) -> Page:
    rows, _ = stripe._page(reply)
    heads = read_all(rows, stripe._Head)
    return Page(target.stream, rows, [Told().stamp(target.name, head.id, head.created) for head in heads])


def _opportunity(n: int) -> Members:
    return {
        "attributes": '{"type":"Opportunity"}', "Id": f'"006{n:015}"', "Name": f'"Deal {n}"', "StageName": '"Qualification"',
        "Amount": f"{n % 90000}.5", "CurrencyIsoCode": '"EUR"', "CloseDate": '"2026-07-01"', "CreatedDate": SF_STAMP,
        "SystemModstamp": SF_STAMP, "IsClosed": "false", "IsWon": "false", "IsDeleted": "false",
    }  # fmt: skip


def _lead(n: int) -> Members:
    return {
        "id": str(n + 1), "email": f'"p{n}@example.com"', "firstName": '"Ann"', "company": f'"Company {n}"', "createdAt": MKTO_STAMP,
        "updatedAt": MKTO_STAMP, "numberOfEmployees": str(n % 900), "unsubscribed": "false", "doNotCall": "false",
    }  # fmt: skip


def _activity(n: int) -> Members:
    return {
        "marketoGUID": f'"{n}"', "leadId": str(n + 1), "activityDate": MKTO_STAMP, "activityTypeId": "2", "campaignId": "7",
        "primaryAttributeValueId": "5", "primaryAttributeValue": f'"Form {n % 7}"', "attributes": '[{"name":"Query","value":"a=1"}]',
    }  # fmt: skip


def _ad(n: int) -> Members:
    return {
        "pivotValues": f'["urn:li:sponsoredCampaign:{n}"]', "impressions": str(n % 500), "costInLocalCurrency": f'"{n % 90}.25"',
        "dateRange": '{"start":{"year":2026,"month":6,"day":2},"end":{"year":2026,"month":6,"day":2}}',
    }  # fmt: skip


def _campaign(n: int) -> Members:
    return {
        "id": str(n + 1), "account": '"urn:li:sponsoredAccount:9"', "name": f'"Campaign {n}"', "type": '"SPONSORED_UPDATES"',
        "created": "1780304400000", "lastModified": "1780304400000", "runSchedule": '{"start":1780304400000}',
    }  # fmt: skip


def _charge(n: int) -> Members:
    return {
        "id": f'"ch_{n}"', "object": '"charge"', "amount": str(n % 90000), "currency": '"usd"', "status": '"succeeded"',
        "created": "1780304400", "customer": f'"cus_{n % 50}"', "payment_intent": "null",
    }  # fmt: skip


def _invoice(n: int) -> Members:
    lines = f'{{"object":"list","has_more":false,"data":[{{"id":"il_{n}","amount":{n % 9000},"quantity":1}}]}}'
    return {
        "id": f'"in_{n}"', "object": '"invoice"', "customer": f'"cus_{n % 50}"', "status": '"paid"', "currency": '"usd"',
        "created": "1780304400", "total": str(n % 9000), "amount_paid": str(n % 9000), "lines": lines,
    }  # fmt: skip


SALESFORCE = (b'{"totalSize":9,"done":false,"nextRecordsUrl":"/q-2","records":[', b"]}")
MARKETO = (b'{"requestId":"1","success":true,"result":[', b"]}")
LINKEDIN = (b'{"paging":{"start":0,"count":100,"links":[]},"elements":[', b"]}")
STRIPE = (b'{"object":"list","has_more":false,"url":"/v1/x","data":[', b"]}")

TARGETS = (
    Target("salesforce", "Opportunity", _opportunity, "Id", "Name", SALESFORCE, _salesforce, number="Amount", currency="CurrencyIsoCode",
           needed="StageName", instant="CreatedDate", stamp="SystemModstamp", asked=("Id", "Name", "StageName", "Amount")),
    Target("marketo", "leads", _lead, "id", "company", MARKETO, _marketo, number="numberOfEmployees", instant="createdAt", stamp="updatedAt"),
    Target("marketo", "activities", _activity, "marketoGUID", "primaryAttributeValue", MARKETO, _marketo, number="activityTypeId",
           needed="leadId", instant="activityDate", nested="attributes"),
    Target("linkedin", "adAnalytics", _ad, "pivotValues", "", LINKEDIN, _linkedin, number="costInLocalCurrency", nested="dateRange",
           key_inside=True),
    Target("linkedin", "adCampaigns", _campaign, "id", "name", LINKEDIN, _linkedin),
    Target("stripe", "charges", _charge, "id", "status", STRIPE, _stripe, number="amount", currency="currency", needed="amount",
           instant="created"),
    Target("stripe", "invoices", _invoice, "id", "", STRIPE, _stripe, number="total", currency="currency", needed="customer",
           instant="created", closed="status", nested="lines"),
)  # fmt: skip
BY_NAME: dict[str, Any] = {f"{one.source}/{one.name}": one for one in TARGETS}
