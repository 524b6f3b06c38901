"""Our own loader, spoilt in one place each: what keeps rows from getting lost or doubled is taken out, and the model must notice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

from mpm_pipeline.orchestration import runner, stages
from mpm_pipeline.sources import fetch as fetching
from mpm_pipeline.sources import sweep as sweeping
from mpm_pipeline.sources.connector import Connector, Days
from mpm_pipeline.warehouse import accept, losses
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

Spoilt = Callable[[], Any]
ALL_LATE, LITTLE_LATE, NONE_LATE = timedelta(days=25), timedelta(days=5), timedelta(0)


def no_late_by_sweep() -> Any:
    """The sweep names what vanished, and lands nothing that came later than the probe looks."""
    return mock.patch.object(sweeping, "unknown", lambda *_, **__: [])


def failed_is_read() -> Any:
    """Days whose reading failed count as read."""
    add = Ledger.add_windows

    def all_done(self: Ledger, rows: Any) -> None:
        add(self, [{**row, "state": "done"} for row in rows])

    return mock.patch.object(Ledger, "add_windows", all_done)


def windows_first() -> Any:
    """Days are entered as read before they are asked for."""
    real = fetching.fetch

    def fetch(connector: Connector, raw: RawLog, ledger: Ledger, days: Days, run_id: str, **more: Any) -> Any:
        fetching._done(connector.source, ledger, days, run_id, {}, (), "")
        return real(connector, raw, ledger, days, run_id, **more)

    return mock.patch.object(stages, "fetch", fetch)


def no_probe() -> Any:
    """Nobody looks for late records."""
    return mock.patch.object(runner, "probe", lambda *_: None)


def half_a_day_is_read() -> Any:
    """A day that was read before it had ended is never read again."""

    def missing(session: Any, source: str) -> list[str]:
        first, last = session.settings.first_day, session.last_day()
        days = {str(first + timedelta(days=place)) for place in range((last - first).days + 1)}
        return sorted(days - session.ledger.partitions_done(source)) if source == "salesforce" else []

    return mock.patch.object(runner, "missing_days", missing)


def no_sweep() -> Any:
    """Nobody asks what is still shown."""
    return mock.patch.object(stages, "due", lambda *_: False)


def delete_what_vanished() -> Any:
    """A loss counts as confirmed when it is found."""
    real = losses.record

    def record(ledger: Ledger, source: str, stream: str, found: Any, as_of: Any, **more: Any) -> None:
        found = list(found)
        real(ledger, source, stream, found, as_of, **more)
        known = [row for row in losses.losses(ledger, source, stream) if row["outcome"] is None]
        losses.confirm(ledger, known, as_of, "nobody")

    return mock.patch.object(sweeping.losses, "record", record)


def older_wins() -> Any:
    """Of two versions with one stamp the one that landed first counts."""
    real = accept._accepted_sql
    return mock.patch.object(
        accept,
        "_accepted_sql",
        lambda contract: real(contract).replace("extracted_at DESC, sequence DESC", "extracted_at, sequence"),
    )


def no_tombstones() -> Any:
    """What the source tells of deletions is not landed."""
    real = RawLog.append

    def append(self: RawLog, *given: Any, **more: Any) -> Any:
        return real(self, *given, **(more | {"deleted": ()}))

    return mock.patch.object(RawLog, "append", append)


def doubled() -> Any:
    """Every landed version of a deal counts, not the newest alone."""
    real = accept._accepted_sql
    return mock.patch.object(
        accept,
        "_accepted_sql",
        lambda contract: real(contract).replace("QUALIFY row_number()", "QUALIFY 1 = 1 OR row_number()"),
    )


SPOILT: dict[str, tuple[Spoilt, timedelta]] = {
    "no late by sweep": (no_late_by_sweep, ALL_LATE),
    "failed is read": (failed_is_read, NONE_LATE),
    "windows first": (windows_first, NONE_LATE),
    "half a day is read": (half_a_day_is_read, NONE_LATE),
    "no probe": (no_probe, LITTLE_LATE),
    "no sweep": (no_sweep, ALL_LATE),
    "delete what vanished": (delete_what_vanished, ALL_LATE),
    "older wins": (older_wins, ALL_LATE),
    "no tombstones": (no_tombstones, ALL_LATE),
    "doubled": (doubled, ALL_LATE),
}
"""What is spoilt, and how late records may come."""

WITHOUT: dict[timedelta, tuple[Spoilt, ...]] = {
    ALL_LATE: (), LITTLE_LATE: (no_late_by_sweep,), NONE_LATE: (no_late_by_sweep, no_probe),
}  # fmt: skip
"""What is not needed where records come no later than that, and would make good what is spoilt."""

DAILY = (LITTLE_LATE,)
"""Where the loader must run every day: the probe looks back for seven days, and nobody else finds what came late."""
