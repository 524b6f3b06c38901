"""Writes the reference pages of the docs: the data dictionary from the contracts, the KPI catalogue from its file.

Both are made, never edited: a test says when a committed page is older than its source.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mpm_pipeline.contracts.table import Table
from mpm_pipeline.publish.catalog import LOGICAL, grain, served, types_of

MADE = "<!-- Made by `make docs` from {source}; do not edit by hand. -->"
CATALOGUE = Path(__file__).parent.parent / "kpis" / "catalogue.toml"


def data_dictionary() -> str:
    """Return docs/data-dictionary.md: every served table with grain, key, owner, questions and columns."""
    contracts = served()
    lines = [
        "# Data dictionary",
        "",
        MADE.format(source="mpm_pipeline/contracts"),
        "",
        "Every table that is served, in SQLite, in PostgreSQL (schema `mpm`) and in the BI file. The same words are in the tables",
        "`meta_table` and `meta_column` and, on PostgreSQL, in the comments of the database.",
        "",
        "Money in `*_minor` is a whole number of the currency's smallest unit, instants (`*_at`) are UTC, rates lie between 0 and 1,",
        "and what is unknown is null, never 0. On SQLite an instant is ISO 8601 text that ends with `Z`.",
        "",
        "| table | one row is | owner |",
        "|---|---|---|",
        *(
            f"| [`{name}`](#{name}) | {_cell(grain(contract))} | {contract.Config.metadata['owner']} |"
            for name, contract in contracts.items()
        ),
    ]
    for name, contract in contracts.items():
        lines += ["", *_table(name, contract)]
    return "\n".join(lines) + "\n"


def kpi_catalogue(file: Path = CATALOGUE) -> str | None:
    """Return docs/kpi-catalogue.md, or None where there is no catalogue."""
    if not file.exists():
        return None
    kpis = _entries(tomllib.loads(file.read_text()))
    lines = [
        "# KPI catalogue",
        "",
        MADE.format(source="mpm_pipeline/kpis/catalogue.toml"),
        "",
        f"{len(kpis)} KPIs. The figures are in `fct_kpi`, these words in `meta_kpi`.",
    ]
    for name, entry in kpis.items():
        lines += ["", f"## {name}", "", f"**{entry.get('title', name)}.** {entry.get('sentence', '')}".rstrip(), ""]
        lines += [
            f"- {key.replace('_', ' ')}: {_words(value)}"
            for key, value in entry.items()
            if key not in ("title", "sentence", "kpi_id") and value not in ("", [], None)
        ]
    return "\n".join(lines) + "\n"


def write(docs: Path) -> list[Path]:
    """Write both pages into a docs folder; return those that were written."""
    pages = {docs / "data-dictionary.md": data_dictionary(), docs / "kpi-catalogue.md": kpi_catalogue()}
    written = {file: text for file, text in pages.items() if text is not None}
    for file, text in written.items():
        file.write_text(text)
    return list(written)


def _table(name: str, contract: type[Table]) -> list[str]:
    types = types_of(contract)
    questions = contract.Config.metadata["questions"]
    lines = [f"## {name}", "", grain(contract), ""]
    lines += [f"Answers: {' '.join(questions)}", ""] if questions else []
    lines += [f"Primary key: {', '.join(f'`{column}`' for column in contract.Config.unique)}", ""]
    lines += ["| column | type | may be null | meaning |", "|---|---|---|---|"]
    for column, field in contract.to_schema().columns.items():
        empty = "yes" if field.nullable else ""
        lines.append(f"| `{column}` | {LOGICAL[types[column]]} | {empty} | {_cell(field.description or '')} |")
    return lines


def _entries(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Find the KPIs in the catalogue: a list of tables with `kpi_id`, or tables named by their id."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in document.items():
        if isinstance(value, list) and value and all(isinstance(one, dict) and "kpi_id" in one for one in value):
            found |= {one["kpi_id"]: one for one in value}
        elif isinstance(value, dict) and "title" in value:
            found[name] = value
        elif isinstance(value, dict):
            found |= _entries(value)
    return found


def _words(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
