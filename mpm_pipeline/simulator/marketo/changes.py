"""What happened to leads, derived from their versions: changes of fields, new leads, deleted leads.

Where the world has activities of its own that say the same (13 Change Data Value, 12 New Lead, 37 Delete Lead), they
are served as they are and nothing is derived beside them. These two endpoints write dates with `+0000`.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.marketo.activities import walk
from mpm_pipeline.simulator.marketo.answers import Query, Record, Refusal, id_key
from mpm_pipeline.simulator.marketo.database import VENDOR, Database, Dated, seconds, whole
from mpm_pipeline.simulator.marketo.fields import Fields
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.world import Version

NEW, CHANGE, DELETE = 12, 13, 37
SILENT = {"id", "createdAt", "updatedAt"}


def lead_changes(database: Database, query: Query) -> Record:
    """Answer `activities/leadchanges.json` for the named fields."""
    names = set(database.fields().check(query.all("fields")))
    if not names:
        raise Refusal("1003", "fields not specified")
    leads = set(query.all("leadIds", most=30))
    list_id = query.one("listId")
    listed = None if list_id is None else {str(v.record.get("leadId")) for _, v in database.list_members(list_id)}

    def wanted(item: Dated) -> bool:
        if (leads and item.lead not in leads) or (listed is not None and item.lead not in listed):
            return False
        return item.kind == NEW or any(change["name"] in names for change in item.record["fields"])

    def written(item: Dated) -> Record:
        return item.record | {"fields": [change for change in item.record["fields"] if change["name"] in names]}

    return walk(database, database.clocked.once("changes", lambda: _changes(database)), query, wanted, written)


def deleted_leads(database: Database, query: Query) -> Record:
    """Answer `activities/deletedleads.json`."""
    items = database.clocked.once("deletions", lambda: _deletions(database))
    return walk(database, items, query, lambda _: True, lambda item: item.record)


def text_of(value: Any) -> str | None:
    """Write a field's value as activities do: everything is text."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def offset_date(at: datetime) -> str:
    """Write an instant as these endpoints do: `2026-11-01T22:11:45+0000`."""
    return seconds(at).replace("Z", "+0000")


def _changes(database: Database) -> list[Dated]:
    fields = database.fields()
    given = [_given(item, fields) for item in database.activities() if item.kind in (NEW, CHANGE)]
    told = {(item.lead, change["name"], change["newValue"]) for item in given for change in item.record["fields"]}
    born = {item.lead for item in given if item.kind == NEW}
    derived = []
    for before, version in _steps(database):
        if version.deleted or (before is None and version.key in born):
            continue
        changes = [
            change
            for change in _differences(before, version, fields)
            if (version.key, change["name"], change["newValue"]) not in told
        ]
        if before is None or changes:
            derived.append(_derived(NEW if before is None else CHANGE, before, version, changes))
    return sorted([*given, *derived], key=lambda item: item[:2])


def _steps(database: Database) -> Iterator[tuple[Version | None, Version]]:
    """Give each version of each lead that has shown by now, with the one before it."""
    newest: dict[str, Version] = {}
    now = database.now()
    for version in database.site.world.versions(VENDOR, "leads"):
        if version.shows(now):
            yield newest.get(version.key), version
            newest[version.key] = version


def _differences(before: Version | None, after: Version, fields: Fields) -> list[Record]:
    old = before.record if before is not None and not before.deleted else {}
    names = [name for name in dict.fromkeys((*old, *after.record)) if name not in SILENT]
    return [
        {
            "id": fields.ids.get(name, 0),
            "name": name,
            "newValue": text_of(field(after.record, name)),
            "oldValue": text_of(field(old, name)),
        }
        for name in names
        if field(after.record, name) != field(old, name)
    ]


def _derived(kind: int, before: Version | None, version: Version, changes: list[Record]) -> Dated:
    own = parse_instant(field(version.record, "createdAt" if before is None else "updatedAt"))
    unmoved = before is not None and own == parse_instant(field(before.record, "updatedAt"))
    at = version.at if own is None or unmoved else own
    number = _number(kind, version)
    record = {
        "id": number,
        "marketoGUID": str(number),
        "leadId": whole(version.key) or version.key,
        "activityDate": offset_date(at),
        "activityTypeId": kind,
        "fields": changes,
        "attributes": [{"name": "Source Type" if kind == NEW else "Source", "value": "Web service API"}],
    }
    return Dated(at, id_key(number), kind, version.key, record)


def _number(kind: int, version: Version) -> int:
    digest = hashlib.sha256(f"{kind} {version.key} {version.at.isoformat()}".encode()).hexdigest()
    return 1_000_000_000 + int(digest[:12], 16) % 9_000_000_000


def _given(item: Dated, fields: Fields) -> Dated:
    """Turn an activity of the world into the shape of a lead change."""
    values = {str(field(entry, "name")): field(entry, "value") for entry in _attributes(item.record)}
    changes = []
    if item.kind == CHANGE:
        name = fields.rest_name(str(field(item.record, "primaryAttributeValue")))
        new, old = text_of(values.get("New Value")), text_of(values.get("Old Value"))
        changes = [{"id": fields.ids.get(name, 0), "name": name, "newValue": new, "oldValue": old}]
    return item._replace(record=item.record | {"activityDate": offset_date(item.at), "fields": changes})


def _attributes(record: Record) -> list[Record]:
    attributes = field(record, "attributes")
    return [entry for entry in attributes if isinstance(entry, dict)] if isinstance(attributes, list) else []


def _deletions(database: Database) -> list[Dated]:
    if "deletedleads" in database.site.world.streams(VENDOR):
        rows = []
        for version in database.live("deletedleads"):
            at = parse_instant(field(version.record, "activityDate")) or version.at
            rows.append(Dated(at, id_key(version.key), DELETE, "", version.record))
        return sorted(rows, key=lambda item: item[:2])
    given = [item for item in database.activities() if item.kind == DELETE]
    told = {item.lead for item in given}
    derived = [
        _deletion(before, version)
        for before, version in _steps(database)
        if version.deleted and (before is None or not before.deleted) and version.key not in told
    ]
    return sorted([*given, *derived], key=lambda item: item[:2])


def _deletion(before: Version | None, version: Version) -> Dated:
    record = version.record if before is None else before.record | version.record
    name = " ".join(str(field(record, part)) for part in ("firstName", "lastName") if field(record, part))
    number, lead = _number(DELETE, version), whole(version.key) or version.key
    item = {
        "id": number,
        "marketoGUID": str(number),
        "leadId": lead,
        "activityDate": offset_date(version.at),
        "activityTypeId": DELETE,
        "primaryAttributeValueId": lead,
        "primaryAttributeValue": name or str(field(record, "email") or lead),
        "attributes": [],
    }
    return Dated(version.at, id_key(number), DELETE, version.key, item)
