"""Runs commands in this process, with an environment that holds no settings of whoever runs the tests."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.cli import call


@dataclass
class Told:
    """Exit status of a command and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path) -> Iterator[None]:
    """Hide the settings of this process, and undo what a command sets for itself."""
    before = os.environ.copy()
    for name in [name for name in before if name.startswith(("MPM_", "DAGSTER_"))]:
        del os.environ[name]
    os.environ["MPM_HOME"] = str(tmp_path / "home")
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def mpm(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Run `mpm ARGUMENTS` on the home in MPM_HOME."""

    def run(*arguments: str) -> Told:
        capsys.readouterr()
        status = call(list(arguments))
        printed = capsys.readouterr()
        return Told(status, printed.out, printed.err)

    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The home folder that commands work on; it does not exist yet."""
    return tmp_path / "home"
