"""The org behind the API: which objects there are, what fields they have, and which rows show at the clock's time.

Derives what a world need not write (IsDeleted, missing stamps), empties the recycle bin after 15 days, and keeps rows
sorted by their stamps so that a window costs what it holds. Nothing here knows SOQL or HTTP.
"""

import bisect
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.salesforce.schema import HARD_DELETED, STANDARD_FIELDS, has_is_deleted, referenced, stamps
from mpm_pipeline.simulator.salesforce.types import field_types
from mpm_pipeline.simulator.site import Site
from mpm_pipeline.simulator.verbatim import plain
from mpm_pipeline.simulator.world import Version

RECYCLE_BIN: Final = timedelta(days=15)


class Row(msgspec.Struct, frozen=True, eq=False):
    """One row as the API shows it; `deleted_at` is set while it is deleted."""

    id: str
    values: dict[str, Any]
    at: datetime
    deleted_at: datetime | None = None


class SObject:
    """One object at one instant of the clock."""

    def __init__(self, name: str, types: dict[str, str], rows: list[Row]) -> None:
        self.name = name
        self.types = types
        self.everything = rows
        self.alive = [row for row in rows if row.deleted_at is None]
        self.in_bin = self.alive if name in HARD_DELETED or not has_is_deleted(name) else rows
        self._by_id: dict[str, Row] | None = None
        self._sorted: dict[tuple[str, bool], tuple[list[datetime], list[Row]]] = {}
        self._canonical = {field.lower(): field for field in types}

    def field(self, name: str) -> str | None:
        """Return a field's own spelling; SOQL does not care about case."""
        return self._canonical.get(name.lower())

    def rows(self, deleted_too: bool) -> list[Row]:
        """Return what query shows, or what queryAll shows."""
        return self.in_bin if deleted_too else self.alive

    def by_id(self, record_id: str) -> Row | None:
        """Find a row by its 18- or 15-character id, deleted ones too."""
        if self._by_id is None:
            self._by_id = {row.id[:15]: row for row in self.everything if len(row.id) == 18}
            self._by_id |= {row.id: row for row in self.everything}
        return self._by_id.get(record_id)

    def between(self, field: str, start: datetime | None, end: datetime | None, deleted_too: bool) -> list[Row]:
        """Return the rows whose datetime field lies in [start, end], by a sorted index."""
        key = (field, deleted_too)
        if key not in self._sorted:
            read = self.reader(field)
            pairs = [(instant, row) for row in self.rows(deleted_too) if (instant := read(row)) is not None]
            pairs.sort(key=lambda pair: pair[0])
            self._sorted[key] = [instant for instant, _ in pairs], [row for _, row in pairs]
        instants, rows = self._sorted[key]
        first = 0 if start is None else bisect.bisect_left(instants, start)
        last = len(instants) if end is None else bisect.bisect_right(instants, end)
        return rows[first:last]

    def reader(self, field: str) -> Callable[[Row], Any]:
        """Return the function that reads a field as a comparable value, None where it is null or of another type."""
        kind = self.types[field]
        if kind == "datetime":
            if field in stamps(self.name):
                return lambda row: parse_instant(plain(row.values.get(field))) or row.at
            return lambda row: parse_instant(plain(row.values.get(field)))
        if kind == "date":
            return lambda row: _midnight(plain(row.values.get(field)))
        if kind == "boolean":
            return lambda row: plain(row.values.get(field)) is True
        if kind in ("int", "double", "currency", "percent"):
            return lambda row: _number(plain(row.values.get(field)))
        if kind in ("id", "reference"):
            return lambda row: _text(plain(row.values.get(field)))
        return lambda row: _folded(plain(row.values.get(field)))


