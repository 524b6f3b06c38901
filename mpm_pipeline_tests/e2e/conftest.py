"""One small company for all end-to-end tests, run once; tests that change a home work on a copy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from mpm_pipeline_tests.e2e.company import Company, small_world
from mpm_pipeline_tests.e2e.harness import Outcome


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this test run share."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def world(shared: Path) -> Path:
    """The small world; never written to."""
    with FileLock(shared / "world.lock"):
        return small_world(shared / "world")


@pytest.fixture(scope="session")
def undisturbed(world: Path, shared: Path) -> Outcome:
    """One run of the small world in a fresh home, with nothing in its way; made by whichever worker asks first, never written to."""
    told = shared / "undisturbed.json"
    with FileLock(shared / "undisturbed.lock"):
        if not told.exists():
            with Company(world) as company:
                outcome = company.mpm(shared / "undisturbed", "run", "--json")
            told.write_text(json.dumps([outcome.exit_code, outcome.out, outcome.err]))
    outcome = Outcome(shared / "undisturbed", *json.loads(told.read_text()))
    assert outcome.exit_code == 0, outcome.err
    return outcome


@pytest.fixture(scope="module")
def copy(undisturbed: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Make a home that is as the undisturbed run left it."""

    def make() -> Path:
        return Path(shutil.copytree(undisturbed.home, tmp_path_factory.mktemp("copy") / "home"))

    return make
