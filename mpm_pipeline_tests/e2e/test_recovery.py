"""What goes wrong outside is told and loses nothing: once the cause is gone, the same command serves what an undisturbed run serves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mpm_pipeline_tests.e2e.company import Company, mpm_here, windows
from mpm_pipeline_tests.e2e.harness import Outcome, bare

pytestmark = pytest.mark.slow

WRONG = {
    "MPM_STRIPE__API_KEY": "sk_test_wrong",
    "MPM_MARKETO__CLIENT_SECRET": "also-wrong",
    "MPM_LINKEDIN__URL": "http://127.0.0.1:9",
}


@pytest.fixture(scope="module")
def disturbed(world: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Outcome]:
    """A run with two wrong credentials and a host that nobody listens at, then the same command with all of it mended."""
    home = tmp_path_factory.mktemp("disturbed") / "home"
    with Company(world) as company:
        first = company.mpm(home, "run", "--json", **WRONG)
        said = Outcome(home, first.exit_code, first.out, first.err, {"fct_opportunity": first.table("fct_opportunity")})
        return said, company.mpm(home, "run", "--json")


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


def test_the_same_command_goes_on_where_the_cause_is_gone(
    disturbed: tuple[Outcome, Outcome], undisturbed: Outcome
) -> None:
    """0, and every served row is that of a run that nothing disturbed."""
    _, second = disturbed
    assert second.exit_code == 0, second.out
    assert differing(second, undisturbed) == set()


@pytest.mark.parametrize("moment", ["landing", "computing"])
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


def test_a_file_without_a_required_column_is_named_and_mending_it_is_enough(tmp_path: Path) -> None:
    """3 with file and column named while another file is served; 0 once the column is there."""
    folder, home = tmp_path / "files", tmp_path / "home"
    (folder / "hr").mkdir(parents=True)
    file = folder / "hr" / "headcount.csv"
    (folder / "hr" / "reps.csv").write_text(
        "rep_id,name,email,start_on,capacity_per_week\nr1,Ann,ann@own.test,2026-01-01,5\n"
    )
    file.write_text("employment_id,function,role,start_on\ne1,sales,sdr,2026-01-01\n")
    settings = {"MPM_FILES__URL": str(folder), "MPM_FILES__START_AT": "2026-03-29", "MPM_AS_OF": "2026-03-31T12:00:00Z"}
    first = mpm_here(home, "run", "--json", **settings)
    assert first.exit_code == 3
    assert "hr/headcount.csv lacks the required column fte" in first.document["sources"]["hr"]["error"]
    counts = first.table("meta_reconciliation").groupby("stream")["rows_out"].sum()
    assert counts["reps"] == 1 and counts["headcount"] == 0
    file.write_text("employment_id,function,role,fte,start_on\ne1,sales,sdr,1,2026-01-01\n")
    second = mpm_here(home, "run", "--json", **settings)
    assert second.exit_code == 0, second.out
