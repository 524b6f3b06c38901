"""Marketo's programme members: a filter is required, spans of `updatedAt` are seven days at most, 100,000 matches too.

Every item is numbered by `seq` within its answer.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from mpm_pipeline.simulator.marketo.answers import Query, Record, Refusal, keyed_page, success
from mpm_pipeline.simulator.marketo.database import Database, seconds, updated_at
from mpm_pipeline.simulator.marketo.fields import display_name
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.world import Version

DEFAULT = ("leadId", "programId", "acquiredBy", "reachedSuccess", "membershipDate")
KNOWN = (
    *DEFAULT, "statusName", "statusReason", "reachedSuccessDate", "updatedAt", "createdAt", "nurtureCadence",
    "isExhausted", "trackName", "program", "programTypeId", "registrationCode", "webinarUrl", "waitlistPriority", "id",
)  # fmt: skip
SPAN = timedelta(days=7)
MATCH_LIMIT = 100_000


def members(database: Database, key: str, query: Query) -> Record:
    """Answer `programs/{id}/members.json`."""
    if key not in database.by_key("programs"):
        raise Refusal("1013", f"Program not found: {key}")
    names = check(database, query.all("fields"))
    wanted = _filter(database, query)
    rows = [(lead, as_served(version)) for lead, version in database.members(key) if wanted(version)]
    limit = database.site.limits.get("member_matches", MATCH_LIMIT)
    if len(rows) > limit:
        message = f"Total membership size: {len(rows)} exceeds the limit allowed {limit:,} for the filter"
        raise Refusal("1003", message)
    page, token = keyed_page(rows, query)
    shown = list(dict.fromkeys((*DEFAULT, *names)))
    items = [{"seq": number} | {name: record.get(name) for name in shown} for number, record in enumerate(page)]
    return success(items, moreResult=token is not None, **({"nextPageToken": token} if token else {}))


def as_served(version: Version) -> Record:
    """Give a membership with the `updatedAt` that it always has."""
    record = version.record
    return record if record.get("updatedAt") is not None else record | {"updatedAt": seconds(version.at)}


def check(database: Database, names: list[str]) -> list[str]:
    """Refuse fields that no membership has."""
    known = {*KNOWN, *database.fields("programMembers").types}
    for name in names:
        if name not in known:
            raise Refusal("1006", f"Field '{name}' not found")
    return names


def describe(database: Database) -> Record:
    """Answer `programs/members/describe.json`."""
    types = database.fields("programMembers").types
    fields = [
        {"name": name, "displayName": display_name(name), "dataType": kind, "updateable": False, "crmManaged": False}
        for name, kind in types.items()
    ]
    body: Record = {
        "name": "API Program Membership",
        "description": "Map for API program membership fields",
        "dedupeFields": ["leadId", "programId"],
        "searchableFields": [["leadId"], ["reachedSuccess"], ["statusName"], ["updatedAt"]],
        "fields": fields,
    }
    return success([body])


def _filter(database: Database, query: Query) -> Callable[[Version], bool]:
    kind = query.required("filterType")
    if kind == "updatedAt":
        start, end = query.instant("startAt"), query.instant("endAt")
        if start is None or end is None:
            raise Refusal("1003", "startAt and endAt must be specified for filterType updatedAt")
        if end < start:
            raise Refusal("1003", "End date should always be after start date")
        if end - start > SPAN:
            raise Refusal("1003", "Date range between startAt and endAt must not exceed 7 days")
        return lambda version: start <= updated_at(version) <= end
    if kind not in {"leadId", "statusName", "reachedSuccess", *database.fields("programMembers").types}:
        raise Refusal("1003", f"Invalid filterType '{kind}'")
    query.required("filterValues")
    wanted = {value.lower() for value in query.all("filterValues", most=300)}
    return lambda version: _text(field(version.record, kind)) in wanted


def _text(value: Any) -> str:
    return str(value).lower()
