"""A small Marketo subscription and a client that knows just enough to ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.small_worlds import Rows, version, write_world

NOW = "2026-03-31T00:00:00Z"


def lead(key: int, **fields: Any) -> dict[str, Any]:
    """Make a lead."""
    return {"id": key} | fields


def activity(key: int, kind: int, at: str, lead_id: int = 1, **fields: Any) -> dict[str, Any]:
    """Make an activity."""
    base = {"id": key, "marketoGUID": str(key), "leadId": lead_id, "activityDate": at, "activityTypeId": kind}
    return base | {"attributes": []} | fields


def member(lead_id: int, status: str, updated: str, success: bool) -> dict[str, Any]:
    """Make a membership of programme 1107."""
    return {
        "programId": 1107, "leadId": lead_id, "statusName": status, "updatedAt": updated, "acquiredBy": False,
        "reachedSuccess": success, "membershipDate": "2026-03-01T00:00:00Z",
    }  # fmt: skip


ADA = {"email": "ada@acme.example", "firstName": "Ada", "createdAt": "2026-01-10T00:00:00Z"}
BOB = lead(3, firstName="Bob", lastName="Gone")

STREAMS: dict[str, Rows] = {
    "marketo/leads": [
        version(lead(1, **ADA, updatedAt="2026-01-10T00:00:00Z", leadScore=10), at="2026-01-10T00:00:05Z"),
        version(lead(1, **ADA, updatedAt="2026-03-10T12:00:00Z", leadScore=20), at="2026-03-11T00:00:00Z"),
        version(lead(2, email="eve@beta.example", solutionInterest="pipes", unsubscribed=True), at="2026-02-01T00:00:00Z"),
        version(BOB, at="2026-02-02T00:00:00Z"),
        version(BOB, at="2026-03-20T00:00:00Z", deleted=True),
    ],
    "marketo/activities": [
        *(activity(100 + n, 1, f"2026-03-0{n}T12:00:00Z") for n in range(1, 8)),
        activity(201, 2, "2026-03-05T08:00:00Z", primaryAttributeValueId=901, primaryAttributeValue="Form, the first",
                 attributes=[{"name": "Form Fields", "value": 'a:"b"'}, {"name": "Success", "value": False}]),
        activity(202, 2, "2026-03-08T08:00:00Z", lead_id=2, primaryAttributeValueId=902),
        activity(301, 32, "2026-03-09T08:00:00Z", attributes=[{"name": "Merge IDs", "value": "[77]"}]),
    ],
    "marketo/programs": [
        {"id": 1107, "name": "2026-03 Webinar", "channel": "Webinar", "createdAt": "2026-02-21T22:45:13Z+0000",
         "updatedAt": "2026-03-01T22:45:13Z+0000", "tags": [{"tagType": "Region", "tagValue": "EMEA"}],
         "costs": [{"startDate": "2026-03-01", "cost": 2000, "note": "hall"}]},
        version({"id": 1108, "name": "Fair"}, at="2026-03-03T00:00:00Z"),
    ],
    "marketo/programMembers": [
        member(2, "Invited", "2026-03-16T00:00:00Z", False), member(1, "Attended", "2026-03-09T00:00:00Z", True),
        member(3, "Invited", "2026-03-09T00:00:00Z", False),
    ],
    "marketo/channels": [{"id": 3, "name": "Webinar", "progressionStatuses": []}],
    "marketo/campaigns": [{"id": 1124, "name": "Send", "type": "batch", "programId": 1107, "active": False,
                           "createdAt": "2026-01-20T12:46:51Z"}],
    "marketo/lists": [{"id": 50, "name": "Newsletter", "createdAt": "2026-01-20T12:46:51Z"}],
    "marketo/listMembers": [{"listId": 50, "leadId": n} for n in (2, 1, 3)],
    "marketo/emails": [{"id": 71, "name": "Hello", "updatedAt": "2026-01-20T12:46:51Z+0000"}],
}  # fmt: skip


def codes(body: dict[str, Any]) -> list[str]:
    """Give the codes of an answer that must be an error."""
    assert body["success"] is False
    return [error["code"] for error in body["errors"]]


class Subscription:
    """A client of one served subscription."""

    def __init__(self, simulator: Simulator) -> None:
        site = simulator.sites["marketo"]
        self.url, self.control_url = site.base_url, simulator.control_url
        self.client_id, self.client_secret = site.credentials["client_id"], site.credentials["client_secret"]
        self.client = httpx.Client(base_url=self.url, timeout=60)
        self.headers: dict[str, str] = {}
        self.token()

    def token(self) -> dict[str, Any]:
        """Get a token and use it from now on."""
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        body: dict[str, Any] = self.client.get("/identity/oauth/token", params=form).json()
        self.headers = {"Authorization": f"Bearer {body['access_token']}"}
        return body

    def get(self, path: str) -> dict[str, Any]:
        """Ask one page."""
        body: dict[str, Any] = self.client.get(path, headers=self.headers).json()
        return body

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """Post JSON."""
        found: dict[str, Any] = self.client.post(path, json=body, headers=self.headers).json()
        return found

    def pages(self, path: str) -> list[dict[str, Any]]:
        """Ask all pages that a token leads to."""
        pages = [self.get(path)]
        while "nextPageToken" in pages[-1] and len(pages) < 20:
            pages.append(self.get(f"{path}&nextPageToken={pages[-1]['nextPageToken']}"))
        return pages

    def paging_token(self, since: str) -> str:
        """Get a token for an instant."""
        return str(self.get(f"/rest/v1/activities/pagingtoken.json?sinceDatetime={since}")["nextPageToken"])

    def activities(self, since: str, query: str) -> list[dict[str, Any]]:
        """Ask all pages of activities from an instant on."""
        token = self.paging_token(since)
        pages: list[dict[str, Any]] = []
        while not pages or (pages[-1]["moreResult"] and len(pages) < 50):
            pages.append(self.get(f"/rest/v1/activities.json?nextPageToken={token}&{query}"))
            token = pages[-1]["nextPageToken"]
        return pages

    def move(self, clock: dict[str, str]) -> None:
        """Move the clock."""
        httpx.put(f"{self.control_url}/clock", json=clock).raise_for_status()

    def limit(self, **limits: int) -> None:
        """Set quotas."""
        httpx.put(f"{self.control_url}/limits", json={"marketo": limits}).raise_for_status()


@contextmanager
def served(root: Path, streams: dict[str, Rows], now: str = NOW) -> Iterator[Subscription]:
    """Serve a world and give a client of its subscription."""
    with Simulator(write_world(root, streams, now=now)) as simulator:
        subscription = Subscription(simulator)
        try:
            yield subscription
        finally:
            subscription.client.close()
