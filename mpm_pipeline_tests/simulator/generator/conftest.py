"""The default demo world, generated once for all tests of this folder, and how its records are looked at."""

from pathlib import Path

import pytest

from mpm_pipeline.simulator.generator import generate
from mpm_pipeline_tests.simulator.generator.looking import Look


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the default world."""
    directory = tmp_path_factory.mktemp("generated") / "world"
    generate(directory)
    return directory


@pytest.fixture(scope="session")
def look(folder: Path) -> Look:
    """The default world as its vendors show it at its `now`."""
    return Look(folder)
