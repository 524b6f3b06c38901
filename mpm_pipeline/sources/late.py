"""Late records: what the sources show that never landed, and which days that makes worth asking for again.

The hourly probe asks the sources and writes what it saw to the ledger (`probe_late`). The sensor asks nobody: it compares what
was seen with what has landed since (`late_partitions`). Level, not edge: a second look at the same state says the same.
"""

from datetime import date, datetime, timedelta
from itertools import chain

from mpm_pipeline.sources.connector import Connector, in_lots
from mpm_pipeline.warehouse.lateness import still_missing, unlanded
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.rawlog import RawLog

WEEK = timedelta(days=7)
WEEKLY = "weekly_look_at"


def probe_late(connector: Connector, raw: RawLog, ledger: Ledger, as_of: datetime) -> int:
    """Look at a source over its horizon without landing; record and count the versions that never landed.

    Once a week, or when a week has passed without a look, it goes as far back as the vendor still mends. When the source cannot be reached, what an earlier probe saw stays, and the error goes on.
    """
    seen: dict[tuple[str, ...], dict[str, str]] = {}
    before = ledger.state(connector.source).get(WEEKLY)
    is_due = before is None or as_of - datetime.fromisoformat(before) >= WEEK
    far = connector.watch_weekly(raw.first_day, as_of) if is_due else ()
    for page in in_lots(chain(connector.watch(raw.first_day, as_of), far)):
        for key, version, partition in unlanded(raw, page.stream, page.payloads, page.stamps, page.deleted, as_of):
            row = {"source": connector.source, "stream": page.stream.name, "key": key, "version": version}
            seen[tuple(row.values())] = row | {"partition": partition, "seen_as_of": text(as_of)}
    ledger.put_sightings(connector.source, seen.values())
    if is_due:
        ledger.put_state(connector.source, **{WEEKLY: text(as_of)})
    return len(seen)


def late_partitions(ledger: Ledger, raw: RawLog) -> dict[str, list[date]]:
    """Return, per source, the days that hold versions which a probe saw and which have not landed since."""
    found: dict[str, set[str]] = {}
    for row in still_missing(raw, ledger.sightings()):
        found.setdefault(row["source"], set()).add(row["partition"])
    return {source: sorted(map(date.fromisoformat, days)) for source, days in sorted(found.items())}
