"""Salesforce over real HTTP from the simulator: what is asked, paging, deletes, faults, credentials, quota."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from mpm_pipeline.errors import ContractBroken, CredentialsRefused, SourceUnavailable
from mpm_pipeline.settings import Settings
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.client import Limits
from mpm_pipeline.sources.connector import Days, Page
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.late import late_partitions, probe_late
from mpm_pipeline.sources.salesforce.connector import Salesforce
from mpm_pipeline_tests.simulator.worlds import version, write_world
from mpm_pipeline_tests.sources.canned import home
from mpm_pipeline_tests.sources.scripted import Scripted, answer

NOW = datetime(2026, 6, 1, tzinfo=UTC)
START = date(2026, 5, 1)
QUICK = Limits(budget=1.0, connect_budget=0.3, deadline=2.0, wait_first=0.01, wait_most=0.05)
ALL = Days(START, NOW.date(), True, NOW)
Org = Callable[..., Salesforce]


def stamp(day: int, clock: str = "00:00:00") -> str:
    """An instant of May as Salesforce writes it."""
    return f"2026-05-{day:02d}T{clock}.000+0000"


def row(key: str, day: int | None = None, **fields: Any) -> dict[str, Any]:
    """A record changed on a day of May (none: years ago)."""
    return {"Id": key, "SystemModstamp": stamp(day) if day else "2020-01-01T00:00:00.000+0000", **fields}


STREAMS: dict[str, list[Any]] = {
    "salesforce/Account": [row("001A", Name="Old"), row("001B", 20, Name="New", Tier__c="gold")],
    "salesforce/Lead": [
        version(row("00Q1", 20, LastName="Soft", CreatedDate=stamp(2)), at="2026-05-20T00:00:00Z"),
        version(row("00Q1", 30, LastName="Soft", CreatedDate=stamp(2)), at="2026-05-30T10:20:30Z", deleted=True),
    ],
    "salesforce/CampaignMember": [
        version(row("00v1", 20, CampaignId="701A"), at="2026-05-20T00:00:00Z"),
        version(row("00v1", 20, CampaignId="701A"), at="2026-05-30T10:20:30Z", deleted=True),
    ],
    "salesforce/Task": [row("00T1", Subject="Before"), row("00T2", 3, Subject="After")],
    "salesforce/LeadHistory": [
        {"Id": "0171", "LeadId": "00Q1", "Field": "Status", "CreatedDate": "2020-01-01T00:00:00.000+0000"},
        {"Id": "0172", "LeadId": "00Q1", "Field": "Status", "CreatedDate": stamp(3)},
    ],
    "salesforce/Contact": [
        row(f"003{number:015d}", 4 + number // 1500, LastName=f"Person {number}") for number in range(4_500)
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulator of all tests here that do not change its world."""
    with Simulator(write_world(tmp_path_factory.mktemp("world"), STREAMS)) as running:
        yield running


@contextmanager
def org_of(simulator: Simulator, limits: Limits = QUICK, **changes: Any) -> Iterator[Salesforce]:
    """A connector of a simulator's org, with settings changed for one test."""
    state = simulator.state()["sources"]["salesforce"]
    section = {"url": state["url"], "start_at": START, **state["credentials"], **changes}
    connector = Salesforce(Settings.model_validate({"salesforce": section}), limits)
    yield connector
    connector.close()


@pytest.fixture
def org(simulator: Simulator) -> Iterator[Salesforce]:
    """A connector of the org at the world's own time, without faults and with quota to spare."""
    simulator.clock.set(NOW)
    simulator.faults.clear()
    site = simulator.sites["salesforce"]
    site.limits.clear()
    site.requests.clear()
    with org_of(simulator) as connector:
        yield connector
    simulator.faults.clear()


def ids(pages: list[Page], stream: str) -> list[str]:
    """Return the ids of a stream's records in the order in which they came."""
    return [json.loads(one)["Id"] for page in pages if page.stream.name == stream for one in page.payloads]


def gone(pages: list[Page], stream: str) -> list[tuple[str, str]]:
    """Return a stream's tombstones."""
    return [one for page in pages if page.stream.name == stream for one in page.deleted]


