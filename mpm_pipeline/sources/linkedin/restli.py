"""LinkedIn's Rest.li 2.0: queries written by hand, the version header, two ways of paging, what an error means.

Parentheses, commas and colons of the structure stand raw and everything inside is percent-encoded, which no URL builder does.
A long query is tunnelled as a form of a POST. Every call names a monthly version; without one in the settings it is chosen by
the server's own clock, since versions live twelve months and that clock may stand anywhere.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from mpm_pipeline.errors import CredentialsRefused, SourceUnavailable
from mpm_pipeline.sources.client import Client
from mpm_pipeline.sources.page import read
from mpm_pipeline.sources.reply import Rejected, Reply, TokenExpired, Transient, judge_status

T = TypeVar("T")

LONGEST_QUERY = 4_000
MONTHS_BACK = (2, 1, 3, 4, 0, 6, 9, 12)
KNOWN_VERSIONS = ("202609", "202607", "202603")
TUNNEL = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
OFFSET_PAGE, CURSOR_PAGE = 100, 500
MOST_SCANS = 4
MOST_STALE = 3
"""Pages in a row that bring nothing new, after which a finder is not asked on."""


class Forbidden(CredentialsRefused):
    """The token may not read this; other things it may."""


class _Head(msgspec.Struct):
    """The fields of a record by which it is placed, asked for and told apart."""

    id: Any = None
    lastModified: Any = None  # noqa: N815
    created: Any = None
    submittedAt: Any = None  # noqa: N815
    changeAuditStamps: Any = None  # noqa: N815
    reference: Any = None
    organizationalTarget: Any = None  # noqa: N815
    organization: Any = None


def head(row: bytes) -> _Head:
    """Read the head of a record; one that cannot be read has none and ends in quarantine later."""
    return read(row, _Head)


def stamp(row: bytes) -> str | None:
    """Return when a record was changed, in milliseconds, from whichever place tells it; else when it was made."""
    told = head(row)
    audit = told.changeAuditStamps if isinstance(told.changeAuditStamps, dict) else {}
    for at in (told.lastModified, audit.get("lastModified"), told.created, audit.get("created")):
        at = at.get("time") if isinstance(at, dict) else at
        if isinstance(at, int | float) and at > 0:
            return str(int(at))
    return None


def tail(urn: Any) -> str:
    """Return the last part of a URN, or a plain id as text."""
    return str(urn).rpartition(":")[2]


def encoded(text: str) -> str:
    """Encode a value that stands inside a structure."""
    return quote(text, safe="")


def many(values: Iterable[str]) -> str:
    """Write a list."""
    return f"List({','.join(encoded(value) for value in values)})"


def day(at: date) -> str:
    """Write a day."""
    return f"(year:{at.year},month:{at.month},day:{at.day})"


def milliseconds(at: datetime) -> int:
    """Return an instant as LinkedIn counts it."""
    return int(at.timestamp() * 1000)


def query(**parts: str) -> str:
    """Join parameters whose values are already written as Rest.li wants them."""
    return "&".join(f"{name}={value}" for name, value in parts.items())


class Restli:
    """One token's way to ask; `version` empty: chosen at the first call."""

    def __init__(self, client: Client, root: str, version: str) -> None:
        self.client = client
        self.root = root
        self.version = version
        self._set(version)

    def get(self, path: str, read: Callable[[Reply], T], asked: str = "") -> T:
        """Ask for a path below `rest/` with a query written by `query`."""
        if not self.version:
            self._choose()
        return self._ask(path, read, asked)

    def rows(self, path: str, asked: str) -> list[bytes]:
        """Ask for records that come without pages; an empty answer is asked for twice before it is believed."""
        return self.get(path, elements, asked) or self.get(path, elements, asked)

    def by_offset(self, path: str, **parts: str) -> Iterator[list[bytes]]:
        """Yield the pages of a finder that pages by `start` and `count`; some tell a total, some tell a wrong one.

        A server may give fewer rows a page than were asked for: then its own link or `count` says that there are more.
        A total that changes on the way, or that is more than the rows that came, says that rows came or went and places shifted:
        then all pages are read once more. A page of nothing but rows that came is asked for twice; after some of them the server
        does not page at all, which is an error unless only its `count` spoke for more.
        """
        start, has_more, scans, stale = 0, True, 1, 0
        seen: set[bytes] = set()
        came: set[bytes] = set()
        counted: int | None = None
        while has_more:
            place = start
            asked = query(**parts, start=str(place), count=str(OFFSET_PAGE))
            rows, total, more_by = self.get(path, lambda reply: _offset_page(reply, place), asked)  # noqa: B023
            if total is None and came.issuperset(rows):
                rows, total, more_by = self.get(path, lambda reply: _offset_page(reply, place), asked)  # noqa: B023
            yield rows
            is_old = bool(rows) and came.issuperset(rows) and (total is None or place >= total)
            stale = stale + 1 if is_old else 0
            if stale == MOST_STALE and (more_by != "count" or len(rows) == OFFSET_PAGE):
                raise SourceUnavailable(f"linkedin: {path} does not go on after a page; run again later")
            came.update(rows)
            seen.update(rows)
            has_changed = counted is not None and total is not None and total != counted
            counted = total if counted is None else counted
            start += len(rows)
            is_below = start < total if total is not None and total >= start else len(rows) == OFFSET_PAGE
            has_more = (bool(more_by) or is_below) and stale < MOST_STALE
            is_short = not has_more and total is not None and len(seen) < total
            if (has_changed or is_short) and scans < MOST_SCANS:
                start, counted, scans, has_more = 0, None, scans + 1, True
                came.clear()

    def by_cursor(self, path: str, **parts: str) -> Iterator[list[bytes]]:
        """Yield the pages of a finder that pages by `pageToken`."""
        token: dict[str, str] = {}
        used: set[str] = set()
        while True:
            asked = query(**parts, pageSize=str(CURSOR_PAGE), **token)
            rows, following = self.get(path, _cursor_page, asked)
            if not rows:
                rows, following = self.get(path, _cursor_page, asked)
            yield rows
            if not following:
                return
            if following in used:
                raise SourceUnavailable(f"linkedin: {path} does not go on after a page; run again later")
            used.add(following)
            token = {"pageToken": encoded(following)}

    def _ask(self, path: str, read: Callable[[Reply], T], asked: str) -> T:
        link = f"{self.root}{path}"
        if len(asked) <= LONGEST_QUERY:
            return self.client.get(link, read, query=asked or None)
        return self.client.post(link, read, content=asked.encode(), headers=TUNNEL)

    def _choose(self) -> None:
        """Take the first version that the server takes, beginning two months before its own day."""
        asked = query(q="search", pageSize="1")
        told = self.client.get(f"{self.root}adAccounts", lambda reply: reply.date, query=asked, judge=lambda _: None)
        months = [] if told is None else [told.year * 12 + told.month - 1 - back for back in MONTHS_BACK]
        tried = [*(f"{month // 12}{month % 12 + 1:02}" for month in months), *KNOWN_VERSIONS]
        for version in dict.fromkeys(tried):
            self._set(version)
            try:
                self._ask("adAccounts", _cursor_page, asked)
            except Rejected as error:
                if error.status != 426:
                    raise
                continue
            self.version = version
            return
        raise SourceUnavailable("linkedin: no version of the API that we know is active; set linkedin.version (YYYYMM)")

    def _set(self, version: str) -> None:
        self.client.headers = {
            "Accept": "application/json",
            "X-Restli-Protocol-Version": "2.0.0",
            **({"LinkedIn-Version": version} if version else {}),
        }


