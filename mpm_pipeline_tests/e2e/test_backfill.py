"""Backfills: asking again for past days writes one new window per source and day, and changes exactly what changed at the source."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mpm_pipeline_tests.e2e.altered import FIRST, LAST, altered
from mpm_pipeline_tests.e2e.company import LIVE, VENDORS, Company, windows
from mpm_pipeline_tests.e2e.comparison import apart, changed, differences
from mpm_pipeline_tests.e2e.harness import Outcome, bare
from mpm_pipeline_tests.orchestration.pages import LAUNCH, STATUS, Ui

FOLDERS = ("finance", "hr", "service", "partners", "enablement", "standards")
DAYS = [str(FIRST + timedelta(days=place)) for place in range((LAST - FIRST).days + 1)]
PATIENCE = 300


@pytest.fixture(scope="module")
def second_world(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world with the cost of one day of ads altered at the source."""
    return altered(world, tmp_path_factory.mktemp("altered") / "world")


def asked_again(home: Path, source: str) -> list[str]:
    """Return the days of a source that were asked for as part of the whole range."""
    return [
        row["partition"] for row in windows(home, source) if json.loads(row["asked"])["days"] == [str(FIRST), str(LAST)]
    ]


def expected(outcome: Outcome, world: Path, second_world: Path) -> tuple[pd.DataFrame, set[tuple[str, ...]]]:
    """Compute the figures of the altered world apart from the pipeline, and which differ from those before."""
    before, after = apart(world, LIVE, outcome), apart(second_world, LIVE, outcome)
    return after, changed(before, after)


def test_a_backfill_changes_exactly_what_changed_at_the_source(
    world: Path, second_world: Path, undisturbed: Outcome, copy: Callable[[], Path]
) -> None:
    """30 days: 30 new windows of every source; the figures of the altered day change as computed, no other, each recorded."""
    computed, keys = expected(undisturbed, world, second_world)
    assert 5 < len(keys) < 100
    with Company(second_world) as company:
        outcome = company.mpm(copy(), "backfill", "--from", str(FIRST), "--to", str(LAST), "--json")
    assert outcome.exit_code == 0, outcome.err
    for source in (*VENDORS, *FOLDERS):
        assert asked_again(outcome.home, source) == DAYS, source
        assert len(windows(outcome.home, source)) == len(windows(undisturbed.home, source)) + len(DAYS)
    assert differences(outcome.table("fct_kpi"), computed) == []
    assert changed(undisturbed.table("fct_kpi"), outcome.table("fct_kpi")) == keys
    assert outcome.document["restated"] == len(outcome.table("fct_kpi_restatement")) == len(keys)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (
            "2026-05-01",
            "2026-05-02",
            "2026-05-01 is no partition of this home; partitions run from 2026-05-19 to 2026-07-03",
        ),
        ("2026-07-03", "2026-07-04", "2026-07-04 is no partition"),
        ("2026-07-02", "2026-07-01", "--from 2026-07-02 lies after --to 2026-07-01"),
        ("2026-02-30", "2026-07-01", "--from 2026-02-30 is no day"),
    ],
)
def test_days_that_are_no_partition_are_refused(
    undisturbed: Outcome, world: Path, first: str, last: str, words: str
) -> None:
    """Outside the home's days, the wrong way round, or no day at all: 2, and nobody was asked for records."""
    before = len(windows(undisturbed.home, "stripe"))
    with Company(world) as company:
        outcome = company.mpm(undisturbed.home, "backfill", "--from", first, "--to", last)
    assert outcome.exit_code == 2
    assert words in outcome.err
    assert len(windows(undisturbed.home, "stripe")) == before


def test_a_look_back_refuses_to_backfill(undisturbed: Outcome, world: Path) -> None:
    """With MPM_AS_OF before what was read a backfill would land what was not known then: 2, and what to do."""
    with Company(world) as company:
        days = ("backfill", "--from", "2026-06-01", "--to", "2026-06-02")
        outcome = company.mpm(undisturbed.home, *days, MPM_AS_OF="2026-07-01T00:00:00Z")
    assert outcome.exit_code == 2
    assert "MPM_AS_OF" in outcome.err and "unset it" in outcome.err


@contextmanager
def web(home: Path, world: Path) -> Iterator[Ui]:
    """Run `mpm ui` on a home with a simulated world, until the block ends."""
    command = [sys.executable, "-m", "mpm_pipeline.cli", "ui", "--world", str(world), "--home", str(home)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--json"], env=bare(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield Ui(home, process, json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_for(look: Callable[[], Any]) -> None:
    """Look every second until it is so."""
    ends = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(1)


@pytest.mark.slow
def test_a_backfill_from_the_pages_is_published(
    world: Path, second_world: Path, undisturbed: Outcome, copy: Callable[[], Path]
) -> None:
    """30 raw days of all sources launched as the pages do: 30 windows of each; then the sensor has the figures published."""
    computed, keys = expected(undisturbed, world, second_world)
    home = copy()
    assets = [{"path": ["raw", source]} for source in (*VENDORS, "files")]
    with web(home, second_world) as ui:
        wanted = {"assetSelection": assets, "partitionNames": DAYS, "title": "30 days"}
        launched = ui.query(LAUNCH, wanted=wanted)["launchPartitionBackfill"]["backfillId"]
        wait_for(lambda: ui.query(STATUS, id=launched)["partitionBackfillOrError"]["status"] == "COMPLETED_SUCCESS")
        wait_for(lambda: changed(undisturbed.table("fct_kpi"), Outcome(home, 0, "", "").table("fct_kpi")))
    outcome = Outcome(home, 0, "", "")
    for source in (*VENDORS, *FOLDERS):
        assert asked_again(home, source) == DAYS, source
    assert differences(outcome.table("fct_kpi"), computed) == []
    assert changed(undisturbed.table("fct_kpi"), outcome.table("fct_kpi")) == keys
    assert len(outcome.table("fct_kpi_restatement")) == len(keys)
