"""Homes for the tests of orchestration, and an environment that holds no settings of whoever runs the tests."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from mpm_pipeline.orchestration.build import definitions
from mpm_pipeline.orchestration.session import Session

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
NOON = f"{LAST}T12:00:00Z"


@pytest.fixture(scope="package", autouse=True)
def no_settings() -> Iterator[None]:
    """Hide the settings of this process."""
    before = os.environ.copy()
    for name in [name for name in before if name.startswith(("MPM_", "DAGSTER_"))]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)


def march(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Set the environment of a home of 31 days (all of March 2026) whose Salesforce, Stripe and files are on."""
    for source in ("SALESFORCE", "STRIPE", "FILES"):
        patch.setenv(f"MPM_{source}__URL", "http://127.0.0.1:1")
        patch.setenv(f"MPM_{source}__START_AT", str(FIRST))
    for name in ("SALESFORCE__CLIENT_ID", "SALESFORCE__CLIENT_SECRET", "STRIPE__API_KEY"):
        patch.setenv(f"MPM_{name}", "given")
    patch.setenv("MPM_AS_OF", NOON)
    patch.setenv("MPM_HOME", str(home))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of March 2026; nothing was read yet."""
    march(monkeypatch, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture(scope="package")
def defs(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    """The definitions of a home of March 2026; which home a step opens is told by MPM_HOME when it runs."""
    with pytest.MonkeyPatch.context() as patch:
        march(patch, tmp_path_factory.mktemp("none") / "home")
        return definitions()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance in memory."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def session(root: Path) -> Iterator[Session]:
    """The same home opened, with all its days read from every source but the files of finance."""
    with Session.open(root) as opened:
        days = [FIRST + timedelta(days=place) for place in range((LAST - FIRST).days + 1)]
        for source in ("salesforce", "stripe", "hr"):
            read(opened, source, days)
        opened.as_of("first")
        yield opened


def read(session: Session, source: str, days: list[date], state: str = "done") -> None:
    """Write into the ledger that days of a source were asked for."""
    row = {"run_id": "first", "source": source, "as_of": f"{LAST}T12:00:00+00:00", "state": state, "rows_in": 1}
    session.ledger.add_windows([row | {"partition": str(day)} for day in days])


def sight(session: Session, source: str, seen_at: str, days: dict[str, str]) -> None:
    """Write into the ledger what a probe saw: versions by key and the day in which each lies."""
    stream = {"salesforce": "Lead", "stripe": "charges", "hr": "headcount"}.get(source, "budget")
    rows = [
        {"source": source, "stream": stream, "key": key, "version": "1", "partition": day, "seen_as_of": seen_at}
        for key, day in days.items()
    ]
    session.ledger.put_sightings(source, rows)
