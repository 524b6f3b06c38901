"""Writes served tables into a database by SQLAlchemy URL, all in one transaction, so that a reader sees whole versions only.

SQLite (WAL) by default, PostgreSQL with schema `mpm`. Rows are deleted and inserted inside the transaction rather than tables
being swapped by name: a reader in an older snapshot would find a swapped table empty, and views of dashboards would break.
A schema that another home wrote is refused.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import sqlalchemy as sa

from mpm_pipeline.contracts.table import Table
from mpm_pipeline.errors import ConfigError, SourceUnavailable
from mpm_pipeline.publish.catalog import SQL_TYPES, grain, types_of
from mpm_pipeline.warehouse.home import Home

SCHEMA = "mpm"
OWNER = "meta_home"


def database_url(home: Home, url: str) -> str:
    """Return the URL that is written to: the setting, else the home's own SQLite file."""
    return url or f"sqlite:///{home.served}"


@contextmanager
def connect(url: str) -> Iterator[sa.Connection]:
    """Yield a connection with a started transaction; SourceUnavailable names the database without its password."""
    try:
        parsed = sa.make_url(url)
        engine = sa.create_engine(parsed, connect_args={"timeout": 60} if parsed.get_backend_name() == "sqlite" else {})
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(
            f"publish.url is not usable ({type(error).__name__}); write the driver out, for example postgresql+psycopg://user@host/name"
        ) from None
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.commit()
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
    except sa.exc.DBAPIError as error:
        place = parsed.render_as_string(hide_password=True)
        raise SourceUnavailable(
            f"the served database {place} cannot be written ({type(error.orig).__name__}); what is served stays as it was; run again later"
        ) from None
    finally:
        engine.dispose()


def publish(home: Home, url: str, rows: Mapping[str, pa.Table], contracts: Mapping[str, type[Table]]) -> list[str]:
    """Replace all served tables in one transaction; return their names."""
    with connect(database_url(home, url)) as connection:
        schema = SCHEMA if connection.dialect.name == "postgresql" else None
        if schema:
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
        _claim(connection, schema, home, set(contracts))
        for name, contract in contracts.items():
            table = _table(name, contract, schema)
            _prepare(connection, table)
            _fill(connection, table, rows[name])
    return list(contracts)


def _claim(connection: sa.Connection, schema: str | None, home: Home, names: set[str]) -> None:
    """Refuse a schema that another home wrote; mark a free one as ours."""
    inspector = sa.inspect(connection)
    owner = sa.Table(OWNER, sa.MetaData(schema=schema), sa.Column("home_id", sa.Text, primary_key=True))
    present = set(inspector.get_table_names(schema=schema))
    if OWNER in present:
        found = connection.execute(sa.select(owner.c.home_id)).scalars().all()
        if found != [home.identity()]:
            raise ConfigError(
                f"publish.url: the schema {schema or 'main'} there was written by another home; name another database"
            )
        return
    if present & names:
        raise ConfigError(
            f"publish.url: the schema {schema or 'main'} there already holds tables named as ours that no home of this pipeline wrote"
        )
    owner.create(connection)
    connection.execute(sa.insert(owner), [{"home_id": home.identity()}])


def _table(name: str, contract: type[Table], schema: str | None) -> sa.Table:
    columns = contract.to_schema().columns
    keys = contract.Config.unique
    types = types_of(contract)
    return sa.Table(
        name,
        sa.MetaData(schema=schema),
        *(
            sa.Column(
                column,
                SQL_TYPES[types[column]],
                primary_key=column in keys,
                nullable=bool(field.nullable),
                comment=field.description,
            )
            for column, field in columns.items()
        ),
        comment=grain(contract),
    )


def _prepare(connection: sa.Connection, table: sa.Table) -> None:
    """Create the table, or make it anew when its columns are no longer those of the contract; then empty it."""
    inspector = sa.inspect(connection)
    if inspector.has_table(table.name, schema=table.schema):
        present = [column["name"] for column in inspector.get_columns(table.name, schema=table.schema)]
        if present == [column.name for column in table.columns]:
            connection.execute(sa.delete(table))
            return
        table.drop(connection)
    table.create(connection)


def _fill(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> None:
    if not rows.num_rows:
        return
    raw: Any = connection.connection.driver_connection
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "postgresql":
        text = io.BytesIO()
        pacsv.write_csv(_texts(rows), text, pacsv.WriteOptions(include_header=False, quoting_style="all_valid"))
        with (
            raw.cursor() as cursor,
            cursor.copy(f'COPY "{table.schema}"."{table.name}" ({names}) FROM STDIN (FORMAT csv)') as copy,
        ):
            copy.write(text.getvalue())
        return
    marks = ", ".join("?" for _ in table.columns)
    plain = _texts(rows, keep_numbers=True)
    values = zip(*(column.to_pylist() for column in plain.columns), strict=True)
    raw.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', values)  # noqa: S608


def _texts(rows: pa.Table, *, keep_numbers: bool = False) -> pa.Table:
    """Write instants and dates as ISO 8601 text (instants with Z) and, for COPY, everything else as text too."""
    columns = []
    for column in rows.columns:
        if pa.types.is_timestamp(column.type):
            written = pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
            columns.append(pc.replace_substring_regex(written, r"\.000000Z$", "Z"))
        elif pa.types.is_date(column.type):
            columns.append(pc.strftime(column, format="%Y-%m-%d"))
        elif keep_numbers or pa.types.is_string(column.type):
            columns.append(column)
        else:
            columns.append(column.cast(pa.string()))
    return pa.table(columns, names=rows.column_names)
