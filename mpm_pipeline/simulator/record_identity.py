"""What a record of a world is known by: its vendor's key, and the instant from which it shows when none is given.

Tables only, read from the field names that vendors use; a stream that no table names goes by `id`, `Id`, and a record
without its key stands alone under its line, so that a damaged row is still served.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from mpm_pipeline.simulator.files.columns import FILE_COLUMNS
from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.verbatim import plain
from mpm_pipeline.vocabulary import FILE_FOLDERS

Record = dict[str, Any]

_ENTITY = ("entity", "organizationalEntity", "organization")
_KEY_PARTS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "marketo/activities": (("marketoGUID", "id"),),
    "marketo/programMembers": (("programId",), ("leadId",)),
    "marketo/listMembers": (("listId",), ("leadId",)),
    "linkedin/adAnalytics": (("pivotValues", "pivotValue"), ("dateRange.start",)),
    "linkedin/organizationalEntityShareStatistics": (_ENTITY, ("timeRange.start",)),
    "linkedin/organizationalEntityFollowerStatistics": (_ENTITY, ("timeRange.start",)),
    "linkedin/organizationPageStatistics": (_ENTITY, ("timeRange.start",)),
    "linkedin/networkSizes": (_ENTITY,),
}
_DAY_ROWS: Final = {
    name for name, parts in _KEY_PARTS.items() if parts[-1][0] in ("dateRange.start", "timeRange.start")
}

_MODIFIED: Final = (
    "SystemModstamp", "LastModifiedDate", "updatedAt", "updated_at", "UpdatedDate", "lastModifiedAt",
    "lastModified.time", "lastModified", "changeAuditStamps.lastModified.time",
)  # fmt: skip
_CREATED: Final = (
    "CreatedDate", "created.time", "created", "createdAt", "created_at", "activityDate", "submittedAt",
    "changeAuditStamps.created.time",
)  # fmt: skip


def field(record: Record, path: str) -> Any:
    """Return the value under a dotted path, None where a part is missing."""
    if "." not in path:
        return plain(record.get(path))
    value: Any = record
    for name in path.split("."):
        value = plain(value.get(name)) if isinstance(value, dict) else None
    return value


def key_reader(vendor: str, stream: str) -> Callable[[Record], str]:
    """Return the function that gives a record's key as text, empty where the record lacks (a part of) it."""
    name = f"{vendor}/{stream}"
    parts = _KEY_PARTS.get(name)
    if parts is None:
        columns = FILE_COLUMNS.get(name)
        if columns:
            parts = ((columns[0],),)
        elif vendor in FILE_FOLDERS:
            return lambda record: _text(plain(next(iter(record.values()), None)))
        else:
            parts = (("Id", "id"),) if vendor == "salesforce" else (("id", "Id"),)
    if len(parts) == 1:
        alternatives = parts[0]
        return lambda record: _first(record, alternatives)

    def composite(record: Record) -> str:
        found = [_first(record, alternatives) for alternatives in parts]
        return "|".join(found) if all(found) else ""

    return composite


def default_instant(vendor: str, stream: str, record: Record) -> datetime | None:
    """Return when a version without `at` begins to show: modified, else created, a row of days after its day."""
    if f"{vendor}/{stream}" in _DAY_ROWS:
        return _end_of_day_row(record)
    for path in (*_MODIFIED, *_CREATED):
        instant = parse_instant(field(record, path))
        if instant is not None:
            return instant
    return None


def _end_of_day_row(record: Record) -> datetime | None:
    end = field(record, "timeRange.end")
    if end is not None:
        return parse_instant(end)
    for path in ("dateRange.end", "dateRange.start"):
        day = field(record, path)
        if isinstance(day, dict):
            text = "-".join(str(day.get(part, "")).zfill(2) for part in ("year", "month", "day"))
            start = parse_instant(text)
            if start is not None:
                return start + timedelta(days=1)
    return None


def _first(record: Record, alternatives: tuple[str, ...]) -> str:
    for path in alternatives:
        text = _text(field(record, path))
        if text:
            return text
    return ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip() and value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, dict):
        return ",".join(f"{name}={_text(inner)}" for name, inner in sorted(value.items()))
    if isinstance(value, list):
        return ",".join(_text(inner) for inner in value)
    return str(value)
