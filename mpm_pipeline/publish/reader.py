"""Reads what was published, for the page and the command line: rows as plain dicts, one version of all tables at a time.

Readers see what dashboards see, so nothing here looks into the warehouse. Instants come back in UTC, dates as dates, booleans
as booleans, on SQLite as on PostgreSQL.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.publish import database
from mpm_pipeline.publish.catalog import served
from mpm_pipeline.publish.shape import served_table
from mpm_pipeline.warehouse.home import Home

Row = dict[str, Any]
Span = tuple[str, date, date]


class NothingPublished(ConfigError):
    """No run has published anything there yet."""


class OlderShape(ConfigError):
    """What is published lacks a table or column of this version."""


class Served:
    """The served tables as of one publication; get one from `opened`."""

    def __init__(self, connection: sa.Connection, schema: str | None, publication: str) -> None:
        self.publication = publication
        self._connection = connection
        self._schema = schema
        self._present = set(sa.inspect(connection).get_table_names(schema=schema))

    def rows(self, name: str, *, order: Sequence[str] = (), limit: int | None = None, **equal: Any) -> list[Row]:
        """Return the rows whose columns equal what is given (a list: any of it), by key unless `order` says else."""
        table = self._table(name)
        query = sa.select(table).where(*_conditions(table, equal))
        return self._fetch(query.order_by(*_ordering(table, order)).limit(limit))

    def sums(
        self, name: str, by: Sequence[str], of: Sequence[str] = (), *, within: Span | None = None, **equal: Any
    ) -> list[Row]:
        """Return per group of `by` the sums of the columns in `of`, exact for whole numbers, and the count of rows `n`.

        `within` names a column of days and the half-open span in which it must lie.
        """
        table = self._table(name)
        groups = [table.columns[column] for column in by]
        totals = [
            sa.cast(sa.func.sum(table.columns[column]), table.columns[column].type).label(column) for column in of
        ]
        query = sa.select(*groups, *totals, sa.func.count().label("n")).where(*_conditions(table, equal))
        if within is not None:
            column, first, end = within
            query = query.where(table.columns[column] >= first, table.columns[column] < end)
        return self._fetch(query.group_by(*groups).order_by(*groups))

    def _table(self, name: str) -> sa.Table:
        contract = served().get(name)
        if contract is None:
            raise KeyError(name)
        if name not in self._present:
            raise OlderShape(f"the served database lacks {name}, an older version wrote it; run `mpm run` once")
        return served_table(name, contract, self._schema)

    def _fetch(self, query: sa.Select[Any]) -> list[Row]:
        try:
            found = self._connection.execute(query).mappings().all()
        except (sa.exc.ProgrammingError, sa.exc.OperationalError) as error:
            if "column" not in str(error.orig).lower():
                raise
            raise OlderShape(
                "the served tables have older columns, an older version wrote them; run `mpm run` once"
            ) from None
        return [{name: _utc(value) for name, value in row.items()} for row in found]


@contextmanager
def opened(home: Home, url: str) -> Iterator[Served]:
    """Yield the served tables of this home; raises NothingPublished, ConfigError for another home's, SourceUnavailable."""
    target = database.database_url(home, url)
    file = database.file_of(target)
    if file is not None and not file.exists():
        raise _nothing(target)
    with database.connect(target, writes=False) as connection:
        schema = database.schema_of(connection)
        if not sa.inspect(connection).has_table(database.OWNER, schema=schema):
            raise _nothing(target)
        publication = database.refuse_foreign(connection, schema, home)
        if publication is None:
            raise _nothing(target)
        yield Served(connection, schema, publication)


def read_served(home: Home, url: str, *tables: str) -> dict[str, list[Row]]:
    """Return whole tables by name as one version; errors as `opened`."""
    with opened(home, url) as version:
        return {name: version.rows(name) for name in tables}


def _conditions(table: sa.Table, equal: dict[str, Any]) -> list[sa.ColumnElement[bool]]:
    return [
        table.columns[name].in_(value) if isinstance(value, list | tuple | set) else table.columns[name] == value
        for name, value in equal.items()
    ]


def _ordering(table: sa.Table, order: Sequence[str]) -> list[sa.ColumnElement[Any]]:
    """Turn `-score` into descending, nulls last, and always end with the key, so that the order is total."""
    wanted = [
        table.columns[name.removeprefix("-")].desc().nulls_last() if name.startswith("-") else table.columns[name].asc()
        for name in order
    ]
    return [*wanted, *table.primary_key.columns]


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _nothing(target: str) -> NothingPublished:
    place = sa.make_url(target).render_as_string(hide_password=True)
    return NothingPublished(f"nothing is published in {place} yet; run `mpm run` first, or `mpm demo` to look around")
