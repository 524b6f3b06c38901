"""LinkedIn as served: strict Rest.li queries, versions and tokens, advertising figures, organic statistics, leads."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mpm_pipeline.simulator.linkedin_restli import LinkedInError, fields_of, parse_query
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.small_worlds import Rows, version, write_world

NOW = "2026-11-22T06:00:00Z"
FIXED = {"LinkedIn-Version": "202610", "X-Restli-Protocol-Version": "2.0.0"}


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def urn(kind: str, key: int | str) -> str:
    return f"urn:li:{kind}:{key}"


def ads(campaign: int, day: int, clicks: int, cost: str, month: int = 11) -> dict[str, Any]:
    date = {"year": 2026, "month": month, "day": day}
    return {
        "dateRange": {"start": date, "end": date}, "pivotValues": [urn("sponsoredCampaign", campaign)],
        "impressions": 100, "clicks": clicks, "costInLocalCurrency": cost, "oneClickLeads": 1,
    }  # fmt: skip


def share_day(day: str, following: str, clicks: int) -> dict[str, Any]:
    counts = {"impressionCount": 100, "clickCount": clicks, "likeCount": 0, "commentCount": 0, "shareCount": 0}
    return {
        "organizationalEntity": urn("organization", 9), "timeRange": {"start": ms(day), "end": ms(following)},
        "totalShareStatistics": counts | {"engagement": clicks / 100},
    }  # fmt: skip


def lead(key: str, at: str, **more: Any) -> dict[str, Any]:
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
    with Simulator(write_world(root, streams, now=now)) as simulator:
        site = simulator.sites["linkedin"]
        headers = {"Authorization": f"Bearer {site.credentials['access_token']}", **FIXED}
        with httpx.Client(base_url=site.base_url, headers=headers) as client:
            yield client, simulator


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Simulator]]:
    with served(tmp_path_factory.mktemp("world"), STREAMS) as found:
        yield found


@pytest.fixture(scope="module")
def client(company: tuple[httpx.Client, Simulator]) -> httpx.Client:
    return company[0]


def get(client: httpx.Client, path: str, **headers: str) -> httpx.Response:
    """Send a raw path and query as they stand, not encoded anew."""
    url = client.base_url.copy_with(raw_path=path.encode())
    return client.get(url, headers=headers)


def elements(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    answer = get(client, path)
    assert answer.status_code == 200, answer.text
    return answer.json()["elements"]


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


@pytest.mark.parametrize("text", ["a=List(urn:li:x:1)", "a=(b:1", "a=List(1", "a=(b)", "a=1,2", "a=urn:li:x:1", "a=(:1)"])
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
        wrong = client.post("/oauth/v2/accessToken", data={"grant_type": "refresh_token"} | form | {"refresh_token": "x"})
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


def analytics(query: str) -> str:
    return f"/rest/adAnalytics?q=analytics&{query}"


def november(last: int) -> str:
    return f"dateRange=(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:{last}))"


ONE = "campaigns=List(urn%3Ali%3AsponsoredCampaign%3A1)"
ACCOUNT = "accounts=List(urn%3Ali%3AsponsoredAccount%3A507)"
FIELDS = "fields=dateRange,pivotValues,clicks,costInLocalCurrency"


def test_analytics_by_day_gives_asked_fields_of_asked_days(client: httpx.Client) -> None:
    """The end day is included; without `fields` there are impressions and clicks alone."""
    path = analytics(f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(2)}&{ONE}")
    assert elements(client, path) == [{"impressions": 100, "clicks": 10}, {"impressions": 100, "clicks": 20}]
    rows = elements(client, f"{path}&{FIELDS}")
    assert [list(row) for row in rows] == [["dateRange", "pivotValues", "clicks", "costInLocalCurrency"]] * 2
    assert [row["costInLocalCurrency"] for row in rows] == ["1.10", "2.2000000000"]


def test_analytics_serves_the_newest_restatement_and_no_row_without_activity(client: httpx.Client) -> None:
    """Campaign 2 on 3 November was restated from 1 to 4 clicks; on the 1st it has no row."""
    path = analytics(
        f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(3)}&{FIELDS}"
        "&campaigns=List(urn%3Ali%3AsponsoredCampaign%3A2)"
    )
    assert [(row["dateRange"]["start"]["day"], row["clicks"]) for row in elements(client, path)] == [(2, 5), (3, 4)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"pivot=(value:ACCOUNT)&timeGranularity=(value:DAILY)&{november(2)}&{ACCOUNT}",
         [("urn:li:sponsoredAccount:507", 10, "1.10"), ("urn:li:sponsoredAccount:507", 25, "2.2500000000")]),
        (f"pivot=(value:ACCOUNT)&timeGranularity=(value:ALL)&{november(2)}&{ONE}",
         [("urn:li:sponsoredAccount:507", 30, "3.3000000000")]),
        (f"pivot=CAMPAIGN_GROUP&timeGranularity=MONTHLY&{november(30)}&{ACCOUNT}",
         [("urn:li:sponsoredCampaignGroup:70", 30, "3.3000000000")]),
        (f"pivot=(value:CAMPAIGN)&timeGranularity=(value:MONTHLY)&{ONE}"
         "&dateRange=(start:(year:2026,month:10,day:1),end:(year:2026,month:11,day:30))",
         [("urn:li:sponsoredCampaign:1", 1, "0.10"), ("urn:li:sponsoredCampaign:1", 30, "3.3000000000")]),
        (f"pivot=(value:CREATIVE)&timeGranularity=(value:DAILY)&{november(2)}&{ACCOUNT}", []),
        (f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(2)}"
         "&campaigns=List(urn%3Ali%3AsponsoredCampaign%3A99)", []),
    ],
)  # fmt: skip
def test_analytics_sums_to_the_pivot(client: httpx.Client, query: str, expected: list[tuple[str, int, str]]) -> None:
    """Accounts and groups are summed through their campaigns, months through their days, money as decimal text."""
    rows = elements(client, analytics(f"{query}&{FIELDS}"))
    assert [(row["pivotValues"][0], row["clicks"], row["costInLocalCurrency"]) for row in rows] == expected


def test_statistics_finder_takes_two_pivots(client: httpx.Client) -> None:
    """`statistics` groups by campaign and account together."""
    query = f"pivots=List(CAMPAIGN,ACCOUNT)&timeGranularity=(value:ALL)&{november(2)}&{ACCOUNT}&{FIELDS}"
    rows = elements(client, f"/rest/adAnalytics?q=statistics&{query}")
    assert [(row["pivotValues"], row["clicks"]) for row in rows] == [
        (["urn:li:sponsoredCampaign:1", "urn:li:sponsoredAccount:507"], 30),
        (["urn:li:sponsoredCampaign:2", "urn:li:sponsoredAccount:507"], 5),
    ]


MANY = "fields=" + ",".join(f"metric{n}" for n in range(21))


@pytest.mark.parametrize(
    "query",
    [
        f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(2)}",
        f"pivot=(value:CAMPAIGN)&timeGranularity=(value:HOURLY)&{november(2)}&{ONE}",
        f"pivot=(value:PLANET)&timeGranularity=(value:DAILY)&{november(2)}&{ONE}",
        f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{ONE}",
        f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(2)}&{ONE}&{MANY}",
        f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(2)}&campaigns=List(urn:li:sponsoredCampaign:1)",
        f"pivot=%28value%3ACAMPAIGN%29&timeGranularity=(value:DAILY)&{november(2)}&{ONE}",
        "pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&dateRange=(start:(year:2026,month:2,day:30))&" + ONE,
    ],
)
def test_analytics_refuses(client: httpx.Client, query: str) -> None:
    """No facet, unknown words, more than 20 fields, raw URNs and encoded brackets are 400."""
    assert get(client, analytics(query)).status_code == 400


def test_analytics_is_cut_silently_at_fifteen_thousand(tmp_path: Path) -> None:
    """Of 15,001 rows 15,000 are answered, without a word."""
    rows = [ads(n, 1, 1, "1.00") for n in range(15_001)]
    with served(tmp_path, {"linkedin/adAccounts": [{"id": 507}], "linkedin/adAnalytics": rows}) as (client, _):
        path = analytics(f"pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(1)}&{ACCOUNT}")
        assert len(elements(client, path)) == 15_000


def test_a_tunnelled_query_is_the_same_query(client: httpx.Client) -> None:
    """POST with the override and the query as the body answers like the GET; without the override it is refused."""
    query = f"q=analytics&pivot=(value:CAMPAIGN)&timeGranularity=(value:DAILY)&{november(2)}&{ONE}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    override = headers | {"X-HTTP-Method-Override": "GET"}
    tunnelled = client.post("/rest/adAnalytics", content=query, headers=override)
    assert tunnelled.json() == get(client, f"/rest/adAnalytics?{query}").json()
    assert client.post("/rest/adAnalytics", content=query, headers=headers).status_code == 405
    assert get(client, f"/rest/adAnalytics?{query}&x={'y' * 9000}").status_code == 414


SHARES = "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=urn%3Ali%3Aorganization%3A9"


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
