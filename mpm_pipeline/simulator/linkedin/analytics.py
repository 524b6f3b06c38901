"""LinkedIn's adAnalytics: rows of a world summed up to the pivot, the days and the fields that a call asks for.

A world holds one row per pivot value and day. What a call asks of another pivot is summed from the finest rows that can
tell (campaign -> group -> account, creative -> campaign). At most 15,000 rows are answered, the rest silently not.
"""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from mpm_pipeline.simulator.linkedin.ads import account_of
from mpm_pipeline.simulator.linkedin.pages import Members, Query, Record, tail, type_of
from mpm_pipeline.simulator.linkedin.restli import Value, fields_of, invalid, items_of, project, record_of, word_of
from mpm_pipeline.simulator.record_identity import field

PIVOTS = {
    "sponsoredCampaign": "CAMPAIGN", "sponsoredAccount": "ACCOUNT", "sponsoredCampaignGroup": "CAMPAIGN_GROUP",
    "sponsoredCreative": "CREATIVE", "share": "SHARE", "ugcPost": "SHARE", "conversion": "CONVERSION",
    "llaPartnerConversion": "CONVERSION", "organization": "MEMBER_COMPANY", "title": "MEMBER_JOB_TITLE",
    "function": "MEMBER_JOB_FUNCTION", "seniority": "MEMBER_SENIORITY", "industry": "MEMBER_INDUSTRY",
    "country": "MEMBER_COUNTRY_V2", "region": "MEMBER_REGION_V2", "geo": "MEMBER_COUNTRY_V2",
}  # fmt: skip
FACETS = {
    "accounts": "ACCOUNT", "campaigns": "CAMPAIGN", "campaignGroups": "CAMPAIGN_GROUP", "creatives": "CREATIVE",
    "shares": "SHARE",
}  # fmt: skip
CLIMB = {
    ("CREATIVE", "CAMPAIGN"): ("creatives", "campaign"), ("CREATIVE", "CAMPAIGN_GROUP"): ("creatives", "campaign"),
    ("CAMPAIGN", "CAMPAIGN_GROUP"): ("adCampaigns", "campaignGroup"),
}  # fmt: skip
STREAMS = {"CREATIVE": "creatives", "CAMPAIGN": "adCampaigns", "CAMPAIGN_GROUP": "adCampaignGroups"}
PREFERRED = ("CAMPAIGN", "CAMPAIGN_GROUP", "CREATIVE")
DEFAULT_FIELDS = ["impressions", "clicks"]
FIELD_LIMIT = 20
ROW_LIMIT = 15_000
GRANULARITIES = ("ALL", "DAILY", "MONTHLY", "YEARLY")
STRUCTURE = ("dateRange", "pivotValues", "pivotValue", "pivot")


class Row(NamedTuple):
    """One row of the world with the URN it has for each pivot that it is about."""

    day: date
    urns: dict[str, str]
    record: Record


def analytics(members: Members, query: Query) -> Record:
    """Answer the finders `analytics` (one pivot) and `statistics` (up to three)."""
    pivots = _pivots(query)
    granularity = word_of(query, "timeGranularity")
    if granularity not in GRANULARITIES:
        raise invalid(f"Parameter 'timeGranularity' must be one of {', '.join(GRANULARITIES)}")
    fields = fields_of(query)
    if fields is not None and len(fields) > FIELD_LIMIT:
        raise invalid(f"Too many fields requested: {len(fields)}, the maximum is {FIELD_LIMIT}")
    facets = {pivot: {tail(item) for item in items_of(query, name)} for name, pivot in FACETS.items() if name in query}
    if not facets:
        raise invalid(f"At least one facet of {', '.join(FACETS)} is required")
    first, last = _range(members, query)
    groups: dict[tuple[date, date, tuple[str, ...]], list[Record]] = {}
    for row in _source(members, {*pivots, *facets}, tuple(pivots)):
        if not first <= row.day <= last:
            continue
        urns = {pivot: _climbed(members, row.urns, pivot) for pivot in {*pivots, *facets}}
        if all(tail(urns[pivot]) in wanted for pivot, wanted in facets.items()) and all(urns[p] for p in pivots):
            start, end = _bucket(row.day, granularity, first, last)
            groups.setdefault((start, end, tuple(urns[pivot] for pivot in pivots)), []).append(row.record)
    keys = sorted(groups)[:ROW_LIMIT]
    elements = [project(_summed(key, groups[key]), fields or DEFAULT_FIELDS) for key in keys]
    return {"paging": {"start": 0, "count": 10, "links": []}, "elements": elements}


def _pivots(query: Query) -> list[str]:
    finder = query.get("q")
    if finder == "analytics":
        pivots = [word_of(query, "pivot") or ""]
    elif finder == "statistics":
        pivots = [item.get("value", "") if isinstance(item, dict) else item for item in _as_list(query.get("pivots"))]
    else:
        raise invalid("Parameter 'q' must be 'analytics' or 'statistics'")
    if not 1 <= len(pivots) <= 3 or any(pivot not in PIVOTS.values() for pivot in pivots):
        raise invalid(f"Invalid pivot; one of {', '.join(sorted(set(PIVOTS.values())))} is required")
    return pivots


