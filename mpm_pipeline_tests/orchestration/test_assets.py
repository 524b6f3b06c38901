"""Assets in real runs on an instance in memory: a window a day, checks that say what is wrong, one run at a time."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from filelock import FileLock, Timeout

from mpm_pipeline.contracts.registry import streams
from mpm_pipeline.errors import Halt, SourceUnavailable
from mpm_pipeline.interruption import listening
from mpm_pipeline.orchestration import model_assets, resources
from mpm_pipeline.orchestration import session as sessions
from mpm_pipeline.orchestration.automation import RANGE_END, RANGE_START
from mpm_pipeline.orchestration.model_assets import HOLDS, RECONCILED
from mpm_pipeline.orchestration.raw_assets import NO_GAP, REACHED
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.sources.connector import Connector, Days, Page
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.commands.landed_home import HEADCOUNT, file_of

PERIOD = dg.AssetKey(["kpis", "period"])


class _Stripe(Connector):
    """Shows one charge a day at noon, or does not answer."""

    source = "stripe"

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers

    def probe(self) -> datetime:
        return datetime(2026, 3, 31, 12, tzinfo=UTC)

    def read(self, days: Days) -> Iterator[Page]:
        if not self.answers:
            raise SourceUnavailable("stripe does not answer")
        charges = next(stream for stream in streams("stripe") if stream.name == "charges")
        seconds = [int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) for day in days.each()]
        yield Page(charges, [json.dumps({"id": f"ch_{at}", "created": at}).encode() for at in seconds])


def _run(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    keys: list[dg.AssetKey],
    first: str = "2026-03-03",
    last: str = "2026-03-05",
) -> dg.ExecuteInProcessResult:
    return defs.resolve_job_def("refresh").execute_in_process(
        instance=instance, tags={RANGE_START: first, RANGE_END: last}, asset_selection=keys, raise_on_error=False
    )


def _checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {one.check_name: one.passed for one in result.get_asset_check_evaluations()}


@pytest.mark.parametrize("answers", [True, False])
def test_a_range_of_days_becomes_one_window_a_day(defs, instance, root, monkeypatch, answers: bool) -> None:
    """Three days asked for in one run: three ledger windows and three partitions, also of a source that does not answer."""
    monkeypatch.setattr(sessions, "connect", lambda settings: [_Stripe(answers=answers)])
    result = _run(defs, instance, [dg.AssetKey(["raw", "stripe"])])
    assert result.success
    with Session.open(root) as session:
        windows = session.ledger.windows("stripe")
    assert [(row["partition"], row["state"], row["rows_in"]) for row in windows] == [
        (f"2026-03-0{day}", "done" if answers else "failed", int(answers)) for day in (3, 4, 5)
    ]
    assert instance.get_materialized_partitions(dg.AssetKey(["raw", "stripe"])) == {
        f"2026-03-0{day}" for day in (3, 4, 5)
    }
    assert _checks(result) == {REACHED: answers, NO_GAP: False}


@pytest.mark.parametrize("error", [None, RuntimeError("Query interrupted")], ids=["bare", "an error of a library"])
def test_an_interrupted_fetch_ends_the_run_at_once(defs, instance, root, monkeypatch, error) -> None:
    """A signal in the middle of a fetch: it is not tried again, no other source is asked, and the run has failed."""
    asked = []

    class Interrupted(_Stripe):
        def read(self, days: Days) -> Iterator[Page]:
            asked.append(self.source)
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except BaseException:
                if error is None:
                    raise
                raise error from None
            yield from super().read(days)

    connectors = [Interrupted(answers=True), Interrupted(answers=True)]
    connectors[1].source = "salesforce"
    monkeypatch.setattr(sessions, "connect", lambda settings: connectors)
    with listening():
        result = _run(defs, instance, [dg.AssetKey(["raw", "stripe"]), dg.AssetKey(["raw", "salesforce"])])
    assert len(asked) == 1
    assert instance.get_run_by_id(result.run_id).status == dg.DagsterRunStatus.FAILURE


def test_a_raw_asset_shows_rows_and_a_chart(defs, instance, root, monkeypatch) -> None:
    """Row count, days and a small chart of rows by day stand on the asset's page, and the gap check names the missing days."""
    monkeypatch.setattr(sessions, "connect", lambda settings: [_Stripe(answers=True)])
    result = _run(defs, instance, [dg.AssetKey(["raw", "stripe"])])
    (first, *_) = result.get_asset_materialization_events()
    metadata = first.materialization.metadata
    assert metadata["dagster/row_count"].value == 3
    assert "highest 1, newest 1" in metadata["rows by day"].value
    gap = next(one for one in result.get_asset_check_evaluations() if one.check_name == NO_GAP)
    assert "28 days were never read: 2026-03-01, 2026-03-02, 2026-03-06" in gap.metadata["gap"].value


