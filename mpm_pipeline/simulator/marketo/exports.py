"""What a bulk extract of Marketo's holds: its filter, read strictly, and the CSV file that comes of it.

A missing value is the literal `null`; an activity's attributes are a JSON object in one cell where REST gives an array;
booleans of leads are words, those of programme members digits.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.marketo.answers import Record, Refusal, instant_of
from mpm_pipeline.simulator.marketo.database import Database, updated_at, whole
from mpm_pipeline.simulator.marketo.members import as_served, check
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.verbatim import plain

SPAN = timedelta(days=31)
FORMATS = {"CSV": ",", "TSV": "\t", "SSV": ";"}
ACTIVITY_COLUMNS = [
    "marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId", "primaryAttributeValueId",
    "primaryAttributeValue", "attributes",
]  # fmt: skip
LEAD_FILTERS = {
    "createdAt", "updatedAt", "staticListName", "staticListId", "smartListName", "smartListId",
}  # fmt: skip
NEWER_FILTERS = {"updatedAt", "smartListName", "smartListId"}
KINDS = ("leads", "activities", "program/members")

Span = tuple[datetime, datetime]


class Extract(NamedTuple):
    """A checked request for a file."""

    kind: str
    format: str
    fields: list[str]
    headers: dict[str, str]
    filter: dict[str, Any]


def read_request(database: Database, kind: str, body: Any) -> Extract:
    """Check a create call's body; what is wrong is refused with the vendor's code."""
    if not isinstance(body, dict):
        raise Refusal("609", "Invalid JSON")
    form, filters = str(body.get("format", "CSV")).upper(), body.get("filter")
    if form not in FORMATS:
        raise Refusal("1003", f"Invalid format '{form}'")
    if not isinstance(filters, dict) or not filters:
        raise Refusal("1003", "No filter specified")
    names, headers = body.get("fields") or [], body.get("columnHeaderNames") or {}
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or not isinstance(headers, dict):
        raise Refusal("1003", "fields must be a list of names, columnHeaderNames an object")
    if kind == "activities":
        unknown = [name for name in names if name not in (*ACTIVITY_COLUMNS, "actionResult")]
        if unknown:
            raise Refusal("1003", f"Invalid field '{unknown[0]}'")
        names = names or ACTIVITY_COLUMNS
    elif not names:
        raise Refusal("1003", "fields cannot be empty")
    checked = CHECKS[kind](database, names, filters)
    return Extract(kind, form, names, {str(name): str(text) for name, text in headers.items()}, checked)


def _span(filters: dict[str, Any], name: str) -> Span:
    given = filters[name]
    if not isinstance(given, dict) or set(given) != {"startAt", "endAt"}:
        raise Refusal("1003", f"{name} must have startAt and endAt")
    if any(re.search(r"\.\d", str(text)) for text in given.values()):
        raise Refusal("1003", f"Invalid date format for {name}: no fractions of a second")
    start, end = instant_of(given["startAt"], "startAt"), instant_of(given["endAt"], "endAt")
    if end < start:
        raise Refusal("1003", "End date should always be after start date")
    if end - start > SPAN:
        raise Refusal("1003", f"{name} date range must not exceed 31 days")
    return start, end


def _check_leads(database: Database, names: list[str], filters: dict[str, Any]) -> dict[str, Any]:
    database.fields().check(names)
    if len(filters) != 1 or not set(filters) <= LEAD_FILTERS:
        raise Refusal("1003", f"Exactly one filter of {', '.join(sorted(LEAD_FILTERS))} must be specified")
    name = next(iter(filters))
    if name in NEWER_FILTERS and database.site.limits.get("older_subscription"):
        raise Refusal("1035", f"Unsupported filter type for target subscription: {name}")
    if name.startswith("smartList"):
        raise Refusal("1003", f"Smart list not found: {filters[name]}")
    return {name: _span(filters, name)} if name in ("createdAt", "updatedAt") else dict(filters)


def _check_activities(database: Database, names: list[str], filters: dict[str, Any]) -> dict[str, Any]:
    allowed = {"createdAt", "activityTypeIds", "primaryAttributeValueIds", "primaryAttributeValues"}
    if "createdAt" not in filters or not set(filters) <= allowed:
        raise Refusal("1003", f"createdAt is required, allowed are {', '.join(sorted(allowed))}")
    by_value = [name for name in filters if name.startswith("primary")]
    if len(by_value) > 1 or (by_value and "activityTypeIds" not in filters):
        raise Refusal("1003", "One filter on primary attributes at most, and only together with activityTypeIds")
    kinds = [whole(kind) for kind in _list(filters, "activityTypeIds")]
    if 37 in kinds:
        raise Refusal("1003", "Activity type 37 cannot be exported")
    return filters | {"createdAt": _span(filters, "createdAt"), "activityTypeIds": kinds}


def _check_members(database: Database, names: list[str], filters: dict[str, Any]) -> dict[str, Any]:
    check(database, names)
    allowed = {"programId", "programIds", "statusNames", "isExhausted", "nurtureCadence", "updatedAt"}
    if ("programId" in filters) == ("programIds" in filters) or not set(filters) <= allowed:
        raise Refusal("1003", f"Either programId or programIds is required, allowed are {', '.join(sorted(allowed))}")
    programs = [str(key) for key in _list(filters, "programIds")] or [str(filters.get("programId"))]
    if len(programs) > 10:
        raise Refusal("1003", "programIds must not have more than 10 ids")
    for key in programs:
        if key not in database.by_key("programs"):
            raise Refusal("1013", f"Program not found: {key}")
    if "updatedAt" in filters and database.site.limits.get("older_subscription"):
        raise Refusal("1035", "Unsupported filter type for target subscription: updatedAt")
    spans = {"updatedAt": _span(filters, "updatedAt")} if "updatedAt" in filters else {}
    return filters | spans | {"programs": programs}


def _list(filters: dict[str, Any], name: str) -> list[Any]:
    found = filters.get(name) or []
    return found if isinstance(found, list) else [found]


CHECKS: dict[str, Callable[[Database, list[str], dict[str, Any]], dict[str, Any]]] = {
    "leads": _check_leads,
    "activities": _check_activities,
    "program/members": _check_members,
}


def write_file(database: Database, extract: Extract) -> tuple[bytes, int]:
    """Write the file as of the clock's time; give its bytes and the number of its records."""
    several = "programIds" in extract.filter
    columns = ["programId", *(n for n in extract.fields if n != "programId")] if several else extract.fields
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=FORMATS[extract.format], lineterminator="\n")
    writer.writerow([extract.headers.get(name, name) for name in columns])
    cell = _member_cell if extract.kind == "program/members" else _cell
    count = 0
    for record in ROWS[extract.kind](database, extract.filter):
        writer.writerow([cell(plain(record.get(name))) for name in columns])
        count += 1
    return text.getvalue().encode("utf-8", "replace"), count


