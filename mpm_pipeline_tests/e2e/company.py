"""A made-up company whose vendors a simulator plays, and `mpm` run on homes against it in this process.

In this process, because every process of its own would import for seconds; the environment holds nothing of whoever runs the
tests. `LIVE` is the clock of the small world: midnight, so that its newest full day has ended, on the third day of a quarter,
so that its late records (`LATE_DAYS`, shown within the next day) fall into a quarter that has ended and into one that runs.
"""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest import mock

from mpm_pipeline.cli import call
from mpm_pipeline.orchestration.demo import environment
from mpm_pipeline.simulator.generator import build
from mpm_pipeline.simulator.generator.timeline import Timeline
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.e2e.harness import Outcome

LIVE = datetime(2026, 7, 3, tzinfo=UTC)
LATE_DAYS = ("2026-06-27", "2026-06-29", "2026-07-01")
VENDORS = ("linkedin", "marketo", "salesforce", "stripe")


def small_world(folder: Path) -> Path:
    """Write, unless it is there, a world of 50 accounts and 45 days in which every vendor has something of every kind to show late."""
    if (folder / "world.toml").is_file():
        return folder
    with mock.patch.object(build, "Timeline", partial(Timeline, now=LIVE)):
        build.generate(folder, accounts=50, days=45, seed=5)
    return folder


class Company:
    """A world under a simulator of its own; use it as a context manager."""

    def __init__(self, world: Path, now: datetime | None = None) -> None:
        self.world = world
        self.simulator = Simulator(world, now=now)

    def __enter__(self) -> Self:
        self.simulator.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.simulator.stop()

    @property
    def now(self) -> datetime:
        """What the vendors' clocks show."""
        return self.simulator.clock.now()

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which a process reads this company, as a demo sets them."""
        return environment(self.simulator.state(), self.simulator.world.starts_at.date(), self.world)

    def advance(self, **units: float) -> None:
        """Move the vendors' clocks on."""
        self.simulator.clock.advance(timedelta(**units))

    def mpm(self, home: Path, *arguments: str, **settings: str) -> Outcome:
        """Run `mpm ARGUMENTS --home HOME` against this company; further settings beat its own."""
        return mpm_here(home, *arguments, **(self.environment | settings))


def mpm_here(home: Path, *arguments: str, **settings: str) -> Outcome:
    """Run `mpm` in this process under these settings alone."""
    out, err = io.StringIO(), io.StringIO()
    with only(settings), redirect_stdout(out), redirect_stderr(err):
        status = call([*arguments, "--home", str(home)])
    return Outcome(home, status, out.getvalue(), err.getvalue())


@contextmanager
def only(settings: Mapping[str, str]) -> Iterator[None]:
    """Let the environment hold these settings and none that were there, until the block ends."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith(("MPM_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ.update({"MPM_TEST_TRACEBACK": "1", **settings})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def windows(home: Path, source: str) -> list[dict[str, Any]]:
    """Return what the home's ledger says it asked of a source, oldest first."""
    from mpm_pipeline.warehouse.home import Home
    from mpm_pipeline.warehouse.ledger import Ledger

    with Ledger(Home(home)) as ledger:
        return [dict(row) for row in ledger.windows(source)]
