"""`mpm ui` as a user has it: real web pages, daemon and code server; started, used, reloaded and stopped."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline_tests.commands.landed_home import HEADCOUNT, file_of
from mpm_pipeline_tests.e2e.harness import bare
from mpm_pipeline_tests.orchestration.pages import Ui

pytestmark = pytest.mark.slow

REPOSITORY = '{repositoryLocationName: "mpm_pipeline", repositoryName: "__repository__"}'
STATES = f"""{{
  workspaceOrError {{ ... on Workspace {{ locationEntries {{ loadStatus locationOrLoadError {{ __typename }} }} }} }}
  schedulesOrError(repositorySelector: {REPOSITORY}) {{ ... on Schedules {{ results {{ name scheduleState {{ status }} }} }} }}
  sensorsOrError(repositorySelector: {REPOSITORY}) {{ ... on Sensors {{ results {{ name sensorState {{ status }} }} }} }}
}}"""
DAYS = '{ assetNodeOrError(assetKey: {path: ["raw", "files"]}) { ... on AssetNode { partitionKeys } } }'


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """A fresh home whose only source is a folder with one file, as of 31 March 2026 by its ledger."""
    root = tmp_path_factory.mktemp("ui") / "home"
    folder = root.parent / "files"
    file_of(folder, "hr/headcount", HEADCOUNT + "e1,,sales,sdr,1,2026-01-01\n")
    with Ledger(Home.open(root)) as ledger:
        ledger.begin_run("first", "run", datetime(2026, 3, 31, 12, tzinfo=UTC), "sources")
    environment = bare() | {"MPM_FILES__URL": str(folder), "MPM_FILES__START_AT": "2026-03-29", "MPM_UI__TOKEN": TOKEN}
    command = [sys.executable, "-m", "mpm_pipeline.cli", "ui", "--home", str(root), "--port", "0", "--json"]
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=root.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        assert line, process.stderr.read() if process.stderr else ""
        yield Ui(root, process, json.loads(line)["url"], TOKEN)
    finally:
        process.kill()
        process.wait()


def _until(seconds: float, look: Callable[[], bool]) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if look():
            return True
        time.sleep(0.5)
    return False


def test_everything_is_loaded_and_on(ui: Ui) -> None:
    """The definitions are loaded from any working directory; schedules and sensors run without being switched on."""
    found = ui.query(STATES)
    (location,) = found["workspaceOrError"]["locationEntries"]
    assert location == {"loadStatus": "LOADED", "locationOrLoadError": {"__typename": "RepositoryLocation"}}
    schedules = {one["name"]: one["scheduleState"]["status"] for one in found["schedulesOrError"]["results"]}
    sensors = {one["name"]: one["sensorState"]["status"] for one in found["sensorsOrError"]["results"]}
    assert schedules == dict.fromkeys(("daily_refresh", "hourly_probe", "hourly_refresh"), "RUNNING")
    assert sensors == dict.fromkeys(("late_data", "raw_landed", "failed_runs"), "RUNNING")


def test_the_guard_stands_in_front(ui: Ui) -> None:
    """A mutation over GET is refused, and so are a foreign host and a foreign origin."""
    assert ui.ask("GET", "/graphql?query=mutation%7BshutdownRepositoryLocation%7D")[0] == 403
    assert ui.ask("GET", "/", Host="evil.example")[0] == 421
    assert ui.ask("POST", "/graphql", {"query": "{ version }"}, Origin="https://evil.example")[0] == 403
    assert ui.ask("GET", "/asset-groups")[0] == 200


TOKEN = "shown-to-nobody-9137"
RUNS = "{ runsOrError { ... on Runs { count } } }"
WHERE = 'repositoryLocationName: "mpm_pipeline", repositoryName: "__repository__"'
CAN_RUN = f'{{ isPipelineConfigValid(pipeline: {{{WHERE}, pipelineName: "probe"}}, mode: "default") {{ __typename }} }}'
LAUNCH_RUN = f'mutation {{ launchRun(executionParams: {{selector: {{{WHERE}, jobName: "probe"}}}}) {{ __typename }} }}'


def test_no_page_of_another_site_launches_a_run(ui: Ui) -> None:
    """A launch that this server could carry out is refused over GET from here and elsewhere, and over POST from elsewhere: no run."""
    before = ui.query(RUNS)
    assert ui.query(CAN_RUN)["isPipelineConfigValid"]["__typename"] == "PipelineConfigValidationValid"
    there = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    address = "/graphql?" + urlencode({"query": LAUNCH_RUN})
    for headers in (
        {},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        there,
    ):
        assert ui.ask("GET", address, **headers)[0] == 403
    assert ui.ask("POST", "/graphql", {"query": LAUNCH_RUN}, **there)[0] == 403
    assert ui.ask("POST", "/graphql", {"query": LAUNCH_RUN}, **{"Content-Type": "text/plain"})[0] == 415
    assert ui.query(RUNS) == before


def test_the_token_is_asked_for_and_written_nowhere(ui: Ui) -> None:
    """Without it no page, with it in the address a redirection without it; then no file of the home holds it."""
    assert ui.ask("GET", "/asset-groups", Authorization="Bearer wrong")[0] == 401
    assert ui.ask("GET", f"/asset-groups?token={TOKEN}", Authorization="")[0] == 303
    assert ui.ask("GET", f"/asset-groups?token={TOKEN}x", Authorization="")[0] == 401
    files = [file for file in ui.root.rglob("*") if file.is_file()]
    assert len(files) > 5 and not [file for file in files if TOKEN.encode() in file.read_bytes()]


def test_a_second_one_for_the_same_home_is_refused(ui: Ui) -> None:
    """Two daemons would start every run twice: 5, and the words say what to stop."""
    command = [sys.executable, "-m", "mpm_pipeline.cli", "ui", "--home", str(ui.root), "--port", "0"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert second.returncode == 5
    assert "another `mpm ui`" in second.stderr


def test_a_new_day_becomes_a_partition(ui: Ui) -> None:
    """When the ledger's as-of passes a day, the definitions are loaded again and the day is there."""
    assert ui.query(DAYS)["assetNodeOrError"]["partitionKeys"] == ["2026-03-29", "2026-03-30", "2026-03-31"]
    with Ledger(Home.open(ui.root)) as ledger:
        ledger.begin_run("next", "probe", datetime(2026, 4, 1, 1, tzinfo=UTC), "sources")
    assert _until(60, lambda: "2026-04-01" in ui.query(DAYS)["assetNodeOrError"]["partitionKeys"])


def test_it_stops_within_seconds_and_leaves_nothing_behind(ui: Ui) -> None:
    """A termination ends with 0; no process of the web pages, the daemon or the code server remains."""
    children = _descendants(ui.process.pid)
    assert len(children) >= 4
    ui.process.send_signal(signal.SIGTERM)
    assert ui.process.wait(timeout=30) == 0
    assert _until(10, lambda: not [pid for pid in children if Path(f"/proc/{pid}").exists()])
    assert "Traceback" not in (ui.process.stderr.read() if ui.process.stderr else "")


def _descendants(pid: int) -> list[int]:
    """Return the processes below one, by Linux's own lists: one for each thread that started some."""
    lists = [file.read_text().split() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    found = [int(child) for children in lists for child in children]
    return [*found, *(below for child in found for below in _descendants(child))]
