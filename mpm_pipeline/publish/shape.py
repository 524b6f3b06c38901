"""Gives the served tables in a database the shape of their contracts: columns, types, keys and comments.

A table whose contract gained columns is widened in place where the database allows it, so that views of dashboards keep
working; any other difference makes the table anew. Tables that are no longer served go.
"""

from typing import Any

import sqlalchemy as sa

from mpm_pipeline.contracts.table import Table
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.publish.catalog import SQL_TYPES, grain, types_of

Shape = dict[str, tuple[str, bool]]


def served_table(name: str, contract: type[Table], schema: str | None) -> sa.Table:
    """Return the table that a contract becomes in a database."""
    columns = contract.to_schema().columns
    types = types_of(contract)
    return sa.Table(
        name,
        sa.MetaData(schema=schema),
        *(
            sa.Column(column, SQL_TYPES[types[column]], nullable=bool(field.nullable), comment=field.description)
            for column, field in columns.items()
        ),
        sa.PrimaryKeyConstraint(*contract.Config.unique),
        comment=grain(contract),
    )


def shape(connection: sa.Connection, tables: list[sa.Table], schema: str | None) -> None:
    """Make all tables exist, empty and as declared; raises ConfigError when a view stands in the way."""
    inspector = sa.inspect(connection)
    present = {name: columns for (_, name), columns in inspector.get_multi_columns(schema=schema).items()}
    keys = {
        name: found["constrained_columns"]
        for (_, name), found in inspector.get_multi_pk_constraint(schema=schema).items()
    }
    _drop_unserved(connection, schema, set(present), {table.name for table in tables})
    for table in tables:
        columns = present.get(table.name)
        if columns is None:
            table.create(connection)
            continue
        connection.execute(sa.delete(table))
        has = {column["name"]: (_type(connection, column["type"]), bool(column["nullable"])) for column in columns}
        wants = {column.name: (_type(connection, column.type), bool(column.nullable)) for column in table.columns}
        has_key = keys.get(table.name) == [column.name for column in table.primary_key.columns]
        if not _widened(connection, table, has, wants, has_key):
            _drop(connection, table)
            table.create(connection)
        elif connection.dialect.supports_comments:
            _comment(connection, table, columns, inspector)


def _widened(connection: sa.Connection, table: sa.Table, has: Shape, wants: Shape, has_key: bool) -> bool:
    """Add the columns that are missing; say False when that is not enough, or the database cannot."""
    if not has_key or not has.items() <= wants.items():
        return False
    missing = [name for name in wants if name not in has]
    if missing and connection.dialect.name != "postgresql":
        return False
    place = connection.dialect.identifier_preparer.format_table(table)
    for name in missing:
        declared = sa.schema.CreateColumn(table.columns[name]).compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"ALTER TABLE {place} ADD COLUMN {declared}")
    return True


def _drop_unserved(connection: sa.Connection, schema: str | None, present: set[str], wanted: set[str]) -> None:
    """Drop tables that an earlier version of the package served and this one does not, by the dictionary that it left."""
    if "meta_table" not in present:
        return
    listed = sa.Table("meta_table", sa.MetaData(schema=schema), sa.Column("table_name", sa.Text))
    for name in connection.execute(sa.select(listed)).scalars().all():
        if name in present - wanted:
            _drop(connection, sa.Table(name, sa.MetaData(schema=schema)))


def _drop(connection: sa.Connection, table: sa.Table) -> None:
    try:
        table.drop(connection)
    except sa.exc.DBAPIError as error:
        if type(error.orig).__name__ != "DependentObjectsStillExist":
            raise
        raise ConfigError(
            f"publish.url: a view there depends on {table.name}, whose columns changed with this version; "
            "drop the view, run again, then make it anew"
        ) from None


def _comment(connection: sa.Connection, table: sa.Table, columns: list[Any], inspector: sa.Inspector) -> None:
    """Write the comments that differ from the contract's words."""
    said = {column["name"]: column.get("comment") for column in columns}
    for column in table.columns:
        if said.get(column.name) != column.comment:
            connection.execute(sa.schema.SetColumnComment(column))
    if inspector.get_table_comment(table.name, schema=table.schema)["text"] != table.comment:
        connection.execute(sa.schema.SetTableComment(table))


def _type(connection: sa.Connection, kind: sa.types.TypeEngine[Any]) -> str:
    return str(kind.compile(dialect=connection.dialect))
