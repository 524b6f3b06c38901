"""LinkedIn read over real HTTP from the simulator: versions, tokens, ads days in parts, forms, figures of organisations."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.errors import ConfigError, CredentialsRefused, SourceUnavailable
from mpm_pipeline.settings import load
from mpm_pipeline.simulator.linkedin import analytics as linkedin_analytics
from mpm_pipeline.sources.connector import Days
from mpm_pipeline.sources.linkedin import connector as linkedin
from mpm_pipeline.sources.linkedin.restli import MONTHS_BACK
from mpm_pipeline_tests.simulator.small_worlds import Rows, version
from mpm_pipeline_tests.sources.marketing_home import (
    MarketingHome,
    asked,
    by_stream,
    connector,
    control,
    days,
    everything,
    served,
)
from mpm_pipeline_tests.staged.test_linkedin import form, ms, response

OWNER = {"owner": {"sponsoredAccount": "urn:li:sponsoredAccount:507"}}


def ads(campaign: int, day: date, cost: str) -> dict[str, Any]:
    """Make one campaign-day with as much as the vendor tells."""
    at = {"year": day.year, "month": day.month, "day": day.day}
    return {
        "dateRange": {"start": at, "end": at}, "pivotValues": [f"urn:li:sponsoredCampaign:{campaign}"], "impressions": 100,
        "clicks": 3, "costInLocalCurrency": cost, "costInUsd": cost, "oneClickLeads": 1,
    }  # fmt: skip


def figures(day: str, **more: Any) -> dict[str, Any]:
    """Make one day of an organisation."""
    start = ms(f"{day}T00:00:00")
    span = {"start": start, "end": start + 86_400_000}
    return {"organizationalEntity": "urn:li:organization:9", "timeRange": span} | more


def world(**more: Rows) -> dict[str, Rows]:
    """Make a world of one ad account with two campaigns and one organisation; `more` adds or replaces streams."""
    streams: dict[str, Rows] = {
        "adAccounts": [{"id": 507, "currency": "EUR", "status": "ACTIVE", "reference": "urn:li:organization:9", "lastModified": 1}],
        "adCampaigns": [
            {"id": 1, "name": "A", "account": "urn:li:sponsoredAccount:507", "status": "ACTIVE", "lastModified": 1},
            {"id": 2, "name": "B", "account": "urn:li:sponsoredAccount:507", "lastModified": 1},
        ],
        "leadForms": [form(EMAIL=101) | OWNER],
        "organizations": [{"id": 9, "localizedName": "Acme"}],
    }  # fmt: skip
    return {f"linkedin/{name}": rows for name, rows in (streams | more).items()}


def land_all(root: Path, simulator: Any, **more: Any) -> MarketingHome:
    home = MarketingHome(root / "home", simulator, "linkedin", **more)
    home.land(everything())
    return home


def test_everything_lands_as_it_came(tmp_path: Path) -> None:
    """Accounts, campaigns (one without a status too), ads days, forms, answers and figures come, texts as the vendor wrote."""
    row = ads(1, date(2026, 3, 5), "187.4200000000000")
    streams = world(
        adAnalytics=[row, ads(2, date(2026, 6, 29), "1.00")],
        leadFormResponses=[response("a", (101, "ada@acme.io")) | OWNER],
        organizationalEntityShareStatistics=[figures("2026-06-20", totalShareStatistics={"clickCount": 3})],
        organizationalEntityFollowerStatistics=[figures("2026-06-20", followerGains={"organicFollowerGain": 7})],
    )
    with served(tmp_path / "world", streams) as simulator:
        found = by_stream(connector(simulator, "linkedin").read(everything()))
        costs, persons = land_all(tmp_path, simulator).stage("cost", "person")
    assert {name: len(rows) for name, rows in found.items()} == {
        "adAccounts": 1, "adCampaigns": 2, "adAnalytics": 2, "leadForms": 1, "leadFormResponses": 1,
        "organizationalEntityShareStatistics": 1, "organizationalEntityFollowerStatistics": 1,
    }  # fmt: skip
    assert json.loads(found["adAnalytics"][0]) == row and b'"187.4200000000000"' in found["adAnalytics"][0]
    assert {(one["campaign_id"], one["amount_minor"], one["currency_code"]) for one in costs} == {
        ("1", 18742, "EUR"), ("2", 100, "EUR"),
    }  # fmt: skip
    assert [one["email"] for one in persons] == ["ada@acme.io"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2026-06-30T12:00:00Z", "202604"), ("2016-01-15T00:00:00Z", "201511"), ("2025-02-28T00:00:00Z", "202412")],
)
def test_version_by_the_server_s_own_clock(tmp_path: Path, now: str, expected: str) -> None:
    """Without a version in the settings that of two months before the server's day is taken, wherever its clock stands."""
    with served(tmp_path / "world", world(), now=now) as simulator:
        one = connector(simulator, "linkedin")
        assert one.probe() == datetime.fromisoformat(now)
        assert isinstance(one, linkedin.LinkedIn) and one.api.version == expected


