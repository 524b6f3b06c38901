"""`mpm quarantine list`, `show` and `release`: which rows were refused and why, one of them in full, and the way out.

Keys and payloads may be personal data: a key that is an address is withheld, and a payload is printed for one row at a time,
when it is asked for by `--raw`.
"""

import getpass
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError, Halt

MOST = 20
LONGEST = 10_000
KEYS = ("source", "stream", "reason_code")
WITHHELD = "(withheld)"


def _narrowed(command: options.Command) -> options.Command:
    """Add the options that narrow a list of rows."""
    for name in ("reason", "stream", "source"):
        command = click.option(f"--{name}", default=None, help=f"Only this {name}.")(command)
    return command


@click.group()
def quarantine() -> None:
    """Look at refused rows, and release them."""


@quarantine.command("list", short_help="Count refused rows and name their places.")
@_narrowed
@click.option("--all", "is_all", is_flag=True, help="Released rows too.")
@options.home
@options.as_json
def list_(
    source: str | None, stream: str | None, reason: str | None, is_all: bool, home_text: str | None, is_json: bool
) -> None:
    """Count refused rows by source, stream and reason, and name their places in the raw log."""
    from mpm_pipeline.orchestration.session import Session

    with Session.open(options.existing(home_text)) as session:
        rows = _rows(session, source, stream, reason, is_all)
        as_of = session.latest().as_of
    counts = Counter(tuple(row[name] for name in KEYS) for row in rows)
    oldest: dict[tuple[Any, ...], datetime] = {}
    for row in rows:
        key = tuple(row[name] for name in KEYS)
        oldest[key] = min(row["first_seen_at"], oldest.get(key, row["first_seen_at"]))
    shown = [{**row, "key": _masked(row["key"]), "age_days": _age(row["first_seen_at"], as_of)} for row in rows]
    groups = [
        {**dict(zip(KEYS, key, strict=True)), "rows": count, "age_days": _age(oldest[key], as_of)}
        for key, count in sorted(counts.items())
    ]
    options.answer({"counts": groups, "rows": shown}, is_json, _words(groups, shown))


@quarantine.command(short_help="Say why one row was refused.")
@click.argument("batch")
@click.argument("row_no", type=int)
@click.option("--raw", "is_raw", is_flag=True, help="Print the row as it came too; it may hold personal data.")
@options.home
@options.as_json
def show(batch: str, row_no: int, is_raw: bool, home_text: str | None, is_json: bool) -> None:
    """Say why one row was refused: BATCH and ROW_NO as `mpm quarantine list` names them."""
    from mpm_pipeline.orchestration.session import Session
    from mpm_pipeline.warehouse.refused import raw_row

    with Session.open(options.existing(home_text)) as session:
        row = raw_row(session.home, session.ledger, batch, row_no)
        found = [
            one for one in _rows(session, None, None, None, True) if (one["batch"], one["row_no"]) == (batch, row_no)
        ]
    why = [one["reason_text"] for one in found]
    document: dict[str, Any] = {
        "batch": batch,
        "row_no": row_no,
        "partition": row.partition,
        "key": row.key if is_raw else _masked(row.key),
        "reasons": why,
        "reason_codes": [one["reason_code"] for one in found],
        **{
            name: next((one[name] for one in found if one[name]), None)
            for name in ("resolved_at", "resolved_by", "cause")
        },
    }
    words = f"{batch} row {row_no}, day {row.partition}: {'; '.join(why) or 'not refused today'}"
    if document["resolved_at"]:
        words += f"\nreleased as of {document['resolved_at']} by {document['resolved_by']}: {document['cause']}"
    if is_raw:
        document["payload"] = row.payload
        words += f"\n{_printable(row.payload)}"
    options.answer(document, is_json, words)