class Org:
    """All objects of one world; views are kept until the clock moves."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._streams = {name.lower(): name for name in site.world.streams(site.vendor)}
        self._names = {name.lower(): name for name in STANDARD_FIELDS} | self._streams
        self._types: dict[str, dict[str, str]] = {}
        self._rows: dict[int, Row] = {}
        self._histories: dict[str, dict[str, list[Version]]] = {}
        self._views: dict[str, SObject] = {}
        self._viewed_at: datetime | None = None

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self._site.clock.now()

    def names(self) -> list[str]:
        """Return all objects: the standard ones and those with a file."""
        return sorted(self._names.values())

    def sobject(self, name: str) -> SObject | None:
        """Return an object as it is now, whatever the case of its name; None where there is no such object."""
        canonical = self._names.get(name.lower())
        if canonical is None:
            return None
        if self._viewed_at != self.now():
            self._views, self._viewed_at = {}, self.now()
        if canonical not in self._views:
            self._views[canonical] = SObject(canonical, self.types(canonical), self._visible_rows(canonical))
        return self._views[canonical]

    def parent(self, owner: str, relationship: str, record_id: str) -> tuple[SObject, Row] | None:
        """Find the record that a relationship leads to."""
        names = referenced(owner, relationship)
        if relationship.lower().endswith("__r"):
            names = tuple(self._streams.values())
        for name in names:
            candidate = self.sobject(name)
            row = candidate.by_id(record_id) if candidate else None
            if candidate and row:
                return candidate, row
        return None

    def types(self, name: str) -> dict[str, str]:
        """Return the described fields of an object with their types: all keys that ever occur in its records."""
        if name not in self._types:
            records = [version.record for version in self._versions(name)]
            self._types[name] = field_types(name, records)
        return self._types[name]

    def _versions(self, name: str) -> list[Version]:
        return self._site.world.versions(self._site.vendor, name) if name.lower() in self._streams else []

    def _visible_rows(self, name: str) -> list[Row]:
        if name.lower() not in self._streams:
            return []
        emptied = self.now() - RECYCLE_BIN
        shown = (self._row(name, version) for version in self._site.visible(name))
        return [row for row in shown if row.deleted_at is None or row.deleted_at >= emptied]

    def _row(self, name: str, version: Version) -> Row:
        row = self._rows.get(id(version))
        if row is None:
            row = self._rows[id(version)] = self._derived(name, version)
        return row

    def _derived(self, name: str, version: Version) -> Row:
        """Add what a world need not write: stamps, IsDeleted, and the fields and new stamp of a deleted row."""
        values = version.record
        deleted = version.deleted or plain(values.get("IsDeleted")) is True
        missing: dict[str, Any] = {}
        before = self._before(name, version) if deleted else None
        if before:
            values = before.record | values
            if before.record.get("SystemModstamp") == values.get("SystemModstamp"):
                missing["SystemModstamp"] = wire_instant(version.at)
        missing |= {stamp: wire_instant(version.at) for stamp in stamps(name) if stamp not in values}
        if "CreatedDate" in missing:
            missing["CreatedDate"] = wire_instant(self._of_key(name, version.key)[0].at)
        if has_is_deleted(name) and (deleted or "IsDeleted" not in values):
            missing["IsDeleted"] = deleted
        if missing or "attributes" in values:
            values = {field: value for field, value in values.items() if field != "attributes"} | missing
        deleted_at = None
        if deleted:
            stamp = parse_instant(plain(values.get("SystemModstamp")))
            deleted_at = stamp if stamp and stamp <= version.at else version.at
        return Row(_text(plain(values.get("Id"))) or version.key, values, version.at, deleted_at)

    def _before(self, name: str, version: Version) -> Version | None:
        earlier = [other for other in self._of_key(name, version.key) if other.at < version.at and not other.deleted]
        return earlier[-1] if earlier else None

    def _of_key(self, name: str, key: str) -> list[Version]:
        if name not in self._histories:
            history = self._histories[name] = {}
            for version in self._versions(name):
                history.setdefault(version.key, []).append(version)
        return self._histories[name][key]


def wire_instant(instant: datetime) -> str:
    """Write an instant as REST does: milliseconds and `+0000` without a colon."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}+0000"


def _midnight(value: Any) -> datetime | None:
    instant = parse_instant(value)
    return None if instant is None else datetime.combine(date(instant.year, instant.month, instant.day), time(), UTC)


def _number(value: Any) -> int | float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return value if usable else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _folded(value: Any) -> str | None:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return value.casefold() if isinstance(value, str) and value else None
