"""The scorecard for beginners: each of its KPIs in its newest complete quarter, in words that need no manual.

Figures come from `kpis.fct_kpi` as they are; here they are only chosen, compared with the quarter before, and put into words:
how a person would read the value, and whether it can be trusted.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from mpm_pipeline.contracts.kpis import KpiScorecard
from mpm_pipeline.warehouse.validate import arrow_schema

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
SYSTEMS = {
    "crm": "the CRM", "marketing": "the marketing system", "social": "the social network", "billing": "the billing system",
    "finance": "the finance file", "hr": "the HR file", "service": "the survey file", "enablement": "the enablement file",
}  # fmt: skip
REASONS = {
    "not_covered": "Not covered",
    "immature_cohort": "No figure yet: the time to judge is not over.",
    "mixed_currency": "No figure: amounts of several currencies cannot be added up.",
    "fx_missing": "No figure: there is no exchange rate for the amounts.",
    "zero_denominator": "No figure: there is nothing to divide by.",
    "below_min_n": "No figure: too few cases.",
}
Row = dict[str, Any]


def kpi_scorecard(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return one row per scorecard KPI: the newest complete fiscal quarter, without one the running one."""
    quarters = {
        row["period_start"]: row for row in tables["kpis.period"].to_pylist() if row["period_grain"] == "quarter"
    }
    keys = {(row["kpi_id"], row["period_start"]): row for row in _quarterly(tables["kpis.kpi_period"])}
    figures: dict[str, dict[Any, Row]] = {}
    for row in _quarterly(tables["kpis.fct_kpi"]):
        if row["segment_kind"] == "all" and row["kpi_id"].startswith("scorecard_"):
            figures.setdefault(row["kpi_id"], {})[row["period_start"]] = row
    roles = {row["source"]: row["role"] for row in tables["reference.source_role"].to_pylist()}
    entries = [row for row in tables["kpis.catalogue"].to_pylist() if row["kpi_id"] in figures]
    rows = [_row(entry, figures[entry["kpi_id"]], quarters, keys, roles) for entry in entries]
    return pa.Table.from_pylist(rows, schema=arrow_schema(KpiScorecard))


def _quarterly(table: pa.Table) -> list[Row]:
    return [row for row in table.to_pylist() if row["period_grain"] == "quarter"]


def _row(entry: Row, figures: Mapping[Any, Row], quarters: Mapping[Any, Row], keys: Mapping[Any, Row], roles: Mapping[str, str]) -> Row:  # fmt: skip
    start = max(figures, key=lambda day: (quarters[day]["is_complete"], day))
    figure, quarter = figures[start], quarters[start]
    before = next((figures[day] for day in figures if quarters[day]["period_end"] == start), None)
    trend = None
    if before is not None and figure["value"] is not None and before["value"] is not None:
        trend = figure["value"] - before["value"]
    is_same_grain = entry["benchmark_grain"] in (None, figure["period_grain"])
    return {
        "kpi_id": entry["kpi_id"],
        "title": entry["title"],
        "sentence": entry["sentence"],
        "period": quarter["label"],
        "value": figure["value"],
        "value_text": value_text(figure["value"], entry["unit"], figure["currency_code"]),
        "unit": entry["unit"],
        "benchmark": entry["benchmark"] if is_same_grain else None,
        "benchmark_source": entry["benchmark_source"] if is_same_grain else None,
        "trend": trend,
        "state": figure["state"],
        "trust_text": trust_text(entry, figure, quarter, keys.get((entry["kpi_id"], start), {}), roles),
    }


def value_text(value: float | None, unit: str, currency_code: str | None = None) -> str:
    """Say a value as a person reads it: `12.3 %`, `4.1 : 1`, `$ 52,300`."""
    if value is None:
        return "not available"
    words = {
        "rate": f"{100 * value:,.1f} %",
        "ratio": f"{value:,.1f} : 1",
        "money": f"{SYMBOLS.get(currency_code or '', currency_code)} {value:,.0f}",
        "points": f"{value:,.0f} of 100",
        "days": f"{value:,.1f} days",
        "hours": f"{value:,.1f} hours",
    }
    return words.get(unit, f"{value:,.0f}")


def trust_text(entry: Row, figure: Row, quarter: Row, known: Row, roles: Mapping[str, str]) -> str:
    """Say in plain words whether the figure can be trusted, and if not, why."""
    parts = [_state(figure, quarter, known, roles)]
    if figure["value"] is not None and (figure["coverage"] or 1.0) < 1.0:
        parts.append(f"Based on {100 * figure['coverage']:.0f} % of the records; the others have no exchange rate.")
    if "other recipe" in (entry["benchmark_source"] or ""):
        parts.append("Own index; the benchmark uses another recipe.")
    return " ".join(parts)


def _state(figure: Row, quarter: Row, known: Row, roles: Mapping[str, str]) -> str:
    if figure["null_reason"] == "not_covered":
        return f"Not covered: {_missing(known.get('missing'), roles)}."
    if figure["null_reason"] is not None:
        return REASONS[figure["null_reason"]]
    if not quarter["is_complete"]:
        return "Provisional: the quarter is not over yet."
    if figure["state"] == "provisional" and known.get("lost_at") is not None:
        return "Provisional: a source lost records that are still counted here, until a person confirms the loss (`mpm diff`)."
    read_to: datetime | None = known.get("read_to_at")
    if figure["state"] == "provisional" and read_to is not None and read_to < quarter["ends_at"]:
        return f"Provisional: a source was read only up to {read_to:%Y-%m-%d}."
    if figure["state"] == "provisional":
        return "Provisional: records that come late can still change it."
    return "Final."


def _missing(groups: str | None, roles: Mapping[str, str]) -> str:
    """Name what is missing: sources of one group are alternatives."""
    if not groups:
        return "the sources say nothing about this time"
    if "later" in groups.split("|"):
        return "nothing computes it yet"
    parts = [{item.partition(".")[0] for item in group.split(";")} for group in groups.split("|")]
    alone = {source for part in parts if len(part) == 1 for source in part}
    kept = [part for part in parts if len(part) == 1 or not part & alone]
    named = [" or ".join(SYSTEMS.get(roles.get(source, source), source) for source in sorted(part)) for part in kept]
    return f"nothing was read from {' and '.join(dict.fromkeys(named))}"
