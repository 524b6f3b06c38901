"""The sensors and schedules ask for exactly what is needed, by the ledger alone, and not for the same thing twice."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.contracts.registry import streams
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.orchestration import automation
from mpm_pipeline.orchestration.automation import MOST_SINGLE_DAYS, RANGE_END, RANGE_START, contiguous
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.sources.connector import Connector, Days, Page
from mpm_pipeline.warehouse.lateness import unlanded
from mpm_pipeline_tests.orchestration.conftest import FIRST, LAST, read, sight

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
SEEN = "2026-03-31T11:50:00+00:00"
SEEN_AGAIN = "2026-03-31T12:50:00+00:00"


@pytest.fixture(autouse=True)
def opened(session: Session) -> Session:
    """Every test has the home of March 2026."""
    return session


def _charges() -> Stream:
    return next(stream for stream in streams("stripe") if stream.name == "charges")


def _tick(defs: dg.Definitions, instance: dg.DagsterInstance, name: str, cursor: str | None = None) -> dg.SensorResult:
    context = dg.build_sensor_context(instance, cursor=cursor, definitions=defs)
    return defs.get_sensor_def(name).evaluate_tick(context)  # type: ignore[return-value]


def _keys(tick: dg.SensorResult) -> list[str]:
    return [request.run_key for request in tick.run_requests or ()]


def test_nothing_late_requests_nothing(defs, instance) -> None:
    """Without sightings the sensor skips and says why."""
    tick = _tick(defs, instance, "late_data")
    assert not tick.run_requests
    assert "has landed" in tick.skip_message


def test_late_days_are_requested_exactly(defs, instance, session) -> None:
    """Late records of three days: three requests with these partitions and keys, and nothing else."""
    sight(
        session,
        "salesforce",
        SEEN,
        {"00Q1": "2026-03-05", "00Q2": "2026-03-09", "00Q3": "2026-03-09", "00Q4": "2026-03-20"},
    )
    tick = _tick(defs, instance, "late_data")
    assert [request.partition_key for request in tick.run_requests] == ["2026-03-05", "2026-03-09", "2026-03-20"]
    assert _keys(tick) == [f"late:2026-03-{day}:salesforce:{SEEN}" for day in ("05", "09", "20")]


def test_what_depends_on_a_late_day_is_requested_with_it(defs, instance, session) -> None:
    """The source's raw day and everything below it, but no other raw source and no staging of another vendor."""
    sight(session, "stripe", SEEN, {"ch_1": "2026-03-05"})
    (request,) = _tick(defs, instance, "late_data").run_requests
    paths = [key.path for key in request.asset_selection]
    assert [path for path in paths if path[0] == "raw"] == [["raw", "stripe"]]
    assert {path[1] for path in paths if path[0] == "staged"} == {"stripe"}
    assert (
        ["kpis", "fct_mrr"] in paths
        and ["publish", "served_tables"] in paths
        and ["publish", "scorecard_page"] in paths
    )


def test_one_day_late_at_two_sources_is_one_request(defs, instance, session) -> None:
    """Both sources' raw days are asked for in one run; files stand for their folder."""
    sight(session, "stripe", SEEN, {"ch_1": "2026-03-05"})
    sight(session, "hr", SEEN, {"e1": "2026-03-05"})
    (request,) = _tick(defs, instance, "late_data").run_requests
    assert request.tags["mpm/sources"] == "files,stripe"
    assert [key.path[1] for key in request.asset_selection if key.path[0] == "raw"] == ["files", "stripe"]


def test_a_second_tick_requests_nothing(defs, instance, session) -> None:
    """The same state asks for nothing twice, even when other runs have moved the ledger's as-of meanwhile."""
    sight(session, "stripe", SEEN, {"ch_1": "2026-03-05"})
    first = _tick(defs, instance, "late_data")
    session.ledger.begin_run("other", "run", datetime(2026, 3, 31, 18, tzinfo=UTC), "sources")
    second = _tick(defs, instance, "late_data", first.cursor)
    assert not second.run_requests
    assert "on their way" in second.skip_message


def test_the_next_probe_may_ask_again(defs, instance, session) -> None:
    """What is still missing when the next probe looks is requested under a new key: a failed request is not for ever."""
    sight(session, "stripe", SEEN, {"ch_1": "2026-03-05"})
    first = _tick(defs, instance, "late_data")
    sight(session, "stripe", SEEN_AGAIN, {"ch_1": "2026-03-05"})
    assert _keys(_tick(defs, instance, "late_data", first.cursor)) == [f"late:2026-03-05:stripe:{SEEN_AGAIN}"]


