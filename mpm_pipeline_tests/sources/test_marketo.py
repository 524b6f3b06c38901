"""Marketo read over real HTTP from the simulator: every lead found, activities by day, costs by name, errors inside HTTP 200."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.errors import ConfigError, CredentialsRefused
from mpm_pipeline.settings import load
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.marketo import connector as marketo
from mpm_pipeline.sources.marketo import leads as marketo_leads
from mpm_pipeline_tests.simulator.small_worlds import Rows, version, write_world
from mpm_pipeline_tests.sources.marketing_home import (
    NOW,
    MarketingHome,
    asked,
    by_stream,
    connector,
    control,
    days,
    everything,
    served,
)
from mpm_pipeline_tests.staged.test_marketo import activity, lead

PROGRAM = {"id": 1107, "name": "Big & Bold 100%", "channel": "Webinar", "createdAt": "2026-02-21T22:45:13Z+0000",
           "updatedAt": "2026-03-01T22:45:13Z+0000", "costs": [{"startDate": "2026-03-01", "cost": 2000}]}  # fmt: skip
YOUNG = {"createdAt": "2026-06-10T00:00:00Z"}
OLD = {"createdAt": "2013-05-01T00:00:00Z", "updatedAt": "2013-05-02T00:00:00Z"}


def world(**streams: Rows) -> dict[str, Rows]:
    return {f"marketo/{name}": rows for name, rows in streams.items()}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def land_all(root: Path, simulator: Simulator, **more: Any) -> MarketingHome:
    home = MarketingHome(root / "home", simulator, "marketo", **more)
    home.land(everything())
    return home


def people(home: MarketingHome) -> dict[str, dict[str, Any]]:
    (rows,) = home.stage("person")
    return {row["record_id"]: row for row in rows}


def test_every_lead_whatever_its_age(tmp_path: Path) -> None:
    """Leads of years ago without a sign of life come like those of today, with just the fields that are described."""
    leads = [lead(1, **OLD), lead(299, **OLD, company="Acme"), lead(905), lead(77_000, solutionInterest="Pipes")]
    with served(tmp_path / "world", world(leads=leads)) as simulator:
        found = people(land_all(tmp_path, simulator))
    assert set(found) == {"1", "299", "905", "77000"}
    assert (found["299"]["company"], found["77000"]["product_line"]) == ("Acme", "Pipes")
    assert found["1"]["created_at"] == at("2013-05-01")


def test_leads_that_no_stream_tells_of_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the stream of changes was purged, ids below the highest known one are asked for one and all."""
    monkeypatch.setattr(marketo_leads, "BEGINNING", at("2026-06-01"))
    leads = [lead(number, **OLD) for number in (5, 700, 1200)] + [lead(1800, **YOUNG)]
    with served(tmp_path / "world", world(leads=leads)) as simulator:
        found = people(land_all(tmp_path, simulator))
        blocks = asked(simulator, "marketo", "v1/leads.json")
    assert set(found) == {"5", "700", "1200", "1800"}
    assert len(blocks) == 1800 // 300 + marketo_leads.EMPTY_BLOCKS


def test_leads_by_bulk_extract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ids are too sparse to be asked for one and all, months of creation are extracted and the leads asked for by id."""
    monkeypatch.setattr(marketo_leads, "BEGINNING", at("2025-06-01"))
    leads = [lead(4, createdAt="2025-07-09T00:00:00Z", updatedAt="2025-07-09T00:00:00Z"), lead(90_000_000, title="CTO")]
    with served(tmp_path / "world", world(leads=leads)) as simulator:
        found = people(land_all(tmp_path, simulator))
        jobs = asked(simulator, "marketo", "export/create.json")
        blocks = asked(simulator, "marketo", "v1/leads.json")
    assert set(found) == {"4", "90000000"} and found["90000000"]["title"] == "CTO"
    assert (len(jobs), len(blocks)) == (13, 1)  # 395 days in windows of 31


def test_bulk_extract_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extract that fails twice ends the fetch with words, and its quota too; nothing is taken as read."""
    monkeypatch.setattr(marketo_leads, "BEGINNING", at("2026-06-01"))
    with served(tmp_path / "world", world(leads=[lead(90_000_000, **YOUNG)])) as simulator:
        control(simulator, "PUT", "/limits", {"marketo": {"exports_failed": 1}})
        home = MarketingHome(tmp_path / "home", simulator, "marketo")
        failed = home.fetch(everything())
        control(simulator, "PUT", "/limits", {"marketo": {"exports_failed": 0, "export_bytes_per_day": 0}})
        full = home.fetch(everything())
    assert failed.state == full.state == "failed"
    assert "failed twice" in (failed.error or "") and "1029" in (full.error or "")


