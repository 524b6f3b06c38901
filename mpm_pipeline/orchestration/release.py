"""Lets rows out of quarantine once their cause is gone: judges them anew from the raw log and records who released them.

The raw log is never changed. What the contract takes now, or what a newer version has replaced, is released; what stays broken
can only be set aside by an exception in standards/exceptions: `rule` is the reason code, `scope` names the source, the
stream (`source/stream`), one record (`source/stream/key`) or `*`. A row that is set aside is served by nothing; it stops no run.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from mpm_pipeline.contracts.registry import records
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.staged import run as staging
from mpm_pipeline.vocabulary import VENDORS
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.ledger_pages import add_releases
from mpm_pipeline.warehouse.quarantine import MENDED, NEWER, PLACE, SET_ASIDE, sound_rows, verdicts

Row = Mapping[str, Any]


@dataclass
class Released:
    """Rows that were let out, each with its `cause`, and rows that stay; `folders` were staged again."""

    released: list[dict[str, Any]] = field(default_factory=list)
    stays: list[dict[str, Any]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


def release(session: Session, rows: Iterable[Row], who: str) -> Released:
    """Judge rows of quarantine anew, record those whose cause is gone as released by `who`, and stage their folders again."""
    warehouse = session.latest()
    exceptions = _exceptions(session, warehouse)
    by_stream: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_stream[row["source"], row["stream"]].append(row)
    done = Released()
    for (source, stream), own in sorted(by_stream.items()):
        judged = verdicts(session.raw, records()[source, stream], warehouse.as_of, own)
        for row in own:
            reason, is_held = judged.get((row["batch"], row["row_no"]), (row["reason_code"], False))
            cause = _cause(row, reason, is_held, exceptions)
            (done.released if cause else done.stays).append({**row, "cause": cause})
    add_releases(session.ledger.engine, (_entry(row, who, warehouse) for row in done.released))
    done.folders = sorted({row["source"] if row["source"] in VENDORS else "files" for row in done.released})
    for folder in done.folders:
        staging.stage(warehouse, session.raw, folder)
    return done


def _cause(row: Row, reason: str | None, is_held: bool, exceptions: Iterable[Row]) -> str | None:
    if not is_held:
        return NEWER if reason else MENDED
    if reason != row["reason_code"]:
        return None
    stream = f"{row['source']}/{row['stream']}"
    scopes = {"*", "all", row["source"], stream, f"{stream}/{row['key']}" if row["key"] else stream}
    allowed = (one for one in exceptions if one["rule"].strip() == reason and one["scope"].strip() in scopes)
    return next((f"{SET_ASIDE}{one['exception_id']}" for one in allowed), None)


def _exceptions(session: Session, warehouse: Warehouse) -> list[Row]:
    """Return the registered exceptions that have not expired at the as-of, from the raw log: a stopped run staged none."""
    today: date = warehouse.read("run.setting")["as_of_date"][0].as_py()
    rows = sound_rows(session.raw, records()["standards", "exceptions"], warehouse.as_of)
    return sorted((row for row in rows if row["expires_on"] >= today), key=lambda row: str(row["exception_id"]))


def _entry(row: Row, who: str, warehouse: Warehouse) -> dict[str, Any]:
    return {
        **{name: row[name] for name in PLACE},
        "reason_text": row["reason_text"],
        "key": row["key"],
        "first_seen_at": row["first_seen_at"].isoformat(),
        "resolved_at": warehouse.as_of.isoformat(),
        "resolved_by": who,
        "cause": row["cause"],
    }
