"""What an asset's page shows, all of it made from contracts and models: columns, lineage, owners, rows, a small chart."""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg

from mpm_pipeline.contracts.registry import records, tables
from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.contracts.table import Table
from mpm_pipeline.orchestration.session import STAGED_FOLDERS
from mpm_pipeline.orchestration.stages import staged_tables
from mpm_pipeline.publish.catalog import LOGICAL, grain, types_of
from mpm_pipeline.vocabulary import FILE_FOLDERS
from mpm_pipeline.warehouse.models import Model, references

LINEAGE = Path(__file__).with_name("column_lineage.json")
BARS = "▁▂▃▄▅▆▇█"


def asset_key(name: str) -> dg.AssetKey:
    """Return the asset key of a table name: its dotted parts."""
    return dg.AssetKey(name.split("."))


def column_schema(contract: type[Table]) -> dg.TableSchema:
    """Return a contract's columns as the asset page shows them."""
    arrow = types_of(contract)
    columns = [
        dg.TableColumn(
            name,
            LOGICAL[arrow[name]],
            description=field.description,
            constraints=dg.TableColumnConstraints(
                nullable=bool(field.nullable), unique=[name] == contract.Config.unique
            ),
        )
        for name, field in contract.to_schema().columns.items()
    ]
    return dg.TableSchema(columns=columns)


def static(name: str, contract_name: str) -> dict[str, object]:
    """Return the metadata that never changes between runs."""
    contract = contract_of(contract_name)
    return {
        "dagster/column_schema": column_schema(contract),
        "dagster/table_name": name,
        "dagster/storage_kind": "deltalake",
        "primary_key": ", ".join(contract.Config.unique),
        "questions": dg.MetadataValue.md(
            "\n".join(f"- {text}" for text in contract.Config.metadata.get("questions", ())) or "-"
        ),
    }


def description(model: Model) -> str:
    """Return the grain of a model's table and what the model does."""
    return f"{grain(contract_of(model.contract))}\n\n{model.purpose}".strip()


def code_version(file: Path | None) -> str:
    """Return a fingerprint of a SQL model, so that Dagster marks its table as out of date when the SQL changes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file else "1"


def lineage(contract_name: str, file: Path) -> dict[str, Any]:
    """Return the metadata that says from which upstream columns a SQL model's columns come; empty where nothing can be told."""
    known = _remembered().get(f"{file.parent.name}/{file.stem}")
    found = known["columns"] if known and known["version"] == code_version(file) else traced(contract_name, file)
    deps = {
        column: [dep for table, source in origins for dep in _deps(table, source)] for column, origins in found.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(deps)} if deps else {}


def traced(contract_name: str, file: Path) -> dict[str, list[list[str]]]:
    """Trace the columns of one SQL model; slow beside a run's other steps, so the answers ship with the package (`make docs`)."""
    from mpm_pipeline.warehouse.lineage import column_lineage

    inputs = {name: known for name in references(file) if (known := _columns_of(name))}
    return column_lineage(file.read_text(), list(contract_of(contract_name).to_schema().columns), inputs)


@cache
def _remembered() -> dict[str, Any]:
    return json.loads(LINEAGE.read_text()) if LINEAGE.is_file() else {}


def _columns_of(name: str) -> list[str]:
    """Return the columns of a table or of a vendor's stream; nothing for settings and small lists."""
    layer, table = name.split(".", 1)
    if name in tables():
        return list(tables()[name].to_schema().columns)
    record = records().get((layer, table.removesuffix("$versions")))
    return [*record.to_schema().columns, "_key", "_stamp", "_first_seen_at", "_deleted"] if record else []


def _deps(table: str, column: str) -> list[dg.TableColumnDep]:
    """Name a column as its assets do: staged tables have one asset per folder, streams are part of their source's raw asset."""
    layer, name = table.split(".", 1)
    if layer == "staged":
        return [
            dg.TableColumnDep(asset_key(f"staged.{folder}.{name}"), column)
            for folder in STAGED_FOLDERS
            if name in staged_tables(folder)
        ]
    if table in tables():
        return [dg.TableColumnDep(asset_key(table), column)]
    raw = "files" if layer in FILE_FOLDERS else layer
    return [dg.TableColumnDep(dg.AssetKey(["raw", raw]), f"{name}.{column}")]


def chart(numbers: Sequence[float], label: str) -> dg.MetadataValue:
    """Return a small bar chart in text, oldest first."""
    if not numbers:
        return dg.MetadataValue.md(f"{label}: nothing to draw")
    top = max(numbers) or 1
    bars = "".join(BARS[min(int(number / top * (len(BARS) - 1)), len(BARS) - 1)] for number in numbers)
    return dg.MetadataValue.md(
        f"{label}\n\n`{bars}` lowest {min(numbers):,.0f}, highest {max(numbers):,.0f}, newest {numbers[-1]:,.0f}"
    )
