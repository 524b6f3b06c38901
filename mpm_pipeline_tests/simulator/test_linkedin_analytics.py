"""LinkedIn's advertising figures as served: pivots, days, fields, sums, the silent cap, tunnelled queries."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mpm_pipeline_tests.simulator.linkedin_worlds import STREAMS, ads, elements, get, served


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with served(tmp_path_factory.mktemp("world"), STREAMS) as (found, _):
        yield found


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