def asked(simulator: Simulator, word: str) -> list[str]:
    """Return the queries sent to the org that contain a word."""
    sent = [parse_qs(one["query"]).get("q", [""])[0] for one in simulator.sites["salesforce"].requests]
    return [query for query in sent if word in query]


def test_only_described_fields_are_asked(simulator: Simulator, org: Salesforce) -> None:
    """A field that the org does not describe is never asked for, nor one that nobody here relies on."""
    list(org.read(ALL))
    query = asked(simulator, "FROM Account")[0]
    assert "Name" in query and "Segment__c" not in query and "Tier__c" not in query


def test_first_days_take_everything_older_but_activities(org: Salesforce) -> None:
    """The first partition takes master data and history from the beginning; `start_at` cuts tasks and events alone."""
    pages = list(org.read(ALL))
    assert ids(pages, "Account") == ["001A", "001B"]
    assert ids(pages, "LeadHistory") == ["0171", "0172"]
    assert ids(pages, "Task") == ["00T2"]


def test_a_day_holds_what_is_stamped_in_it(org: Salesforce) -> None:
    """A later day asks for its own records only, by the record's own stamp."""
    day = Days(date(2026, 5, 20), date(2026, 5, 20), False, NOW)
    pages = list(org.read(day))
    assert (ids(pages, "Account"), ids(pages, "Contact"), ids(pages, "LeadHistory")) == (["001B"], [], [])
    assert list(org.read(Days(date(2026, 5, 3), date(2026, 5, 3), False, NOW)))
    assert ids(list(org.read(Days(date(2026, 5, 3), date(2026, 5, 3), False, NOW))), "LeadHistory") == ["0172"]


def test_pages_are_followed_to_the_end(org: Salesforce) -> None:
    """4,500 rows, of which many share a stamp, come complete and once."""
    found = ids(list(org.read(ALL)), "Contact")
    assert len(found) == len(set(found)) == 4_500


def test_every_object_is_named_even_when_it_is_empty(org: Salesforce) -> None:
    """Each stream is yielded, so that the ledger can say that it was asked."""
    assert {page.stream.name for page in org.read(ALL)} >= {"User", "Group", "Opportunity", "Event", "Product2"}


def test_an_object_that_does_not_exist_is_empty(simulator: Simulator, org: Salesforce) -> None:
    """An org without an object is no failure."""
    simulator.faults.replace(
        {"source": "salesforce", "kind": "status", "path": "Product2/describe", "status": 404, "body": []}
    )
    pages = list(org.read(ALL))
    assert ids(pages, "Product2") == []
    assert asked(simulator, "FROM Product2") == []
    assert {page.stream.name for page in pages if page.is_hidden} == {"Product2"}


def test_objects_that_every_org_has_and_that_are_hidden_are_told(simulator: Simulator, org: Salesforce) -> None:
    """All else is read first; then the run must say what is not known."""
    hidden = ("User", "Account", "Contact", "Lead", "Opportunity")
    missing = {"source": "salesforce", "kind": "status", "status": 404, "body": []}
    simulator.faults.replace([missing | {"path": f"sobjects/{name}/describe"} for name in hidden])
    pages: list[Page] = []
    with pytest.raises(ContractBroken, match=f"no object {', '.join(hidden)} to these credentials"):
        pages += org.read(ALL)
    assert [query for query in asked(simulator, "FROM Event") if query]


def test_fields_may_be_done_without(simulator: Simulator) -> None:
    """What a setting names, and what no contract has any more, is missed by nobody; of any other field the loss is."""
    with org_of(simulator, without_fields=["Lead.Phone"]) as org:
        asked = [("Lead", "Phone"), ("Lead", "Fax"), ("Contact", "Phone"), ("Lead", "Email"), ("Nothing", "Id")]
        assert [org.wants(*one) for one in asked] == [False, False, True, True, False]
    assert "salesforce.without_fields" in org.remedy