def elements(reply: Reply) -> list[bytes]:
    """Read the records of an answer; Transient when it has no list of them (an error in disguise)."""
    return _page(reply)[0]


def entity(reply: Reply) -> bytes:
    """Read one record as it came."""
    found = reply.json()
    if not isinstance(found, dict) or "id" not in found:
        raise Transient("the answer is no record")
    return reply.body.strip()


def judge(reply: Reply) -> None:
    """Judge by status and code; messages may hold data and are never shown."""
    if 200 <= reply.status < 300:
        return
    code = _code(reply)
    if reply.status == 401:
        raise TokenExpired
    if reply.status == 403:
        raise Forbidden(f"answered 403 {code}: the token lacks the right to read this")
    if reply.status == 426:
        raise Rejected(
            f"answered 426 {code}: this version of the API is not active; leave linkedin.version empty or set a newer one",
            426,
            code,
        )
    if reply.status == 429:
        raise Transient("answered 429: the quota of this call is used up; if for the day, it recovers at 00:00 UTC")
    if 400 <= reply.status < 500 and code:
        raise Rejected(f"answered {reply.status} {code}", reply.status, code)
    judge_status(reply)


def now(client: Client, otherwise: datetime) -> datetime:
    """Return the server's clock, by which it refuses days."""
    return (client.newest_date or otherwise).astimezone(UTC)


def _offset_page(reply: Reply, start: int) -> tuple[list[bytes], int | None, str]:
    """Read the rows of a page, the total that it tells, and by what it says that there are more."""
    rows, fields = _page(reply)
    paging = fields.get("paging")
    paging = paging if isinstance(paging, Mapping) else {}
    total, told = paging.get("total"), paging.get("start")
    if isinstance(told, int) and told != start:
        raise Transient("another page came than the one that was asked for")
    total = total if isinstance(total, int) else None
    if not rows and total is not None and start < total:
        raise Transient("an empty page comes before the last record")
    return rows, total, _more_by(paging, len(rows), total) if rows else ""


def _more_by(paging: Mapping[str, Any], came: int, total: int | None) -> str:
    """Say by what a page tells of a next one: its link or, where no total is told, its being as full as the server makes them."""
    links = paging.get("links")
    following = [one for one in (links if isinstance(links, list) else []) if isinstance(one, Mapping)]
    if any(one.get("rel") == "next" for one in following):
        return "link"
    return "count" if total is None and paging.get("count") == came else ""


def _cursor_page(reply: Reply) -> tuple[list[bytes], str]:
    rows, fields = _page(reply)
    metadata = fields.get("metadata")
    following = metadata.get("nextPageToken") if isinstance(metadata, Mapping) else None
    return rows, following if isinstance(following, str) else ""


def _page(reply: Reply) -> tuple[list[bytes], dict[str, Any]]:
    page = reply.page("elements")
    if page.rows is None:
        raise Transient("the answer has no elements")
    return page.rows, page.fields


def _code(reply: Reply) -> str:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return ""
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z_]{1,60}", code) else ""
