"""What an asset's page shows, all of it made from contracts and models: columns, lineage, owners, rows, a small chart."""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

import dagster as dg

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.contracts.table import Table
from mpm_pipeline.publish.catalog import LOGICAL, grain, types_of
from mpm_pipeline.warehouse.models import Model

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
    found: dict[str, object] = {
        "dagster/column_schema": column_schema(contract),
        "dagster/table_name": name,
        "dagster/storage_kind": "deltalake",
        "primary_key": ", ".join(contract.Config.unique),
        "questions": dg.MetadataValue.md(
            "\n".join(f"- {text}" for text in contract.Config.metadata.get("questions", ())) or "-"
        ),
    }
    lineage = column_lineage(name)
    return found | ({"dagster/column_lineage": lineage} if lineage else {})


def description(model: Model) -> str:
    """Return the grain of a model's table and what the model does."""
    return f"{grain(contract_of(model.contract))}\n\n{model.purpose}".strip()


@cache
def _lineage() -> dict[str, dict[str, list[list[str]]]]:
    file = resources.files("mpm_pipeline.orchestration") / "column_lineage.json"
    return json.loads(file.read_text()) if file.is_file() else {}


def column_lineage(name: str) -> dg.TableColumnLineage | None:
    """Return from which upstream columns a table's columns come, as found by parsing the SQL ahead of time."""
    found = _lineage().get(name)
    if not found:
        return None
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key(table), source) for table, source in deps]
            for column, deps in found.items()
        }
    )


def chart(numbers: Sequence[float], label: str) -> dg.MetadataValue:
    """Return a small bar chart in text, oldest first."""
    if not numbers:
        return dg.MetadataValue.md(f"{label}: nothing to draw")
    top = max(numbers) or 1
    bars = "".join(BARS[min(int(number / top * (len(BARS) - 1)), len(BARS) - 1)] for number in numbers)
    return dg.MetadataValue.md(
        f"{label}\n\n`{bars}` lowest {min(numbers):,.0f}, highest {max(numbers):,.0f}, newest {numbers[-1]:,.0f}"
    )
