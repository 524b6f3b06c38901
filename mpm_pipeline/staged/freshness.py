"""How new and how complete what we hold is, per source and stream, with words for a reader.

A source is late when it was not read without a gap up to a day before as-of, and a file is late when it was there once and was
not at the newest reading: its last content stays served (readings 46), never silently. Durations are told from as-of, never
from the machine's clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.warehouse.accept import Accepted
from mpm_pipeline.warehouse.validate import arrow_schema

LATE_AFTER = timedelta(hours=24)
INCIDENT = "incident: "
LOST = "no longer shown by the source and counted until a person confirms the loss"
VANISHED = "was there before and was not, or could not be used"
Stream = tuple[str, str]
NONE: Mapping[Stream, datetime] = MappingProxyType({})
NOTHING: Mapping[Stream, Sequence[Mapping[str, Any]]] = MappingProxyType({})


def freshness(
    accepted: Iterable[Accepted],
    sources: pa.Table,
    as_of: datetime,
    vanished: Mapping[Stream, datetime] = NONE,
    lost: Mapping[Stream, Sequence[Mapping[str, Any]]] = NOTHING,
    withheld: Mapping[Stream, Sequence[Mapping[str, Any]]] = NOTHING,
) -> pa.Table:
    """Return `staged.meta_freshness` of the streams that were accepted.

    `sources` is `run.source`; `vanished` holds the files that were gone, with the instant of the reading that missed them;
    `lost` the records that a source no longer shows, `withheld` those that it shows and did not give with their day.
    """
    known = {row["source"]: row for row in sources.to_pylist()}
    rows = []
    for one in accepted:
        row = _row(known[one.stream.source], one.stream.name, one.newest_event_at, one.newest_extracted_at, as_of)
        name = (one.stream.source, one.stream.name)
        missed_at = vanished.get(name)
        row = _with_ahead(row if missed_at is None else _gone(row, missed_at), one.rows_ahead)
        rows.append(_with_lost(_with_withheld(row, withheld.get(name, ())), lost.get(name, ())))
    return _table(rows)


def freshness_of_off(sources: pa.Table, as_of: datetime) -> pa.Table:
    """Return one row with an empty stream for every source that is off."""
    return _table(_row(row, "", None, None, as_of) for row in sources.to_pylist() if row["state"] == "off")


def _row(
    source: Mapping[str, Any], stream: str, event_at: datetime | None, extracted_at: datetime | None, as_of: datetime
) -> dict[str, Any]:
    state, text = _state(source, as_of)
    return {
        "source": source["source"],
        "stream": stream,
        "newest_event_at": event_at,
        "newest_extracted_at": extracted_at,
        "covered_from": source["covered_from"],
        "covered_to": source["covered_to"],
        "state": state,
        "text": text,
    }


def _gone(row: Mapping[str, Any], missed_at: datetime) -> dict[str, Any]:
    """Say that a file was there once and is not now; what is worse about its source comes first."""
    words = (
        f"{row['source']}/{row['stream']} {VANISHED}, when it was read at "
        f"{missed_at:%Y-%m-%d %H:%M} UTC; its content of {row['newest_extracted_at']:%Y-%m-%d %H:%M} UTC is still served: "
        "put it back, or if its rows are to go, put a file there with its header alone"
    )
    if row["state"] in ("failed", "off"):
        return {**row, "text": f"{row['text']}; {words}"}
    return {**row, "state": "late", "text": words}


def _with_ahead(row: dict[str, Any], count: int) -> dict[str, Any]:
    """Say how many records bear a date that lies ahead: they are served, and somebody should look at that clock."""
    if not count:
        return row
    name = f"{row['source']}/{row['stream']}"
    words = f"{count:,} record{'s' if count > 1 else ''} of {name} {'are' if count > 1 else 'is'} dated ahead of its source's clock"
    return {**row, "text": f"{words}; {row['text']}"}


def _with_withheld(row: Mapping[str, Any], withheld: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Say how many records the source shows that did not come when their days were read: they are in no figure."""
    if not withheld:
        return row
    keys, days = {one["key"] for one in withheld}, sorted({one["day"] for one in withheld})
    count = f"{len(keys):,} record{'s' if len(keys) > 1 else ''} of {row['source']}/{row['stream']}"
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    words = (
        f"{count} {'are' if len(keys) > 1 else 'is'} shown by the source, but did not come when the days were read in which "
        f"they lie ({span}): in no figure, asked for again with each sweep"
    )
    return {**row, "text": f"{words}; {row['text']}"}


def _with_lost(row: Mapping[str, Any], lost: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Say how many records are lost; so many that it is an incident make the stream late."""
    if not lost:
        return row
    many = [one for one in lost if one["is_incident"]]
    count = f"{len(lost):,} record{'s' if len(lost) > 1 else ''} of {row['source']}/{row['stream']}"
    words = f"{INCIDENT if many else ''}{count} {LOST}"
    since = min((one["version_at"] for one in many if one["version_at"]), default=None)
    words += f", the oldest of {since[:16].replace('T', ' ')} UTC: see `mpm diff {row['source']}`" if since else ""
    state = "late" if many and row["state"] == "fresh" else row["state"]
    return {**row, "state": state, "text": f"{words}; {row['text']}"}


def _state(source: Mapping[str, Any], as_of: datetime) -> tuple[str, str]:
    covered_to: datetime | None = source["covered_to"]
    if source["state"] == "off":
        return "off", f"{source['source']} is switched off"
    reach = f"read without a gap up to {covered_to:%Y-%m-%d %H:%M} UTC" if covered_to else "never read"
    hidden = ", ".join(one["stream"] for one in source.get("hidden") or ())
    reach += f", but for {hidden}, which it does not show" if hidden else ""
    if source["state"] == "failed":
        return "failed", f"the newest attempt failed; {reach}"
    if covered_to is None or covered_to < as_of - LATE_AFTER:
        return "late", reach
    return "fresh", reach


def _table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(contract_of("staged.meta_freshness")))
