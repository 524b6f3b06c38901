"""Bad input ends with the agreed status and words that name what, where and what to do; the same command works once the cause is gone."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mpm_pipeline.orchestration.demo import remember
from mpm_pipeline_tests.commands.landed_home import DAY, HEADCOUNT, file_of, landed_home
from mpm_pipeline_tests.simulator.small_worlds import write_world

HOLDER = """
import sys, time
from pathlib import Path
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.lock import hold
with hold(Home.open(Path(sys.argv[1])), "mpm run"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(root: Path, tmp_path: Path) -> Path:
    """A home with one landed file."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + "e1,,sales,sdr,1,2026-01-01\n")
    landed_home(root, tmp_path / "files")
    return root


def test_no_source_at_all_says_what_to_set(mpm) -> None:
    """A run without any source: 2, and the words name a setting to begin with."""
    told = mpm("run", "--json")
    assert told.status == 2
    assert "salesforce.url" in told.err


def test_a_demo_home_says_that_its_vendors_have_gone(mpm, root: Path, tmp_path: Path) -> None:
    """`mpm run` on what `mpm demo` filled: 2, and which command to use."""
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "world.toml").write_text("")
    remember(root, {"MPM_WORLD": str(tmp_path / "world")})
    told = mpm("run", "--json")
    assert told.status == 2 and "run `mpm demo` again" in told.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[company]\ntimezone = 'UTC'\n", "company.timezone"),
        ("[companies]\n", "[companies]"),
        ("[company]\ntime_zone = 'Mars/Olympus'\n", "company.time_zone"),
        ("[company]\ntime_zone = 'localtime'\n", "company.time_zone"),
        ("[funnel]\nbusiness_hours = 'Mon-Fri 17:00-09:00'\n", "funnel.business_hours"),
        ("[funnel]\nbusiness_hours = 'Mon-Fri 09:00-09:00'\n", "funnel.business_hours"),
        ("[funnel]\nbusiness_hours = 'Mon-Fri 09:00-24:30'\n", "funnel.business_hours"),
        ("[company\n", "not readable as TOML"),
        ("company = 1\n", "must be a section"),
    ],
)
def test_a_wrong_setting_is_named_and_mending_it_is_enough(mpm, root: Path, text: str, words: str) -> None:
    """An unknown key, section or value in HOME/mpm.toml: 2, the place named; without it the same command works."""
    root.mkdir()
    (root / "mpm.toml").write_text(text)
    told = mpm("doctor")
    assert told.status == 2
    assert words in told.err
    (root / "mpm.toml").write_text("")
    assert mpm("doctor").status == 0


def test_an_unknown_environment_variable_is_named(mpm, monkeypatch) -> None:
    """A misspelt MPM_ variable: 2, and its name."""
    monkeypatch.setenv("MPM_REPORTING_CURRENCY", "EUR")
    told = mpm("doctor")
    assert told.status == 2
    assert "MPM_REPORTING_CURRENCY" in told.err


@pytest.mark.parametrize(
    "arguments", [["demo"], ["simulator", "--port", "0"], ["ui", "--port", "0"]], ids=lambda arguments: arguments[0]
)
def test_a_malformed_world_names_file_and_line(mpm, tmp_path: Path, arguments: list[str]) -> None:
    """A line that is no JSON object: 2, with file and line number, in whatever command reads the world."""
    world = write_world(tmp_path / "world", {"stripe/customers": [{"id": "cus_1"}]}, now="2026-03-31T00:00:00Z")
    with (world / "stripe" / "customers.jsonl").open("a") as file:
        file.write("not json\n")
    told = mpm(*arguments, "--world", str(world))
    assert told.status == 2
    assert "customers.jsonl" in told.err
    assert "line 2" in told.err or ":2" in told.err


@pytest.mark.parametrize("command", ["demo", "ui", "simulator"])
def test_a_folder_that_is_no_world_is_named(mpm, tmp_path: Path, command: str) -> None:
    """--world on a folder without world.toml: 2, and the folder's name."""
    told = mpm(command, "--world", str(tmp_path))
    assert told.status == 2
    assert str(tmp_path) in told.err


@pytest.mark.parametrize("command", ["simulator", "ui", "scorecard"])
def test_a_port_in_use_is_named(mpm, home: Path, tmp_path: Path, command: str) -> None:
    """A port that somebody else listens on: 2, and the port's number."""
    world = write_world(tmp_path / "world", {"stripe/customers": [{"id": "cus_1"}]}, now="2026-03-31T00:00:00Z")
    more = {"simulator": ["--world", str(world)], "ui": [], "scorecard": ["--serve"]}[command]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = mpm(command, "--port", port, *more)
    assert told.status == 2
    assert f"--port {port}" in told.err


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2031-01-01", "2031-01-02", "2031-01-01 is no partition"),
        ("2026-03-01", "2026-03-31", "2026-03-01 is no partition"),
        ("yesterday", "2026-03-31", "--from yesterday is no day"),
        ("2026-03-31", "2026-03-30", "lies after"),
    ],
)
def test_an_unknown_partition_is_named(mpm, home: Path, first: str, last: str, words: str) -> None:
    """A day that is no partition, no day at all, or a range the wrong way round: 2, before anything is asked."""
    told = mpm("backfill", "--from", first, "--to", last)
    assert told.status == 2
    assert words in told.err


