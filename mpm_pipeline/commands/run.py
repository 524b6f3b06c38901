"""`mpm run` and `mpm backfill`: the whole pipeline once, in this process."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError

if TYPE_CHECKING:
    from mpm_pipeline.orchestration.runner import Report


@click.command()
@options.home
@options.as_json
def run(home_text: str | None, is_json: bool) -> int:
    """Fetch what is new, missing or late from every source, rebuild and publish."""
    return _finish(_run(home_text, "run", None), is_json)


@click.command()
@click.option("--from", "first", required=True, metavar="DAY", help="First day, YYYY-MM-DD (UTC).")
@click.option("--to", "last", required=True, metavar="DAY", help="Last day, inclusive.")
@options.home
@options.as_json
def backfill(first: str, last: str, home_text: str | None, is_json: bool) -> int:
    """Ask every source again for a range of days, rebuild and publish."""
    return _finish(_run(home_text, "backfill", (_day("--from", first), _day("--to", last))), is_json)


def _run(home_text: str | None, kind: str, span: tuple[date, date] | None) -> "Report":
    root = options.folder(home_text)
    with options.turn(root, f"mpm {kind}"):
        click.echo(f"loading the pipeline for the home {root}", err=True)
        from mpm_pipeline.orchestration.runner import run as run_pipeline

        return run_pipeline(root, span=span, kind=kind)


def _day(option: str, value: str) -> date:
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        raise ConfigError(f"{option} {value} is no day; write it as 2026-03-31") from None


def _finish(report: "Report", is_json: bool) -> int:
    options.answer(report.as_dict(), is_json, words(report))
    return report.exit_code


def words(report: "Report") -> str:
    """Say how a run ended, source by source."""
    lines = [
        f"{report.status} as of {report.as_of}: {len(report.published)} tables published, {report.restated} figures changed"
    ]
    for name, source in report.sources.items():
        if source["state"] == "off":
            continue
        counts = (
            f"{source['rows_in']:>8,} rows in = {source['rows_out']:,} out + {source['rows_quarantined']:,} quarantined"
        )
        lines.append(
            f"  {name:<12} {source['state']:<8} {counts}" + (f"  {source['error']}" if source["error"] else "")
        )
        if source.get("incident"):
            lines.append(f"  {'':<12} INCIDENT: {source['incident']}")
    lines.append("seconds: " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report.seconds.items()))
    return "\n".join(lines)