@quarantine.command(short_help="Release rows whose cause is gone.")
@click.argument("batch", required=False)
@click.argument("row_no", type=int, required=False)
@_narrowed
@click.option("--by", "who", default=None, help="Who releases them; default: the user of this machine.")
@click.option("--no-publish", is_flag=True, help="Stage them only; the next `mpm run` publishes them.")
@options.home
@options.as_json
def release(
    batch: str | None,
    row_no: int | None,
    source: str | None,
    stream: str | None,
    reason: str | None,
    who: str | None,
    no_publish: bool,
    home_text: str | None,
    is_json: bool,
) -> int:
    """Judge refused rows anew from the raw log and release those whose cause is gone: one (BATCH ROW_NO), or all that fit.

    The cause is gone when the contract takes the row now, when a newer version has come, or when an exception in
    standards/exceptions sets it aside. A row that still breaks its contract stays; when all do, the exit status is 4.
    """
    if (batch is None) != (row_no is None) or not any((batch, source, stream, reason)):
        raise ConfigError(
            "name a row (BATCH ROW_NO, as `mpm quarantine list` does), or rows by --source, --stream, --reason"
        )
    root = options.existing(home_text)
    with options.turn(root, "mpm quarantine release"):
        from mpm_pipeline.orchestration.release import release as let_out
        from mpm_pipeline.orchestration.session import Session

        with Session.open(root) as session:
            rows = _rows(session, source, stream, reason, False)
            rows = [row for row in rows if batch is None or (row["batch"], row["row_no"]) == (batch, row_no)]
            if not rows:
                raise ConfigError("no row of quarantine fits; `mpm quarantine list` names them")
            done = let_out(session, rows, who or getpass.getuser())
        if not done.released:
            raise Halt(
                f"{len(rows)} rows still break their contract and stay, first {rows[0]['batch']} {rows[0]['row_no']}: "
                f"{rows[0]['reason_text']}; mend the source or the contract, or register an exception in standards/exceptions"
            )
        published = _published(root, is_json) if not no_publish else []
    document = {
        "released": [_told(row) for row in done.released],
        "stays": [_told(row) for row in done.stays],
        "published": published,
    }
    options.answer(document, is_json, _outcome(document))
    return 0


def _published(root: Path, is_quiet: bool) -> list[str]:
    from mpm_pipeline.orchestration.runner import replay

    return replay(root, quiet=is_quiet).published


def _rows(
    session: Any, source: str | None, stream: str | None, reason: str | None, is_all: bool
) -> list[dict[str, Any]]:
    """Return rows of quarantine in order, with who released them and why."""
    from mpm_pipeline.warehouse.ledger_pages import releases

    rows = session.latest().read("staged.meta_quarantine").to_pylist()
    wanted = {"source": source, "stream": stream, "reason_code": reason}
    rows = [row for row in rows if all(value in (None, row[name]) for name, value in wanted.items())]
    released = {(one["batch"], one["row_no"], one["reason_code"]): one for one in releases(session.ledger.engine)}
    found = []
    for row in rows:
        one = released.get((row["batch"], row["row_no"], row["reason_code"])) if row["resolved_at"] else None
        if is_all or not row["resolved_at"]:
            found.append({**row, **{name: one[name] if one else None for name in ("resolved_by", "cause")}})
    return sorted(
        found, key=lambda row: (row["source"], row["stream"], row["reason_code"], row["batch"], row["row_no"])
    )


def _masked(key: str | None) -> str | None:
    return WITHHELD if key and "@" in key else key


def _age(since: datetime, as_of: datetime) -> int:
    return max((as_of - since).days, 0)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    names = ("source", "stream", "batch", "row_no", "reason_code", "reason_text", "cause")
    return {name: row[name] for name in names} | {"key": _masked(row["key"])}


def _printable(payload: str | None) -> str:
    """Return a payload that no terminal takes for commands, cut where it is very long."""
    if payload is None:
        return "no payload: a deletion"
    cut = payload[:LONGEST]
    more = f"\n... and {len(payload) - LONGEST:,} more characters; --json has all" if len(payload) > LONGEST else ""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in cut) + more


def _words(groups: list[dict[str, Any]], rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "nothing is refused"
    lines = [options.table((*KEYS, "rows", "days"), [tuple(group.values()) for group in groups]), ""]
    lines += [
        f"{row['batch']} {row['row_no']}: {row['reason_text']}"
        + (f"; key {row['key']}" if row["key"] else "; no key")
        + f", {row['age_days']} days old"
        + (f"; released: {row['cause']}" if row["cause"] else "")
        for row in rows[:MOST]
    ]
    if len(rows) > MOST:
        lines.append(f"... and {len(rows) - MOST:,} more; narrow by --source, --stream, --reason, or take --json")
    return "\n".join([*lines, "", "One row as it came: mpm quarantine show BATCH ROW_NO --raw"])


def _outcome(document: dict[str, Any]) -> str:
    lines = [f"{row['batch']} {row['row_no']}: released, {row['cause']}" for row in document["released"][:MOST]]
    lines += [f"{row['batch']} {row['row_no']}: stays, {row['reason_text']}" for row in document["stays"][:MOST]]
    what = "published" if document["published"] else "staged; the next `mpm run` publishes them"
    return "\n".join([*lines, f"{len(document['released'])} released, {len(document['stays'])} stay; {what}"])
