"""The daemon was down for two days: Dagster's own scheduler is let loose again, and the missed days are complete within an hour.

The scheduler, a real code server and a simulated vendor run; clocks are told, not waited for. What is requested is landed by plain
calls, because what a run does with a range of days is proven elsewhere.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.workspace.load_target import ModuleTarget
from dagster._scheduler.scheduler import ScheduleIterationTimes, launch_scheduled_runs

from mpm_pipeline.contracts.stripe import Charge
from mpm_pipeline.faults.bench import BENCHES, write
from mpm_pipeline.orchestration import automation, stages
from mpm_pipeline.orchestration.instance import opened
from mpm_pipeline.orchestration.raw_assets import missing_days
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect, fetch
from mpm_pipeline.warehouse.home import Home

pytestmark = pytest.mark.long

STRIPE = BENCHES["stripe"]
FIRST, NOW = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)
HOURS = 4 * 24 + 15
"""Hours for each of which the vendor has one charge: from 28 March to 1 April at 14:07."""

DAYS = [f"2026-03-{day}" for day in (28, 29, 30, 31)] + ["2026-04-01"]
Span = tuple[str, str]


@dataclass
class Machine:
    """A home, its vendor, and the daemon's scheduler, which is started anew with each `live`."""

    home: Path
    vendor: Simulator
    requested: list[list[tuple[str, Span]]] = field(default_factory=list)

    def run(self) -> None:
        """Read all days as a first `mpm run` does."""
        self.vendor.clock.advance(NOW - self.vendor.clock.now())
        with Session.open(self.home) as session:
            session.as_of("first")
            stages.fetch_days(session, "stripe", FIRST.date(), NOW.date(), "first")

    def live(self, *looks: datetime) -> None:
        """Start scheduler and code server and let it look at these times; land what each look requests before the next."""
        times: dict[str, ScheduleIterationTimes] = {}
        with ExitStack() as stack:
            instance = stack.enter_context(opened(Home.open(self.home)))
            target = ModuleTarget("mpm_pipeline.definitions", None, str(Path.cwd()), "mpm_pipeline")
            context = stack.enter_context(create_test_daemon_workspace_context(target, instance))
            pool = stack.enter_context(ThreadPoolExecutor(1))
            for at in looks:
                self.vendor.clock.advance(at - self.vendor.clock.now())
                list(launch_scheduled_runs(context, logging.getLogger("scheduler"), at, times, None, pool, None))
                self.requested.append([self._land(instance, run) for run in _queued(instance)])

    def _land(self, instance: dg.DagsterInstance, run: dg.DagsterRun) -> tuple[str, Span]:
        span = (run.tags.get(automation.RANGE_START, ""), run.tags.get(automation.RANGE_END, ""))
        with Session.open(self.home) as session:
            if run.job_name == "probe":
                automation.probe(session, run.run_id)
            else:
                first, last = (datetime.fromisoformat(day).date() for day in span)
                stages.fetch_days(session, "stripe", first, last, run.run_id)
        instance.report_run_canceled(run)
        return run.job_name, span


def _queued(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    waiting = dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED])
    return instance.get_runs(waiting)[::-1]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    lines = STRIPE.around() | {
        STRIPE.main: [
            {"at": (FIRST + timedelta(hours=n, minutes=7)).strftime("%Y-%m-%dT%H:%M:%SZ"), "record": STRIPE.make(n, FIRST + timedelta(hours=n, minutes=7))}
            for n in range(HOURS)
        ]
    }  # fmt: skip
    vendor = Simulator(write(STRIPE, lines, tmp_path / "world"))
    vendor.start()
    try:
        site = vendor.sites["stripe"]
        monkeypatch.setenv("MPM_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("MPM_STRIPE__URL", site.base_url)
        monkeypatch.setenv("MPM_STRIPE__START_AT", str(FIRST.date()))
        monkeypatch.setenv("MPM_STRIPE__API_KEY", site.credentials["api_key"])
        yield Machine(tmp_path / "home", vendor)
    finally:
        vendor.stop()


def test_two_days_without_a_daemon(machine: Machine) -> None:
    """From Monday 13:06 nothing runs until Wednesday 13:10. At 14:06 all five days are whole, each charge once, and 15:06 is like any hour."""
    machine.run()
    machine.live(NOW, NOW + timedelta(minutes=66))
    assert [span for job, span in machine.requested[-1] if job == "refresh"] == [("2026-03-30", "2026-03-30")]
    back = NOW + timedelta(days=2, minutes=70)
    machine.live(back)
    assert {job for job, _ in machine.requested[-1]} == {"probe", "refresh"} and len(machine.requested[-1]) == 3
    machine.live(back + timedelta(minutes=56), back + timedelta(minutes=116))
    caught_up, on_time = ([span for job, span in one if job == "refresh"] for one in machine.requested[-2:])
    assert caught_up == [("2026-03-31", "2026-04-01")]
    assert on_time == [("2026-04-01", "2026-04-01")]
    with Session.open(machine.home) as session:
        assert missing_days(session, "stripe") == []
        assert sorted(session.ledger.partitions_done("stripe")) == DAYS
        keys = _landed_keys(session)
    assert len(keys) == len(set(keys)) == HOURS


def _landed_keys(session: Session) -> list[str]:
    """Return the keys of all charges that staging accepts."""
    with connect() as connection:
        accept(connection, session.raw, Charge, datetime(2026, 4, 2, tzinfo=UTC))
        return fetch(connection, "SELECT _key FROM stripe.charges")["_key"].to_pylist()
