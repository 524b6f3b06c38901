"""`mpm diff`: what was entered at a source in some hours, what of it the source no longer has, and a person's confirmation."""

import getpass
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError

MOST = 40


@click.command()
@click.argument("source", required=False)
@click.option("--from", "start", metavar="INSTANT", help="First instant, such as 2016-05-10T09:00Z.")
@click.option("--to", "end", metavar="INSTANT", help="First instant after the hours; without hours: all that is lost.")
@click.option("--confirm", "confirms", is_flag=True, help="Confirm that what is lost is lost: it leaves the figures.")
@click.option("--by", default=None, metavar="NAME", help="Who confirms; default: the user of this machine.")
@click.option("--show", "shows", is_flag=True, help="Show values too; they may be personal data.")
@options.home
@options.as_json
def diff(source: str | None, start: str | None, end: str | None, confirms: bool, by: str | None, shows: bool, home_text: str | None, is_json: bool) -> int:  # fmt: skip
    """List what was entered at SOURCE in some hours, what it no longer has, and what it shows instead.

    Without SOURCE all vendors that are on are asked, without hours only what is lost is listed, whenever it was entered.

    With SOURCE down, what landed is listed all the same and the status is 3.
    """
    root = options.existing(home_text)
    span = instant("--from", start), instant("--to", end)
    with options.turn(root, "mpm diff"):
        from mpm_pipeline.orchestration import difference
        from mpm_pipeline.orchestration.session import Session

        with Session.open(root) as session:
            rows: list[dict[str, Any]] = []
            counts: Counter[str] = Counter()
            errors: list[str] = []
            confirmed, as_of = 0, None
            for name in difference.chosen(session, source):
                found = difference.difference(session, name, *span)
                confirmed += difference.confirm(session, found, by or getpass.getuser()) if confirms else 0
                rows += [_row(session, name, found, entry, loss, shows=shows) for entry, loss in found.entries]
                counts.update(found.counts)
                errors += [found.error] if found.error else []
                as_of = max(as_of or found.as_of, found.as_of)
    document = {
        "status": "degraded" if errors else "done",
        "source": source,
        "from": options.utc(span[0]),
        "to": options.utc(span[1]),
        "as_of": options.utc(as_of),
        "is_asked": not errors,
        "error": "; ".join(errors) or None,
        "counts": dict(counts),
        "confirmed": confirmed,
        "entered": rows,
        "lost": [row for row in rows if row["state"] in ("vanished", "reversed", "given_anew")],
    }
    options.answer(document, is_json, _words(document))
    return 3 if errors else 0


def instant(option: str, value: str | None) -> datetime | None:
    """Read an instant or a day in UTC; None where none is given."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ConfigError(f"{option} {value} is no instant; write it as 2016-05-10T09:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _row(
    session: Any, source: str, found: Any, entry: Any, loss: dict[str, Any] | None, *, shows: bool
) -> dict[str, Any]:
    from mpm_pipeline.orchestration.difference import fields

    changed = fields(session, source, entry, loss)
    row = {
        "source": source,
        "stream": entry.stream,
        "key": entry.key,
        "what": entry.what,
        "version_at": options.utc(entry.version_at),
        "created_at": options.utc(entry.created_at),
        "state": found.state(entry, loss),
        "outcome": loss["outcome"] if loss else None,
        "fields": sorted(changed),
    }
    if shows:
        row["values"] = {name: {"entered": before, "now": now} for name, (before, now) in changed.items()}
        row["record"] = dict(entry.payload)
    return row


def _words(document: dict[str, Any]) -> str:
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in document["counts"].items())
    lines = [
        f"{document['source'] or 'all vendors'} from {document['from'] or 'ever'} to {document['to'] or 'now'}: {counts}"
    ]
    if document["error"]:
        lines.append(f"{document['error']}; what landed is listed all the same")
    rows = sorted(
        document["entered"],
        key=lambda row: (row["state"] in ("shown", "deleted", "unknown"), row["stream"], row["key"]),
    )
    shown = [
        (
            row["state"],
            row["outcome"],
            row["what"],
            row["stream"],
            row["key"],
            row["version_at"],
            ", ".join(row["fields"]),
        )
        for row in rows
    ]
    if shown:
        lines += [
            "",
            options.table(("state", "outcome", "entered as", "stream", "id", "at", "differs in"), shown[:MOST]),
        ]
    if len(shown) > MOST:
        lines.append(f"... and {len(shown) - MOST:,} more; take --json for all")
    open_ones = [row for row in document["lost"] if row["outcome"] is None]
    if document["confirmed"]:
        lines += ["", f"{document['confirmed']:,} losses are confirmed; they leave the figures with the next `mpm run`"]
    elif open_ones:
        lines += [
            "",
            f"{len(open_ones):,} lost records stay and count until a person confirms the loss: the same command with --confirm",
        ]
    return "\n".join(lines)
