"""What marketing spends and what that is credited with, how recurring revenue moved, and budget against actual.

Ratios over months are made anew from sums; shares of credit are linear attribution, which is a convention and no proof.
"""

from dataclasses import dataclass, field

from mpm_pipeline.scorecard import charts, wording
from mpm_pipeline.scorecard.facts import BRIDGE, Facts
from mpm_pipeline.scorecard.figures import Figures, Period, Row
from mpm_pipeline.scorecard.sales import Chart, Section, by_month, tile

BRIDGE_WORDS = ("New", "Expansion", "Reactivation", "Contraction", "Churn", "Exchange rates")
LOSSES = ("mrr_contraction", "mrr_churn")
LINES_SHOWN = 15


@dataclass(frozen=True)
class Table:
    """Rows as text, header first; the first column names the row."""

    head: list[str]
    rows: list[list[str]] = field(default_factory=list)


def spending(facts: Facts, figures: Figures, quarter: Period | None) -> tuple[Section, Table | None]:
    """Spend and cost per lead beside the pipeline and revenue that each channel is credited with."""
    tiles = [
        tile(figures, "spend", "Marketing spend", quarter),
        tile(figures, "cost_per_lead", "Cost per inquiry", quarter),
        tile(figures, "cost_per_mql", "Cost per MQL", quarter),
        tile(figures, "cac", "Cost per new customer, fully loaded", quarter),
        tile(figures, "new_customers", "New customers", quarter),
        tile(figures, "roi_attributed", "Attributed return on spend", quarter),
    ]
    channels = _channels(facts, figures, quarter)
    if not channels:
        return Section(tiles), None
    currency = facts.publication["reporting_currency"]
    head = ["Channel", "Spend", "Inquiries", "Cost per inquiry", "Pipeline credited", "Revenue credited"]
    table = Table(head, [_channel_row(name, sums, currency) for name, sums in channels.items()])
    series = (("spend", "spend"), ("pipeline", "pipeline credited"), ("revenue", "revenue credited"))
    rows = [
        {
            "name": _title(name),
            "series": label,
            "value": wording.major(sums[key], currency),
            "text": wording.money(sums[key], currency),
        }
        for name, sums in channels.items()
        for key, label in series
        if sums[key] is not None
    ]
    caption = f"Spend beside what it is credited with, {quarter.label if quarter else ''}"
    chart = Chart("channels", caption, charts.ranked(rows, caption), [head, *table.rows])
    return Section(tiles, [chart] if rows else []), table


def recurring(figures: Figures, quarter: Period | None) -> Section:
    """Monthly recurring revenue: where it stands and the bridge of the quarter, which closes to the minor unit."""
    tiles = [
        tile(figures, "mrr", "Monthly recurring revenue", quarter),
        tile(figures, "arr", "Yearly recurring revenue", quarter),
        tile(figures, "nrr", "Net revenue retention", quarter),
        tile(figures, "grr", "Gross revenue retention", quarter),
        tile(figures, "logo_churn_rate", "Customers lost", quarter),
    ]
    closing = figures.at("mrr", quarter)
    moves = [figures.at(kpi_id, quarter) for kpi_id in BRIDGE]
    if (
        quarter is None
        or closing is None
        or closing["value_minor"] is None
        or any(_minor(row) is None for row in moves)
    ):
        return Section(tiles)
    steps = [(-1 if kpi_id in LOSSES else 1) * (_minor(row) or 0) for kpi_id, row in zip(BRIDGE, moves, strict=True)]
    chart = _bridge(quarter, closing, steps)
    before = figures.at("mrr", figures.before(quarter))
    opening = closing["value_minor"] - sum(steps)
    notes = []
    if before is not None and _minor(before) is not None and _minor(before) != opening:
        notes.append(
            f"The quarter before closed at {wording.value(before)}, the bridge opens at {wording.money(opening, closing['currency_code'])}."
        )
    return Section(tiles, [chart], notes)


def budget(facts: Facts, figures: Figures, quarter: Period | None) -> tuple[Section, Table | None]:
    """Budget against actual: the quarter, the months, and the lines."""
    tiles = [
        tile(figures, "budget_plan", "Planned", quarter),
        tile(figures, "budget_actual", "Actual", quarter),
        tile(figures, "budget_variance", "Actual minus plan", quarter),
        tile(figures, "budget_used_rate", "Share of the plan used", quarter),
    ]
    chart = by_month(
        "budget", "Plan and actual by month", figures, {"budget_plan": "plan", "budget_actual": "actual"}, grouped=True
    )
    lines = _lines(facts.budget)
    if not lines:
        return Section(tiles, [chart] if chart else []), None
    currency = facts.publication["reporting_currency"]
    table = Table(
        ["Budget line", "Owner", "Plan", "Actual", "Actual minus plan"], [_line_row(row, currency) for row in lines]
    )
    return Section(tiles, [chart] if chart else []), table


