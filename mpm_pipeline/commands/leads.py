"""`mpm leads assign`: who gets which lead, made anew from what is landed and printed with reasons; publishes nothing."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mpm_pipeline.commands import options


@click.group()
def leads() -> None:
    """Assign leads to reps."""


@leads.command(short_help="Distribute the leads that wait, and say why.")
@options.home
@options.as_json
def assign(home_text: str | None, is_json: bool) -> None:
    """Make the lead distribution anew from what is landed and print it; the next run publishes it."""
    root = options.existing(home_text)
    with options.turn(root, "mpm leads assign"):
        rows, as_of = _made(root)
    counts = Counter(row["outcome"] for row in rows)
    document = {
        "status": "done",
        "as_of": options.utc(as_of),
        "counts": dict(counts),
        "leads": rows,
    }
    options.answer(document, is_json, _words(rows, counts))


def _made(root: Path) -> tuple[list[dict[str, Any]], datetime]:
    """Make the models of the leads layer; return the distribution and its as-of."""
    from mpm_pipeline.orchestration.session import Session
    from mpm_pipeline.orchestration.stages import models
    from mpm_pipeline.warehouse.lock import hold

    with Session.open(root) as session, hold(session.home, "mpm leads assign"):
        warehouse = session.latest()
        for model in (model for model in models().values() if model.layer == "leads"):
            click.echo(f"making {model.name}", err=True)
            warehouse.build(model)
        return warehouse.read("leads.lead_distribution").to_pylist(), warehouse.as_of


def _words(rows: list[dict[str, Any]], counts: Counter[str]) -> str:
    if not rows:
        return "no lead waits for a rep"
    order = {"assigned": 0, "nurture": 1, "held": 2}
    rows = sorted(rows, key=lambda row: (order[row["outcome"]], -(row["score"] or 0), row["lead_id"]))
    shown = [(row["lead_id"], row["outcome"], row["rep_name"], row["score"], row["reason_text"]) for row in rows]
    said = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in order if counts[outcome])
    return options.table(("lead", "outcome", "rep", "score", "why"), shown) + f"\n\n{said}"
