"""A warehouse made of literal rows, without sources: settings, sources and staged tables as a test writes them down.

`Rows` fills what a test does not state: null where the contract allows it, else a plain default. Models are built in memory
in the order in which they need each other, each held against its contract.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.customer.labels import labels
from mpm_pipeline.settings import Settings
from mpm_pipeline.vocabulary import SOURCES
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger_decisions import SCHEMA
from mpm_pipeline.warehouse.models import Model, in_order
from mpm_pipeline.warehouse.validate import arrow_schema, validate

Row = Mapping[str, Any]
MADE: dict[tuple[Any, ...], pa.Table] = {}
DEFAULTS: dict[str, Any] = {"bool": False, "string": "unknown", "int64": 0, "double": 0.0}


@cache
def models() -> dict[str, Model]:
    """Return the models of customer, kpis and leads by name."""
    from mpm_pipeline.customer.models import MODELS as CUSTOMER
    from mpm_pipeline.kpis.models import MODELS as KPIS
    from mpm_pipeline.leads.models import MODELS as LEADS

    return {model.name: model for model in in_order([*CUSTOMER, *KPIS, *LEADS])}


def moment(text: str) -> datetime:
    """Read `2026-03-02 10:00` (UTC) or any ISO 8601 text."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def rows(name: str, given: Iterable[Row]) -> pa.Table:
    """Make a table of a contract from literal rows; instants and days may be text."""
    contract = contract_of(name)
    schema, columns = arrow_schema(contract), contract.to_schema().columns
    listed = list(given)
    unknown = {key for row in listed for key in row} - set(schema.names)
    assert not unknown, f"{name} has no column {unknown}"

    def cell(field: pa.Field, row: Row) -> Any:
        value = row.get(field.name)
        if value is None:
            return None if columns[field.name].nullable else DEFAULTS.get(str(field.type))
        if isinstance(value, str) and pa.types.is_timestamp(field.type):
            return moment(value)
        return date.fromisoformat(value) if isinstance(value, str) and pa.types.is_date(field.type) else value

    return pa.table([pa.array([cell(f, row) for row in listed], f.type) for f in schema], schema=schema)


def setting_row(as_of: datetime, changes: Mapping[str, Any]) -> pa.Table:
    """Return `run.setting` with the defaults and `changes` (`company_time_zone`: ...)."""
    row: dict[str, Any] = {"as_of": as_of}
    for section, values in Settings().model_dump().items():
        if isinstance(values, dict):
            row |= {f"{section}_{key}": ";".join(v) if isinstance(v, list) else v for key, v in values.items() if "secret" not in type(v).__name__.lower()}  # fmt: skip
    assert not set(changes) - row.keys(), f"no such setting: {set(changes) - row.keys()}"
    row |= changes
    row["as_of_date"] = as_of.astimezone(ZoneInfo(row["company_time_zone"])).date()
    table = pa.Table.from_pylist([row])
    return table.set_column(0, "as_of", table["as_of"].cast(pa.timestamp("us", "UTC")))


def source_rows(as_of: datetime, off: Iterable[str], covered_from: date) -> pa.Table:
    """Return `run.source`: every source on and covered up to as-of, but those that are off."""
    off = set(off)
    assert not off - set(SOURCES), f"no such source: {off - set(SOURCES)}"
    listed = [
        {
            "source": source,
            "is_on": source not in off,
            "state": "off" if source in off else "fresh",
            "covered_from": None if source in off else covered_from,
            "covered_to": None if source in off else as_of,
        }
        for source in SOURCES
    ]
    schema = pa.schema([("source", pa.string()), ("is_on", pa.bool_()), ("state", pa.string()), ("covered_from", pa.date32()), ("covered_to", pa.timestamp("us", "UTC")), ("lost_at", pa.timestamp("us", "UTC")), ("hidden", pa.list_(pa.struct([("stream", pa.string()), ("shown_to_at", pa.timestamp("us", "UTC"))])))])  # fmt: skip
    return pa.Table.from_pylist(listed, schema=schema)


class World:
    """One warehouse of literal rows; `table` builds what is asked and all that it needs, once."""

    def __init__(self, root: Path, as_of: str, off: Iterable[str] = (), **settings: Any) -> None:
        self.off = set(off)
        self.settings = settings
        self.warehouse = Warehouse(Home.open(root), moment(as_of), {}, [])
        self.at(as_of)

    def at(self, as_of: str) -> "World":
        """Set the clock."""
        self.warehouse.as_of = moment(as_of)
        self.warehouse.given["run.setting"] = setting_row(self.warehouse.as_of, self.settings)
        self.warehouse.given.setdefault("run.identity_decision", SCHEMA.empty_table())
        self.warehouse.given.setdefault("run.identity_label", labels("", Path()))
        self.warehouse.given["run.source"] = source_rows(self.warehouse.as_of, self.off, date(2024, 1, 1))
        return self

    def stage(self, name: str, *given: Row, source: str = "salesforce") -> "World":
        """Add rows to `staged.<name>`; rows of a source that is off are left out, as staging would."""
        listed = [{"source": source, **row} for row in given]
        kept = [row for row in listed if row["source"] not in self.off]
        key = name if "." in name else f"staged.{name}"
        fresh = rows(key, kept)
        known = self.warehouse.given.get(key)
        self.warehouse.given[key] = fresh if known is None else pa.concat_tables([known, fresh])
        return self

    def measuring(self, *measures: str) -> "World":
        """Let all other measures say nothing: building them too takes seconds."""
        for name in models():
            if name.startswith("kpis.part_") and name.removeprefix("kpis.part_") not in measures:
                self.stage(name)
        return self

    def table(self, name: str) -> list[dict[str, Any]]:
        """Build one table with everything upstream and return its rows."""
        return self.arrow(name).to_pylist()

    def arrow(self, name: str) -> pa.Table:
        """Build one table with everything upstream that is not given."""
        if name not in self.warehouse.given:
            model = models()[name]
            for upstream in model.inputs:
                if upstream in models() and upstream != name:
                    self.arrow(upstream)
            self.warehouse.given[name] = self._made(model)
        return self.warehouse.given[name]

    def _made(self, model: Model) -> pa.Table:
        """Build one model, or take what another test built of the very same inputs."""
        inputs = (self.warehouse.read(name) for name in model.inputs if not name.startswith("reference."))
        key = (model.name, *(hash(str(table.to_pylist())) for table in inputs))
        if key not in MADE:
            MADE[key] = validate(contract_of(model.contract), self.warehouse.compute(model))
        return MADE[key]

    def again(self, *names: str) -> "World":
        """Forget everything that was built but `names`, so that a second run reads them as its run before."""
        kept = {name: self.warehouse.given[name] for name in names}
        for name in models():
            self.warehouse.given.pop(name, None)
        for name, table in kept.items():
            self.warehouse.tables.replace(name, table)
        return self

    def figures(self, kpi_id: str, grain: str = "month", kind: str = "all") -> dict[tuple[str, str], dict[str, Any]]:
        """Return the figures of one KPI by (period start, segment)."""
        found = [row for row in self.table("kpis.fct_kpi") if (row["kpi_id"], row["period_grain"], row["segment_kind"]) == (kpi_id, grain, kind)]  # fmt: skip
        return {(row["period_start"].isoformat(), row["segment"]): row for row in found}


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., World]:
    """Return a maker of worlds: `world("2026-07-01 00:00", company_time_zone="Asia/Tokyo")`."""
    counter = iter(range(sys.maxsize))
    return lambda as_of, off=(), **settings: World(tmp_path / str(next(counter)), as_of, off, **settings)