def _as_list(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _range(members: Members, query: Query) -> tuple[date, date]:
    given = record_of(query, "dateRange")
    if given is None or "start" not in given:
        raise invalid("Parameter 'dateRange' with its start is required")
    first = _date(given["start"])
    last = _date(given["end"]) if "end" in given else members.site.clock.now().date()
    if last < first:
        raise invalid("Invalid dateRange: the end is before the start")
    return first, last


def _date(value: Any) -> date:
    try:
        return date(int(value["year"]), int(value["month"]), int(value["day"]))
    except (KeyError, TypeError, ValueError) as error:
        raise invalid("Invalid date: it must be (year:2026,month:11,day:1)") from error


def _bucket(day: date, granularity: str, first: date, last: date) -> tuple[date, date]:
    if granularity == "DAILY":
        return day, day
    if granularity == "ALL":
        return first, last
    start = day.replace(day=1) if granularity == "MONTHLY" else day.replace(month=1, day=1)
    following = (start + timedelta(days=32 if granularity == "MONTHLY" else 366)).replace(day=1)
    return max(start, first), min(following - timedelta(days=1), last)


def _source(members: Members, needed: set[str], exact: tuple[str, ...]) -> list[Row]:
    """Give the rows of the one kind that can tell all that is needed: the asked kind itself where it can."""
    kinds = members.clocked.once("analytics rows", lambda: _rows_by_kind(members))
    for kind in (tuple(sorted(exact)), *((pivot,) for pivot in PREFERRED), *sorted(kinds)):
        if kind in kinds and all(_reaches(kind, pivot) for pivot in needed):
            return kinds[kind]
    return []


def _reaches(kind: tuple[str, ...], pivot: str) -> bool:
    if pivot in kind:
        return True
    return any((own, pivot) in CLIMB or (pivot == "ACCOUNT" and own in STREAMS) for own in kind)


def _rows_by_kind(members: Members) -> dict[tuple[str, ...], list[Row]]:
    kinds: dict[tuple[str, ...], list[Row]] = {}
    for version in members.versions("adAnalytics"):
        record = version.record
        values = field(record, "pivotValues") or field(record, "pivotValue")
        urns = {PIVOTS.get(type_of(urn), "OTHER"): str(urn) for urn in _as_list(values)}
        start = field(record, "dateRange.start")
        try:
            day = date(int(start["year"]), int(start["month"]), int(start["day"]))
        except (KeyError, TypeError, ValueError):
            day = (version.at - timedelta(days=1)).date()
        kinds.setdefault(tuple(sorted(urns)), []).append(Row(day, urns, record))
    return kinds


def _climbed(members: Members, urns: dict[str, str], pivot: str) -> str:
    known: dict[tuple[str, ...], str] = members.clocked.once("climbed", dict)
    key = (pivot, *urns.values())
    if key not in known:
        known[key] = _resolve(members, urns, pivot)
    return known[key]


def _resolve(members: Members, urns: dict[str, str], pivot: str) -> str:
    """Climb from a row's own URNs to the one that it belongs to; empty where nothing tells."""
    if pivot in urns:
        return urns[pivot]
    for own, urn in urns.items():
        if pivot == "ACCOUNT" and own in STREAMS:
            entity = members.get(STREAMS[own], urn) or {}
            account = account_of(members, entity)
            return f"urn:li:sponsoredAccount:{account}" if account else ""
        if (own, pivot) in CLIMB:
            stream, name = CLIMB[own, pivot]
            parent = field(members.get(stream, urn) or {}, name)
            if parent is None:
                return ""
            kind = "CAMPAIGN" if name == "campaign" else "CAMPAIGN_GROUP"
            return str(parent) if kind == pivot else _resolve(members, {kind: str(parent)}, pivot)
    return ""


def _summed(key: tuple[date, date, tuple[str, ...]], records: list[Record]) -> Record:
    start, end, urns = key
    if len(records) == 1 and start == end and records[0].get("pivotValues") == list(urns):
        return records[0]
    total: Record = {"dateRange": {"start": _parts(start), "end": _parts(end)}, "pivotValues": list(urns)}
    for name in dict.fromkeys(name for record in records for name in record if name not in STRUCTURE):
        total[name] = add_up([field(record, name) for record in records])
    return total


def _parts(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def add_up(values: list[Any]) -> Any:
    """Add up one metric: numbers as numbers, decimal strings as decimal strings, of anything else the first."""
    present = [value for value in values if value is not None]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in present):
        return sum(present)
    try:
        return format(sum((Decimal(str(value)) for value in present), Decimal(0)), "f")
    except InvalidOperation:
        return present[0]
