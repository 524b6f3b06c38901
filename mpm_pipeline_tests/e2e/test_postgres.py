"""A whole demo against a real PostgreSQL: the same rows as on SQLite, under one schema with comments, for one home alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from mpm_pipeline.publish.reader import read_served
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests import postgres
from mpm_pipeline_tests.e2e.company import mpm_here
from mpm_pipeline_tests.e2e.harness import KNOWLEDGE, NOT_COMPARED, Outcome

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@dataclass
class Attempts:
    """The same command while its database is not there yet, and once it is."""

    url: str
    down: Outcome
    up: Outcome


@pytest.fixture(scope="module")
def attempts(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attempts]:
    """Run a demo that publishes to a database, before and after somebody created it."""
    home = tmp_path_factory.mktemp("postgres") / "home"
    with postgres.server() as server:
        with postgres.database(server) as url:
            later = sa.make_url(url)
        arguments = ("demo", "--world", str(world), "--json")
        down = mpm_here(home, *arguments, MPM_PUBLISH__URL=url)
        with postgres.database(server, str(later.database)) as url:
            yield Attempts(url, down, mpm_here(home, *arguments, MPM_PUBLISH__URL=url))


def test_a_database_that_is_not_there_loses_nothing(attempts: Attempts) -> None:
    """While the database refuses: 3, it is named without its password, and the same command later goes on."""
    assert attempts.down.exit_code == 3, attempts.down.err
    text = attempts.down.document["error"]["text"]
    assert str(sa.make_url(attempts.url).database) in text and "cannot be" in text
    assert attempts.up.exit_code == 0, attempts.up.err


def test_postgres_serves_the_same_rows_as_sqlite(attempts: Attempts, undisturbed: Outcome) -> None:
    """Every served table is in the schema mpm with the rows, to the last byte, that another home serves from SQLite."""
    with sa.create_engine(attempts.url).connect() as connection:
        names = set(sa.inspect(connection).get_table_names(schema="mpm"))
    assert names == set(undisturbed.names()) and len(names) > 25
    on_postgres = canonical(Home(attempts.up.home), attempts.url, names - NOT_COMPARED)
    assert on_postgres == canonical(Home(undisturbed.home), "", names - NOT_COMPARED)
    assert not (attempts.up.home / "served.sqlite").exists()


def canonical(home: Home, url: str, names: set[str]) -> dict[str, list[list[str]]]:
    """Return the rows of served tables as sorted text, without columns of knowledge time."""
    found = read_served(home, url, *names)
    return {
        name: sorted(
            [f"{column}={row[column]!r}" for column in sorted(row) if column not in KNOWLEDGE] for row in found[name]
        )
        for name in names
    }


def test_tables_and_columns_are_explained_in_the_database(attempts: Attempts) -> None:
    """Every served table and each of its columns carries a comment."""
    with sa.create_engine(attempts.url).connect() as connection:
        inspector = sa.inspect(connection)
        for name in inspector.get_table_names(schema="mpm"):
            assert inspector.get_table_comment(name, schema="mpm")["text"], name
            if name != "meta_home":
                assert all(column["comment"] for column in inspector.get_columns(name, schema="mpm")), name


def test_another_home_is_refused_before_it_works(attempts: Attempts, world: Path, tmp_path: Path) -> None:
    """A second home with the same URL: 2 at once, what is served stays, and nothing was fetched for nothing."""
    before = read_served(Home(attempts.up.home), attempts.url, "fct_kpi")
    refused = mpm_here(tmp_path / "other", "demo", "--world", str(world), MPM_PUBLISH__URL=attempts.url)
    assert refused.exit_code == 2
    assert "another home" in refused.err and "name another database" in refused.err
    assert not list((tmp_path / "other" / "raw").iterdir())
    assert read_served(Home(attempts.up.home), attempts.url, "fct_kpi") == before
