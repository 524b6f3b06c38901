"""LinkedIn as served: strict Rest.li queries, versions and tokens, finders, organic statistics, leads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mpm_pipeline.simulator.linkedin.restli import LinkedInError, fields_of, parse_query
from mpm_pipeline_tests.simulator.linkedin_worlds import NOW, STREAMS, elements, get, ms, served, urn


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(tmp_path_factory.mktemp("world"), STREAMS) as (found, _):
        yield found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1&b=x%3Ay", {"a": "1", "b": "x:y"}),
        ("a=List(x%3A1,y)", {"a": ["x:1", "y"]}),
        ("a=List()", {"a": []}),
        ("a=(b:(c:1),d:List(2,3))", {"a": {"b": {"c": "1"}, "d": ["2", "3"]}}),
        ("t.r.start=1&t.r.end=2", {"t": {"r": {"start": "1", "end": "2"}}}),
        ("c[0]=x&c[1]=y", {"c": {"0": "x", "1": "y"}}),
    ],
)
def test_restli_values(text: str, expected: dict[str, Any]) -> None:
    """Lists, records, percent-encoded parts and the dotted names of the first protocol are read."""
    assert parse_query(text) == expected


@pytest.mark.parametrize(
    "text", ["a=List(urn:li:x:1)", "a=(b:1", "a=List(1", "a=(b)", "a=1,2", "a=urn:li:x:1", "a=(:1)"]
)
def test_restli_refuses(text: str) -> None:
    """Raw colons inside a value and open brackets are refused."""
    with pytest.raises(LinkedInError):
        parse_query(text)


def test_projection_reads_nested_fields() -> None:
    """Commas inside a nested projection do not end a field."""
    assert fields_of(parse_query("fields=id,form:(name,id),testLead")) == ["id", "form", "testLead"]


@pytest.mark.parametrize(
    ("now", "asked", "status"),
    [
        (NOW, "202610", 200), (NOW, "202611", 200), (NOW, "202512", 200), (NOW, "202511", 426), (NOW, "202612", 426),
        (NOW, "20250401", 426), (NOW, "latest", 426), (NOW, "", 400), ("2026-11-15T23:00:00Z", "202511", 200),
    ],
)  # fmt: skip
def test_version_header_and_its_sunset(tmp_path: Path, now: str, asked: str, status: int) -> None:
    """A version lives from its month to the 15th of that month a year on, by the simulated clock."""
    with served(tmp_path, {}, now=now) as (client, _):
        answer = get(client, "/rest/adAccounts?q=search", **{"LinkedIn-Version": asked})
        assert answer.status_code == status
        if status != 200:
            assert answer.json()["code"] == {400: "VERSION_MISSING", 426: "NONEXISTENT_VERSION"}[status]


def test_tokens(tmp_path: Path) -> None:
    """A refreshed token works for 60 days, then is 401 expired; an unknown one is 401 invalid; none is 401 empty."""
    with served(tmp_path, {}) as (client, simulator):
        site, path = simulator.sites["linkedin"], "/rest/adAccounts?q=search"
        form = {name: site.credentials[name] for name in ("client_id", "client_secret", "refresh_token")}
        given = client.post("/oauth/v2/accessToken", data={"grant_type": "refresh_token"} | form).json()
        assert given["expires_in"] == 5_184_000
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        assert get(client, path, **bearer).status_code == 200
        wrong = client.post(
            "/oauth/v2/accessToken", data={"grant_type": "refresh_token"} | form | {"refresh_token": "x"}
        )
        assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
        asked = client.post("/oauth/v2/introspectToken", data=form | {"token": given["access_token"]}).json()
        assert asked["active"] is True
        assert get(client, path, Authorization="Bearer nonsense").json()["serviceErrorCode"] == 65600
        assert get(client, path, Authorization="").json()["code"] == "EMPTY_ACCESS_TOKEN"
        httpx.put(f"{simulator.control_url}/clock", json={"now": "2027-01-21T06:00:00Z"}).raise_for_status()
        headers = bearer | {"LinkedIn-Version": "202701"}
        assert get(client, path, **headers).json()["code"] == "EXPIRED_ACCESS_TOKEN"


def test_accounts_page_by_token(client: httpx.Client) -> None:
    """Two of three accounts and a token, then the third and none."""
    first = get(client, "/rest/adAccounts?q=search&pageSize=2").json()
    token = first["metadata"]["nextPageToken"]
    second = get(client, f"/rest/adAccounts?q=search&pageSize=2&pageToken={token}").json()
    assert [row["id"] for row in first["elements"] + second["elements"]] == [507, 508, 509]
    assert "nextPageToken" not in second["metadata"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/rest/adAccounts/507/adCampaigns?q=search", [1, 2]),
        ("/rest/adAccounts/507/adCampaigns?q=search&search=(status:(values:List(ACTIVE,DRAFT)))", [1]),
        ("/rest/adAccounts/507/adCampaignGroups?q=search", [70]),
        ("/rest/adAccounts/507/creatives?q=criteria", [urn("sponsoredCreative", 88)]),
        ("/rest/conversions?q=account&account=urn%3Ali%3AsponsoredAccount%3A507", [5]),
        ("/rest/posts?q=author&author=urn%3Ali%3Aorganization%3A9&sortBy=LAST_MODIFIED",
         [urn("share", 2), urn("share", 1)]),
        ("/rest/socialActions/urn%3Ali%3Ashare%3A1/comments", ["64"]),
        ("/rest/leadForms?q=owner&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507)", [3162]),
    ],
)  # fmt: skip
def test_finders(client: httpx.Client, path: str, expected: list[Any]) -> None:
    """Each finder gives its own records, a creative through its campaign."""
    assert [row["id"] for row in elements(client, path)] == expected


SHARES = (
    "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=urn%3Ali%3Aorganization%3A9"
)


def interval(start: str, end: str, unit: str = "DAY") -> str:
    return f"&timeIntervals=(timeRange:(start:{ms(start)},end:{ms(end)}),timeGranularityType:{unit})"


def dotted(start: str, end: str) -> str:
    name = "timeIntervals.timeRange"
    return f"&{name}.start={ms(start)}&{name}.end={ms(end)}&timeIntervals.timeGranularityType=DAY"


def clicks(rows: list[dict[str, Any]]) -> list[int]:
    return [row["totalShareStatistics"]["clickCount"] for row in rows]


def test_share_statistics_by_day_in_both_forms(client: httpx.Client) -> None:
    """The record form and the dotted form give the same days; the end is exclusive."""
    assert clicks(elements(client, SHARES + interval("2026-11-18", "2026-11-20"))) == [4, 6]
    assert clicks(elements(client, SHARES + dotted("2026-11-18", "2026-11-20"))) == [4, 6]
    assert clicks(elements(client, SHARES + interval("2026-11-19", "2026-11-20"))) == [6]


def test_follower_and_page_statistics(client: httpx.Client) -> None:
    """Followers go by organizationalEntity, page views by organization, both by day."""
    day, entity = interval("2026-11-18", "2026-11-19"), "urn%3Ali%3Aorganization%3A9"
    name = "organizationalEntity"
    gains = elements(client, f"/rest/{name}FollowerStatistics?q={name}&{name}={entity}{day}")
    assert [row["followerGains"]["organicFollowerGain"] for row in gains] == [7]
    views = elements(client, f"/rest/organizationPageStatistics?q=organization&organization={entity}{day}")
    assert [row["totalPageStatistics"]["views"]["allPageViews"]["pageViews"] for row in views] == [5]


def test_share_statistics_by_month_and_lifetime_are_sums(client: httpx.Client) -> None:
    """Months add days and work `engagement` out anew; without intervals there is one total."""
    month = elements(client, SHARES + interval("2026-11-01", "2026-11-20", "MONTH"))
    assert clicks(month) == [10]
    assert month[0]["totalShareStatistics"]["engagement"] == 0.05
    assert clicks(elements(client, SHARES)) == [19]


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2025-11-22", "2026-11-20", 200),
        ("2025-11-21", "2026-11-20", 400),
        ("2026-11-01", "2026-11-21", 400),
        ("2026-11-10", "2026-11-10", 400),
    ],
)
def test_statistics_reach_back_a_year_and_end_two_days_ago(
    client: httpx.Client, start: str, end: str, status: int
) -> None:
    """On 22 November the last day to be had ends on the 20th, the first is a year old to the day."""
    assert get(client, SHARES + interval(start, end)).status_code == status


def test_organisations_that_the_token_sees(client: httpx.Client) -> None:
    """Roles lead to the organisation, its followers and nobody else's."""
    acls = elements(client, "/rest/organizationalEntityAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED")
    assert [row["organizationalTarget"] for row in acls] == ["urn:li:organization:9"]
    assert get(client, "/rest/organizations/9").json()["localizedName"] == "Acme"
    size = "/rest/networkSizes/urn%3Ali%3Aorganization%3A{}?edgeType=COMPANY_FOLLOWED_BY_MEMBER"
    assert get(client, size.format(9)).json()["firstDegreeSize"] == 219
    assert get(client, size.format(8)).status_code == 403


