"""One small company for all end-to-end tests, run once; tests that change a home work on a copy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mpm_pipeline_tests.e2e.company import Company, small_world
from mpm_pipeline_tests.e2e.harness import Outcome


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world; never written to."""
    return small_world(tmp_path_factory.mktemp("small") / "world")


@pytest.fixture(scope="session")
def undisturbed(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run of the small world in a fresh home, with nothing in its way; never written to."""
    with Company(world) as company:
        outcome = company.mpm(tmp_path_factory.mktemp("undisturbed") / "home", "run", "--json")
    assert outcome.exit_code == 0, outcome.err
    return outcome


@pytest.fixture(scope="module")
def copy(undisturbed: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Make a home that is as the undisturbed run left it."""

    def make() -> Path:
        return Path(shutil.copytree(undisturbed.home, tmp_path_factory.mktemp("copy") / "home"))

    return make
