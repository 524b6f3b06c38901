"""`mpm demo`: everything on a made-up company, from vendors' protocols on loopback to KPIs and assigned leads.

The demo's home is marked: it never talks to a real vendor, because the simulator's addresses and credentials beat all settings.
"""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError

if TYPE_CHECKING:
    from mpm_pipeline.orchestration.runner import Report


@click.command()
@click.option(
    "--world", "world_text", default=None, metavar="DIR", help="World folder; default: one that is made up in the home."
)
@click.option("--now", default=None, metavar="INSTANT", help="Clock of the simulator; default: the world's own now.")
@options.home
@options.as_json
def demo(world_text: str | None, now: str | None, home_text: str | None, is_json: bool) -> int:
    """Run everything on a made-up company and show the eight KPIs, five leads with reasons, and where to look."""
    from mpm_pipeline.commands.run import words

    root = options.folder(home_text)
    with options.turn(root, "mpm demo"):
        document, report = _run(root, world_text, now)
    if is_json:
        options.answer(document, True, "")
    else:
        click.echo(words(report))
        click.echo(f"\nThe run took {document['run_seconds']:.1f} s.\n")
        click.echo(_what_came_out(root))
    return report.exit_code


def _run(root: Path, world_text: str | None, now: str | None) -> tuple[dict[str, Any], "Report"]:
    """Run everything against a simulator of the world; return what `--json` prints, and the report."""
    from mpm_pipeline.orchestration.demo import environment, remember
    from mpm_pipeline.orchestration.runner import run, set_environment
    from mpm_pipeline.simulator.server import Simulator
    from mpm_pipeline.warehouse.home import Home

    root = Home.open(root).root
    world = _world(root, world_text)
    started = time.perf_counter()
    with Simulator(world, now=now) as simulator:
        values = environment(simulator.state(), simulator.world.starts_at.date(), world)
        set_environment(values)
        remember(root, values)
        report = run(root, kind="demo")
    seconds = time.perf_counter() - started
    return report.as_dict() | {"world": str(world), "run_seconds": round(seconds, 1)}, report


def _world(root: Path, world_text: str | None) -> Path:
    if world_text is not None:
        world = Path(world_text)
        if not (world / "world.toml").is_file():
            raise ConfigError(
                f"--world {world} holds no world.toml; name a world folder, or make one with `mpm world generate DIR`"
            )
        return world.absolute()
    from mpm_pipeline.simulator.generator import generate

    world = root / "world"
    if not (world / "world.toml").is_file():
        fresh = root / "world.part"
        _clear(fresh)
        click.echo("making up a company with 500 accounts and 180 days of activities", err=True)
        generate(fresh)
        fresh.replace(world)
    return world.absolute()


def _clear(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _what_came_out(root: Path) -> str:
    """Show the scorecard, five leads with their reasons, and where to look."""
    from mpm_pipeline.orchestration.session import Session

    with Session.open(root) as session:
        warehouse = session.latest()
        scorecard = warehouse.read("kpis.kpi_scorecard").to_pylist()
        leads = warehouse.read("leads.lead_distribution").to_pylist()
    lines = [f"Customer Creation Scorecard, {scorecard[0]['period'] if scorecard else 'no period'}"]
    lines += [f"  {row['title']:<58} {row['value_text']:>14}  ({row['trust_text']})" for row in scorecard]
    assigned = sorted(
        (row for row in leads if row["outcome"] == "assigned"), key=lambda row: (-row["score"], row["lead_id"])
    )
    others = sorted((row for row in leads if row["outcome"] != "assigned"), key=lambda row: str(row["lead_id"]))
    lines += ["", f"Leads: {len(assigned)} assigned of {len(leads)} to distribute; the first five:"]
    lines += [_lead(row) for row in [*assigned, *others][:5]]
    mpm = sys.argv[0] if Path(sys.argv[0]).name == "mpm" else "mpm"
    lines += [
        "",
        "Where to look:",
        f"  the page          {root / 'scorecard.html'}",
        f"  the tables        {root / 'served.sqlite'} (SQL), {root / 'mpm_bi.duckdb'} (BI tools)",
        f"  the lineage       {mpm} ui --home {root}",
        f"  one figure        {mpm} kpi explain win_rate_count --home {root}",
    ]
    return "\n".join(lines)


def _lead(row: dict[str, Any]) -> str:
    if row["outcome"] != "assigned":
        return f"  {row['lead_id']}: {row['reason_text']}"
    return f"  {row['lead_id']} -> {row['rep_name']}, score {row['score']:g}: {row['reason_text']}"
