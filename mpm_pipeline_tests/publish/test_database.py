"""Writing served tables: types, keys, comments, hostile text, and databases that must not or cannot be written."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.errors import ConfigError, SourceUnavailable
from mpm_pipeline.publish import database
from mpm_pipeline.publish.catalog import grain, served
from mpm_pipeline.publish.reader import NothingPublished, read_served
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.publish.literal import AS_OF, figure, rows

TABLES = {name: served()[name] for name in ("fct_kpi", "fct_lead_stage", "meta_quarantine", "meta_column")}
HOSTILE = 'say "hi", O\'Neil;\n\ttab \\N \\. \\ ünï 🎉 <script>%s ? :x'


def write(home: Home, url: str, publication: str = "one", **given: list[dict[str, Any]]) -> None:
    tables = {name: rows(contract.Config.name, given.get(name, ())) for name, contract in TABLES.items()}
    database.publish(home, url, tables, TABLES, publication)


@contextmanager
def plain(home: Home, url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database.database_url(home, url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def stage(**more: Any) -> dict[str, Any]:
    return {"person_id": "p1", "cycle_no": 1, "stage": "mql", "region": "EMEA", "segment": "mid"} | more


@pytest.mark.postgres
def test_postgres_has_types_keys_and_comments(home: Home, postgres_url: str) -> None:
    """On PostgreSQL a table has real types, its declared key in order, and its grain and columns as comments."""
    write(home, postgres_url)
    with plain(home, postgres_url) as connection:
        inspector = sa.inspect(connection)
        columns = {column["name"]: column for column in inspector.get_columns("fct_lead_stage", schema="mpm")}
        key = inspector.get_pk_constraint("fct_lead_stage", schema="mpm")["constrained_columns"]
        comment = inspector.get_table_comment("fct_lead_stage", schema="mpm")["text"]
    kinds = {name: str(column["type"].compile(connection.dialect)) for name, column in columns.items()}
    assert kinds["entered_at"] == "TIMESTAMP WITH TIME ZONE"
    assert (kinds["is_imputed"], kinds["cycle_no"], kinds["person_id"]) == ("BOOLEAN", "BIGINT", "TEXT")
    assert kinds["inferred_confidence"] == "DOUBLE PRECISION"
    assert columns["account_id"]["nullable"] and not columns["region"]["nullable"]
    assert columns["cycle_no"]["comment"] == "life cycle, from 1"
    assert key == ["person_id", "cycle_no", "stage", "entered_at"]
    assert comment == grain(contract_of("kpis.fct_lead_stage"))


def test_every_value_comes_back_as_it_was(home: Home, url: str) -> None:
    """Quotes, newlines, emoji, the empty text, null, booleans, instants with microseconds and exact money survive."""
    moment = datetime(2026, 3, 1, 12, 30, 1, 123456, tzinfo=UTC)
    leads = [
        stage(
            person_id=HOSTILE, entered_at=moment, is_imputed=True, lead_id="", owner_id=None, inferred_confidence=0.1
        ),
        stage(person_id="", entered_at=AS_OF, is_imputed=False, lead_id=None, owner_id="\\N"),
    ]
    figures = [figure("mrr", 92233720368547758.07, value_minor=9223372036854775807, numerator=-1)]
    write(home, url, fct_lead_stage=leads, fct_kpi=figures)
    found = read_served(home, url, "fct_lead_stage", "fct_kpi")
    by_person = {row["person_id"]: row for row in found["fct_lead_stage"]}
    first, second = by_person[HOSTILE], by_person[""]
    assert (first["entered_at"], first["is_imputed"], first["lead_id"], first["owner_id"]) == (moment, True, "", None)
    assert first["inferred_confidence"] == 0.1
    assert (second["entered_at"], second["is_imputed"], second["lead_id"], second["owner_id"]) == (
        AS_OF,
        False,
        None,
        "\\N",
    )
    assert found["fct_kpi"][0]["value_minor"] == 9223372036854775807
    assert found["fct_kpi"][0]["period_start"] == date(2026, 3, 1)


def test_a_text_with_a_nul_does_not_stop_publishing(home: Home, url: str) -> None:
    """PostgreSQL cannot hold U+0000, so it is served as the replacement character on both databases."""
    write(home, url, fct_lead_stage=[stage(person_id="a\x00b")])
    assert read_served(home, url, "fct_lead_stage")["fct_lead_stage"][0]["person_id"] == "a\ufffdb"


def test_sqlite_writes_instants_as_iso_text(home: Home) -> None:
    """On SQLite an instant is ISO 8601 text with Z, without a fraction when it is a whole second."""
    write(home, "", fct_lead_stage=[stage(entered_at=AS_OF)])
    with plain(home, "") as connection:
        found = connection.exec_driver_sql(
            "SELECT entered_at, is_imputed, typeof(entered_at) FROM fct_lead_stage"
        ).one()
    assert tuple(found) == ("2026-04-10T06:00:00Z", 0, "text")


def test_a_second_publication_replaces_the_first(home: Home, url: str) -> None:
    """Rows of the publication before are gone, whatever they were."""
    write(home, url, fct_lead_stage=[stage(), stage(person_id="p2")])
    write(home, url, "two", fct_lead_stage=[stage(person_id="p3")])
    assert [row["person_id"] for row in read_served(home, url, "fct_lead_stage")["fct_lead_stage"]] == ["p3"]


def test_another_homes_schema_is_refused(home: Home, url: str, tmp_path: Path) -> None:
    """What another home wrote is neither overwritten nor shown, and the message says what to do."""
    target = database.database_url(home, url)
    write(home, target, fct_lead_stage=[stage()])
    other = Home.open(tmp_path / "other")
    with pytest.raises(ConfigError, match="was written by another home; name another database"):
        write(other, target)
    with pytest.raises(ConfigError, match="another home"):
        read_served(other, target, "fct_lead_stage")
    with pytest.raises(ConfigError, match="another home"):
        database.check_target(other, target, TABLES)
    database.check_target(home, target, TABLES)
    assert len(read_served(home, url, "fct_lead_stage")["fct_lead_stage"]) == 1


def test_foreign_tables_are_not_touched(home: Home, url: str) -> None:
    """A schema that holds a table of our names, which no home wrote, is refused and stays as it is."""
    with plain(home, url) as connection:
        place = "mpm.fct_kpi" if url else "fct_kpi"
        if url:
            connection.exec_driver_sql("CREATE SCHEMA mpm")
        connection.exec_driver_sql(f"CREATE TABLE {place} (mine INTEGER)")
        connection.commit()
    for write_or_check in (write, lambda home, url: database.check_target(home, url, TABLES)):
        with pytest.raises(ConfigError, match="already holds fct_kpi"):
            write_or_check(home, url)
    with plain(home, url) as connection:
        assert connection.exec_driver_sql(f"SELECT count(mine) FROM {place}").scalar() == 0  # noqa: S608


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("postgresql+psycopg://who:hunter2@127.0.0.1:9/none", "127.0.0.1"),
        ("sqlite:////nowhere/at/all/served.sqlite", "unable to open"),
    ],
)
def test_an_unreachable_database_is_named_without_its_password(home: Home, target: str, word: str) -> None:
    """A database that does not answer raises SourceUnavailable that says which and why."""
    with pytest.raises(SourceUnavailable) as caught:
        write(home, target)
    assert word in str(caught.value) and "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "target", ["nonsense", "mysql://h/d", "postgresql+nodriver://h/d", "sqlite+aiosqlite:///x", "oracle://h"]
)
def test_a_url_that_cannot_be_used_names_the_setting(home: Home, target: str) -> None:
    """A URL without a known driver is a wrong setting, not a defect."""
    with pytest.raises(ConfigError, match=r"publish\.url"):
        write(home, target)


def test_a_file_that_is_no_database_is_refused(home: Home) -> None:
    """A served file that something else overwrote is named; it is not deleted."""
    home.served.write_text("this is no database, it only has the name of one" * 50)
    with pytest.raises(SourceUnavailable, match="not a database"):
        write(home, "")
    assert home.served.read_text().startswith("this is no")


def test_a_breach_of_the_key_rolls_everything_back(home: Home, url: str) -> None:
    """When one table cannot be written, all tables stay as they were and no value leaks into the message."""
    write(home, url, fct_lead_stage=[stage(person_id="old")], fct_kpi=[figure("mrr", 1.0)])
    twice = [stage(person_id="secret"), stage(person_id="secret")]
    with pytest.raises(SourceUnavailable) as caught:
        write(home, url, "two", fct_lead_stage=twice, fct_kpi=[figure("mrr", 2.0)])
    assert "secret" not in str(caught.value)
    found = read_served(home, url, "fct_lead_stage", "fct_kpi")
    assert (found["fct_lead_stage"][0]["person_id"], found["fct_kpi"][0]["value"]) == ("old", 1.0)


def test_nothing_published_is_said(home: Home, url: str) -> None:
    """A reader that comes before the first run is told to run, and makes no empty file."""
    with pytest.raises(NothingPublished, match="mpm run"):
        read_served(home, url, "fct_kpi")
    assert not home.served.exists()
