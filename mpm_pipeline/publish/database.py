"""Writes served tables into a database by SQLAlchemy URL, all in one transaction, so that a reader sees whole versions only.

SQLite (WAL) by default, PostgreSQL with schema `mpm`. Rows are deleted and inserted inside the transaction rather than tables
being swapped by name: a reader in an older snapshot would find a swapped table empty, and views of dashboards would break.
The table `meta_home` there says which home owns the schema and which publication it holds; another home's is refused.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from mpm_pipeline.contracts.table import Table
from mpm_pipeline.errors import ConfigError, SourceUnavailable
from mpm_pipeline.publish.load import load
from mpm_pipeline.publish.shape import served_table, shape
from mpm_pipeline.warehouse.home import Home

SCHEMA = "mpm"
OWNER = "meta_home"
WAIT_SECONDS = 60
DRIVERS = ("pysqlite", "psycopg")


def database_url(home: Home, url: str) -> str:
    """Return the URL that is written to: the setting, else the home's own SQLite file."""
    return url or f"sqlite:///{home.served}"


def file_of(url: str) -> Path | None:
    """Return the file behind a SQLite URL, None for a server or for memory."""
    parsed = _engine(url).url
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


@contextmanager
def connect(url: str, *, writes: bool) -> Iterator[sa.Connection]:
    """Yield a connection in one transaction: a writer's, or a reader's that sees one version of all tables.

    Raises SourceUnavailable naming the database without its password, ConfigError for a URL that cannot be used.
    """
    engine = _engine(url)
    place = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            _begin(connection, writes)
            yield connection
            connection.commit()
    except (sa.exc.DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        why = _reason(getattr(error, "orig", error), engine)
        did = "written" if writes else "read"
        raise SourceUnavailable(
            f"the served database {place} cannot be {did} ({why}); what is served stays as it was, run the same again later"
        ) from None
    finally:
        engine.dispose()


def schema_of(connection: sa.Connection) -> str | None:
    """Return the schema that holds the served tables; SQLite has none."""
    return SCHEMA if connection.dialect.name == "postgresql" else None


def publish(
    home: Home, url: str, rows: Mapping[str, pa.Table], contracts: Mapping[str, type[Table]], publication: str
) -> list[str]:
    """Replace all served tables in one transaction and name the publication; return the tables' names."""
    with connect(database_url(home, url), writes=True) as connection:
        schema = schema_of(connection)
        if schema and not sa.inspect(connection).has_schema(schema):
            connection.execute(sa.schema.CreateSchema(schema))
        _claim(connection, schema, home, set(contracts))
        tables = {name: served_table(name, contract, schema) for name, contract in contracts.items()}
        shape(connection, list(tables.values()), schema)
        for name, table in tables.items():
            load(connection, table, rows[name])
        connection.execute(sa.update(owner_table(schema)).values(publication=publication))
    return list(contracts)


def check_target(home: Home, url: str, names: Iterable[str]) -> None:
    """Raise ConfigError when these tables must not be written there, before work is done for them; one that is down may be up by then."""
    target = database_url(home, url)
    file = file_of(target)
    if file is not None and not file.exists():
        return
    with suppress(SourceUnavailable), connect(target, writes=False) as connection:
        _is_ours(connection, schema_of(connection), home, set(names))


def owner_table(schema: str | None) -> sa.Table:
    """Return the table that says whose the schema is and what it holds."""
    return sa.Table(
        OWNER,
        sa.MetaData(schema=schema),
        sa.Column("home_id", sa.Text, primary_key=True, comment="home that writes here"),
        sa.Column("publication", sa.Text, comment="what it published last; null: nothing yet"),
        comment="The one home that writes this schema.",
    )


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        kind = parsed.get_backend_name()
        waits = {"sqlite": {"timeout": WAIT_SECONDS}, "postgresql": {"connect_timeout": 10}}
        engine = sa.create_engine(parsed, connect_args=waits.get(kind, {}), poolclass=sa.NullPool)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError, TypeError, ValueError) as error:
        raise ConfigError(
            f"publish.url is not usable ({type(error).__name__}); write the driver out, for example postgresql+psycopg://user@host/name"
        ) from None
    if engine.dialect.driver not in DRIVERS:
        raise ConfigError(
            f"publish.url names {parsed.drivername}; served tables go to sqlite:///FILE or postgresql+psycopg://user@host/name"
        )
    return engine


def _begin(connection: sa.Connection, writes: bool) -> None:
    if connection.dialect.name == "sqlite":
        if writes:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.commit()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        return
    connection.execution_options(isolation_level="READ COMMITTED" if writes else "REPEATABLE READ")
    connection.exec_driver_sql("SET TIME ZONE 'UTC'")
    if writes:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")


def _claim(connection: sa.Connection, schema: str | None, home: Home, names: set[str]) -> None:
    """Refuse a schema that another home wrote; mark a free one as ours."""
    if not _is_ours(connection, schema, home, names):
        owner = owner_table(schema)
        owner.create(connection)
        connection.execute(sa.insert(owner), [{"home_id": home.identity()}])


def _is_ours(connection: sa.Connection, schema: str | None, home: Home, names: set[str]) -> bool:
    """Say whether this home wrote the schema, False for a free one; raise ConfigError when somebody else did."""
    present = set(sa.inspect(connection).get_table_names(schema=schema))
    if OWNER in present:
        refuse_foreign(connection, schema, home)
        return True
    taken = sorted(present & names)
    if taken:
        raise ConfigError(
            f"publish.url: {_where(schema)} already holds {taken[0]}, which no home of this pipeline wrote; name another database"
        )
    return False


def refuse_foreign(connection: sa.Connection, schema: str | None, home: Home) -> str | None:
    """Raise ConfigError when another home wrote this schema; return the publication that it holds."""
    found = connection.execute(sa.select(owner_table(schema))).all()
    if [row.home_id for row in found] != [home.identity()]:
        raise ConfigError(f"publish.url: {_where(schema)} was written by another home; name another database")
    return found[0].publication


def _where(schema: str | None) -> str:
    return f"the schema {schema} there" if schema else "the file there"


def _reason(cause: BaseException, engine: sa.Engine) -> str:
    """Name what the driver says; its words only where they are about the connection or the file, never about a row."""
    kind = type(cause).__name__
    driver = engine.dialect.loaded_dbapi
    if not (isinstance(cause, driver.OperationalError) or type(cause) is driver.DatabaseError):
        return kind
    text = next(iter(str(cause).strip().splitlines()), "")
    if engine.url.password:
        text = text.replace(str(engine.url.password), "***")
    return f"{kind}: {text}"[:200]
