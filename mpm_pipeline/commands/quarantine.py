"""`mpm quarantine list` and `show`: which rows were refused and why, and one such row as it came.

Keys and payloads may be personal data; only `show` prints them, one row at a time.
"""

from collections import Counter
from typing import Any

import click

from mpm_pipeline.commands import options

MOST = 20


@click.group()
def quarantine() -> None:
    """Look at refused rows."""


@quarantine.command("list", short_help="Count refused rows and name their places.")
@click.option("--source", default=None, help="Only this source.")
@click.option("--stream", default=None, help="Only this stream.")
@click.option("--reason", default=None, help="Only this reason code.")
@options.home
@options.as_json
def list_(source: str | None, stream: str | None, reason: str | None, home_text: str | None, is_json: bool) -> None:
    """Count refused rows by source, stream and reason, and name their places in the raw log."""
    from mpm_pipeline.orchestration.session import Session

    with Session.open(options.existing(home_text)) as session:
        rows = session.latest().read("staged.meta_quarantine").to_pylist()
    wanted = {"source": source, "stream": stream, "reason_code": reason}
    rows = [row for row in rows if all(value in (None, row[name]) for name, value in wanted.items())]
    rows.sort(key=lambda row: (row["source"], row["stream"], row["reason_code"], row["batch"], row["row_no"]))
    counts = Counter((row["source"], row["stream"], row["reason_code"]) for row in rows)
    shown = [{name: value for name, value in row.items() if name != "key"} for row in rows]
    document = {
        "counts": [dict(zip((*KEYS, "rows"), (*key, count), strict=True)) for key, count in sorted(counts.items())],
        "rows": shown,
    }
    options.answer(document, is_json, _words(counts, shown))


KEYS = ("source", "stream", "reason_code")


@quarantine.command(short_help="Print one row as it came.")
@click.argument("batch")
@click.argument("row_no", type=int)
@options.home
@options.as_json
def show(batch: str, row_no: int, home_text: str | None, is_json: bool) -> None:
    """Print one row as it came: BATCH and ROW_NO as `mpm quarantine list` names them. It may hold personal data."""
    from mpm_pipeline.orchestration.session import Session
    from mpm_pipeline.warehouse.refused import raw_row

    with Session.open(options.existing(home_text)) as session:
        row = raw_row(session.home, session.ledger, batch, row_no)
        reasons = session.latest().read("staged.meta_quarantine").to_pylist()
    why = [one["reason_text"] for one in reasons if (one["batch"], one["row_no"]) == (batch, row_no)]
    document = {
        "batch": batch,
        "row_no": row_no,
        "partition": row.partition,
        "key": row.key,
        "reasons": why,
        "payload": row.payload,
    }
    head = f"{batch} row {row_no}, day {row.partition}: {'; '.join(why) or 'not refused today'}"
    options.answer(document, is_json, f"{head}\n{row.payload if row.payload is not None else 'no payload: a deletion'}")


def _words(counts: Counter[tuple[str, str, str]], rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "nothing is refused"
    lines = [options.table((*KEYS, "rows"), [(*key, count) for key, count in sorted(counts.items())]), ""]
    lines += [f"{row['batch']} {row['row_no']}: {row['reason_text']}" for row in rows[:MOST]]
    if len(rows) > MOST:
        lines.append(f"... and {len(rows) - MOST:,} more; narrow by --source, --stream, --reason, or take --json")
    return "\n".join([*lines, "", "One row as it came: mpm quarantine show BATCH ROW_NO"])
