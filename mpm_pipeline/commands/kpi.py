"""`mpm kpi list`, `show` and `explain`: what is measured, the figures, and where one figure comes from.

Figures are read from the served database, as every dashboard does; the list of KPIs is there without any data.
"""

from datetime import date
from difflib import get_close_matches
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.commands.figures import STATE_WORDS, shown
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.scorecard.wording import REASONS
from mpm_pipeline.vocabulary import PERIOD_GRAINS, SEGMENT_KINDS

GRAIN = click.option(
    "--grain", type=click.Choice(PERIOD_GRAINS), default="month", show_default=True, help="Length of the period."
)
KIND = click.option(
    "--segment-kind", type=click.Choice(SEGMENT_KINDS), default="all", show_default=True, help="Cut by what."
)


@click.group()
def kpi() -> None:
    """List KPIs, show figures, explain one."""


@kpi.command("list")
@options.as_json
def list_(is_json: bool) -> None:
    """List every KPI with its title and what it says."""
    from mpm_pipeline.kpis.catalogue import entries

    found = list(entries().values())
    rows = [(entry["kpi_id"], entry["unit"], entry["title"], entry["sentence"]) for entry in found]
    options.answer(found, is_json, options.table(("kpi", "unit", "title", "what it says"), rows))


@kpi.command()
@click.argument("kpi_id", metavar="KPI")
@GRAIN
@KIND
@click.option("--segment", default=None, help="Only this segment.")
@click.option("--periods", default=12, show_default=True, help="How many of the newest periods; 0: all.")
@options.home
@options.as_json
def show(
    kpi_id: str, grain: str, segment_kind: str, segment: str | None, periods: int, home_text: str | None, is_json: bool
) -> None:
    """Show the published figures of one KPI, oldest period first."""
    from mpm_pipeline.commands.served import opened

    _known(kpi_id)
    wanted = {"kpi_id": kpi_id, "period_grain": grain, "segment_kind": segment_kind} | (
        {"segment": segment} if segment else {}
    )
    with opened(home_text) as published:
        rows = published.rows("fct_kpi", order=("period_start", "segment"), **wanted)
    starts = sorted({row["period_start"] for row in rows})[-periods:] if periods else None
    rows = [row for row in rows if starts is None or row["period_start"] in starts]
    cells = [
        (
            row["period_start"], row["segment"], shown(row), row["numerator"], row["denominator"], row["n"],
            _share(row["coverage"]), row["state"], row["null_reason"] or "",
        )
        for row in rows
    ]  # fmt: skip
    header = ("period", "segment", "value", "numerator", "denominator", "n", "coverage", "state", "no value because")
    said = options.table(header, cells) if rows else f"no figure of {kpi_id} by {grain} and {segment_kind} is published"
    options.answer({"kpi_id": kpi_id, "figures": rows}, is_json, said)


@kpi.command(short_help="Say where one figure comes from.")
@click.argument("kpi_id", metavar="KPI")
@click.option(
    "--period",
    default=None,
    metavar="MONTH|DAY",
    help="A month (2026-05) or a day in the period; default: the newest that ended.",
)
@GRAIN
@KIND
@click.option("--segment", default="all", show_default=True, help="Segment.")
@options.home
@options.as_json
def explain(
    kpi_id: str, period: str | None, grain: str, segment_kind: str, segment: str, home_text: str | None, is_json: bool
) -> None:
    """Say of one figure what it means, how it was made, from which tables, and how far it can be trusted."""
    from mpm_pipeline.commands.served import opened, sources_of

    _known(kpi_id)
    wanted = {"kpi_id": kpi_id, "period_grain": grain, "segment_kind": segment_kind, "segment": segment}
    with opened(home_text) as published:
        rows = published.rows("fct_kpi", order=("period_start",), **wanted)
        about = published.rows("meta_kpi", kpi_id=kpi_id)[0]
        now = published.rows("meta_publication")[0]
        figure = _figure(rows, period, now["as_of_date"], kpi_id, grain)
        keys = ("kpi_id", "period_grain", "period_start", "segment_kind", "segment")
        changes = published.rows("fct_kpi_restatement", order=("changed_at",), **{key: figure[key] for key in keys})
    tables = sources_of(home_text, kpi_id)
    words = _explained(about, figure, changes, tables)
    document = {"kpi": about, "figure": figure, "tables": tables, "restatements": changes, "words": words}
    options.answer(document, is_json, "\n".join(words))