def test_version_that_the_server_does_not_take(tmp_path: Path) -> None:
    """Where the first choice is refused the next is tried; a version of the settings that is no longer active is named."""
    refusal = {"status": 426, "code": "NONEXISTENT_VERSION", "message": "Requested version is not active"}
    fault = {"source": "linkedin", "kind": "status", "status": 426, "body": refusal, "at_request": 2, "times": 2}
    with served(tmp_path / "world", world()) as simulator:
        control(simulator, "PUT", "/faults", [fault])
        one = connector(simulator, "linkedin")
        one.probe()
        assert isinstance(one, linkedin.LinkedIn) and MONTHS_BACK[2] == 3 and one.api.version == "202603"
        control(simulator, "DELETE", "/faults")
        with pytest.raises(SourceUnavailable, match="linkedin.version"):
            connector(simulator, "linkedin", version="202001").probe()


def test_ads_days_in_parts_where_an_answer_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer as long as the vendor's cut is asked for again in halves, down to campaigns of one day by a tunnelled query."""
    monkeypatch.setattr(linkedin, "MOST_ROWS", 40)
    monkeypatch.setattr(linkedin_analytics, "ROW_LIMIT", 40)
    monkeypatch.setattr(linkedin, "CAMPAIGN_CHUNK", 35)
    monkeypatch.setattr("mpm_pipeline.sources.linkedin.restli.LONGEST_QUERY", 1000)
    campaigns = [{"id": n, "account": "urn:li:sponsoredAccount:507"} for n in range(1, 61)]
    crowded = [ads(n, date(2026, 5, 1), "1.00") for n in range(1, 61)]
    thin = [ads(1 + n % 3, date(2026, 3, 1) + timedelta(days=n), "2.00") for n in range(58)]
    with served(tmp_path / "world", world(adCampaigns=campaigns, adAnalytics=crowded + thin)) as simulator:
        (costs,) = land_all(tmp_path, simulator).stage("cost")
        methods = {one["method"] for one in asked(simulator, "linkedin", "adAnalytics")}
    assert len(costs) == 118 and sum(one["amount_minor"] for one in costs) == 60 * 100 + 58 * 200
    assert methods == {"GET", "POST"}


def test_start_at_cuts_ads_days_but_no_answers(tmp_path: Path) -> None:
    """Ads days before start_at are left out; an answer to a form of that time is not, nor one of the first partition's past."""
    streams = world(
        adAnalytics=[ads(1, date(2026, 3, 31), "1.00"), ads(1, date(2026, 4, 1), "2.00")],
        leadFormResponses=[response("a", submittedAt=ms("2025-11-01T00:00:00")) | OWNER],
    )
    with served(tmp_path / "world", streams) as simulator:
        home = land_all(tmp_path, simulator, start_at=date(2026, 4, 1))
        costs, touches = home.stage("cost", "touch")
    assert [one["amount_minor"] for one in costs] == [200] and [one["record_id"] for one in touches] == ["a"]


