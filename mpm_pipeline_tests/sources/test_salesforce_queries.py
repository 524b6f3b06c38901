"""Queries of Salesforce: pages that contradict the count, spans that take too long, and records that are dated ahead."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mpm_pipeline.contracts.salesforce import User
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.connector import Days
from mpm_pipeline.sources.reply import Rejected, Reply
from mpm_pipeline.sources.salesforce.connector import Salesforce
from mpm_pipeline_tests.simulator.worlds import version, write_world
from mpm_pipeline_tests.sources.test_salesforce import ALL, NOW, ids, org_of, row

CAMPAIGNS = [
    row("701A", 20, Name="Spring"),
    version(row("701B", Name="Ahead") | {"SystemModstamp": "2026-06-03T08:00:00.000+0000"}, at="2026-05-01T00:00:00Z"),
]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A small org."""
    with Simulator(write_world(tmp_path_factory.mktemp("world"), {"salesforce/Campaign": CAMPAIGNS})) as running:
        yield running


@pytest.fixture
def org(simulator: Simulator) -> Iterator[Salesforce]:
    """A connector of it at the world's own time."""
    simulator.clock.set(NOW)
    with org_of(simulator) as connector:
        yield connector


def test_a_record_dated_ahead_is_read_on_the_newest_day(simulator: Simulator, org: Salesforce) -> None:
    """The org says 1 June and shows a campaign stamped 3 June: it is read now. A run that looks back from July leaves it to its day."""
    org.probe()
    assert ids(list(org.read(ALL)), "Campaign") == ["701A", "701B"]
    simulator.clock.set(datetime(2026, 7, 1, tzinfo=UTC))
    org.probe()
    assert ids(list(org.read(ALL)), "Campaign") == ["701A"]


def test_a_query_that_times_out_is_asked_in_halves(org: Salesforce, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four days take too long, two days do not: both halves are asked for, and each row comes once."""
    queries: list[str] = []

    def slow(_link: str, read: Callable[[Reply], Any], params: dict[str, str]) -> Any:
        queries.append(params["q"])
        if len(queries) == 1:
            raise Rejected("answered 400 QUERY_TIMEOUT", 400, "QUERY_TIMEOUT")
        told = {"totalSize": 1, "done": True, "records": [row(str(len(queries)), 2)]}
        return read(Reply(200, {}, json.dumps(told).encode()))

    plan = org._plan(User)
    monkeypatch.setattr(org, "_get", slow)
    assert plan is not None
    found = ids(list(org._rows(plan, Days(date(2026, 5, 1), date(2026, 5, 4), False, NOW))), "User")
    assert found == ["2", "3"]
    bounds = [query.partition(" WHERE ")[2].partition(" ORDER")[0].replace("SystemModstamp", "") for query in queries]
    assert bounds == [
        " >= 2026-05-01T00:00:00Z AND  < 2026-05-05T00:00:00Z",
        " >= 2026-05-01T00:00:00Z AND  < 2026-05-03T00:00:00Z",
        " >= 2026-05-03T00:00:00Z AND  < 2026-05-05T00:00:00Z",
    ]


def test_a_query_that_always_times_out_ends(org: Salesforce, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the beginning of all on, halves of halves: after an hour's span failed too, the fetch ends in words, in a few dozen requests."""
    queries: list[str] = []

    def slow(_link: str, _read: Any, params: dict[str, str]) -> Any:
        queries.append(params["q"])
        raise Rejected("answered 400 QUERY_TIMEOUT", 400, "QUERY_TIMEOUT")

    plan = org._plan(User)
    monkeypatch.setattr(org, "_get", slow)
    assert plan is not None
    with pytest.raises(SourceUnavailable, match="the query of User did not come whole"):
        list(org._rows(plan, ALL))
    assert len(queries) < 40


def test_a_page_in_the_place_of_another_is_noticed(org: Salesforce, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a page comes twice and another never, the count differs and the query is asked anew from its first row."""

    def page(*keys: str, following: str | None = None) -> bytes:
        told = {"totalSize": 4, "done": following is None, "records": [row(key, 2) for key in keys]}
        return json.dumps(told | ({"nextRecordsUrl": following} if following else {})).encode()

    answers = [
        page("1", "2", following="/query/a"),
        page("1", "2"),
        page("1", "2", following="/query/b"),
        page("3", "4"),
    ]
    queries: list[str] = []

    def canned(link: str, read: Callable[[Reply], Any], params: dict[str, str]) -> Any:
        queries.append(params.get("q", link))
        return read(Reply(200, {}, answers[len(queries) - 1]))

    plan = org._plan(User)
    monkeypatch.setattr(org, "_get", canned)
    assert plan is not None
    assert set(ids(list(org._rows(plan, ALL)), "User")) == {"1", "2", "3", "4"}
    assert queries[0] == queries[2] and queries[1::2] == ["/query/a", "/query/b"]


@pytest.mark.parametrize("blank", ["", None])
def test_rows_without_an_id_are_counted_too(
    org: Salesforce, monkeypatch: pytest.MonkeyPatch, blank: str | None
) -> None:
    """A row with a blank id comes with the others, to be refused later; it does not make the count differ."""
    told = {"totalSize": 3, "done": True, "records": [row("1", 2), {"Id": blank}, {"Id": blank}]}
    reply = Reply(200, {}, json.dumps(told).encode())
    plan = org._plan(User)
    monkeypatch.setattr(org, "_get", lambda _link, read, _params: read(reply))
    assert plan is not None
    assert [len(page.payloads) for page in org._rows(plan, ALL)] == [3]