def _known(kpi_id: str) -> None:
    from mpm_pipeline.kpis.catalogue import entries

    known = list(entries())
    if kpi_id not in known:
        near = get_close_matches(kpi_id, known, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise ConfigError(f"there is no KPI {kpi_id}{hint or ';'} `mpm kpi list` names them all")


def _figure(rows: list[dict[str, Any]], period: str | None, today: date, kpi_id: str, grain: str) -> dict[str, Any]:
    if not rows:
        raise ConfigError(
            f"no figure of {kpi_id} by {grain} for that segment is published; `mpm kpi show {kpi_id}` shows what is"
        )
    if period is None:
        return next((row for row in reversed(rows) if row["period_end"] <= today), rows[-1])
    day = _day(period)
    found = [row for row in rows if row["period_start"] <= day < row["period_end"]]
    if not found:
        raise ConfigError(
            f"--period {period} has no figure of {kpi_id} by {grain}; figures run from {rows[0]['period_start']} to {rows[-1]['period_end']}"
        )
    return found[0]


def _day(period: str) -> date:
    try:
        return date.fromisoformat(period if len(period) > 7 else f"{period}-01")
    except ValueError:
        raise ConfigError(
            f"--period {period} is neither a month such as 2026-05 nor a day such as 2026-05-31"
        ) from None


def _explained(
    about: dict[str, Any], figure: dict[str, Any], changes: list[dict[str, Any]], tables: list[str]
) -> list[str]:
    cut = "" if figure["segment_kind"] == "all" else f", {figure['segment_kind']} {figure['segment']}"
    span = f"{figure['period_start']} to {figure['period_end']} (the last day not included){cut}"
    lines = [f"{about['title']}: {about['sentence']}", f"Formula: {about['formula']}.", f"Period: {span}."]
    lines.append(f"Value: {shown(figure)}" + (f" on {figure['basis']}." if figure["basis"] else "."))
    if figure["null_reason"]:
        lines.append(f"No value, because {REASONS[figure['null_reason']]} ({figure['null_reason']}).")
    if figure["estimate"] is not None:
        lines.append(f"Estimate until then: {shown(figure, 'estimate')}.")
    if figure["denominator"] is not None:
        lines.append(f"Made of: {_whole(figure['numerator'])} / {figure['denominator']:,}.")
    elif figure["numerator"] is not None:
        lines.append(f"Made of: {_whole(figure['numerator'])}.")
    if figure["low"] is not None:
        lines.append(
            f"95 % interval: {shown(figure, 'low')} to {shown(figure, 'high')}, {_whole(figure['n'])} observations."
        )
    lines.append(f"Records that could be used: {_share(figure['coverage']) or 'not counted'}.")
    if figure["maturity"] is not None:
        lines.append(f"Observed for the whole window: {_share(figure['maturity'])} of the cohort.")
    lines.append(f"State: {STATE_WORDS[figure['state']]}.")
    if about["benchmark_text"]:
        lines.append(f"Benchmark: {about['benchmark_text']} ({about['benchmark_source']}).")
    lines.append(f"Tables: {', '.join(tables) or 'none that this home still holds'}.")
    lines += [
        f"Changed as of {change['changed_at']:%Y-%m-%d %H:%M} UTC from {_number(change['value_before'])} "
        f"to {_number(change['value_after'])}: {change['cause']}."
        for change in changes
    ]
    return lines


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _whole(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:,.6g}"