def test_answers_of_all_owners_and_kinds(tmp_path: Path) -> None:
    """250 answers come over three pages, those of an organisation and of an event too, each once; test answers are no touch."""
    many = [response(f"r{n:03}", submittedAt=ms("2026-03-01T00:00:00") + n) | OWNER for n in range(250)]
    others = [
        response("org", leadType="COMPANY") | {"owner": {"organization": "urn:li:organization:9"}},
        response("event", leadType="EVENT") | OWNER, response("test", testLead=True) | OWNER,
        {name: value for name, value in (response("bare") | OWNER).items() if name != "leadType"},
    ]  # fmt: skip
    with served(tmp_path / "world", world(leadFormResponses=many + others)) as simulator:
        rows = by_stream(connector(simulator, "linkedin").read(everything()))["leadFormResponses"]
        (touches,) = land_all(tmp_path, simulator).stage("touch")
    assert len(rows) == 254
    assert {one["record_id"] for one in touches} == {f"r{n:03}" for n in range(250)} | {"org", "event", "bare"}


def test_answers_of_the_asked_days_only(tmp_path: Path) -> None:
    """A day is half-open: its first millisecond is in, that of the next day is not."""
    edges = {
        "a": "2026-03-04T23:59:59.999",
        "b": "2026-03-05T00:00:00",
        "c": "2026-03-05T23:59:59.999",
        "d": "2026-03-06T00:00:00",
    }
    rows = [response(key, submittedAt=ms(moment)) | OWNER for key, moment in edges.items()]
    with served(tmp_path / "world", world(leadFormResponses=rows)) as simulator:
        found = by_stream(connector(simulator, "linkedin").read(days(date(2026, 3, 5), date(2026, 3, 5))))
    assert [json.loads(row)["id"] for row in found["leadFormResponses"]] == ["b", "c"]


def test_figures_only_of_days_that_the_vendor_tells(tmp_path: Path) -> None:
    """Figures are asked for a year back at most and two days late; a day's own show when it is asked for with later ones."""
    rows = [figures(day) for day in ("2025-07-15", "2026-06-25", "2026-06-27", "2026-06-28")]
    streams = world(organizationalEntityFollowerStatistics=rows)
    with served(tmp_path / "world", streams) as simulator:
        one = connector(simulator, "linkedin", start_at=date(2024, 1, 1))
        whole = by_stream(one.read(everything()))["organizationalEntityFollowerStatistics"]
        today = by_stream(one.read(days(date(2026, 6, 30), date(2026, 6, 30))))
    starts = [datetime.fromtimestamp(json.loads(row)["timeRange"]["start"] / 1000, UTC).date() for row in whole]
    assert starts == [date(2026, 6, 25), date(2026, 6, 27)]
    assert len(today["organizationalEntityFollowerStatistics"]) == 1


def test_restated_ads_day_is_late(tmp_path: Path) -> None:
    """A second version of an ads day of three weeks ago makes that day differ at once, one of two months ago within a week."""
    old = date(2026, 6, 9)
    streams = world(
        adAnalytics=[
            ads(1, old, "1.00"), version(ads(1, old, "4.00"), at="2026-06-30T13:00:00Z"), ads(1, date(2026, 6, 20), "9.00"),
            version(ads(2, date(2026, 5, 1), "1.00"), at="2026-06-30T13:00:00Z"),
        ]
    )  # fmt: skip
    after = "2026-06-30T14:00:00Z"
    with served(tmp_path / "world", streams) as simulator:
        home = land_all(tmp_path, simulator)
        assert home.late("2026-06-30T12:00:00Z") == []
        control(simulator, "PUT", "/clock", {"now": after})
        assert home.late(after) == [old]
        home.land(days(old, old, after))
        assert home.late(after) == []
        control(simulator, "PUT", "/clock", {"now": "2026-07-07T13:00:00Z"})
        assert home.late("2026-07-07T13:00:00Z") == [date(2026, 5, 1)]
        (costs,) = home.stage("cost", as_of=after)
    assert sorted(one["amount_minor"] for one in costs) == [400, 900]


