"""What sales won and lost, the funnel on the way to it, and the pipeline that is left: tiles, charts and their numbers.

Of a rate that says nothing, because every lost deal has the amount 0, the page says exactly that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mpm_pipeline.scorecard import charts, wording
from mpm_pipeline.scorecard.facts import CONVERSIONS, FUNNEL
from mpm_pipeline.scorecard.figures import Figures, Period, Row

NO_USE = "of no use"
STEPS = ("Inquiries", "Marketing qualified (MQL)", "Accepted by sales (SAL)", "Qualified by sales (SQL)", "Deals won")


@dataclass(frozen=True)
class Tile:
    """One figure with its label, what to know beside it and how it moved."""

    label: str
    value: str
    note: str = ""
    change: str = ""


@dataclass(frozen=True)
class Chart:
    """One picture: its specification, a caption, and its rows for those who read numbers (header first)."""

    name: str
    caption: str
    spec: dict[str, Any]
    table: list[list[str]]


@dataclass(frozen=True)
class Step:
    """One stage of the funnel: its count, the length of its bar (0-100), and the conversion into it."""

    label: str
    value: str
    note: str
    width: float
    conversion: str = ""
    conversion_note: str = ""
    watched: str = ""


@dataclass(frozen=True)
class Section:
    """One part of the page."""

    tiles: list[Tile] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def tile(figures: Figures, kpi_id: str, label: str, period: Period | None) -> Tile:
    """Make the tile of one figure of the whole company."""
    row = figures.at(kpi_id, period)
    before = figures.at(kpi_id, figures.before(period)) if period else None
    return Tile(label, wording.value(row), wording.note(row), wording.change(row, before))


def won_and_lost(figures: Figures, quarter: Period | None) -> Section:
    """Win rates by count and amount, revenue won, and both by month."""
    tiles = [
        tile(figures, "win_rate_count", "Win rate, by count", quarter),
        _by_amount(figures, quarter),
        tile(figures, "revenue_won", "Revenue won", quarter),
        tile(figures, "opportunities_won", "Deals won", quarter),
        tile(figures, "opportunities_lost", "Deals lost", quarter),
        tile(figures, "average_deal", "Average deal won", quarter),
    ]
    named = {"win_rate_count": "by count"}
    if not _lost_amounts_are_zero(
        figures.series("win_rate_amount", "month"), figures.series("opportunities_lost", "month")
    ):
        named["win_rate_amount"] = "by amount"
    found = [
        by_month("win-rate", "Win rate by month", figures, named, kind="line"),
        by_month("revenue", "Revenue won by month", figures, {"revenue_won": "revenue won"}),
    ]
    return Section(tiles, [chart for chart in found if chart])


def funnel(figures: Figures, quarter: Period | None) -> list[Step]:
    """Return the stages with their counts and conversions; empty when nothing counts leads."""
    rows = [figures.at(kpi_id, quarter) for kpi_id in (*FUNNEL, "opportunities_won")]
    if all(row is None for row in rows):
        return []
    most = max((row["value"] for row in rows if row is not None and row["value"] is not None), default=0) or 1
    steps = []
    for place, (label, row) in enumerate(zip(STEPS, rows, strict=True)):
        width = 100 * row["value"] / most if row is not None and row["value"] is not None else 0
        into = _conversion(figures, CONVERSIONS[place - 1], quarter) if place else {}
        steps.append(Step(label, wording.value(row), wording.note(row), round(width, 1), **into))
    return steps


def pipeline(figures: Figures, quarter: Period | None) -> Section:
    """Pipeline created and open, and what marketing brought."""
    tiles = [
        tile(figures, "pipeline_created", "Pipeline created", quarter),
        tile(figures, "pipeline_sourced_marketing", "of it sourced by marketing", quarter),
        tile(figures, "pipeline_influenced_marketing", "of it influenced by marketing", quarter),
        tile(figures, "pipeline_open", "Pipeline open at the end", quarter),
    ]
    named = {"pipeline_created": "created", "pipeline_sourced_marketing": "of it sourced by marketing"}
    chart = by_month("pipeline", "Pipeline created by month", figures, named)
    return Section(tiles, [chart] if chart else [])


def by_month(
    name: str, caption: str, figures: Figures, named: dict[str, str], *, kind: str = "bar", grouped: bool = False
) -> Chart | None:
    """Draw figures of the whole company by month; None where no month has a value."""
    series = {label: figures.series(kpi_id, "month") for kpi_id, label in named.items()}
    rows = [
        {
            "month": row["period_start"].isoformat(),
            "series": label,
            "value": row["value"],
            "text": wording.value(row),
            "running": row["period_end"] > figures.as_of,
        }
        for label, found in series.items()
        for row in found
    ]
    if not any(row["value"] is not None for row in rows):
        return None
    if any(row["running"] for row in rows):
        caption += ", the last one still running"
    spec = charts.lines(rows, caption) if kind == "line" else charts.bars(rows, caption, grouped=grouped)
    return Chart(name, caption, spec, _table(series))


def _table(series: dict[str, list[Row]]) -> list[list[str]]:
    months = sorted({row["period_start"] for found in series.values() for row in found})
    cells = {label: {row["period_start"]: wording.value(row) for row in found} for label, found in series.items()}
    body = [[f"{month:%b %Y}", *(cells[label].get(month, wording.NO_FIGURE) for label in series)] for month in months]
    return [["Month", *(label[:1].upper() + label[1:] for label in series)], *body]


def _by_amount(figures: Figures, quarter: Period | None) -> Tile:
    label = "Win rate, by amount"
    row, lost = figures.at("win_rate_amount", quarter), figures.at("opportunities_lost", quarter)
    if row is not None and lost is not None and _lost_amounts_are_zero([row], [lost]):
        return Tile(label, NO_USE, "every lost deal has the amount 0, so a rate by amount is always 100 %; go by count")
    return tile(figures, "win_rate_amount", label, quarter)


def _lost_amounts_are_zero(rates: Iterable[Row], lost: Iterable[Row]) -> bool:
    """Say whether deals were lost and none of them had an amount: then won amount / decided amount is 1 whatever happens."""
    counts = {row["period_start"]: row["numerator"] or 0 for row in lost}
    judged = [row for row in rates if row["value"] is not None and counts.get(row["period_start"], 0) > 0]
    return bool(judged) and all(row["numerator"] == row["denominator"] for row in judged)


def _conversion(figures: Figures, kpi_id: str, quarter: Period | None) -> dict[str, str]:
    """Return the conversion of the shown cohort and, while that is too young, of the newest one that was watched in full."""
    row = figures.at(kpi_id, quarter)
    said = {"conversion": wording.value(row), "conversion_note": wording.note(row)}
    if row is None or row["value"] is not None:
        return said
    watched = [
        one for one in figures.periods("quarter") if (found := figures.at(kpi_id, one)) and found["value"] is not None
    ]
    if watched:
        said["watched"] = f"{wording.value(figures.at(kpi_id, watched[-1]))} in {watched[-1].label}"
    return said
