"""Literal rows of served tables, and a warehouse that holds them: what a test does not state is null, else a plain default."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.vocabulary import SOURCES
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.validate import arrow_schema

AS_OF = datetime(2026, 4, 10, 6, tzinfo=UTC)
DEFAULTS: dict[str, Any] = {
    "string": "", "int64": 0, "double": 0.0, "bool": False, "date32[day]": date(2026, 1, 1), "timestamp[us, tz=UTC]": AS_OF,
}  # fmt: skip


def rows(name: str, given: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Make a table of the contract `layer.table` from literal rows."""
    contract = contract_of(name)
    schema, columns = arrow_schema(contract), contract.to_schema().columns

    def cell(field: pa.Field, row: Mapping[str, Any]) -> Any:
        if field.name in row or columns[field.name].nullable:
            return row.get(field.name)
        allowed = [one.statistics["allowed_values"] for one in columns[field.name].checks if one.name == "isin"]
        return min(allowed[0]) if allowed else DEFAULTS[str(field.type)]

    listed = list(given)
    unknown = {column for row in listed for column in row} - set(schema.names)
    assert not unknown, f"{name} has no column {unknown}"
    return pa.Table.from_pylist([{field.name: cell(field, row) for field in schema} for row in listed], schema=schema)


def figure(kpi_id: str, value: float | None, **more: Any) -> dict[str, Any]:
    """Return one row of fct_kpi: March 2026, whole company, final, unless said otherwise."""
    plain = {
        "kpi_id": kpi_id, "kpi_version": 1, "period_grain": "month", "period_start": date(2026, 3, 1),
        "period_end": date(2026, 4, 1), "segment_kind": "all", "segment": "all", "value": value, "unit": "count",
        "state": "final", "as_of_at": AS_OF,
    }  # fmt: skip
    return plain | more


def setting(**more: Any) -> pa.Table:
    """Return `run.setting` with what publishing reads."""
    plain = {
        "as_of": AS_OF, "as_of_date": date(2026, 4, 10), "company_time_zone": "UTC", "company_reporting_currency": "USD",
        "company_fiscal_year_start_month": 1,
    }  # fmt: skip
    return pa.Table.from_pylist([plain | more])


def sources(off: Iterable[str] = ()) -> pa.Table:
    """Return `run.source` with all sources read up to as-of but those that are off."""
    missing = set(off)
    schema = pa.schema(
        [
            ("source", pa.string()), ("is_on", pa.bool_()), ("state", pa.string()), ("covered_from", pa.date32()),
            ("covered_to", pa.timestamp("us", "UTC")), ("error", pa.string()),
        ]
    )  # fmt: skip
    listed = [
        {"source": name, "is_on": False, "state": "off"}
        if name in missing
        else {"source": name, "is_on": True, "state": "done", "covered_from": date(2025, 10, 1), "covered_to": AS_OF}
        for name in SOURCES
    ]
    return pa.Table.from_pylist(listed, schema=schema)


def warehouse(home: Home, tables: Mapping[str, Iterable[Mapping[str, Any]]], off: Iterable[str] = ()) -> Warehouse:
    """Return a warehouse at AS_OF whose tables hold the literal rows; all others are empty."""
    made = Warehouse(
        home,
        AS_OF,
        {
            "run.setting": setting(),
            "run.source": sources(off),
            "run.identity_decision": pa.table({"decision": pa.array([], pa.string())}),
        },
        ["salesforce"],
    )
    for name, given in tables.items():
        made.tables.replace(name.replace("staged.", "staged.salesforce."), rows(name, given))
    return made
