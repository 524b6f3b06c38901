"""What `mpm run` does around Dagster's own runs."""

import os
import signal
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mpm_pipeline.errors import Halt
from mpm_pipeline.interruption import listening
from mpm_pipeline.orchestration import alerts, runner, session
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger

JULY, NOVEMBER = datetime(2026, 7, 3, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)


def test_ranges_apart_are_known_by_the_clock_of_their_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run by the machine's clock asks for two ranges; once a source tells an earlier day, that day is the newest as-of."""
    monkeypatch.delenv("MPM_AS_OF")
    monkeypatch.setattr(session, "_date_of", lambda connector: None)
    monkeypatch.setattr(session, "decide_as_of", lambda environment, dates: (NOVEMBER, "machine"))
    days = [date(2026, 3, 1), date(2026, 3, 5)]
    monkeypatch.setattr(runner, "_ranges", lambda *given: [(day, day) for day in days])
    monkeypatch.setattr(runner, "_execute", lambda *given, **more: None)
    monkeypatch.setattr(runner, "_report", lambda *given: runner.Report("degraded", str(NOVEMBER)))
    runner.run(root, quiet=True)
    with Ledger(Home(root)) as ledger:
        assert ledger.newest_as_of() == NOVEMBER
        ledger.begin_run("told", "run", JULY, "sources")
        assert ledger.newest_as_of() == JULY


def test_an_interrupted_run_alerts_nobody(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that a signal broke is no broken contract: the run ends as interrupted, nobody is told; without a signal somebody is."""

    def broken(*given: object, **more: object) -> None:
        with suppress(KeyboardInterrupt):
            for number in signals:
                os.kill(os.getpid(), number)
        raise Halt("kpis.fct_kpi cannot be computed (InterruptException)")

    signals, told = [signal.SIGTERM], []
    monkeypatch.setattr(alerts, "of_run", lambda *given: told.append(given))
    monkeypatch.setattr(session, "_date_of", lambda connector: NOVEMBER)
    monkeypatch.setattr(runner, "_execute", broken)
    with listening(), pytest.raises(KeyboardInterrupt):
        runner.run(root, quiet=True)
    assert told == []
    assert not (Home(root).locks / "run.json").exists()
    signals.clear()
    with pytest.raises(Halt):
        runner.run(root, quiet=True)
    assert len(told) == 1
