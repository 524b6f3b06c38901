"""Late records: what the sources show that never landed, and which days that makes worth asking for again.

The hourly probe asks the sources and writes what it saw to the ledger (`probe_late`). The sensor asks nobody: it compares what
was seen with what has landed since (`late_partitions`). Level, not edge: a second look at the same state says the same.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from mpm_pipeline.sources.connector import Connector, Days, Page, in_lots
from mpm_pipeline.warehouse.lateness import still_missing, unlanded
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.rawlog import RawLog

WEEK = timedelta(days=7)
WEEKLY, WEEKLY_STREAMS = "weekly_look_at", "weekly_streams"

Sightings = dict[tuple[str, ...], dict[str, str]]


def probe_late(connector: Connector, raw: RawLog, ledger: Ledger, as_of: datetime) -> int:
    """Look at a source over its horizon without landing; record and count the versions that never landed.

    Once a week, or when a week has passed without a look, it goes as far back as the vendor still mends; what that saw stays
    until its day was read. A look that lies ahead (a clock that was set back) counts as none. When the source cannot be reached, what an earlier probe saw stays, and the error goes on.
    """
    source = connector.source
    seen = _unlanded(connector.watch(raw.first_day, as_of), source, raw, as_of)
    state = ledger.state(source)
    waiting = _waiting(connector, raw, ledger, as_of, state) | seen
    ledger.put_sightings(source, waiting.values())
    if WEEKLY in state and timedelta(0) <= as_of - datetime.fromisoformat(state[WEEKLY]) < WEEK:
        return len(waiting)
    far = _unlanded(connector.watch_weekly(raw.first_day, as_of), source, raw, as_of)
    ledger.put_sightings(source, (seen | far).values())
    streams = sorted({row["stream"] for row in far.values()})
    ledger.put_state(source, **{WEEKLY: text(as_of), WEEKLY_STREAMS: ";".join(streams)})
    return len(seen | far)


def _unlanded(pages: Iterator[Page], source: str, raw: RawLog, as_of: datetime) -> Sightings:
    """Return what of these pages never landed, by source, stream, key and version."""
    seen: Sightings = {}
    for page in in_lots(pages):
        for key, version, partition in unlanded(raw, page.stream, page.payloads, page.stamps, page.deleted, as_of):
            row = {"source": source, "stream": page.stream.name, "key": key, "version": version}
            seen[tuple(row.values())] = row | {"partition": partition, "seen_as_of": text(as_of)}
    return seen


def _waiting(connector: Connector, raw: RawLog, ledger: Ledger, as_of: datetime, state: Mapping[str, str]) -> Sightings:
    """Return what the last weekly look saw beyond the horizon and what was not read since, as seen now: to be asked for again."""
    streams = [name for name in state.get(WEEKLY_STREAMS, "").split(";") if name]
    if not streams:
        return {}
    horizon = Days.back_from(as_of, connector.horizon_days, raw.first_day).first.isoformat()
    read = ledger.days_read(connector.source)
    unread = [
        row
        for row in ledger.sightings()
        if row["source"] == connector.source and row["stream"] in streams
        and row["partition"] < horizon and read.get(row["partition"], "") <= row["seen_as_of"]
    ]  # fmt: skip
    kept = [dict(row) | {"seen_as_of": text(as_of)} for row in still_missing(raw, unread)]
    return {(row["source"], row["stream"], row["key"], row["version"]): row for row in kept}


def late_partitions(ledger: Ledger, raw: RawLog) -> dict[str, list[date]]:
    """Return, per source, the days that hold versions which a probe saw and which have not landed since."""
    found: dict[str, set[str]] = {}
    for row in still_missing(raw, ledger.sightings()):
        found.setdefault(row["source"], set()).add(row["partition"])
    return {source: sorted(map(date.fromisoformat, days)) for source, days in sorted(found.items())}