def test_a_second_run_at_the_same_time_is_told_who_holds_the_home(mpm, home: Path) -> None:
    """While a run holds the home: 5 and the holder's name, for runs, backfills and leads; afterwards it works."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    try:
        for command in (["run"], ["backfill", "--from", str(DAY), "--to", str(DAY)], ["leads", "assign"]):
            told = mpm(*command, "--json")
            assert told.status == 5, command
            assert f"mpm run, process {holder.pid}" in told.document["error"]["text"]
    finally:
        holder.kill()
        holder.wait()
    assert mpm("leads", "assign").status == 0


def test_a_home_that_is_a_file_is_named(mpm, root: Path) -> None:
    """--home on a file: 2."""
    root.write_text("a file")
    for command in (["run"], ["init"], ["demo"], ["ui"]):
        told = mpm(*command)
        assert (told.status, "is a file" in told.err) == (2, True), command


def test_a_damaged_ledger_is_named_and_moving_it_away_is_enough(mpm, home: Path) -> None:
    """A ledger that was cut: 3 and what to do; without it the raw files are entered anew and nothing is lost."""
    before = json.loads(mpm("quarantine", "list", "--json").out)
    for left in home.glob("ledger.sqlite-*"):
        left.unlink()
    content = (home / "ledger.sqlite").read_bytes()
    (home / "ledger.sqlite").write_bytes(content[: len(content) // 3])
    told = mpm("quarantine", "list")
    assert told.status == 3
    assert "ledger.sqlite" in told.err and "move it away" in told.err
    (home / "ledger.sqlite").unlink()
    from mpm_pipeline.orchestration.session import Session

    with Session.open(home) as session:
        assert len(session.ledger.batch_names()) == 1
    assert before == {"counts": [], "rows": []}


def test_an_empty_home_id_is_put_back(mpm, home: Path) -> None:
    """A home id that was lost comes back from the ledger, so that what was published stays ours."""
    own = (home / "home_id").read_text()
    (home / "home_id").write_text("")
    assert mpm("quarantine", "list").status == 0
    assert (home / "home_id").read_text() == own


def test_half_written_files_do_no_harm(mpm, home: Path) -> None:
    """A raw file cut while it was written and a table without its log are passed over; a command works as before."""
    (batch,) = (home / "raw" / "hr" / "headcount").glob("*.parquet")
    batch.with_suffix(".tmp").write_bytes(batch.read_bytes()[:100])
    half = home / "tables" / "leads" / "lead_distribution"
    half.mkdir(parents=True)
    (half / "part-0.parquet").write_bytes(b"PAR1")
    assert mpm("leads", "assign").status == 0
    assert mpm("leads", "assign", "--json").document["leads"] == []


def test_a_raw_file_that_is_gone_stops_everything(mpm, home: Path) -> None:
    """A raw file that the ledger knows and nobody can find: 3, its name; put back, the same command works."""
    (batch,) = (home / "raw" / "hr" / "headcount").glob("*.parquet")
    away = batch.rename(home.parent / "away.parquet")
    told = mpm("leads", "assign")
    assert told.status == 3
    assert batch.name in told.err
    away.rename(batch)
    assert mpm("leads", "assign").status == 0
