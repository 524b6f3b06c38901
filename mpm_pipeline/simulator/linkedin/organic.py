"""LinkedIn's organic side: organisations, followers, page and share statistics by day, posts and comments.

Day statistics go back twelve months and are served two days late, as at the vendor; anything else asked of them is the
vendor's "Invalid timeIntervals parameter". Weeks and months are summed from a world's days.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from mpm_pipeline.simulator.linkedin.analytics import add_up
from mpm_pipeline.simulator.linkedin.pages import Members, Query, Record, offset_page, tail
from mpm_pipeline.simulator.linkedin.restli import LinkedInError, invalid, items_of, number_of, record_of, word_of
from mpm_pipeline.simulator.record_identity import field

STATISTICS = {
    "organizationalEntityFollowerStatistics": "organizationalEntity",
    "organizationalEntityShareStatistics": "organizationalEntity",
    "organizationPageStatistics": "organization",
}
"""Statistics endpoint -> its finder, which is also the name of the parameter with the organisation."""

OWNER_FIELDS = ("organizationalEntity", "organization", "entity")
DAY_MS = 86_400_000
LAG = timedelta(days=2)
ROLE_FINDERS = {"organizationalEntityAcls": "organizationalTarget", "organizationAcls": "organization"}
EDGES = {"COMPANY_FOLLOWED_BY_MEMBER", "CompanyFollowedByMember"}


def owner_of(record: Record) -> str:
    """Give the id of the organisation that a statistics row is about."""
    return next((tail(field(record, name)) for name in OWNER_FIELDS if field(record, name) is not None), "")


def organization_ids(members: Members) -> list[str]:
    """Name the organisations that the token sees: those in the world's file, and those with figures."""

    def build() -> list[str]:
        known = [tail(field(record, "id")) for record in members.rows("organizations")]
        streams = (*STATISTICS, "networkSizes")
        known += [owner_of(record) for stream in streams for record in members.rows(stream)]
        return list(dict.fromkeys(filter(None, known)))

    return members.clocked.once("organization ids", build)


def organization(members: Members, key: str) -> Record:
    """Answer `organizations/{id}`."""
    found = members.get("organizations", key)
    if found is None:
        raise LinkedInError(404, f"Could not find organization {key}", code="NOT_FOUND", service=100)
    return found


def roles(members: Members, query: Query, stream: str) -> Record:
    """Answer the organisations that the token's person administers."""
    if query.get("q") != "roleAssignee":
        raise invalid("Parameter 'q' must be 'roleAssignee'")
    name = ROLE_FINDERS[stream]
    person = "urn:li:person:simulator"
    rows: list[Record] = [
        {name: f"urn:li:organization:{key}", "role": "ADMINISTRATOR", "roleAssignee": person, "state": "APPROVED"}
        for key in organization_ids(members)
    ]
    for asked in ("role", "state"):
        rows = [row for row in rows if query.get(asked) in (None, row[asked])]
    return offset_page(rows, query, f"/rest/{stream}")


def network_size(members: Members, urn: str, query: Query) -> Record:
    """Answer the followers that an organisation has now."""
    if query.get("edgeType") not in EDGES:
        raise invalid("Parameter 'edgeType' must be COMPANY_FOLLOWED_BY_MEMBER")
    _permitted(members, urn)
    sizes = members.grouped("networkSizes", "by owner", owner_of)
    return sizes.get(tail(urn), [{"firstDegreeSize": 0}])[-1]


def statistics(members: Members, stream: str, query: Query) -> Record:
    """Answer followers, shares or page views of one organisation, by intervals or over its lifetime."""
    finder = STATISTICS[stream]
    owner = word_of(query, finder)
    if query.get("q") != finder or not owner:
        raise invalid(f"Parameters 'q={finder}' and '{finder}' are required")
    _permitted(members, owner)
    rows = members.grouped(stream, "by owner", owner_of).get(tail(owner), [])
    rows = _of_posts(rows, query)
    interval = record_of(query, "timeIntervals")
    if interval is None:
        elements = [row for row in rows if field(row, "timeRange") is None] or _lifetime(stream, rows)
    else:
        start, end, unit = _interval(members, interval)
        rows = [row for row in rows if start <= _ms(row, "start") and _ms(row, "end") <= end]
        elements = sorted(rows, key=lambda row: _ms(row, "start")) if unit == "DAY" else _by_unit(rows, unit)
    if "start" in query or "count" in query:
        return offset_page(elements, query, f"/rest/{stream}", maximum=1000)
    return {"paging": {"start": 0, "count": 10, "links": []}, "elements": elements}