def test_what_has_landed_since_is_not_requested(defs, instance, session) -> None:
    """Level, not edge: once the very version is in the raw log, the sighting counts no more."""
    payload = b'{"id": "ch_1", "created": 1772668800}'
    ((key, version, day),) = unlanded(session.raw, _charges(), [payload], None, [], NOW)
    seen = {"source": "stripe", "stream": "charges", "key": key, "version": version, "partition": day}
    session.ledger.put_sightings("stripe", [seen | {"seen_as_of": SEEN}])
    (request,) = _tick(defs, instance, "late_data").run_requests
    assert request.partition_key == "2026-03-05"
    session.raw.append(_charges(), [payload], extracted_at=NOW)
    assert not _tick(defs, instance, "late_data").run_requests


def test_a_source_that_was_never_read_has_nothing_late(defs, instance, session) -> None:
    """Before its first load everything of a source would look late; that is the schedule's work."""
    sight(session, "finance", SEEN, {"a1": "2026-03-05"})
    assert not _tick(defs, instance, "late_data").run_requests


def test_days_that_are_no_partition_yet_wait(defs, instance, session) -> None:
    """A day after the newest partition is asked for once the definitions know it."""
    sight(session, "stripe", SEEN, {"ch_1": "2026-04-01", "ch_2": "2026-03-05"})
    assert _keys(_tick(defs, instance, "late_data")) == [f"late:2026-03-05:stripe:{SEEN}"]


def test_many_late_days_are_joined_to_ranges(defs, instance, session) -> None:
    """More than ten days become one request per stretch, because each run rebuilds everything below."""
    days = [FIRST + timedelta(days=place) for place in range(MOST_SINGLE_DAYS)] + [LAST]
    sight(session, "stripe", SEEN, {f"ch_{place}": str(day) for place, day in enumerate(days)})
    found = _tick(defs, instance, "late_data").run_requests
    assert [(one.tags[RANGE_START], one.tags[RANGE_END]) for one in found if RANGE_START in one.tags] == [
        ("2026-03-01", "2026-03-10")
    ]
    assert [one.partition_key for one in found] == [None, "2026-03-31"]


class _Source(Connector):
    """A source that shows one charge, or refuses."""

    def __init__(self, source: str, *, refuses: bool) -> None:
        self.source, self.refuses = source, refuses

    def probe(self) -> datetime:
        return NOW

    def read(self, days: Days) -> Iterator[Page]:
        if self.refuses:
            raise SourceUnavailable(f"{self.source} does not answer")
        yield Page(_charges(), [b'{"id": "ch_1", "created": 1774699200}'])


def test_a_probe_does_not_stop_at_a_source_that_fails(session) -> None:
    """The first source refuses and is named; the second is looked at all the same; the probe has its row in the ledger."""
    session._connectors = [_Source("salesforce", refuses=True), _Source("stripe", refuses=False)]
    told = automation.probe(session, "probe-1")
    assert told == {"salesforce": "salesforce does not answer", "stripe": "1 records never landed"}
    assert automation.late_days(session) == {"stripe": ["2026-03-28"]}
    assert session.ledger.run("probe-1")["kind"] == "probe"


def _landed(session: Session) -> None:
    session.raw.append(_charges(), [b'{"id": "ch_9"}'], extracted_at=NOW)


def test_landed_but_unpublished_files_ask_for_a_rebuild(defs, instance, session) -> None:
    """A raw file that no publication has seen asks for one rebuild, named by its number; once published it asks no more."""
    assert not _tick(defs, instance, "raw_landed").run_requests
    _landed(session)
    assert _keys(_tick(defs, instance, "raw_landed")) == ["landed:1"]
    session.ledger.put_state("publish", newest_batch="1")
    assert not _tick(defs, instance, "raw_landed").run_requests


@pytest.mark.parametrize("what", ["run", "backfill"])
def test_a_rebuild_waits_for_what_is_under_way(defs, instance, session, what: str) -> None:
    """While a run or a backfill is unfinished, it may publish by itself; the sensor waits."""
    _landed(session)
    if what == "run":
        instance.create_run_for_job(defs.resolve_job_def("rebuild"), status=dg.DagsterRunStatus.STARTED)
    else:
        instance.add_backfill(
            PartitionBackfill("b", BulkActionStatus.REQUESTED, from_failure=False, tags={}, backfill_timestamp=1.0)
        )
    tick = _tick(defs, instance, "raw_landed")
    assert not tick.run_requests
    assert "under way" in tick.skip_message