def test_full_queue_of_extracts_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that others have filled is waited for, a file that is not there yet is asked for again."""
    monkeypatch.setattr(marketo_leads, "BEGINNING", at("2026-06-01"))
    refusal = {"success": False, "errors": [{"code": "1029", "message": "Too many jobs (10) in queue"}]}
    faults = [
        {"source": "marketo", "path": "enqueue", "kind": "error_200", "body": refusal, "at_request": 1, "times": 2},
        {
            "source": "marketo",
            "path": "file.json",
            "kind": "status",
            "status": 404,
            "body": "Not Found",
            "at_request": 1,
        },
    ]
    with served(tmp_path / "world", world(leads=[lead(90_000_000, **YOUNG)])) as simulator:
        control(simulator, "PUT", "/faults", faults)
        assert set(people(land_all(tmp_path, simulator))) == {"90000000"}


def test_only_the_types_that_count_and_the_asked_days(tmp_path: Path) -> None:
    """Of 4,000 activities those of our types in the asked days come, through short and empty pages; the walk ends behind them."""
    visits = [activity(number, 1, at=f"2026-03-0{1 + number % 5}T10:00:00Z") for number in range(1, 2001)]
    visits += [activity(number, 2, at="2026-03-25T10:00:00Z") for number in range(2001, 4001)]
    ours = [activity(9000 + day, 2, at=f"2026-03-{day:02}T23:59:59Z") for day in range(1, 20)]
    with served(tmp_path / "world", world(activities=[*visits, *ours], leads=[lead(1)])) as simulator:
        pages = by_stream(connector(simulator, "marketo").read(days(date(2026, 3, 4), date(2026, 3, 6))))
        calls = len(asked(simulator, "marketo", "v1/activities.json"))
    assert calls < 8 and pages["leads"]
    assert sorted(row[6:10] for row in pages["activities"]) == [b"9004", b"9005", b"9006"]


def test_start_at_cuts_activities_alone(tmp_path: Path) -> None:
    """Activities before start_at are left out; the lead, the programme and the deletion of that time are not."""
    streams = world(
        activities=[activity(1, 2, at="2026-03-31T23:59:59Z"), activity(2, 2, at="2026-04-01T00:00:00Z")],
        leads=[lead(1, **OLD), version(lead(2, **OLD), at="2020-01-01T00:00:00Z", deleted=True)],
        programs=[PROGRAM],
    )
    with served(tmp_path / "world", streams) as simulator:
        home = land_all(tmp_path, simulator, start_at=date(2026, 4, 1))
        touches, programs, persons = home.stage("touch", "campaign", "person")
    assert [row["record_id"] for row in touches] == ["2"]
    assert (len(programs), {row["record_id"]: row["is_deleted"] for row in persons}) == (1, {"1": False, "2": True})


def test_costs_come_by_name(tmp_path: Path) -> None:
    """250 programmes come over two pages, each with its costs; of two with one name the second keeps its own id."""
    many = [PROGRAM | {"id": 2000 + n, "name": f"P{n}", "costs": None} for n in range(250)]
    twin = PROGRAM | {"id": 1108, "channel": "Content"}
    with served(tmp_path / "world", world(programs=[PROGRAM, twin, *many])) as simulator:
        costs, programs = land_all(tmp_path, simulator).stage("cost", "campaign")
    assert len(programs) == 252 and {row["campaign_id"]: row["channel"] for row in programs}["1108"] == "content"
    assert [(row["campaign_id"], row["amount_minor"], row["end_date"]) for row in costs] == [
        ("1107", 200_000, date(2026, 3, 31))
    ]


def test_later_day_brings_changes_and_deletions(tmp_path: Path) -> None:
    """Asked for one later day, what changed or was deleted on it comes, and what an activity of it tells of; nothing else."""
    changed = lead(1, title="CTO", updatedAt="2026-06-29T10:00:00Z")
    leads = [
        version(lead(1, title="CEO"), at="2026-02-01T00:00:00Z"), version(changed, at="2026-06-29T10:00:00Z"),
        lead(2), lead(3), version(lead(4), at="2026-02-01T00:00:00Z"),
        version(lead(4), at="2026-06-29T11:00:00Z", deleted=True),
    ]  # fmt: skip
    streams = world(
        leads=leads, activities=[activity(1, 2, lead_id=2, at="2026-06-29T12:00:00Z")],
        programs=[PROGRAM, PROGRAM | {"id": 2, "name": "New", "updatedAt": "2026-06-29T09:00:00Z+0000"}],
    )  # fmt: skip
    with served(tmp_path / "world", streams, now="2026-06-28T12:00:00Z") as simulator:
        home = MarketingHome(tmp_path / "home", simulator, "marketo")
        home.land(everything("2026-06-28T12:00:00Z"))
        assert set(people(home)) == {"1", "2", "3", "4"} and people(home)["1"]["title"] == "CEO"
        control(simulator, "PUT", "/clock", {"now": "2026-06-30T12:00:00Z"})
        control(simulator, "DELETE", "/requests")
        pages = by_stream(home.connector.read(days(date(2026, 6, 29), date(2026, 6, 29))))
        home.land(days(date(2026, 6, 29), date(2026, 6, 30)))
        names = asked(simulator, "marketo", "byName")
    assert sorted(row[6:7] for row in pages["leads"]) == [b"1", b"2"]
    assert [b"New" in row for row in pages["programs"]] == [True] and len(names) == 2
    found = people(home)
    assert (found["1"]["title"], found["4"]["is_deleted"], found["4"]["email"]) == ("CTO", True, "p4@acme.example")


def test_lost_lead_of_a_merge(tmp_path: Path) -> None:
    """A lead that was merged away before we came is known by the merge alone, under its survivor."""
    streams = world(
        leads=[lead(1), version(lead(3), at="2026-02-01T00:00:00Z", until="2026-03-01T00:00:00Z")],
        activities=[activity(1, 32, named={"Merge IDs": "[3]"}), activity(2, 2, lead_id=3, at="2026-02-05T00:00:00Z")],
    )
    with served(tmp_path / "world", streams) as simulator:
        found = people(land_all(tmp_path, simulator))
    assert {key: (row["is_deleted"], row["merged_into_id"]) for key, row in found.items()} == {
        "1": (False, None), "3": (True, "1"),
    }  # fmt: skip


def test_late_activity_is_found_by_its_own_day(tmp_path: Path) -> None:
    """A form of the 25th and a change of the 26th that show on the 30th make exactly these days differ, until they landed."""
    late = activity(2, 2, at="2026-06-25T10:00:00Z")
    moved = lead(1, title="CTO", updatedAt="2026-06-26T10:00:00Z")
    streams = world(
        leads=[version(lead(1), at="2026-02-01T00:00:00Z"), version(moved, at="2026-06-30T13:00:00Z")],
        activities=[activity(1, 2, at="2026-06-24T10:00:00Z"), version(late, at="2026-06-30T13:00:00Z")],
    )
    after = "2026-06-30T14:00:00Z"
    with served(tmp_path / "world", streams) as simulator:
        home = land_all(tmp_path, simulator)
        assert home.late("2026-06-30T12:00:00Z") == []
        control(simulator, "PUT", "/clock", {"now": after})
        assert home.late(after) == [date(2026, 6, 25), date(2026, 6, 26)]
        home.land(days(date(2026, 6, 25), date(2026, 6, 26), after))
        assert home.late(after) == []
        (touches,) = home.stage("touch", as_of=after)
    assert len(touches) == 2


@pytest.mark.parametrize(
    "kind", ["rate_limit", "unavailable", "unauthorized", "error_200", "html", "close", "empty_page"]
)
def test_passing_faults_change_nothing(tmp_path: Path, kind: str) -> None:
    """An error inside HTTP 200, a token that is refused, a cut or emptied page: asked again, and the same rows come."""
    streams = world(
        leads=[lead(1), lead(2)], activities=[activity(1, 2), activity(2, 11)], programs=[PROGRAM],
        campaigns=[{"id": 2001, "programId": 1107}],
    )  # fmt: skip
    with served(tmp_path / "world", streams) as simulator:
        before = by_stream(connector(simulator, "marketo").read(everything()))
        for path in ("leads.json", "activities.json", "programs.json", "byName", "campaigns.json", "describe"):
            fault = {"source": "marketo", "path": path, "kind": kind, "at_request": 1}
            control(simulator, "PUT", "/faults", [fault])
            after = by_stream(connector(simulator, "marketo").read(everything()))
            assert control(simulator, "GET", "/faults")["faults"][0]["fired"] == 1
            assert {name: sorted(rows) for name, rows in after.items()} == {
                n: sorted(rows) for n, rows in before.items()
            }
    assert len(before["leads"]) == 2 and b"2000" in before["programs"][0]


def test_emptied_block_of_leads_is_asked_for_again(tmp_path: Path) -> None:
    """Of a later day, leads that an emptied answer leaves out are asked for once more."""
    moved = lead(1, createdAt="2026-06-29T10:00:00Z", updatedAt="2026-06-29T10:00:00Z")
    with served(tmp_path / "world", world(leads=[version(moved, at="2026-06-29T10:00:00Z")])) as simulator:
        fault = {"source": "marketo", "path": "v1/leads.json", "kind": "empty_page", "at_request": 1}
        control(simulator, "PUT", "/faults", [fault])
        found = by_stream(connector(simulator, "marketo").read(days(date(2026, 6, 29), date(2026, 6, 29))))
    assert len(found["leads"]) == 1


def test_token_expires_between_calls(tmp_path: Path) -> None:
    """When the hour of a token is over, a new one is asked for once, and the call goes on."""
    with served(tmp_path / "world", world(leads=[lead(1)])) as simulator:
        one = connector(simulator, "marketo")
        one.probe()
        control(simulator, "PUT", "/clock", {"advance": "2h"})
        assert one.probe() == datetime.fromisoformat("2026-06-30T14:00:00Z")
        assert len(asked(simulator, "marketo", "identity")) == 2


def test_refusals_say_what_to_do(tmp_path: Path) -> None:
    """Wrong credentials, a missing right and a used-up quota end at once with words that name no secret."""
    denied = {"success": False, "errors": [{"code": "603", "message": "Access denied for p1@acme.example"}]}
    with served(tmp_path / "world", world(leads=[lead(1)])) as simulator:
        with pytest.raises(CredentialsRefused, match="marketo.client_id and marketo.client_secret") as wrong:
            connector(simulator, "marketo", client_secret="nonsense").probe()
        fault = {"source": "marketo", "path": "describe", "kind": "error_200", "body": denied}
        control(simulator, "PUT", "/faults", [fault])
        with pytest.raises(CredentialsRefused, match="603: the API user lacks the permission") as missing:
            connector(simulator, "marketo").probe()
        control(simulator, "DELETE", "/faults")
        control(simulator, "PUT", "/limits", {"marketo": {"daily_calls": 3}})
        result = MarketingHome(tmp_path / "home", simulator, "marketo").fetch(everything())
        calls = len(asked(simulator, "marketo"))
        control(simulator, "PUT", "/clock", {"advance": "1d"})
        control(simulator, "PUT", "/limits", {"marketo": {"daily_calls": 1000}})
        land_all(tmp_path, simulator)
    assert "nonsense" not in str(wrong.value) and "acme" not in str(missing.value)
    assert result.state == "failed" and "quota" in (result.error or "") and calls < 12


def test_rate_limit_of_twenty_seconds_is_ridden_out(tmp_path: Path) -> None:
    """606 is waited out: the number of refused calls is what the back-off gives, and the data are whole."""
    with served(tmp_path / "world", world(leads=[lead(number) for number in range(1, 40)])) as simulator:
        fault = {"source": "marketo", "kind": "rate_limit", "at_request": 4, "times": 5}
        control(simulator, "PUT", "/faults", [fault])
        assert len(by_stream(connector(simulator, "marketo").read(everything()))["leads"]) == 39


def test_address_as_the_admin_page_shows_it(tmp_path: Path) -> None:
    """The endpoint may be given with the `/rest` that the vendor's own page writes behind it."""
    with served(tmp_path / "world", world(leads=[lead(1)])) as simulator:
        url = simulator.state()["sources"]["marketo"]["url"]
        assert connector(simulator, "marketo", url=f"{url}/rest/").probe() is not None