def test_staged_tables_show_rows_and_nothing_is_lost(defs, instance, root, tmp_path, monkeypatch) -> None:
    """Two employments, one refused: the staged table has one row, and 2 = 1 + 1 is a check."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + "e1,,sales,sdr,1,2026-01-01\ne2,,pilot,sdr,1,2026-01-01\n")
    monkeypatch.setenv("MPM_FILES__URL", str(tmp_path / "files"))
    graph = defs.resolve_asset_graph()
    staged = [key for key in graph.get_all_asset_keys() if key.path[:2] == ["staged", "files"]]
    result = _run(defs, instance, [dg.AssetKey(["raw", "files"]), *staged])
    assert result.success
    rows = {
        event.asset_key.path[-1]: event.materialization.metadata["dagster/row_count"].value
        for event in result.get_asset_materialization_events()
        if event.asset_key.path[0] == "staged"
    }
    assert (rows["employment"], rows["meta_quarantine"]) == (1, 1)
    checks = [one for one in result.get_asset_check_evaluations() if one.check_name == RECONCILED]
    assert [(one.passed, one.metadata["rows_in"].value, one.metadata["rows_quarantined"].value) for one in checks] == [
        (True, 2, 1)
    ]


def test_a_broken_contract_is_a_failed_check(defs, instance, root, monkeypatch) -> None:
    """A table that breaks its contract: the check says so in words, the step is not retried, nothing below runs."""

    def halt(session: Session, name: str, run_id: str) -> int:
        raise Halt(f"{name} breaks its contract, nothing is published: value: in_range (3 rows)")

    monkeypatch.setattr(model_assets, "build_model", halt)
    below = dg.AssetKey(["kpis", "fx_rate"])
    result = _run(defs, instance, [PERIOD, below])
    assert not result.success
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert {one.check_name for one in failed} == {HOLDS}
    assert "value: in_range (3 rows)" in failed[0].metadata["broken"].value
    assert not result.get_asset_materialization_events()
    assert not [event for event in result.all_events if event.is_step_up_for_retry]


def test_a_run_holds_the_home_between_its_steps(defs, instance, root, monkeypatch) -> None:
    """From the first step to the last nobody else gets the home; afterwards it is free."""
    Home.open(root)
    taken = []

    def look(session: Session, name: str, run_id: str) -> int:
        return 0

    def look_between(name: str) -> None:
        try:
            with FileLock(root / "locks" / "run.lock", timeout=0):
                taken.append("free")
        except Timeout:
            taken.append("held")

    monkeypatch.setattr(model_assets, "build_model", look)
    monkeypatch.setattr(model_assets, "_rows", lambda session, name: {})
    monkeypatch.setattr(resources.progress, "step", look_between)
    assert _run(defs, instance, [PERIOD]).success
    look_between("")
    assert taken == ["held", "free"]


def test_a_run_that_never_gets_its_turn_names_the_holder(defs, instance, root: Path, monkeypatch) -> None:
    """A run started while another process holds the home waits, then fails with words that name the holder."""
    home = Home.open(root)
    (home.locks / "run.json").write_text(json.dumps({"what": "mpm backfill", "pid": 4711}))
    monkeypatch.setattr(resources, "PATIENCE_SECONDS", 0.1)
    with FileLock(home.locks / "run.lock"):
        result = _run(defs, instance, [PERIOD])
    assert not result.success
    told = " ".join(str(event.event_specific_data) for event in result.all_events if event.is_failure)
    assert "mpm backfill, process 4711" in told
