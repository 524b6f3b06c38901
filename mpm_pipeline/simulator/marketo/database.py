"""A world's Marketo records at the clock's time, as the endpoints need them: leads by id, activities by date, members.

Leads get the `createdAt` and `updatedAt` that every lead has, from their versions where the record lacks them. Deleted
leads are gone, and with them their memberships; the activities that tell of it are in changes.py.
"""

from datetime import datetime
from typing import Any, NamedTuple

from mpm_pipeline.simulator.clocked import Clocked
from mpm_pipeline.simulator.instants import iso_z, parse_instant
from mpm_pipeline.simulator.marketo.answers import Key, Record, id_key
from mpm_pipeline.simulator.marketo.fields import Fields
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.site import Site
from mpm_pipeline.simulator.world import Version

VENDOR = "marketo"


class Dated(NamedTuple):
    """One activity with what it is ordered and filtered by."""

    at: datetime
    guid: Key
    kind: int
    lead: str
    record: Record


def seconds(at: datetime) -> str:
    """Write an instant as the lead database does: `2026-11-01T22:11:45Z`."""
    return iso_z(at.replace(microsecond=0))


def whole(value: Any) -> int:
    """Read an id that may be a number or text; 0 where it is neither."""
    text = str(value)
    return int(text) if text.isdigit() else 0


class Database:
    """One subscription."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.clocked = Clocked(site.clock)
        self._fields: dict[str, Fields] = {}
        self._born: dict[str, datetime] | None = None

    def now(self) -> datetime:
        """Give the simulated instant."""
        return self.site.clock.now()

    def live(self, stream: str) -> list[Version]:
        """Give a stream's versions that are not deleted, by rising key."""

        def build() -> list[Version]:
            live = [version for version in self.site.visible(stream) if not version.deleted]
            return sorted(live, key=lambda version: id_key(version.key))

        return self.clocked.once(stream, build)

    def fields(self, stream: str = "leads") -> Fields:
        """Give the fields that a stream's records have in this world."""
        if stream not in self._fields:
            versions = self.site.world.versions(VENDOR, stream)
            self._fields[stream] = Fields([version.record for version in versions])
        return self._fields[stream]

    def born(self, key: str) -> datetime | None:
        """Give the instant from which a lead was first seen."""
        if self._born is None:
            self._born = {}
            for version in self.site.world.versions(VENDOR, "leads"):
                self._born.setdefault(version.key, version.at)
        return self._born.get(key)

    def leads(self) -> dict[str, Record]:
        """Give the leads there are now, by id in rising order."""
        return self.clocked.once("leads by id", lambda: {v.key: self.with_dates(v) for v in self.live("leads")})

    def with_dates(self, version: Version) -> Record:
        """Give a lead's record with both of its dates."""
        record = version.record
        if record.get("createdAt") is not None and record.get("updatedAt") is not None:
            return record
        created = record.get("createdAt") or seconds(self.born(version.key) or version.at)
        return record | {"createdAt": created, "updatedAt": record.get("updatedAt") or seconds(version.at)}

    def members(self, program: str) -> list[tuple[Key, Version]]:
        """Give the members of a programme by lead id, without those whose lead is deleted."""
        groups = self._grouped("programMembers", "programId")
        return groups.get(program, [])

    def list_members(self, key: str) -> list[tuple[Key, Version]]:
        """Give the members of a static list by lead id."""
        return self._grouped("listMembers", "listId").get(key, [])

    def _grouped(self, stream: str, name: str) -> dict[str, list[tuple[Key, Version]]]:
        def build() -> dict[str, list[tuple[Key, Version]]]:
            gone = {version.key for version in self.site.visible("leads") if version.deleted}
            groups: dict[str, list[tuple[Key, Version]]] = {}
            for version in self.live(stream):
                lead = str(field(version.record, "leadId"))
                if lead not in gone:
                    groups.setdefault(str(field(version.record, name)), []).append((id_key(lead), version))
            for group in groups.values():
                group.sort(key=lambda pair: pair[0])
            return groups

        return self.clocked.once((stream, name), build)

    def activities(self) -> list[Dated]:
        """Give all activities by date, then GUID."""
        return self.clocked.once("activities by date", lambda: sorted(self._dated(), key=lambda item: item[:2]))

    def _dated(self) -> list[Dated]:
        found = []
        for version in self.live("activities"):
            record = version.record
            at = parse_instant(field(record, "activityDate")) or version.at
            kind, lead = whole(field(record, "activityTypeId")), str(field(record, "leadId"))
            found.append(Dated(at, id_key(version.key), kind, lead, record))
        return found

    def by_key(self, stream: str) -> dict[str, Version]:
        """Give a stream's live versions by id."""
        return self.clocked.once((stream, "by key"), lambda: {v.key: v for v in self.live(stream)})


def updated_at(version: Version) -> datetime:
    """Give the instant that filters on `updatedAt` compare: the record's own, else the version's."""
    return parse_instant(field(version.record, "updatedAt")) or version.at


def project(record: Record, names: list[str]) -> Record:
    """Keep the named fields; an absent one is null."""
    return {name: record.get(name) for name in names}
