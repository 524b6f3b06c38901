"""Finds contracts by name: `table("staged.opportunity")`, `record("salesforce", "Opportunity")`, and all of them in order.

Modules are imported on first use, because Pandera alone costs about a second.
"""

from functools import cache
from importlib import import_module

from mpm_pipeline.contracts.record import Record, Stream
from mpm_pipeline.contracts.table import Table
from mpm_pipeline.vocabulary import FILE_FOLDERS, VENDORS

TABLE_MODULES = (
    "staged_sales", "staged_marketing", "staged_money", "staged_files", "customer", "kpis", "facts_sales", "facts_money", "leads", "meta", "publish",
)  # fmt: skip
RECORD_MODULES = (*VENDORS, "files")
FAMILIES = {"kpis.part_": "kpis.part", "kpis.violation_": "kpis.meta_violation", "kpis.figure_": "kpis.fct_kpi"}
"""Tables that are made in several models, each of which keeps the contract of the whole."""


@cache
def tables() -> dict[str, type[Table]]:
    """Return every table contract by its `layer.table` name, in declaration order."""
    found: dict[str, type[Table]] = {}
    for module in TABLE_MODULES:
        for contract in import_module(f"mpm_pipeline.contracts.{module}").TABLES:
            found[contract.Config.name] = contract
    return found


def table(name: str) -> type[Table]:
    """Return the contract of one table; a KeyError names what is missing."""
    whole = next((contract for prefix, contract in FAMILIES.items() if name.startswith(prefix)), name)
    return tables()[whole]


@cache
def records() -> dict[tuple[str, str], type[Record]]:
    """Return every record contract by (source, stream)."""
    found: dict[tuple[str, str], type[Record]] = {}
    for module in RECORD_MODULES:
        for contract in import_module(f"mpm_pipeline.contracts.{module}").RECORDS:
            declared = stream_of(contract)
            found[declared.source, declared.name] = contract
    return found


def stream_of(contract: type[Record]) -> Stream:
    """Return the stream declaration of a record contract."""
    return contract.Config.metadata["stream"]


def streams(source: str) -> list[Stream]:
    """Return the streams of one source in declaration order."""
    known = {*VENDORS, *FILE_FOLDERS}
    if source not in known:
        raise KeyError(source)
    return [stream_of(contract) for (name, _), contract in records().items() if name == source]
