"""The eight KPIs of the Customer Creation Scorecard as cards: value, benchmark, trend, formula and the numbers behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from mpm_pipeline.scorecard import wording
from mpm_pipeline.scorecard.charts import Bullet, Sparkline, bullet, sparkline
from mpm_pipeline.scorecard.facts import EIGHT, Facts
from mpm_pipeline.scorecard.figures import Figures, Period, Row

TREND_QUARTERS = 8
FTE_DAY = 1000

GROUPS = (("Investment", EIGHT[0:3]), ("Staff efficiency", EIGHT[3:5]), ("Levers", EIGHT[5:8]))

SIDES = {
    EIGHT[0]: ("sales and marketing expense", "money", "recognised revenue", "money"),
    EIGHT[1]: ("sales expense", "money", "marketing expense", "money"),
    EIGHT[2]: ("marketing expense", "money", "people in sales", "people"),
    EIGHT[3]: ("sellers with a quota", "people", "field marketers", "people"),
    EIGHT[4]: ("program expense", "money", "program and people expense", "money"),
    EIGHT[5]: ("people in sales and marketing operations", "people", "people in sales and marketing", "people"),
}
"""What numerator and denominator are, in words and in which unit; the scores have none."""


@dataclass(frozen=True)
class Side:
    """One number behind a figure."""

    label: str
    text: str


@dataclass(frozen=True)
class Card:
    """One KPI as the page shows it."""

    kpi_id: str
    title: str
    sentence: str
    value: str
    has_value: bool
    note: str
    change: str
    benchmark: str
    benchmark_source: str
    formula: str
    sides: list[Side]
    trust: str
    state: str
    spark: Sparkline | None
    bullet: Bullet | None


def groups(facts: Facts, figures: Figures, quarter: Period | None) -> list[tuple[str, list[Card]]]:
    """Return the cards by category, in the order of the scorecard."""
    flat = {row["kpi_id"]: row for row in facts.scorecard}
    words = {row["kpi_id"]: row for row in facts.kpis}
    currency = facts.publication["reporting_currency"]
    return [
        (
            name,
            [
                _card(kpi_id, flat.get(kpi_id, {}), words.get(kpi_id, {}), figures, quarter, currency)
                for kpi_id in kpi_ids
            ],
        )
        for name, kpi_ids in GROUPS
    ]


def _card(kpi_id: str, flat: Row, words: Row, figures: Figures, quarter: Period | None, currency: str) -> Card:
    row = figures.at(kpi_id, quarter)
    before = figures.at(kpi_id, figures.before(quarter)) if quarter else None
    has_value = row is not None and row["value"] is not None
    later = "later" in str(words.get("needs_all", "")).split(";")
    quarters = [
        one["value"]
        for one in figures.series(kpi_id, "quarter", TREND_QUARTERS)
        if quarter and one["period_start"] <= quarter.start
    ]
    return Card(
        kpi_id=kpi_id,
        title=flat.get("title") or words.get("title") or kpi_id,
        sentence=flat.get("sentence") or words.get("sentence") or "",
        value=wording.value(row),
        has_value=has_value,
        note=wording.LATER if later and not has_value else wording.note(row),
        change=_against(wording.change(row, before)),
        benchmark=_benchmark(words, compared=flat.get("benchmark") is not None),
        benchmark_source=words.get("benchmark_source") or flat.get("benchmark_source") or "",
        formula=words.get("formula") or "",
        sides=_sides(kpi_id, row, figures.as_of, currency),
        trust=flat.get("trust_text") or "",
        state=flat.get("state") or (row["state"] if row else ""),
        spark=sparkline(quarters),
        bullet=bullet(row["value"], flat.get("benchmark")) if row is not None and row["value"] is not None else None,
    )


def _against(change: str) -> str:
    if change == "unchanged":
        return "as in the quarter before"
    return f"{change} on the quarter before" if change else ""


def _benchmark(words: Row, *, compared: bool) -> str:
    """Write the benchmark; say so where its period is another than the one shown."""
    text = words.get("benchmark_text") or ""
    return (
        text if compared or not words.get("benchmark_grain") else f"{text}; not compared with a quarter" if text else ""
    )


def _sides(kpi_id: str, row: Row | None, as_of: date, currency: str) -> list[Side]:
    """Return numerator and denominator in words; people are full-time equivalents averaged over the days before as-of."""
    if row is None or kpi_id not in SIDES:
        return []
    top, top_unit, bottom, bottom_unit = SIDES[kpi_id]
    days = max((min(row["period_end"], as_of) - row["period_start"]).days, 1)
    written: dict[str, Callable[[int], str]] = {
        "money": lambda number: wording.money(number, currency),
        "people": lambda number: f"{number / FTE_DAY / days:,.1f} full-time on average",
    }
    sides = ((top, top_unit, row["numerator"]), (bottom, bottom_unit, row["denominator"]))
    return [Side(label, written[unit](number)) for label, unit, number in sides if number is not None]