def test_deleted_rows_come_with_their_payload_and_hard_deleted_ones_as_tombstones(org: Salesforce) -> None:
    """A row in the recycle bin is read with IsDeleted; a campaign member is gone, only its id and instant are told."""
    pages = list(org.read(ALL))
    lead = next(one for page in pages if page.stream.name == "Lead" for one in page.payloads)
    assert json.loads(lead)["IsDeleted"] is True
    assert ids(pages, "CampaignMember") == []
    assert gone(pages, "CampaignMember") == [("00v1", "2026-05-30T10:20:30.000+0000")]
    earlier = Days(START, date(2026, 5, 29), True, NOW)
    assert gone(list(org.read(earlier)), "CampaignMember") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "unauthorized", "path": "/query/", "at_request": 1},
        {"kind": "unavailable", "path": "/query/", "at_request": 1, "times": 2},
        {"kind": "close", "path": "/query/", "at_request": 2},
        {"kind": "html", "path": "/queryAll", "at_request": 5},
        {"kind": "error_200", "path": "/query/", "at_request": 1},
        {"kind": "empty_page", "path": "/queryAll", "at_request": 4},
        {"kind": "empty_page", "path": "/query/", "at_request": 1},
        {"kind": "empty_page", "path": "/query/", "at_request": 2},
        {"kind": "error_200", "path": "/describe", "at_request": 2},
        {"kind": "status", "path": "/query/", "at_request": 2, "status": 400, "body": [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]},
        {"kind": "status", "path": "/queryAll", "at_request": 2, "status": 400, "body": [{"errorCode": "QUERY_TIMEOUT", "message": "x"}]},
        {"kind": "status", "path": "/query/", "at_request": 1, "status": 404, "body": {}},
        {"kind": "status", "path": "/queryAll", "at_request": 2, "status": 403, "body": [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}]},
    ],
    ids=lambda fault: f"{fault['kind']} {fault['path']} {fault.get('status', '')}",
)  # fmt: skip
def test_passing_faults_cost_nothing(simulator: Simulator, org: Salesforce, fault: dict[str, Any]) -> None:
    """Whatever fails once in the middle, all rows come, and no row is lost."""
    simulator.faults.replace({"source": "salesforce", **fault})
    pages = list(org.read(ALL))
    assert [one["fired"] for one in simulator.faults.described()] == [fault.get("times", 1)]
    assert set(ids(pages, "Contact")) == {f"003{number:015d}" for number in range(4_500)}
    assert len(ids(pages, "Contact")) == 4_500
    assert ids(pages, "Account") == ["001A", "001B"]


def test_a_dead_cursor_goes_on_after_the_last_row(simulator: Simulator, org: Salesforce) -> None:
    """The new query asks from the last (stamp, id) on: same stamp and a larger id, or a later stamp."""
    dead = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
    simulator.faults.replace(
        {"source": "salesforce", "kind": "status", "path": "/query/", "at_request": 1, "status": 400, "body": dead}
    )
    list(org.read(ALL))
    first, second = asked(simulator, "FROM Contact")
    assert "((SystemModstamp = 2026-05-05T00:00:00.000Z AND Id > '003000000000001999')" in second
    assert second.startswith(first.split(" ORDER BY ")[0])


def test_lasting_faults_end_in_words(simulator: Simulator, org: Salesforce) -> None:
    """An outage that outlasts the budget names source, path and status, and no query."""
    simulator.faults.replace({"source": "salesforce", "kind": "unavailable", "path": "/queryAll"})
    with pytest.raises(
        SourceUnavailable, match=r"salesforce: GET 127.0.0.1:\d+/services/data/v66.0/queryAll: answered 503"
    ) as caught:
        list(org.read(ALL))
    assert "SELECT" not in str(caught.value)


def test_a_quota_that_is_nearly_used_stops_us(simulator: Simulator, org: Salesforce) -> None:
    """At 95 % of the daily quota we stop asking and say when to go on; the rest is left to others."""
    org.probe()
    simulator.sites["salesforce"].limits["daily_requests"] = org._used + 40
    with pytest.raises(SourceUnavailable, match="daily quota"):
        list(org.read(ALL))
    refused = [one for one in simulator.sites["salesforce"].requests if one["status"] == 403]
    assert refused == []


