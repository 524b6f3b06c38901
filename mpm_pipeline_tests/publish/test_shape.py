"""Contracts that change between versions: tables are widened under the views that depend on them, or made anew."""

import pytest
import sqlalchemy as sa

from mpm_pipeline.contracts.table import Flag, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.publish import database
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.validate import empty


class Before(Table):
    """One thing."""

    id: Text = key("id")
    size: Whole = may("size")
    Config = describe("kpis.thing", ["id"])


class Wider(Before):
    """One thing, seen closer."""

    is_big: Flag = must("big")
    Config = describe("kpis.thing", ["id"])


class Retyped(Table):
    """One thing."""

    id: Text = key("id")
    size: Text = may("size in words")
    Config = describe("kpis.thing", ["id"])


class Listed(Table):
    """One served table."""

    table_name: Text = key("table")
    Config = describe("publish.meta_table", ["table_name"])


def write(home: Home, url: str, contract: type[Table], name: str = "thing") -> None:
    listed = empty(Listed).from_pylist([{"table_name": name}], schema=empty(Listed).schema)
    database.publish(
        home, url, {name: empty(contract), "meta_table": listed}, {name: contract, "meta_table": Listed}, "any"
    )


def columns(home: Home, url: str, name: str = "thing") -> dict[str, str]:
    engine = sa.create_engine(database.database_url(home, url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        found = sa.inspect(connection).get_columns(name, schema="mpm" if url else None)
    return {column["name"]: str(column["type"].compile(engine.dialect)) for column in found}


def view(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW public.mine AS SELECT id, size FROM mpm.thing")


def test_a_new_column_appears(home: Home, url: str) -> None:
    """A contract that gained a column gets it at the next publication."""
    write(home, url, Before)
    write(home, url, Wider)
    assert list(columns(home, url)) == ["id", "size", "is_big"]


def test_another_type_makes_the_table_anew(home: Home, url: str) -> None:
    """A column whose type changed has the new type afterwards."""
    write(home, url, Before)
    write(home, url, Retyped)
    assert columns(home, url)["size"] == "TEXT"


@pytest.mark.postgres
def test_views_survive_a_new_column_and_name_what_they_block(home: Home, postgres_url: str) -> None:
    """A dashboard's view lives through a wider table; where a column changes its type the message names the table."""
    write(home, postgres_url, Before)
    view(postgres_url)
    write(home, postgres_url, Wider)
    with pytest.raises(ConfigError, match="a view there depends on thing"):
        write(home, postgres_url, Retyped)
    assert columns(home, postgres_url)["size"] == "BIGINT"


@pytest.mark.postgres
def test_comments_follow_the_contract(home: Home, postgres_url: str) -> None:
    """Words that changed in a contract change in the database."""
    write(home, postgres_url, Before)
    write(home, postgres_url, Wider)
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_comment("thing", schema="mpm")["text"] == "One thing, seen closer."


def test_a_table_that_is_no_longer_served_goes(home: Home, url: str) -> None:
    """What this version does not serve is not left behind with old rows."""
    write(home, url, Before, "thing")
    write(home, url, Before, "other")
    with pytest.raises(sa.exc.NoSuchTableError):
        columns(home, url, "thing")
    assert list(columns(home, url, "other")) == ["id", "size"]