def _leads(database: Database, filters: dict[str, Any]) -> Iterator[Record]:
    name, value = next(iter(filters.items()))
    leads = database.leads()
    if name in ("createdAt", "updatedAt"):
        for record in leads.values():
            at = parse_instant(field(record, name)) or updated_at(database.by_key("leads")[str(record.get("id"))])
            if value[0] <= at <= value[1]:
                yield record
        return
    wanted = "name" if name == "staticListName" else "id"
    for version in database.live("lists"):
        if str(field(version.record, wanted)) == str(value):
            members = (str(field(member.record, "leadId")) for _, member in database.list_members(version.key))
            yield from (leads[lead] for lead in members if lead in leads)


def _activities(database: Database, filters: dict[str, Any]) -> Iterator[Record]:
    (start, end), kinds = filters["createdAt"], set(filters["activityTypeIds"])
    keys = {str(key) for key in _list(filters, "primaryAttributeValueIds")}
    values = {str(value) for value in _list(filters, "primaryAttributeValues")}
    for item in database.activities():
        if not start <= item.at <= end or (kinds and item.kind not in kinds) or item.kind == 37:
            continue
        record = item.record
        if keys and str(field(record, "primaryAttributeValueId")) not in keys:
            continue
        if not values or str(field(record, "primaryAttributeValue")) in values:
            yield record | {"attributes": _as_object(field(record, "attributes"))}


def _as_object(attributes: Any) -> Any:
    if not isinstance(attributes, list):
        return attributes
    pairs = (entry for entry in attributes if isinstance(entry, dict))
    return {str(field(entry, "name")): field(entry, "value") for entry in pairs}


def _members(database: Database, filters: dict[str, Any]) -> Iterator[Record]:
    statuses = {str(name) for name in _list(filters, "statusNames")}
    for program in filters["programs"]:
        for _, version in database.members(program):
            record = as_served(version)
            if statuses and str(field(record, "statusName")) not in statuses:
                continue
            if "updatedAt" in filters and not filters["updatedAt"][0] <= updated_at(version) <= filters["updatedAt"][1]:
                continue
            if all(
                field(record, name) == filters.get(name, field(record, name))
                for name in ("isExhausted", "nurtureCadence")
            ):
                yield record


ROWS: dict[str, Callable[[Database, dict[str, Any]], Iterable[Record]]] = {
    "leads": _leads,
    "activities": _activities,
    "program/members": _members,
}


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        try:
            return msgspec.json.encode(value).decode()
        except (TypeError, ValueError, UnicodeError):
            return json.dumps(value, separators=(",", ":"))
    return str(value)


def _member_cell(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else _cell(value)
