"""Homes for the tests of orchestration, and an environment that holds no settings of whoever runs the tests."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

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


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of 31 days (all of March 2026) whose Salesforce, Stripe and files are on; nothing was read yet."""
    for source in ("SALESFORCE", "STRIPE", "FILES"):
        monkeypatch.setenv(f"MPM_{source}__URL", "http://127.0.0.1:1")
        monkeypatch.setenv(f"MPM_{source}__START_AT", str(FIRST))
    for name in ("SALESFORCE__CLIENT_ID", "SALESFORCE__CLIENT_SECRET", "STRIPE__API_KEY"):
        monkeypatch.setenv(f"MPM_{name}", "given")
    monkeypatch.setenv("MPM_AS_OF", NOON)
    monkeypatch.setenv("MPM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


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
