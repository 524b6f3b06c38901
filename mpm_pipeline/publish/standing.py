"""Whose the served database is, found out without writing anything: for `mpm doctor`, before a run would fail on it."""

from dataclasses import dataclass

import sqlalchemy as sa

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.publish.catalog import served
from mpm_pipeline.publish.database import OWNER, SCHEMA, database_url
from mpm_pipeline.warehouse.home import Home


@dataclass(frozen=True)
class Standing:
    """`state`: unpublished, ours, foreign (another home's), taken (tables of that name that no home wrote), unreachable."""

    place: str
    state: str
    text: str


def standing(home: Home, url: str) -> Standing:
    """Say whose the served schema is; raise ConfigError when the URL cannot be used at all."""
    try:
        parsed = sa.make_url(database_url(home, url))
        place = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or not home.root.joinpath(parsed.database).is_file():
                return Standing(place, "unpublished", "nothing is published there yet")
            parsed = sa.make_url(f"sqlite:///file:{home.root.joinpath(parsed.database)}?mode=ro&uri=true")
        engine = sa.create_engine(parsed)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            f"publish.url is not usable ({type(error).__name__}); write the driver out, for example postgresql+psycopg://user@host/name"
        ) from None
    try:
        with engine.connect() as connection:
            state = _state(connection, home)
    except sa.exc.DBAPIError as error:
        return Standing(place, "unreachable", f"the database cannot be read ({type(error.orig).__name__})")
    finally:
        engine.dispose()
    return Standing(place, state, TEXTS[state])


TEXTS = {
    "unpublished": "reachable, nothing is published there yet",
    "ours": "reachable, published by this home",
    "foreign": "the schema there was written by another home; name another database in publish.url",
    "taken": "the schema there holds tables named as ours that no home wrote; name another database in publish.url",
}


def _state(connection: sa.Connection, home: Home) -> str:
    schema = SCHEMA if connection.dialect.name == "postgresql" else None
    present = set(sa.inspect(connection).get_table_names(schema=schema))
    if OWNER in present:
        owner = sa.table(OWNER, sa.column("home_id"), schema=schema)
        return (
            "ours" if connection.execute(sa.select(owner.c.home_id)).scalars().all() == [home.identity()] else "foreign"
        )
    return "taken" if present & set(served()) else "unpublished"