def test_a_used_up_quota_is_not_hammered(simulator: Simulator, org: Salesforce) -> None:
    """A spent quota is final for this run: one request hears it, none follows."""
    simulator.faults.replace({"source": "salesforce", "kind": "rate_limit", "path": "/queryAll"})
    with pytest.raises(SourceUnavailable, match="quota of requests is used up"):
        list(org.read(ALL))
    assert len([one for one in simulator.sites["salesforce"].requests if one["status"] == 403]) == 1


def test_wrong_credentials_are_refused_at_once(simulator: Simulator, org: Salesforce) -> None:
    """A wrong secret costs one request, and the message tells neither secret nor id."""
    with org_of(simulator, client_secret="wrong-secret") as stranger, pytest.raises(CredentialsRefused) as caught:
        stranger.probe()
    assert "wrong-secret" not in str(caught.value) and "section" not in repr(stranger.client.auth)
    assert len(simulator.sites["salesforce"].requests) == 1


def test_a_probe_tells_the_servers_time(simulator: Simulator, org: Salesforce) -> None:
    """The probe returns the simulated clock, each time anew."""
    assert org.probe() == NOW
    simulator.clock.set(datetime(2026, 5, 31, tzinfo=UTC))
    assert org.probe() == datetime(2026, 5, 31, tzinfo=UTC)


def test_tls_needs_a_trusted_authority(simulator: Simulator, org: Salesforce) -> None:
    """With the authority's file the TLS port is read; without it the message names the setting."""
    state = simulator.state()
    address = state["sources"]["salesforce"]["tls_url"]
    with org_of(simulator, url=address, ca_file=state["ca_file"]) as secure:
        assert secure.probe() == NOW
    with org_of(simulator, url=address) as doubtful, pytest.raises(SourceUnavailable, match="ca_file"):
        doubtful.probe()


def test_a_foreign_instance_never_sees_the_token() -> None:
    """An `instance_url` on another host is refused before it is asked; allowed by the setting, it gets the token."""
    with Scripted(answer(body={"fields": [{"name": "Id"}]}), host="127.0.0.2") as foreign:
        granted = answer(body={"access_token": "sesame", "instance_url": foreign.url})
        with Scripted(granted) as login:
            section = {"url": login.url, "client_id": "me", "client_secret": "secret"}
            refused = Salesforce(Settings.model_validate({"salesforce": section}), QUICK)
            with pytest.raises(SourceUnavailable, match="foreign host 127.0.0.2"):
                refused.probe()
            assert foreign.requests == []
            allowed = section | {"instance_hosts": ["127.0.0.2"]}
            Salesforce(Settings.model_validate({"salesforce": allowed}), QUICK).probe()
        assert foreign.requests[0].headers["authorization"] == "Bearer sesame"


def test_late_records_ask_for_their_days_only(tmp_path: Path) -> None:
    """After a day, a lead that appears late for 28 May and a member deleted on 1 June ask for exactly these days."""
    streams = {
        "salesforce/Lead": [
            row("00Q1", 2, CreatedDate=stamp(2)),
            version(row("00Q2", 28, CreatedDate=stamp(28)), at="2026-06-01T15:00:00Z"),
            version(row("00Q3", 10, CreatedDate=stamp(10)), at="2026-06-01T15:00:00Z"),
        ],
        "salesforce/CampaignMember": [
            version(row("00v1", 20, CampaignId="701A"), at="2026-05-20T00:00:00Z"),
            version(row("00v1", 20, CampaignId="701A"), at="2026-06-01T10:20:30Z", deleted=True),
        ],
    }
    raw, ledger = home(tmp_path / "home")
    raw.first_day = START
    with Simulator(write_world(tmp_path / "world", streams)) as simulator, org_of(simulator) as connector:
        fetch(connector, raw, ledger, ALL, "run-1")
        assert probe_late(connector, raw, ledger, NOW) == 0
        later = datetime(2026, 6, 2, tzinfo=UTC)
        simulator.clock.set(later)
        probe_late(connector, raw, ledger, later)
        late = late_partitions(ledger, raw)["salesforce"]
        assert late == [date(2026, 5, 28), date(2026, 6, 1)]
        for day in late:
            fetch(connector, raw, ledger, Days(day, day, False, later), f"run-{day}")
        assert late_partitions(ledger, raw) == {}
