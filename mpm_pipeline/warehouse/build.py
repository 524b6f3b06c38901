"""Builds models: brings their inputs into the engine, runs them, holds them against their contract, writes them.

`Warehouse` is what the stages are handed: one home at one as-of with its settings and the state of its sources. Inputs come
from Delta tables, from `run.*` (settings and sources of this run) and `reference.*` (small lists that ship with the code).
A name like `staged.opportunity` reads the union of the enabled sources' tables of that name.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.errors import Halt
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.models import Model
from mpm_pipeline.warehouse.storage import refusal
from mpm_pipeline.warehouse.tables import Tables
from mpm_pipeline.warehouse.validate import arrow_schema, empty, validate

REFERENCE = Path(__file__).parent.parent / "staged" / "reference"


class Warehouse:
    """One home as known at one as-of. `given` holds the `run.*` tables, `vendors_on` the staged folders that count."""

    def __init__(
        self,
        home: Home,
        as_of: datetime,
        given: Mapping[str, pa.Table],
        vendors_on: Iterable[str],
        tables: Tables | None = None,
    ) -> None:
        self.home = home
        self.as_of = as_of
        self.given = dict(given)
        self.vendors_on = tuple(vendors_on)
        self.tables = tables or Tables(home)
        self._made: dict[object, tuple[object, Mapping[str, pa.Table], Mapping[str, pa.Table]]] = {}

    def build(self, model: Model) -> pa.Table:
        """Make one table, hold it against its contract, write it and return it; nothing is written when it breaks."""
        rows = self.compute(model)
        checked = validate(contract_of(model.contract), rows)
        self.tables.replace(model.name, checked)
        return checked

    def compute(self, model: Model) -> pa.Table:
        """Make the rows of one model without writing them."""
        if model.function is not None:
            return self._call(model)
        if model.sql is None:
            raise Halt(f"{model.name} has neither SQL nor a function")
        with engine.connect() as connection:
            self.bring(connection, model.inputs)
            return select(connection, model.name, model.sql.read_text())

    def _call(self, model: Model) -> pa.Table:
        """Call a model's function; what it makes beside this table is kept for its sisters while the inputs stay the same."""
        state = tuple(self._state(name) for name in model.inputs)
        known = self._made.get(model.function)
        if known is not None and known[0] == state:
            return known[2][model.name]
        assert model.function is not None
        inputs = {name: self.read(name) for name in model.inputs}
        found = model.function(inputs)
        if isinstance(found, pa.Table):
            return found
        self._made[model.function] = (state, inputs, found)
        return found[model.name]

    def _state(self, name: str) -> object:
        """Say what a table is now: its rows in memory where they are given, else the versions of what is stored."""
        given = self.given.get(name)
        return id(given) if given is not None else tuple((one, self.tables.version(one)) for one in self._stored(name))

    def bring(self, connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> None:
        """Make inputs visible in a connection under their own names."""
        engine.show(connection, {name: self._rows_of(name) for name in names})

    def _rows_of(self, name: str) -> pa.Table | str:
        """Return the rows of one input: in memory, or of what is stored the SELECT that tells them."""
        stored = self._stored(name)
        if name.startswith("reference.") or name in self.given or not stored:
            return self.read(name)
        return " UNION ALL BY NAME ".join(self.tables.scan_sql(one) for one in stored)

    def read(self, name: str) -> pa.Table:
        """Read one table as Arrow; a table that nobody wrote yet has no rows."""
        if name in self.given:
            return self.given[name]
        if name.startswith("reference."):
            return reference(name.split(".")[1])
        stored = self._stored(name)
        if not stored:
            return empty(contract_of(name))
        schema = arrow_schema(contract_of(name))
        return pa.concat_tables([self.tables.read(part).select(schema.names).cast(schema) for part in stored])

    def _stored(self, name: str) -> list[str]:
        """Return the stored tables behind a name: itself, or one per enabled vendor for staged tables."""
        schema, table = name.split(".", 1)
        names = [f"staged.{vendor}.{table}" for vendor in self.vendors_on] if schema == "staged" else [name]
        return [one for one in names if self.tables.exists(one)]


def select(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> pa.Table:
    """Run a model's SELECT; raise Halt naming the model and the kind of error, but no value of a row."""
    try:
        return engine.fetch(connection, sql)
    except duckdb.Error as error:
        if refusal(error) is not None:
            raise
        raise Halt(f"{name} cannot be computed ({type(error).__name__}): {_first_line(error)}") from None


@cache
def reference(table: str) -> pa.Table:
    """Read one small list that ships with the code, once for a process."""
    file = REFERENCE / f"{table}.csv"
    if not file.exists():
        raise Halt(f"reference.{table} does not exist: {file.name} is missing from the package")
    with file.open(encoding="utf-8", newline="") as lines:
        names, *rows = csv.reader(lines)
    columns = {name: [row[place] or None for row in rows] for place, name in enumerate(names)}
    return pa.table(columns, schema=pa.schema([(name, pa.string()) for name in names]))


def _first_line(error: Exception) -> str:
    """Return where in the SQL it failed; the engine's text after a colon may hold values of rows, so it is cut there."""
    return str(error).splitlines()[0].split(":")[0]