def _channels(facts: Facts, figures: Figures, quarter: Period | None) -> dict[str, Row]:
    """Sum spend, inquiries and credits of the quarter by channel, the dearest channel first."""
    if quarter is None:
        return {}
    credit = {(row["measure"], row["channel"]): row["credit_reporting_minor"] for row in facts.credits}
    months = figures.months_of(quarter)
    found: dict[str, Row] = {}
    for name in sorted({*figures.segments("channel"), *(channel for _, channel in credit)}):
        spent = figures.total("spend", months, "channel", name)
        per_lead = figures.total("cost_per_lead", months, "channel", name)
        sums = {
            "spend": spent["numerator"] if spent else None,
            "leads": per_lead["denominator"] if per_lead else None,
            "paid": per_lead["numerator"] if per_lead else None,
            "pipeline": credit.get(("pipeline", name)),
            "revenue": credit.get(("revenue", name)),
        }
        if any(sums[key] for key in ("spend", "pipeline", "revenue")):
            found[name] = sums
    return dict(
        sorted(
            found.items(),
            key=lambda item: (
                item[0] == "unattributed",
                -(item[1]["spend"] or 0),
                -(item[1]["pipeline"] or 0),
                item[0],
            ),
        )
    )


def _channel_row(name: str, sums: Row, currency: str) -> list[str]:
    def amount(key: str) -> str:
        return wording.money(sums[key], currency) if sums[key] is not None else "\u2013"

    each = wording.money(round(sums["paid"] / sums["leads"]), currency) if sums["leads"] and sums["paid"] else "\u2013"
    leads = wording.count(sums["leads"]) if sums["leads"] is not None else "\u2013"
    return [_title(name), amount("spend"), leads, each, amount("pipeline"), amount("revenue")]


def _title(channel: str) -> str:
    return "No touch known" if channel == "unattributed" else channel.replace("_", " ").capitalize()


def _bridge(quarter: Period, closing: Row, steps: list[int]) -> Chart:
    currency = closing["currency_code"]
    level = closing["value_minor"] - sum(steps)
    rows = [_bar("Opening", level, level, "level", currency)]
    for name, step in zip(BRIDGE_WORDS, steps, strict=True):
        rows.append(_bar(name, level, level + step, "gain" if step >= 0 else "loss", currency))
        level += step
    rows.append(_bar("Closing", level, level, "level", currency))
    caption = f"How monthly recurring revenue moved, {quarter.label}"
    table = [["Step", "Amount"], *([row["name"], row["text"]] for row in rows)]
    return Chart("mrr-bridge", caption, charts.waterfall(rows, caption), table)


def _bar(name: str, begin: int, end: int, kind: str, currency: str) -> Row:
    """Return one bar from one level to the next, or a level itself."""
    amount = end if kind == "level" else end - begin
    text = wording.money(amount, currency)
    return {
        "name": name,
        "low": wording.major(begin, currency),
        "high": wording.major(end, currency),
        "top": wording.major(max(begin, end), currency),
        "kind": kind,
        "text": text,
        "label": ("+" if kind == "gain" and amount else "") + wording.short(amount, currency),
    }


def _minor(row: Row | None) -> int | None:
    return row["value_minor"] if row is not None and row["value"] is not None else None


def _lines(rows: list[Row]) -> list[Row]:
    """Return the top lines, each followed by its children."""
    ids = {row["budget_line_id"] for row in rows}
    tops = [row for row in rows if row["parent_line_id"] not in ids]
    ordered = []
    for top in sorted(tops, key=lambda row: (-(row["plan_minor"] or 0), row["name"])):
        children = [row for row in rows if row["parent_line_id"] == top["budget_line_id"]]
        ordered += [
            top,
            *(
                {**child, "name": f"\u2003{child['name']}"}
                for child in sorted(children, key=lambda row: -(row["plan_minor"] or 0))
            ),
        ]
    return ordered[:LINES_SHOWN]


def _line_row(row: Row, currency: str) -> list[str]:
    plan, actual = row["plan_minor"], row["actual_minor"]
    return [
        row["name"],
        row["owner"],
        "no plan" if plan is None else wording.money(plan, currency),
        wording.money(actual, currency),
        "\u2013" if plan is None else wording.money(actual - plan, currency),
    ]
