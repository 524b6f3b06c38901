"""Two runs of one home exclude each other: the second is told who has it, and a killed holder never blocks the next."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpm_pipeline.errors import Busy
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.lock import _holder, hold

HOLDER = """
import subprocess, sys, time
from pathlib import Path
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.lock import hold
with hold(Home(Path(sys.argv[1])), "mpm backfill"):
    child = subprocess.Popen(["sleep", "60"])
    print(child.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


@pytest.fixture
def holder(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the home and has started a process of its own, which outlives it."""
    command = [sys.executable, "-c", HOLDER, str(home.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    os.kill(child, signal.SIGKILL)


def test_a_second_run_is_told_who_holds_the_home(home: Home, holder: subprocess.Popen[str]) -> None:
    """What it is, its process and since when; the exit status is 5."""
    with pytest.raises(Busy) as told, hold(home, "mpm run"):
        pass
    assert re.search(
        rf"\(mpm backfill, process {holder.pid}, since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\)", str(told.value)
    )
    assert told.value.exit_code == 5


def test_a_killed_holder_frees_the_home_at_once(home: Home, holder: subprocess.Popen[str]) -> None:
    """Without waiting, though its note and a process that it had started are still there."""
    holder.kill()
    holder.wait()
    assert (home.locks / "run.json").exists()
    with hold(home, "mpm run"):
        assert f'"pid": {os.getpid()}' in (home.locks / "run.json").read_text()


def test_a_run_may_enter_its_own_home_again(home: Home) -> None:
    """A command and the steps that it starts are one run; only the outermost gives the home back."""
    with hold(home, "mpm run"):
        with hold(home, "a step"):
            pass
        assert "mpm run" in (home.locks / "run.json").read_text()
    assert not (home.locks / "run.json").exists()


@pytest.mark.parametrize("note", [None, "{", "[1]", '{"what": "mpm run"}'])
def test_a_holder_that_left_no_note_is_said_to_be_unknown(home: Home, note: str | None) -> None:
    """Half a note, or none: the lock alone counts."""
    file = home.locks / "run.json"
    if note is not None:
        file.write_text(note)
    assert _holder(home) == "it does not say which"


def test_a_note_is_told_in_utc(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the machine stands."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        file = home.locks / "run.json"
        file.write_text('{"what": "mpm run", "pid": 7}')
        os.utime(file, (0, 0))
        assert _holder(home) == "mpm run, process 7, since 1970-01-01 00:00:00 UTC"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_part_of_a_run_may_end_after_the_run(home: Home) -> None:
    """A step that an interrupt left half way gives back nothing that is no longer held, and the home is free."""
    step = hold(home, "a step")
    with hold(home, "mpm run"):
        step.__enter__()
    step.__exit__(None, None, None)
    with hold(home, "mpm run"):
        assert (home.locks / "run.json").exists()
    assert not (home.locks / "run.json").exists()