def responses(query: str = "", kind: str = "SPONSORED") -> str:
    owner = "(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507)"
    return f"/rest/leadFormResponses?q=owner&owner={owner}&leadType=(leadType:{kind}){query}"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (responses(), ["a", "b", "c"]),
        (responses("&limitedToTestLeads=false"), ["a", "b", "c"]),
        (responses("&limitedToTestLeads=true"), ["b"]),
        (responses(kind="EVENT"), ["d"]),
        (responses(f"&submittedAtTimeRange=(start:{ms('2026-11-02')},end:{ms('2026-11-03')})"), ["b"]),
        (responses("&start=1&count=1"), ["b"]),
    ],
)
def test_lead_responses(client: httpx.Client, path: str, expected: list[str]) -> None:
    """Responses go by owner, type and time of submission, in offset pages."""
    assert [row["id"] for row in elements(client, path)] == expected


def test_offset_pages_link_to_the_next(client: httpx.Client) -> None:
    """A page that is not the last names the next one and the total."""
    paging = get(client, responses("&start=0&count=2")).json()["paging"]
    assert (paging["total"], [link["rel"] for link in paging["links"]]) == (3, ["next"])
    assert "links" in get(client, responses("&start=2&count=2")).json()["paging"]


def test_unknown_things_are_404(client: httpx.Client) -> None:
    """An unknown resource and an unknown account are 404 with the envelope."""
    for path in ("/rest/unicorns", "/rest/adAccounts/1", "/rest/adAccounts/1/adCampaigns?q=search"):
        answer = get(client, path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_a_vendor_without_a_folder_is_an_empty_account(tmp_path: Path) -> None:
    """Everything answers, with nothing in it."""
    with served(tmp_path, {}) as (client, _):
        assert elements(client, "/rest/adAccounts?q=search") == []
        assert elements(client, "/rest/organizationalEntityAcls?q=roleAssignee") == []
        assert elements(client, responses()) == []
