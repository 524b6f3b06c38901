"""How each vendor's long list is asked for, page by page, as its manual says and no more; for loaders that know nothing of faults.

A walk asks by `ask(method, link, ...)` and yields pages as parsed JSON; what is done with rows, errors and time is the loader's.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from mpm_pipeline.faults.bench import BENCHES
from mpm_pipeline.faults.loader import Order

Ask = Callable[..., Any]
Pages = Iterator[list[Any]]


def salesforce(ask: Ask, order: Order, since: Any, mark: str) -> Pages:
    """Walk a query by its links."""
    form = {"grant_type": "client_credentials", **order.credentials}
    told = ask("POST", "services/oauth2/token", form=form)
    head = {"Authorization": f"Bearer {told['access_token']}", "Sforce-Query-Options": "batchSize=2000"}
    base = told["instance_url"] + "/"
    start = _salesforce_literal(since) if since else f"{order.start_at}T00:00:00Z"
    fields = "Id, Name, StageName, Amount, SystemModstamp"
    query = f"SELECT {fields} FROM Opportunity WHERE SystemModstamp {mark} {start} ORDER BY SystemModstamp"  # noqa: S608
    page = ask("GET", f"{base}services/data/v66.0/query", params={"q": query}, headers=head)
    while True:
        yield page.get("records", [])
        if not page.get("nextRecordsUrl"):
            return
        page = ask("GET", urljoin(base, page["nextRecordsUrl"]), headers=head)


def marketo(ask: Ask, order: Order, since: Any, mark: str) -> Pages:
    """Walk activities by their token."""
    form = {"grant_type": "client_credentials", **order.credentials}
    token = ask("GET", "identity/oauth/token", params=form)["access_token"]
    head = {"Authorization": f"Bearer {token}"}
    at = since or f"{order.start_at}T00:00:00Z"
    page = ask("GET", "rest/v1/activities/pagingtoken.json", params={"sinceDatetime": at}, headers=head)
    while True:
        asked = {"nextPageToken": page["nextPageToken"], "activityTypeIds": "2", "batchSize": "300"}
        page = ask("GET", "rest/v1/activities.json", params=asked, headers=head)
        rows = page.get("result", [])
        yield [row for row in rows if mark == ">=" or row.get("activityDate") != since]
        if not page.get("moreResult"):
            return


def linkedin(ask: Ask, order: Order, since: Any, mark: str) -> Pages:
    """Walk answers to forms by offset."""
    head = {
        "Authorization": f"Bearer {order.credentials['access_token']}", "LinkedIn-Version": "202603",
        "X-Restli-Protocol-Version": "2.0.0",
    }  # fmt: skip
    owner = "owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507)&leadType=(leadType:SPONSORED)"
    low = (since or 1) + (mark == ">")
    start = 0
    while True:
        asked = f"q=owner&{owner}&submittedAtTimeRange=(start:{low},end:4102444800000)&start={start}&count=100"
        page = ask("GET", f"rest/leadFormResponses?{asked}", headers=head)
        rows = page.get("elements", [])
        yield rows
        start += len(rows)
        if not rows or start >= page.get("paging", {}).get("total", 0):
            return


def stripe(ask: Ask, order: Order, since: Any, mark: str) -> Pages:
    """Walk charges by the last id."""
    head = {"Authorization": f"Bearer {order.credentials['api_key']}"}
    params: dict[str, str] = {"limit": "100"}
    if since:
        params["created[gte]" if mark == ">=" else "created[gt]"] = str(since)
    while True:
        page = ask("GET", "v1/charges", params=params, headers=head)
        rows = page.get("data", [])
        yield rows
        if not page.get("has_more"):
            return
        params["starting_after"] = rows[-1]["id"]


WALKS: Mapping[str, Callable[[Ask, Order, Any, str], Pages]] = {
    "salesforce": salesforce, "marketo": marketo, "linkedin": linkedin, "stripe": stripe,
}  # fmt: skip


def key_and_stamp(source: str) -> tuple[str, str]:
    """Return the names of the key and of the cursor of a vendor's long list."""
    fields = BENCHES[source].fields
    return fields["key"], fields["stamp"]


def absolute(order: Order, link: str) -> str:
    """Return a link as a whole address."""
    return urljoin(order.url.rstrip("/") + "/", link)


def _salesforce_literal(stamp: str) -> str:
    return stamp.replace(".000+0000", "Z")
