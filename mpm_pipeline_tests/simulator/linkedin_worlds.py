"""A small company on LinkedIn and a client that sends its queries as they stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.small_worlds import Rows, version, write_world

NOW = "2026-11-22T06:00:00Z"
FIXED = {"LinkedIn-Version": "202610", "X-Restli-Protocol-Version": "2.0.0"}


def ms(text: str) -> int:
    """Turn an instant in UTC into milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def urn(kind: str, key: int | str) -> str:
    """Make a URN."""
    return f"urn:li:{kind}:{key}"


def ads(campaign: int, day: int, clicks: int, cost: str, month: int = 11) -> dict[str, Any]:
    """Make one campaign-day of figures."""
    date = {"year": 2026, "month": month, "day": day}
    return {
        "dateRange": {"start": date, "end": date}, "pivotValues": [urn("sponsoredCampaign", campaign)],
        "impressions": 100, "clicks": clicks, "costInLocalCurrency": cost, "oneClickLeads": 1,
    }  # fmt: skip


def share_day(day: str, following: str, clicks: int) -> dict[str, Any]:
    """Make one day of share statistics."""
    counts = {"impressionCount": 100, "clickCount": clicks, "likeCount": 0, "commentCount": 0, "shareCount": 0}
    return {
        "organizationalEntity": urn("organization", 9), "timeRange": {"start": ms(day), "end": ms(following)},
        "totalShareStatistics": counts | {"engagement": clicks / 100},
    }  # fmt: skip


def lead(key: str, at: str, **more: Any) -> dict[str, Any]:
    """Make one lead-form response."""
    owner = {"sponsoredAccount": urn("sponsoredAccount", 507)}
    return {"id": key, "leadType": "SPONSORED", "testLead": False, "submittedAt": ms(at), "owner": owner} | more


STREAMS: dict[str, Rows] = {
    "linkedin/adAccounts": [{"id": n, "status": "ACTIVE", "currency": "EUR"} for n in (507, 508, 509)],
    "linkedin/adCampaignGroups": [{"id": 70, "account": urn("sponsoredAccount", 507)}],
    "linkedin/adCampaigns": [
        {"id": 1, "account": urn("sponsoredAccount", 507), "campaignGroup": urn("sponsoredCampaignGroup", 70),
         "status": "ACTIVE"},
        {"id": 2, "account": urn("sponsoredAccount", 507), "status": "PAUSED"},
        {"id": 3, "account": urn("sponsoredAccount", 508), "status": "ACTIVE"},
    ],
    "linkedin/creatives": [{"id": urn("sponsoredCreative", 88), "campaign": urn("sponsoredCampaign", 1)}],
    "linkedin/conversions": [{"id": 5, "account": urn("sponsoredAccount", 507)}],
    "linkedin/adAnalytics": [
        ads(1, 1, 10, "1.10"), ads(1, 2, 20, "2.2000000000"), ads(2, 2, 5, "0.05"), ads(3, 2, 7, "9.99"),
        ads(1, 30, 1, "0.10", month=10),
        version(ads(2, 3, 1, "1.00"), at="2026-11-04T00:00:00Z"),
        version(ads(2, 3, 4, "1.50"), at="2026-11-10T00:00:00Z"),
    ],
    "linkedin/organizations": [{"id": 9, "localizedName": "Acme"}],
    "linkedin/networkSizes": [{"entity": urn("organization", 9), "firstDegreeSize": 219}],
    "linkedin/organizationalEntityShareStatistics": [
        share_day("2026-11-18", "2026-11-19", 4), share_day("2026-11-19", "2026-11-20", 6),
        share_day("2026-11-20", "2026-11-21", 9),
    ],
    "linkedin/organizationalEntityFollowerStatistics": [
        {"organizationalEntity": urn("organization", 9), "followerGains": {"organicFollowerGain": 7},
         "timeRange": {"start": ms("2026-11-18"), "end": ms("2026-11-19")}},
    ],
    "linkedin/organizationPageStatistics": [
        {"organization": urn("organization", 9), "timeRange": {"start": ms("2026-11-18"), "end": ms("2026-11-19")},
         "totalPageStatistics": {"views": {"allPageViews": {"pageViews": 5}}}},
    ],
    "linkedin/posts": [
        {"id": urn("share", 1), "author": urn("organization", 9), "createdAt": 5, "lastModifiedAt": 10},
        {"id": urn("share", 2), "author": urn("organization", 9), "createdAt": 3, "lastModifiedAt": 20},
    ],
    "linkedin/comments": [{"id": "64", "object": urn("share", 1), "message": {"text": "congrats"}}],
    "linkedin/leadForms": [{"id": 3162, "owner": {"sponsoredAccount": urn("sponsoredAccount", 507)}}],
    "linkedin/leadFormResponses": [
        lead("a", "2026-11-01T10:00:00"), lead("b", "2026-11-02T10:00:00", testLead=True),
        lead("c", "2026-11-03T10:00:00"), lead("d", "2026-11-03T11:00:00", leadType="EVENT"),
    ],
}  # fmt: skip


@contextmanager
def served(root: Path, streams: dict[str, Rows], now: str = NOW) -> Iterator[tuple[httpx.Client, Simulator]]:
    """Serve a world and give a client with token and headers."""
    with Simulator(write_world(root, streams, now=now)) as simulator:
        site = simulator.sites["linkedin"]
        headers = {"Authorization": f"Bearer {site.credentials['access_token']}", **FIXED}
        with httpx.Client(base_url=site.base_url, headers=headers, timeout=60) as client:
            yield client, simulator


def get(client: httpx.Client, path: str, **headers: str) -> httpx.Response:
    """Send a raw path and query as they stand, not encoded anew."""
    url = client.base_url.copy_with(raw_path=path.encode())
    return client.get(url, headers=headers)


def elements(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    """Ask a list that must answer."""
    answer = get(client, path)
    assert answer.status_code == 200, answer.text
    return answer.json()["elements"]