def posts(members: Members, query: Query) -> Record:
    """Answer the posts of an author, newest first."""
    author = word_of(query, "author")
    if query.get("q") != "author" or not author:
        raise invalid("Parameters 'q=author' and 'author' are required")
    order = query.get("sortBy", "LAST_MODIFIED")
    if order not in ("LAST_MODIFIED", "CREATED"):
        raise invalid("Parameter 'sortBy' must be LAST_MODIFIED or CREATED")
    name = "lastModifiedAt" if order == "LAST_MODIFIED" else "createdAt"
    rows = [row for row in members.rows("posts") if field(row, "author") == author]
    rows.sort(key=lambda row: _whole(field(row, name)), reverse=True)
    return offset_page(rows, query, "/rest/posts")


def post(members: Members, urn: str) -> Record:
    """Answer one post."""
    found = next((row for row in members.rows("posts") if field(row, "id") == urn), None)
    if found is None:
        raise LinkedInError(404, f"Could not find post {urn}", code="NOT_FOUND", service=100)
    return found


def comments(members: Members, urn: str, query: Query) -> Record:
    """Answer the comments on a post."""
    return offset_page(_comments(members, urn), query, f"/rest/socialActions/{urn}/comments")


def social_metadata(members: Members, urn: str) -> Record:
    """Answer the summary of reactions and comments of a post."""
    return {"entity": urn, "reactionSummaries": {}, "commentSummary": {"count": len(_comments(members, urn))}}


def _comments(members: Members, urn: str) -> list[Record]:
    names = ("object", "post", "entity")
    return [row for row in members.rows("comments") if any(field(row, name) == urn for name in names)]


def _permitted(members: Members, urn: str) -> None:
    if tail(urn) not in organization_ids(members):
        raise LinkedInError(403, f"Not enough permissions to access: {urn}", code="ACCESS_DENIED", service=100)


def _of_posts(rows: list[Record], query: Query) -> list[Record]:
    for parameter, name in (("shares", "share"), ("ugcPosts", "ugcPost")):
        if parameter in query:
            wanted = set(items_of(query, parameter))
            return [row for row in rows if field(row, name) in wanted]
    return [row for row in rows if field(row, "share") is None and field(row, "ugcPost") is None]


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _ms(row: Record, side: str) -> int:
    given = _whole(field(row, f"timeRange.{side}"))
    return given or (_ms(row, "start") + DAY_MS if side == "end" else 0)


def _interval(members: Members, interval: Record) -> tuple[int, int, str]:
    wrong = LinkedInError(400, "Invalid timeIntervals parameter", code="ILLEGAL_ARGUMENT", service=100)
    unit, span = word_of(interval, "timeGranularityType"), interval.get("timeRange")
    if unit not in ("DAY", "WEEK", "MONTH") or not isinstance(span, dict):
        raise wrong
    today = members.site.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    latest = int((today - LAG).timestamp() * 1000)
    start, end = number_of(span, "start"), number_of(span, "end", latest)
    leap_day = today.month == 2 and today.day == 29
    a_year_ago = today.replace(year=today.year - 1, day=28 if leap_day else today.day)
    oldest = int(a_year_ago.timestamp() * 1000)
    if start is None or end is None or start < oldest or end > latest or end <= start:
        raise wrong
    return start, end, unit


def _by_unit(rows: list[Record], unit: str) -> list[Record]:
    groups: dict[int, list[Record]] = {}
    for row in sorted(rows, key=lambda row: _ms(row, "start")):
        day = datetime.fromtimestamp(_ms(row, "start") / 1000, UTC)
        first = day.replace(day=1) if unit == "MONTH" else day - timedelta(days=day.weekday())
        groups.setdefault(int(first.timestamp() * 1000), []).append(row)
    return [_together(group) for group in groups.values()]


def _lifetime(stream: str, rows: list[Record]) -> list[Record]:
    if stream == "organizationalEntityFollowerStatistics" or not rows:
        return []
    whole = _together(sorted(rows, key=lambda row: _ms(row, "start")))
    return [{name: value for name, value in whole.items() if name != "timeRange"}]


def _together(rows: list[Record]) -> Record:
    """Add up day rows into one; `engagement` is a ratio and is worked out anew."""
    total = _added(rows)
    total["timeRange"] = {"start": _ms(rows[0], "start"), "end": _ms(rows[-1], "end")}
    share = total.get("totalShareStatistics")
    if isinstance(share, dict) and "engagement" in share:
        acts = sum(_whole(share.get(name)) for name in ("clickCount", "likeCount", "commentCount", "shareCount"))
        seen = _whole(share.get("impressionCount"))
        share["engagement"] = acts / seen if seen else 0.0
    return total


def _added(rows: list[Record]) -> Record:
    total: Record = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [field(row, name) for row in rows if name in row]
        if all(isinstance(value, dict) for value in values):
            total[name] = _added(values)
        else:
            numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
            total[name] = add_up(values) if numbers else values[0]
    return total
