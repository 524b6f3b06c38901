"""Marketo's activity stream: paging tokens that stand for a date, pages that may be short or empty before the end.

A call walks on through all activities, of whatever type, from where its token stands and returns those asked for; so a
page can be short, or have no `result`, while `moreResult` is true, as at the vendor. Tokens go by `activityDate`: an
activity that shows up late is found only by asking for its day again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import datetime

from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.marketo.activity_types import built_in_types
from mpm_pipeline.simulator.marketo.answers import Key, Query, Record, Refusal, id_key, read_token, success, write_token
from mpm_pipeline.simulator.marketo.database import Database, Dated, whole
from mpm_pipeline.simulator.record_identity import field

STEP = 3
"""A call walks over this many times its batch size."""

LIST_LIMIT = 10_000


def types(database: Database) -> Record:
    """Answer `activities/types.json`: the world's own, else the built-in ones."""
    if "activityTypes" not in database.site.world.streams("marketo"):
        return success(built_in_types())
    return success([version.record for version in database.live("activityTypes")])


def paging_token(query: Query) -> Record:
    """Answer `activities/pagingtoken.json`."""
    since = query.instant("sinceDatetime")
    if since is None:
        raise Refusal("1003", "sinceDatetime not specified")
    return {"success": True, "nextPageToken": _write(since, ())}


def activities(database: Database, query: Query) -> Record:
    """Answer `activities.json`: one to ten types, optionally of some leads, assets or a list."""
    kinds = {whole(kind) for kind in query.all("activityTypeIds", most=10)}
    if not kinds:
        raise Refusal("1003", "activityTypeIds not specified")
    leads = set(query.all("leadIds", most=30))
    assets = set(query.all("assetIds"))
    members = _list(database, query)

    def wanted(item: Dated) -> bool:
        if item.kind not in kinds or (leads and item.lead not in leads):
            return False
        if members is not None and item.lead not in members:
            return False
        return not assets or str(field(item.record, "primaryAttributeValueId")) in assets

    return walk(database, database.activities(), query, wanted, lambda item: item.record)


def walk(
    database: Database,
    items: list[Dated],
    query: Query,
    wanted: Callable[[Dated], bool],
    written: Callable[[Dated], Record],
) -> Record:
    """Give one page of a stream of dated items from where the token stands."""
    size, (since, guid) = query.batch_size(), _read(query.required("nextPageToken"))
    if guid:
        at = bisect_right(items, (since, guid), key=lambda item: item[:2])
    else:
        at = bisect_left(items, since, key=lambda item: item.at)
    found: list[Record] = []
    last = min(len(items), at + STEP * size)
    while at < last and len(found) < size:
        if wanted(items[at]):
            found.append(written(items[at]))
        at += 1
    more = at < len(items)
    position = max([(since, guid), *[item[:2] for item in items[at - 1 : at]]])
    token = _write(*(position if more else max(position, (database.now(), ()))))
    head = {"success": True, "nextPageToken": token, "moreResult": more}
    return head if more and not found else head | {"result": found}


def _list(database: Database, query: Query) -> set[str] | None:
    key = query.one("listId")
    if key is None:
        return None
    members = {str(field(version.record, "leadId")) for _, version in database.list_members(key)}
    if len(members) >= LIST_LIMIT:
        raise Refusal("1003", f"Total membership size: {len(members)} exceeds the limit allowed {LIST_LIMIT:,}")
    return members


def _write(since: datetime, guid: Key) -> str:
    name = "" if not guid else guid[2] or guid[1]
    return write_token(f"{since.isoformat()},{name}")


def _read(token: str) -> tuple[datetime, Key]:
    text, comma, guid = read_token(token).partition(",")
    since = parse_instant(text)
    if since is None or not comma:
        raise Refusal("1003", f"Invalid nextPageToken: {token}")
    return since, id_key(guid) if guid else ()
