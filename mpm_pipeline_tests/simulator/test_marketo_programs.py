"""Marketo's assets and programme members as served: programmes, costs, channels, campaigns, memberships."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mpm_pipeline_tests.simulator.marketo_worlds import STREAMS, Subscription, codes, served
from mpm_pipeline_tests.simulator.small_worlds import Rows


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subscription]:
    with served(tmp_path_factory.mktemp("world"), STREAMS) as found:
        yield found


def test_programmes_by_offset_without_tags_and_costs(marketo: Subscription) -> None:
    """Browsing gives dates with both `Z` and an offset, and neither tags nor costs; past the end a warning alone."""
    first = marketo.get("/rest/asset/v1/programs.json?maxReturn=1")
    assert [row["id"] for row in first["result"]] == [1107]
    assert first["result"][0]["updatedAt"] == "2026-03-01T22:45:13Z+0000"
    assert not {"tags", "costs"} & set(first["result"][0])
    assert [row["id"] for row in marketo.get("/rest/asset/v1/programs.json?offset=1")["result"]] == [1108]
    end = marketo.get("/rest/asset/v1/programs.json?offset=2")
    assert (end["success"], end["warnings"]) == (True, ["No assets found for the given search criteria."])
    assert "result" not in end


def test_programmes_by_date_and_one_by_one(marketo: Subscription) -> None:
    """Costs come by name when asked; by id there are tags and null costs."""
    span = "earliestUpdatedAt=2026-03-01T00:00:00Z&latestUpdatedAt=2026-03-02T00:00:00Z"
    assert [row["id"] for row in marketo.get(f"/rest/asset/v1/programs.json?{span}")["result"]] == [1107]
    by_name = "/rest/asset/v1/program/byName.json?name=2026-03%20Webinar"
    assert "costs" not in marketo.get(by_name)["result"][0]
    full = marketo.get(f"{by_name}&includeTags=true&includeCosts=true")["result"][0]
    assert full["costs"] == [{"startDate": "2026-03-01", "cost": 2000, "note": "hall"}]
    one = marketo.get("/rest/asset/v1/program/1107.json")["result"][0]
    assert (one["tags"], one["costs"]) == (full["tags"], None)
    assert "result" not in marketo.get("/rest/asset/v1/program/byName.json?name=nothing")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/rest/asset/v1/channels.json", [3]),
        ("/rest/asset/v1/emails.json", [71]),
        ("/rest/asset/v1/staticLists.json", [50]),
        ("/rest/asset/v1/smartCampaigns.json", [1124]),
        ("/rest/v1/campaigns.json", [1124]),
        ("/rest/v1/campaigns.json?name=Send", [1124]),
    ],
)
def test_other_lists(marketo: Subscription, path: str, expected: list[int]) -> None:
    """Channels, e-mails, static lists and campaigns each have their list."""
    assert [row["id"] for row in marketo.get(path)["result"]] == expected


def test_smart_campaign_assets_have_asset_names_and_dates(marketo: Subscription) -> None:
    """One campaign, seen by the lead database and as an asset."""
    asset = marketo.get("/rest/asset/v1/smartCampaigns.json")["result"][0]
    assert (asset["isActive"], asset["parentProgramId"], asset["createdAt"]) == (
        False,
        1107,
        "2026-01-20T12:46:51Z+0000",
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("filterType=leadId&filterValues=1,2", [1, 2]),
        ("filterType=statusName&filterValues=attended", [1]),
        ("filterType=reachedSuccess&filterValues=true", [1]),
        ("filterType=updatedAt&startAt=2026-03-08T00:00:00Z&endAt=2026-03-15T00:00:00Z", [1]),
        ("filterType=updatedAt&startAt=2026-03-20T00:00:00Z&endAt=2026-03-25T00:00:00Z", []),
    ],
)
def test_members(marketo: Subscription, query: str, expected: list[int]) -> None:
    """Members by lead, status, success or seven days of updates; those of deleted leads are gone."""
    rows = marketo.get(f"/rest/v1/programs/1107/members.json?{query}&fields=statusName,updatedAt")["result"]
    assert [row["leadId"] for row in rows] == expected
    assert [row["seq"] for row in rows] == list(range(len(rows)))
    assert all({"programId", "acquiredBy", "statusName", "updatedAt"} <= set(row) for row in rows)


def test_members_page_and_their_limit(tmp_path: Path) -> None:
    """301 members are two pages; beyond the limit of matches the call is refused."""
    rows: Rows = [{"programId": 1, "leadId": n, "statusName": "Member"} for n in range(1, 302)]
    path = "/rest/v1/programs/1/members.json?filterType=statusName&filterValues=Member"
    with served(tmp_path, {"marketo/programs": [{"id": 1, "name": "p"}], "marketo/programMembers": rows}) as marketo:
        pages = marketo.pages(path)
        assert [(len(page["result"]), page["moreResult"]) for page in pages] == [(300, True), (1, False)]
        marketo.limit(member_matches=300)
        assert codes(marketo.get(path)) == ["1003"]