@pytest.mark.parametrize(
    "kind", ["rate_limit", "unavailable", "unauthorized", "error_200", "html", "close", "empty_page"]
)
def test_passing_faults_change_nothing(tmp_path: Path, kind: str) -> None:
    """A throttle, an expired token, an error in disguise, a cut or emptied page: asked again, and the same rows come."""
    streams = world(
        adAnalytics=[ads(1, date(2026, 3, 5), "1.00")], leadFormResponses=[response("a") | OWNER],
        organizationalEntityFollowerStatistics=[figures("2026-06-20")],
    )  # fmt: skip
    with served(tmp_path / "world", streams) as simulator:
        before = by_stream(connector(simulator, "linkedin").read(everything()))
        for path in ("adAccounts", "adCampaigns", "adAnalytics", "leadForms", "leadFormResponses", "Follower"):
            first = 3 if path == "adAccounts" else 1  # the first two calls find the version
            control(
                simulator, "PUT", "/faults", [{"source": "linkedin", "path": path, "kind": kind, "at_request": first}]
            )
            after = by_stream(connector(simulator, "linkedin").read(everything()))
            assert control(simulator, "GET", "/faults")["faults"][0]["fired"] == 1 and after == before
    assert all(rows for name, rows in before.items() if "Share" not in name)


def test_access_token_is_renewed(tmp_path: Path) -> None:
    """With a refresh token an access token is got where none is given, and again when it is refused."""
    with served(tmp_path / "world", world()) as simulator:
        one = connector(simulator, "linkedin", access_token="")
        one.probe()
        control(simulator, "PUT", "/clock", {"advance": "61d"})
        one.probe()
        assert len(asked(simulator, "linkedin", "oauth")) == 2
        connector(simulator, "linkedin", access_token="stale").probe()
        assert len(asked(simulator, "linkedin", "oauth")) == 3


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    """A wrong token, a wrong secret and a missing right are told apart, without the secrets; missing ones are named."""
    with served(tmp_path / "world", world()) as simulator:
        bare = {"client_id": "", "client_secret": "", "refresh_token": ""}
        with pytest.raises(CredentialsRefused, match="check linkedin.access_token") as wrong:
            connector(simulator, "linkedin", access_token="nonsense", **bare).probe()
        with pytest.raises(CredentialsRefused, match="linkedin.client_secret"):
            connector(simulator, "linkedin", access_token="", client_secret="nonsense").probe()
        denied = {"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": "no"}
        fault = {"source": "linkedin", "path": "leadForms", "kind": "status", "status": 403, "body": denied}
        control(simulator, "PUT", "/faults", [fault])
        result = MarketingHome(tmp_path / "home", simulator, "linkedin").fetch(everything())
        url = simulator.state()["sources"]["linkedin"]["url"]
    assert "nonsense" not in str(wrong.value)
    assert result.state == "failed" and "403 ACCESS_DENIED" in (result.error or "")
    with pytest.raises(ConfigError, match="linkedin.access_token"):
        linkedin.connect(load(None, environment={}, overrides={"linkedin": {"url": url}}))
    with pytest.raises(ConfigError, match="linkedin.client_secret"):
        half = {"url": url, "client_id": "x", "refresh_token": "y"}
        linkedin.connect(load(None, environment={}, overrides={"linkedin": half}))


def test_organisations_that_may_not_be_read_are_left_out(tmp_path: Path) -> None:
    """Figures of an organisation that the token may not read are left out; ads, forms and answers come all the same."""
    denied = {"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": "no"}
    faults = [
        {"source": "linkedin", "path": path, "kind": "status", "status": 403, "body": denied}
        for path in ("Acls", "organizationalEntity")
    ]
    streams = world(adAnalytics=[ads(1, date(2026, 3, 5), "1.00")])
    with served(tmp_path / "world", streams) as simulator:
        control(simulator, "PUT", "/faults", faults)
        home = land_all(tmp_path, simulator)
        (costs,) = home.stage("cost")
    assert len(costs) == 1


