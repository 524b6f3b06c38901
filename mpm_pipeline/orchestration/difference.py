"""What was entered at a source in some hours against what it shows now, and a person's word that what is lost is lost.

The source is asked for ids; everything else is read from what landed. With the source down, what landed and what earlier sweeps
found is told all the same. A confirmation is written with who and when, and takes effect when tables are made next.
"""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mpm_pipeline.errors import ConfigError, SourceUnavailable
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.sources.sweep import sweep
from mpm_pipeline.vocabulary import VENDORS
from mpm_pipeline.warehouse import losses
from mpm_pipeline.warehouse.entered import Entry, differing, entered

SHOWN, UNKNOWN = "shown", "unknown"
Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """What was entered, entry by entry with its loss if it is lost, and whether the source could be asked (`error`: why not)."""

    as_of: datetime
    error: str | None
    entries: list[tuple[Entry, Row | None]]

    def state(self, entry: Entry, loss: Row | None) -> str:
        """Return shown, vanished, reversed, given_anew, deleted, or unknown when the source could not be asked."""
        if loss is not None:
            return str(loss["kind"])
        return "deleted" if entry.what == "deleted" else UNKNOWN if self.error else SHOWN

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(self.state(entry, loss) for entry, loss in self.entries)
        return {"entered": len(self.entries), **dict(sorted(found.items()))}

    @property
    def lost(self) -> list[tuple[Entry, Row]]:
        return [(entry, loss) for entry, loss in self.entries if loss is not None]


BEGINNING, END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def chosen(session: Session, source: str | None) -> list[str]:
    """Return the source that was named, else all vendors that are on; ConfigError when there is none."""
    if source is not None and source not in VENDORS:
        raise ConfigError(f"{source} keeps no versions of records; name one of {', '.join(VENDORS)}")
    found = [source] if source else [name for name in VENDORS if session.settings.is_on(name)]
    if not found:
        raise ConfigError(f"no vendor is switched on; name one of {', '.join(VENDORS)}")
    return found


def difference(
    session: Session, source: str, start: datetime | None, end: datetime | None, *, asks: bool = True
) -> Difference:
    """Hold what was entered in [start, end) against the source, or (`asks` false) against what earlier sweeps found.

    Without hours it is about all that is lost, whenever it was entered.
    """
    is_lost_only = start is None and end is None
    start, end = start or BEGINNING, end or END
    if start >= end:
        raise ConfigError("--from must lie before --to")
    newest = session.ledger.newest_as_of()
    if newest is None:
        raise ConfigError(f"nothing was landed in {session.home.root} yet; run `mpm run` first")
    as_of, error = _asked(session, source, newest) if asks else (newest, None)
    by_record = {(row["stream"], row["key"], row["incarnation"]): row for row in _standing(session, source)}
    by_key = {(stream, key): row for (stream, key, made), row in by_record.items() if not made}
    lost: dict[str, set[str]] = {}
    for stream, key, _ in by_record:
        lost.setdefault(stream, set()).add(key)
    found = []
    for entry in entered(session.raw, source, start, end, lost if is_lost_only else None):
        loss = by_record.get((entry.stream, entry.key, entry.incarnation)) or by_key.get((entry.stream, entry.key))
        if loss is not None or not is_lost_only:
            found.append((entry, loss))
    return Difference(as_of, error, found)


def confirm(session: Session, found: Difference, by: str) -> int:
    """Write a person's word that these losses are lost; return how many were open. SourceUnavailable when it could not be asked."""
    if found.error:
        raise SourceUnavailable(
            f"{found.error}; a loss is confirmed against what the source shows, so try again when it is back"
        )
    rows = {
        tuple(loss[name] for name in ("stream", "key", "kind", "incarnation")): loss
        for _, loss in found.lost
        if loss["outcome"] is None
    }
    losses.confirm(session.ledger, rows.values(), found.as_of, by)
    for loss in rows.values():
        loss["outcome"] = losses.CONFIRMED
    return len(rows)


def fields(session: Session, source: str, entry: Entry, loss: Row | None) -> dict[str, tuple[Any, Any]]:
    """Return, by field, what was entered and what the source shows now; of what vanished there is nothing to compare."""
    if loss is not None and loss["kind"] == losses.VANISHED:
        return {}
    return differing(session.raw, source, entry, loss)


def _asked(session: Session, source: str, newest: datetime) -> tuple[datetime, str | None]:
    """Sweep a source now; return as-of, and why it could not be asked."""
    if not session.settings.is_on(source):
        return newest, f"{source} is switched off and cannot be asked"
    (connector,) = session.connectors_of(source)
    run_id = str(uuid.uuid4())
    try:
        connector.probe()
        as_of = session.as_of(run_id, "probe")
        sweep(connector, session.raw, session.ledger, as_of, session.settings.sweep, run_id)
    except SourceUnavailable as error:
        return newest, f"the source cannot be asked: {error}"
    session.ledger.end_run(run_id, "done")
    return as_of, None


def _standing(session: Session, source: str) -> list[Row]:
    return [row for row in losses.losses(session.ledger, source) if row["outcome"] != losses.RETURNED]
