"""Homes and databases for the tests of publishing: SQLite in the home, and a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    with postgres.database(postgres_server) as url:
        yield url


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    """The URL to publish to: empty (the home's own SQLite file), then PostgreSQL."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
