"""What goes wrong outside is told and loses nothing: once the cause is gone, the same command serves what an undisturbed run serves."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mpm_pipeline_tests.e2e.company import Company, windows
from mpm_pipeline_tests.e2e.harness import Outcome, bare

pytestmark = pytest.mark.slow

WRONG = {
    "MPM_STRIPE__API_KEY": "sk_test_wrong",
    "MPM_MARKETO__CLIENT_SECRET": "also-wrong",
    "MPM_LINKEDIN__URL": "http://127.0.0.1:9",
}


@pytest.fixture(scope="module")
def disturbed(world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Outcome]:
    """A run with two wrong credentials, a host that nobody listens at and a file that lacks a column, then the same with all of it mended."""
    root = tmp_path_factory.mktemp("disturbed")
    with Company(world) as company, Company(lacking(world, root / "lacking")) as other:
        files = other.environment["MPM_FILES__URL"]
        first = company.mpm(root / "home", "run", "--json", **WRONG, MPM_FILES__URL=files)
        for table in ("fct_opportunity", "meta_reconciliation"):
            first.table(table)
        return first, company.mpm(root / "home", "run", "--json")


def lacking(world: Path, folder: Path) -> Path:
    """Copy a world without the column `fte` of hr/headcount."""
    shutil.copytree(world, folder)
    file = folder / "hr" / "headcount.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        del line["record"]["fte"]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_sources_that_refuse_are_named_and_stop_no_other(disturbed: tuple[Outcome, Outcome]) -> None:
    """3; each source with its reason and what to do, no credential in any word; the others are published."""
    first, _ = disturbed
    assert first.exit_code == 3
    words = first.out + first.err
    for source, reason in (
        ("stripe", "check stripe.api_key"),
        ("marketo", "marketo.client_secret"),
        ("linkedin", "127.0.0.1:9/"),
    ):
        assert source in words and reason in words, source
    assert not [secret for secret in ("sk_test_wrong", "also-wrong") if secret in words]
    assert len(first.table("fct_opportunity")) > 20


def test_a_file_without_a_required_column_is_named(disturbed: tuple[Outcome, Outcome]) -> None:
    """File and column are named, nothing of it is served, and the other files of the folder are."""
    first, _ = disturbed
    assert "hr/headcount.csv lacks the required column fte" in first.document["sources"]["hr"]["error"]
    counts = first.table("meta_reconciliation").query("source == 'hr'").groupby("stream")["rows_out"].sum()
    assert counts["reps"] > 0 and counts["headcount"] == 0


def test_the_same_command_goes_on_where_the_cause_is_gone(
    disturbed: tuple[Outcome, Outcome], undisturbed: Outcome
) -> None:
    """0, and every served row is that of a run that nothing disturbed."""
    _, second = disturbed
    assert second.exit_code == 0, second.out
    assert differing(second, undisturbed) == set()


@pytest.mark.parametrize("moment", [pytest.param("landing", marks=pytest.mark.long), "computing"])
def test_a_killed_run_is_finished_by_the_next(world: Path, undisturbed: Outcome, tmp_path: Path, moment: str) -> None:
    """Killed while it lands or while it computes: nothing half is served, and the next run serves the same bytes."""
    home = tmp_path / "home"
    with Company(world) as company:
        killed(home, company.environment, {"landing": landing, "computing": computing}[moment])
        assert not (home / "served.sqlite").exists()
        outcome = company.mpm(home, "run", "--json")
    assert outcome.exit_code == 0, outcome.err
    assert differing(outcome, undisturbed) == set()


def landing(home: Path) -> bool:
    """Say whether the ledger has windows of the source that is read second."""
    return (home / "ledger.sqlite").exists() and len(windows(home, "marketo")) > 0


def computing(home: Path) -> bool:
    """Say whether tables of the customer stage are being made."""
    return any((home / "tables" / "customer").glob("*"))


def killed(home: Path, environment: dict[str, str], is_time: Callable[[Path], bool]) -> None:
    """Run `mpm run` in a process of its own and kill it without warning at a moment."""
    command = [sys.executable, "-m", "mpm_pipeline.cli", "run", "--home", str(home)]
    process = subprocess.Popen(
        command,
        env=bare() | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not is_time(home):
            assert process.poll() is None, "it ended before its time"
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def differing(one: Outcome, other: Outcome) -> set[str]:
    """Return the names of served tables whose rows differ; how often was published, and which ids once were two, may."""
    left, right = (outcome.export(without={"meta_publication", "id_redirect"}) for outcome in (one, other))
    return {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}
