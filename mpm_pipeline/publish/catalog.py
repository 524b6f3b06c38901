"""Which tables are served, how their types look in a database, and the dictionary that describes them.

All of it is read from the contracts; a table is served because its contract says so.
"""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from mpm_pipeline.contracts.registry import tables
from mpm_pipeline.contracts.table import Table
from mpm_pipeline.warehouse.validate import arrow_schema

LOGICAL = {
    "string": "text", "int64": "whole number", "double": "number", "bool": "yes or no", "date32[day]": "date",
    "timestamp[us, tz=UTC]": "instant (UTC)",
}  # fmt: skip

SQL_TYPES: dict[str, Any] = {
    "string": sa.Text, "int64": sa.BigInteger, "double": sa.Double, "bool": sa.Boolean, "date32[day]": sa.Date,
    "timestamp[us, tz=UTC]": sa.DateTime(timezone=True),
}  # fmt: skip


def served() -> dict[str, type[Table]]:
    """Return the served contracts by table name, sorted by name."""
    found = {
        contract.Config.name.split(".", 1)[1]: contract
        for contract in tables().values()
        if contract.Config.metadata.get("served")
    }
    return dict(sorted(found.items()))


def grain(contract: type[Table]) -> str:
    """Return a contract's grain sentence."""
    return " ".join((contract.__doc__ or "").split())


def types_of(contract: type[Table]) -> dict[str, str]:
    """Return the Arrow type name of each column, in order."""
    return {field.name: str(field.type) for field in arrow_schema(contract)}


def dictionary() -> dict[str, pa.Table]:
    """Return the rows of meta_table, meta_column and meta_contract_version."""
    by_name = served()
    table_rows = [
        {
            "table_name": name,
            "grain": grain(contract),
            "primary_key": ";".join(contract.Config.unique),
            "owner": contract.Config.metadata["owner"],
            "questions": "\n".join(contract.Config.metadata["questions"]),
        }
        for name, contract in by_name.items()
    ]
    columns = [row for name, contract in by_name.items() for row in _columns(name, contract)]
    versions = [
        {"table_name": name, "version": fingerprint(contract), "package_version": package_version()}
        for name, contract in by_name.items()
    ]
    frames = {"meta_table": table_rows, "meta_column": columns, "meta_contract_version": versions}
    return {name: _arrow(by_name[name], rows) for name, rows in frames.items()}


def fingerprint(contract: type[Table]) -> str:
    """Return a short hash over a contract's columns, types, keys and checks: it changes when the promise changes."""
    parts = [contract.Config.name, *contract.Config.unique]
    for name, column in contract.to_schema().columns.items():
        parts.append(f"{name} {column.dtype} {column.nullable} {[str(check) for check in column.checks]}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def package_version() -> str:
    """Return the installed version of the package."""
    try:
        return version("mpm-pipeline")
    except PackageNotFoundError:
        return "0"


def _columns(name: str, contract: type[Table]) -> list[dict[str, Any]]:
    arrow = types_of(contract)
    return [
        {
            "table_name": name,
            "column_name": column,
            "position": place,
            "type": LOGICAL[arrow[column]],
            "is_key": column in contract.Config.unique,
            "is_nullable": bool(field.nullable),
            "description": field.description or "",
        }
        for place, (column, field) in enumerate(contract.to_schema().columns.items(), start=1)
    ]


def _arrow(contract: type[Table], rows: list[dict[str, Any]]) -> pa.Table:
    schema = arrow_schema(contract)
    frame = pd.DataFrame(rows, columns=schema.names)
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