def test_missing_credentials_are_named() -> None:
    """A subscription without a secret is a mistake in the settings, told by name."""
    told = load(None, environment={}, overrides={"marketo": {"url": "http://127.0.0.1:1", "client_id": "x"}})
    with pytest.raises(ConfigError, match="marketo.client_secret"):
        marketo.connect(told)


def test_damaged_rows_end_in_quarantine(tmp_path: Path) -> None:
    """A lead with one name twice and an activity with a broken date are refused under their reason; the rest is there."""
    broken = activity(2, 2, at="broken")
    streams = world(leads=[lead(1), lead(2)], activities=[activity(1, 2), version(broken, at="2026-03-05T23:00:00Z")])
    file = write_world(tmp_path / "world", streams, now=NOW) / "marketo" / "leads.jsonl"
    file.write_text(file.read_text().replace('{"id": 2', '{"id": 2, "title": "a", "title": "b"'))
    with Simulator(tmp_path / "world") as simulator:
        home = land_all(tmp_path, simulator)
        persons, touches, refused = home.stage("person", "touch", "meta_quarantine")
    assert ([row["record_id"] for row in persons], [row["record_id"] for row in touches]) == (["1"], ["1"])
    assert {(row["stream"], row["reason_code"]) for row in refused} == {
        ("leads", "duplicate_key"), ("activities", "bad_type"),
    }  # fmt: skip


@pytest.mark.parametrize(("every_days", "sweeps"), [(0, 7), (1, 7), (3, 2), (7, 1), (30, 1)])
def test_as_many_sweeps_as_there_are_in_a_week_see_all_activities(every_days: int, sweeps: int) -> None:
    """Swept once in three days, a history comes by in two parts; swept rarely, each time as a whole."""
    section = {"url": "http://127.0.0.1:1", "client_id": "x", "client_secret": "y"}
    told = load(None, environment={}, overrides={"marketo": section, "sweep": {"every_days": every_days}})
    assert marketo.Marketo(told).sweeps == sweeps