def test_the_rebuild_asks_no_source(defs) -> None:
    """The job behind it holds every asset but the raw ones."""
    graph = defs.resolve_asset_graph()
    selected = defs.resolve_job_def("rebuild").asset_layer.executable_asset_keys
    assert selected == {key for key in graph.get_all_asset_keys() if key.path[0] != "raw"}


def _scheduled(defs: dg.Definitions, name: str, tick: datetime) -> list[tuple[str, str]]:
    context = dg.build_schedule_context(scheduled_execution_time=tick)
    found = defs.resolve_schedule_def(name).evaluate_tick(context).run_requests
    assert len({request.run_key for request in found}) == len(found)
    return [(request.tags[RANGE_START], request.tags[RANGE_END]) for request in found]


HALF_PAST_THREE = datetime(2026, 4, 1, 3, 30, tzinfo=UTC)


def test_the_hourly_refresh_reads_the_newest_day(defs) -> None:
    """The newest day alone, as a range of one."""
    assert _scheduled(defs, "hourly_refresh", HALF_PAST_THREE) == [("2026-03-31", "2026-03-31")]


def test_the_daily_refresh_fills_gaps(defs, session) -> None:
    """The newest day, the day before it, and every day that some source was never read, as ranges."""
    days = [FIRST + timedelta(days=place) for place in range(31)]
    for folder in ("finance", "service", "partners", "enablement", "standards"):
        read(session, folder, days)
    assert _scheduled(defs, "daily_refresh", HALF_PAST_THREE) == [("2026-03-30", "2026-03-31")]
    with session.ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE request_window SET state = 'failed' WHERE source = 'stripe' AND partition IN ('2026-03-04', '2026-03-05', '2026-03-12')"
        )
    found = _scheduled(defs, "daily_refresh", HALF_PAST_THREE)
    assert found == [("2026-03-04", "2026-03-05"), ("2026-03-12", "2026-03-12"), ("2026-03-30", "2026-03-31")]


def _forget(session: Session, where: str) -> None:
    with session.ledger.engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM request_window WHERE {where}")  # noqa: S608


def test_the_hourly_refresh_reads_what_was_slept_through(defs, session) -> None:
    """Nothing ran on the 29th and 30th: the next hourly tick asks for both days and the newest, whatever ticks were missed."""
    _forget(session, "partition IN ('2026-03-29', '2026-03-30', '2026-03-31')")
    assert _scheduled(defs, "hourly_refresh", HALF_PAST_THREE) == [("2026-03-29", "2026-03-31")]


def test_the_hourly_refresh_does_not_chase_a_source_that_is_down(defs, session) -> None:
    """One source lacks a week that the others have: that is the daily refresh's work, else all would be read anew every hour."""
    _forget(session, "source = 'stripe' AND partition > '2026-03-24'")
    assert _scheduled(defs, "hourly_refresh", HALF_PAST_THREE) == [("2026-03-31", "2026-03-31")]


def test_a_fresh_home_starts_whole(defs, session, monkeypatch) -> None:
    """Before anything was read, even the hourly refresh asks for all days."""
    monkeypatch.setenv("MPM_HOME", str(session.home.root.parent / "fresh"))
    assert _scheduled(defs, "hourly_refresh", HALF_PAST_THREE) == [("2026-03-01", "2026-03-31")]


def test_days_become_ranges() -> None:
    """1, 2, 3, 5, 8, 9 of March are three stretches; no days are none."""
    days = [date(2026, 3, day) for day in (1, 2, 3, 5, 8, 9)]
    assert [(first.day, last.day) for first, last in contiguous(days)] == [(1, 3), (5, 5), (8, 9)]
    assert contiguous([]) == []


def test_the_cursor_is_small_and_readable(defs, instance, session) -> None:
    """The cursor holds the run keys that are on their way, nothing else."""
    sight(session, "stripe", SEEN, {"ch_1": "2026-03-05"})
    tick = _tick(defs, instance, "late_data")
    assert json.loads(tick.cursor) == _keys(tick)
