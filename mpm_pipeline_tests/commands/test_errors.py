"""Whatever goes wrong: one line of words on standard error, one JSON document on standard output, the agreed exit status."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpm_pipeline import errors
from mpm_pipeline.commands import kpi
from mpm_pipeline.errors import MpmError
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.lock import hold

HEAVY = {"dagster", "pandas", "pyarrow", "duckdb", "sqlalchemy", "pydantic"}


def test_an_unknown_command_and_an_unknown_option_are_usage(mpm) -> None:
    """A misspelt command or option ends with 2 and is named."""
    assert mpm("runn").status == 2
    told = mpm("run", "--nonsense")
    assert told.status == 2
    assert "--nonsense" in told.err


def test_usage_errors_are_json_too(mpm) -> None:
    """With --json a usage error is one JSON document on standard output, and words on standard error."""
    told = mpm("backfill", "--json")
    assert told.status == 2
    assert told.document["status"] == "failed"
    assert "--from" in told.document["error"]["text"]
    assert "--from" in told.err


def test_a_missing_command_shows_help(mpm) -> None:
    """`mpm` alone shows what there is and ends with 2."""
    told = mpm()
    assert told.status == 2
    assert "doctor" in told.err + told.out


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.ConfigError, 2), (errors.WorldError, 2), (errors.SourceUnavailable, 3), (errors.CredentialsRefused, 3),
        (errors.Halt, 4), (errors.Busy, 5), (MpmError, 1),
    ],
)  # fmt: skip
def test_each_kind_of_error_has_its_exit_status(mpm, monkeypatch, error: type[MpmError], status: int) -> None:
    """The class of an error decides the status; its words reach both outputs."""

    def fail(kpi_id: str) -> None:
        raise error("what happened, where, what to do")

    monkeypatch.setattr(kpi, "_known", fail)
    told = mpm("kpi", "show", "mqls", "--json")
    assert told.status == status
    assert told.err == "mpm: what happened, where, what to do\n"
    assert told.document["error"] == {"kind": error.__name__, "text": "what happened, where, what to do"}


def test_a_defect_shows_no_traceback_and_no_data(mpm, monkeypatch, root) -> None:
    """An unexpected exception ends with 1; its text, which may hold data of a row, is neither printed nor written to the log."""
    (root / "logs").mkdir(parents=True)
    address = "@".join(("ann", "example.com"))

    def fail(kpi_id: str) -> None:
        raise RuntimeError(address)

    monkeypatch.setattr(kpi, "_known", fail)
    told = mpm("kpi", "show", "mqls", "--json")
    assert told.status == 1
    assert "Traceback" not in told.err + told.out
    assert told.document["error"]["kind"] == "Defect"
    (log,) = (root / "logs").glob("defect-*.log")
    assert "in fail" in log.read_text()
    assert address not in told.err + told.out + log.read_text()


def test_an_interrupted_command_is_no_defect(mpm, monkeypatch) -> None:
    """Ctrl-C ends with the shell's own status for it, and JSON says so."""

    def stop(kpi_id: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kpi, "_known", stop)
    told = mpm("kpi", "show", "mqls", "--json")
    assert told.status == 130
    assert told.document["error"]["kind"] == "Stopped"


@pytest.fixture
def _fresh_ending() -> Iterator[None]:
    """The SIGTERM of a fresh process, whatever earlier tests in this one made of it."""
    earlier = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, earlier)


@pytest.mark.usefixtures("_fresh_ending")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("kind", [RuntimeError, errors.Halt, None], ids=str)
def test_a_signal_that_a_library_makes_its_own_error_of_is_none(mpm, monkeypatch, number, status, kind) -> None:
    """Whatever a signal becomes on its way, the command ends with the status of the signal and says that it can go on."""

    def stop(kpi_id: str) -> None:
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt:
            if kind is None:
                raise
            raise kind("Query interrupted") from None

    monkeypatch.setattr(kpi, "_known", stop)
    told = mpm("kpi", "show", "mqls", "--json")
    assert told.status == status
    assert told.document["error"]["kind"] == "Stopped"
    assert "nothing was lost, and the same command goes on" in told.err
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize(
    "command",
    [["run"], ["backfill", "--from", "2026-01-01", "--to", "2026-01-02"], ["demo"], ["leads", "assign"]],
    ids=lambda command: command[0],
)
def test_a_busy_home_is_told_before_anything_heavy_is_loaded(root: Path, command: list[str]) -> None:
    """While another run holds the home, a second one ends with 5, names the holder, leaves all as it was and has loaded next to nothing."""
    code = "import sys; from mpm_pipeline.cli import call; print(call(sys.argv[1:]), *sorted(sys.modules))"
    home = Home.open(root)
    home.ledger.touch()
    before = sorted(root.rglob("*"))
    with hold(home, "mpm run"):
        done = subprocess.run(
            [sys.executable, "-c", code, *command, "--home", str(root)], capture_output=True, text=True, check=True
        )
    status, *loaded = done.stdout.split()
    assert status == "5", done.stderr
    assert "mpm run, process" in done.stderr
    assert not HEAVY & set(loaded)
    assert sorted(path for path in root.rglob("*") if path.name != "run.lock") == before
