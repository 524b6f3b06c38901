"""Marketo's assets: programmes with tags and period costs, channels, smart campaigns, e-mails, static lists.

Paged by offset without a total; the end is a warning and no `result`. Dates are written `...Z+0000`. Browsing
programmes gives neither tags nor costs, by id gives tags, by name both when asked.
"""

from collections.abc import Callable
from datetime import datetime

from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.marketo.answers import Query, Record, Refusal, asset_success, id_key, paged, success
from mpm_pipeline.simulator.marketo.database import Database, seconds
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.world import Version

ASSET_LIMIT = 200
DETAILS = ("tags", "costs")
FILTERS = {"id": "id", "programId": "id", "folderId": "folder.value", "workspace": "workspace", "name": "name"}
SHAPED_FROM = {"staticLists": "lists", "smartCampaigns": "campaigns"}
KNOWN = (
    "programs", "channels", "smartCampaigns", "emails", "staticLists", "forms", "landingPages", "folders", "files",
    "snippets", "emailTemplates", "landingPageTemplates", "segmentation", "smartLists", "tagTypes",
)  # fmt: skip


def asset_date(at: datetime) -> str:
    """Write an instant as assets do, with both `Z` and an offset."""
    return f"{seconds(at)}+0000"


def is_asset(database: Database, stream: str) -> bool:
    """Say whether there are assets of this name: the vendor's, and whatever else a world brings."""
    return stream in KNOWN or stream in database.site.world.streams("marketo")


def browse(database: Database, stream: str, query: Query) -> Record:
    """Answer a list of assets."""
    size, offset = query.integer("maxReturn", 20), query.integer("offset", 0)
    if not 1 <= size <= ASSET_LIMIT or offset < 0:
        raise Refusal("701", f"maxReturn must be between 1 and {ASSET_LIMIT}, offset must not be negative")
    wanted = _filter(query)
    rows = [version for version in _versions(database, stream) if wanted(version)]
    return asset_success([_browsed(stream, version) for version in rows[offset : offset + size]])


def by_id(database: Database, stream: str, key: str) -> Record:
    """Answer one asset by id; a programme comes with its tags, its costs are null here."""
    found = next((version for version in _versions(database, stream) if version.key == key), None)
    if found is None:
        return asset_success([])
    record = _browsed(stream, found)
    if stream == "programs":
        record |= {"tags": found.record.get("tags"), "costs": None}
    return asset_success([record])


def by_name(database: Database, stream: str, query: Query) -> Record:
    """Answer one asset by name; a programme with tags and costs as asked for."""
    name = query.one("name")
    if name is None:
        raise Refusal("701", "name cannot be blank")
    found = next((version for version in _versions(database, stream) if field(version.record, "name") == name), None)
    if found is None:
        return asset_success([])
    record = _browsed(stream, found)
    for detail, asked in zip(DETAILS, ("includeTags", "includeCosts"), strict=True):
        if stream == "programs" and query.flag(asked):
            record |= {detail: found.record.get(detail)}
    return asset_success([record])


def campaigns(database: Database, query: Query) -> Record:
    """Answer `campaigns.json` of the lead database, paged by token."""
    wanted = {
        name: set(query.all(name))
        for name in ("id", "name", "programName", "workspaceName")
        if name in query.values
    }  # fmt: skip
    rows = [
        (id_key(version.key), version.record)
        for version in database.live("campaigns")
        if all(str(field(version.record, name)) in values for name, values in wanted.items())
    ]
    return paged(rows, query)


def campaign(database: Database, key: str) -> Record:
    """Answer `campaigns/{id}.json`."""
    found = database.by_key("campaigns").get(key)
    if found is None:
        raise Refusal("1013", f"Campaign not found: {key}")
    return success([found.record])


def _versions(database: Database, stream: str) -> list[Version]:
    given = stream in database.site.world.streams("marketo")
    return database.live(stream if given else SHAPED_FROM.get(stream, stream))


def _filter(query: Query) -> Callable[[Version], bool]:
    earliest, latest = query.instant("earliestUpdatedAt"), query.instant("latestUpdatedAt")
    if (earliest is None) != (latest is None):
        raise Refusal("701", "earliestUpdatedAt and latestUpdatedAt must be given together")
    kind, values, status = query.one("filterType"), set(query.all("filterValues")), query.one("status")
    if kind is not None and (kind not in FILTERS or not values):
        raise Refusal("1003", f"Invalid filterType '{kind}' or no filterValues")

    def wanted(version: Version) -> bool:
        if earliest is not None and latest is not None and not earliest <= _updated(version) <= latest:
            return False
        if kind is not None and str(field(version.record, FILTERS[kind])) not in values:
            return False
        return status is None or str(field(version.record, "status")).lower() == status.lower()

    return wanted


def _updated(version: Version) -> datetime:
    return parse_instant(field(version.record, "updatedAt")) or version.at


def _browsed(stream: str, version: Version) -> Record:
    record = version.record
    if stream == "programs":
        record = {name: value for name, value in record.items() if name not in DETAILS}
    if stream == "smartCampaigns" and "isActive" not in record and "active" in record:
        names = {"active": "isActive", "programId": "parentProgramId", "workspaceName": "workspace"}
        record = {names.get(name, name): value for name, value in record.items()}
    dates = {}
    for name in ("createdAt", "updatedAt"):
        given = field(record, name)
        at = parse_instant(given)
        if given is None:
            dates[name] = asset_date(version.at)
        elif stream in SHAPED_FROM and at is not None:
            dates[name] = asset_date(at)
    return record | dates
