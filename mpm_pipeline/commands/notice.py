"""`mpm notice`: whom to tell about a loss or an outage, by which channel; one of the few outputs that may hold personal data."""

import csv
import io
from collections import Counter
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.commands.diff import instant

WARNING = "this list holds personal data: names and addresses, for telling these people and nothing else"


@click.command()
@click.option(
    "--source", metavar="SOURCE", help="Source that lost records or was down; default: all vendors that are on."
)
@click.option("--from", "start", metavar="INSTANT", help="First instant, such as 2016-05-10T09:00Z.")
@click.option("--to", "end", metavar="INSTANT", help="First instant after the hours; without hours: all that is lost.")
@click.option("--csv", "is_csv", is_flag=True, help="Print a CSV file for sheets. Holds personal data.")
@options.home
@options.as_json
def notice(
    source: str | None, start: str | None, end: str | None, is_csv: bool, home_text: str | None, is_json: bool
) -> None:
    """List the people whom records of these hours touch, and by which channel each may be told.

    With --csv or --json it prints names and addresses: personal data. Nobody who must not be contacted gets an address, no
    channel is taken that a person refused, and everybody listed is marked, so that promotional sends can be held. Asks no source.
    """
    root = options.existing(home_text)
    from mpm_pipeline.orchestration.notice import whom_to_tell
    from mpm_pipeline.orchestration.session import Session

    with Session.open(root) as session:
        rows = whom_to_tell(session, source, instant("--from", start), instant("--to", end))
    if is_csv and not is_json:
        click.echo(WARNING, err=True)
        click.echo(_csv(rows), nl=False)
        return
    document = {"status": "done", "source": source, "contains_personal_data": True, "people": rows}
    if is_json:
        click.echo(WARNING, err=True)
    options.answer(document, is_json, _words(rows))


def _csv(rows: list[dict[str, Any]]) -> str:
    from mpm_pipeline.customer.notice import COLUMNS, safe

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([safe(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


def _words(rows: list[dict[str, Any]]) -> str:
    """Count people by channel and reason, without a name."""
    if not rows:
        return "nobody is touched by records of these hours"
    counts = Counter((row["channel"] or f"none: {row['held_reason']}", row["why"]) for row in rows)
    lines = [options.table(("channel", "why", "people"), [(*key, number) for key, number in sorted(counts.items())])]
    held = sum(row["hold_promotions"] for row in rows)
    return "\n".join(
        [*lines, "", f"{held:,} people are marked to get no promotional mail meanwhile; --csv or --json lists them"]
    )
