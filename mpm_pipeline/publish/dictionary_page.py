"""Writes the reference pages of the docs: the data dictionary from the contracts, the KPI catalogue from its files.

Both are made, never edited: a test says when a committed page is older than its source.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mpm_pipeline.contracts.table import Table
from mpm_pipeline.kpis.catalogue import entries
from mpm_pipeline.publish.catalog import LOGICAL, grain, served, types_of

MADE = "<!-- Made by `make docs` from {source}; do not edit by hand. -->"

FACTS = {
    "unit": "unit", "good": "good direction", "owner": "answers for it", "needs_all": "needs", "needs_any": "needs one of",
    "benchmark_text": "benchmark", "benchmark_source": "benchmark from", "horizon_days": "days in which late records still change it",
    "kpi_version": "version of the definition",
}  # fmt: skip


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


def kpi_catalogue(kpis: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Return docs/kpi-catalogue.md: every KPI with its words, by default those of the package."""
    known = entries() if kpis is None else kpis
    lines = [
        "# KPI catalogue",
        "",
        MADE.format(source="mpm_pipeline/kpis/catalogue_*.toml"),
        "",
        f"{len(known)} KPIs. The figures are in the table `fct_kpi`, these words in `meta_kpi`.",
    ]
    for name, entry in known.items():
        lines += [
            "",
            f"## {name}",
            "",
            f"**{entry['title']}.** {entry['sentence']}",
            "",
            f"Formula: {entry['formula']}.",
            "",
        ]
        lines += [f"- {words}: {entry[key]}" for key, words in FACTS.items() if entry.get(key) not in (None, "")]
    return "\n".join(lines) + "\n"


def write(docs: Path) -> list[Path]:
    """Write both pages into a docs folder; return their files."""
    pages = {docs / "data-dictionary.md": data_dictionary(), docs / "kpi-catalogue.md": kpi_catalogue()}
    for file, text in pages.items():
        file.write_text(text, encoding="utf-8")
    return list(pages)


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


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