def test_restricted_account_is_left_out(tmp_path: Path) -> None:
    """An ad account that the vendor hides (404) is left out; a call that it does not understand (400) ends the fetch."""
    streams = world(adAnalytics=[ads(1, date(2026, 3, 5), "1.00")])
    fault = {"source": "linkedin", "path": "adCampaigns", "kind": "status", "body": {"code": "ILLEGAL_ARGUMENT"}}
    with served(tmp_path / "world", streams) as simulator:
        control(simulator, "PUT", "/faults", [fault | {"status": 404}])
        found = by_stream(connector(simulator, "linkedin").read(everything()))
        control(simulator, "PUT", "/faults", [fault | {"status": 400}])
        result = MarketingHome(tmp_path / "home", simulator, "linkedin").fetch(everything())
    assert found["adCampaigns"] == [] and len(found["adAccounts"]) == 1
    assert result.state == "failed" and "ILLEGAL_ARGUMENT" in (result.error or "")


def test_chosen_accounts_and_organisations(tmp_path: Path) -> None:
    """Where the settings name accounts, by number or URN, only these are asked for."""
    accounts = [{"id": n, "currency": "EUR", "status": "ACTIVE"} for n in (507, 508)]
    campaigns = [{"id": n, "account": f"urn:li:sponsoredAccount:{n}"} for n in (507, 508)]
    chosen = {"account_ids": ["urn:li:sponsoredAccount:508"], "organization_ids": ["9"]}
    with served(tmp_path / "world", world(adAccounts=accounts, adCampaigns=campaigns)) as simulator:
        found = by_stream(connector(simulator, "linkedin", **chosen).read(everything()))
    assert [json.loads(row)["id"] for row in found["adAccounts"] + found["adCampaigns"]] == [508, 508]


def test_address_with_the_path_of_the_api(tmp_path: Path) -> None:
    """The address may be given with the `/rest/` under which the vendor's calls lie; its own token host is another one."""
    with served(tmp_path / "world", world()) as simulator:
        url = simulator.state()["sources"]["linkedin"]["url"]
        assert connector(simulator, "linkedin", url=f"{url}/rest/", access_token="").probe() is not None
    told = {"url": "https://api.linkedin.com/rest/", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
    (real,) = linkedin.connect(load(None, environment={}, overrides={"linkedin": told}))
    assert isinstance(real, linkedin.LinkedIn)
    place = "https://www.linkedin.com/oauth/v2/accessToken"
    assert real.client.resolve(place) == (place, True)


def test_the_weekly_look_joins_the_daily_one_and_reaches_ninety_days_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """On 30 June the daily look begins on 31 May; the weekly one goes from 1 April to that day, never before the first day."""
    source = linkedin.LinkedIn.__new__(linkedin.LinkedIn)
    source.start_at = date(2026, 1, 1)
    asked: list[tuple[date, date]] = []
    monkeypatch.setattr(source, "_accounts", lambda: iter([b'{"id": 507}']))
    monkeypatch.setattr(source, "_campaigns", lambda _: iter([]))
    monkeypatch.setattr(
        source, "_analytics", lambda _account, _campaigns, first, last: asked.append((first, last)) or []
    )
    now = datetime(2026, 6, 30, 12, tzinfo=UTC)
    for first_day in (date(2026, 1, 1), date(2026, 5, 1), date(2026, 6, 1)):
        list(source.watch_weekly(first_day, now))
    assert asked == [(date(2026, 4, 1), date(2026, 5, 31)), (date(2026, 5, 1), date(2026, 5, 31))]
    assert Days.back_from(now, source.horizon_days, date(2026, 1, 1)).first == date(2026, 5, 31)
