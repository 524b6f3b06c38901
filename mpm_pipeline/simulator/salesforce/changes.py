"""`/deleted` and `/updated`: which ids changed in a window of the last 15 days, cut to minutes."""

from datetime import datetime, timedelta
from typing import Any, Final

from starlette.datastructures import QueryParams

from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.salesforce.errors import Refused
from mpm_pipeline.simulator.salesforce.org import RECYCLE_BIN, SObject, wire_instant

_STAMPS: Final = ("SystemModstamp", "LastModifiedDate", "CreatedDate")


def deleted_ids(sobject: SObject, parameters: QueryParams, now: datetime) -> dict[str, Any]:
    """Answer `/deleted`: the rows deleted in the window."""
    start, end = _window(parameters, now)
    gone = [row for row in sobject.everything if row.deleted_at and start <= row.deleted_at < end]
    gone.sort(key=lambda row: (row.deleted_at, row.id))
    return {
        "deletedRecords": [
            {"id": row.id, "deletedDate": wire_instant(row.deleted_at)} for row in gone if row.deleted_at is not None
        ],
        "earliestDateAvailable": wire_instant(_minute(now - RECYCLE_BIN)),
        "latestDateCovered": wire_instant(end),
    }


def updated_ids(sobject: SObject, parameters: QueryParams, now: datetime) -> dict[str, Any]:
    """Answer `/updated`: the living rows created or changed in the window."""
    start, end = _window(parameters, now)
    stamp = next(name for name in _STAMPS if name in sobject.types)
    changed = sobject.between(stamp, start, end - timedelta(microseconds=1), deleted_too=False)
    return {"ids": [row.id for row in changed], "latestDateCovered": wire_instant(end)}


def _window(parameters: QueryParams, now: datetime) -> tuple[datetime, datetime]:
    found = []
    for name in ("start", "end"):
        text = parameters.get(name)
        if not text:
            raise Refused(400, "MISSING_ARGUMENT", f"Missing required parameter: {name}")
        instant = parse_instant(text.replace(" ", "+"))
        if instant is None:
            raise Refused(400, "INVALID_FIELD", f"{name}: {text} is not a valid dateTime")
        found.append(_minute(instant))
    start, end = found
    if start < _minute(now - RECYCLE_BIN):
        raise Refused(400, "INVALID_REPLICATION_DATE", "startDate before org's replication enablement date")
    if start >= end:
        raise Refused(400, "INVALID_REPLICATION_DATE", "endDate must be greater than startDate by at least one minute")
    return start, min(end, _minute(now) + timedelta(minutes=1))


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
