"""LinkedIn's two ways of paging, and the member records behind them.

Older finders page by `start` and `count`, the advertising ones by `pageSize` and an opaque `pageToken`. URNs and plain
numbers name the same thing, so ids are compared by the URN's last part.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from mpm_pipeline.simulator.clocked import Clocked
from mpm_pipeline.simulator.linkedin.restli import Value, invalid, number_of
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.site import Site
from mpm_pipeline.simulator.world import Version

Record = dict[str, Any]
Query = dict[str, Value]


def tail(urn: Any) -> str:
    """Give the last part of a URN, or a plain id as text: `urn:li:organization:1` and 1 are both `1`."""
    return str(urn).rpartition(":")[2]


def type_of(urn: Any) -> str:
    """Give the type in a URN, as in `sponsoredCampaign`; empty for anything else."""
    parts = str(urn).split(":")
    return parts[2] if len(parts) > 3 and parts[:2] == ["urn", "li"] else ""


def _number(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdigit() else (0, key)


class Members:
    """The records that the token sees now, by stream."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.clocked = Clocked(site.clock)

    def versions(self, stream: str) -> list[Version]:
        """Give the live versions of a stream by rising id."""
        return self.clocked.once((stream, "versions"), lambda: self._read(stream))

    def rows(self, stream: str) -> list[Record]:
        """Give a stream's live records by rising id."""
        return self.clocked.once(stream, lambda: [version.record for version in self.versions(stream)])

    def _read(self, stream: str) -> list[Version]:
        versions = [version for version in self.site.visible(stream) if not version.deleted]
        return sorted(versions, key=lambda version: _number(tail(version.key)))

    def get(self, stream: str, key: Any) -> Record | None:
        """Give one live record by id or URN."""
        index = self.clocked.once(
            (stream, "index"), lambda: {tail(field(record, "id")): record for record in self.rows(stream)}
        )
        return index.get(tail(key))

    def grouped(self, stream: str, name: str, key_of: Callable[[Record], str]) -> dict[str, list[Record]]:
        """Give a stream's live records by some key of theirs."""

        def build() -> dict[str, list[Record]]:
            groups: dict[str, list[Record]] = {}
            for record in self.rows(stream):
                groups.setdefault(key_of(record), []).append(record)
            return groups

        return self.clocked.once((stream, name), build)


def offset_page(rows: list[Record], query: Query, path: str, *, maximum: int = 100) -> Record:
    """Cut a page by `start` and `count` (10 where it is absent), with the links to its neighbours."""
    start, count = number_of(query, "start", 0) or 0, number_of(query, "count", 10) or 0
    if start < 0 or not 0 <= count <= maximum:
        raise invalid(f"Invalid paging: start must not be negative, count must be between 0 and {maximum}")
    links = []
    for rel, at in (("prev", start - count), ("next", start + count)):
        if count and (0 <= at < len(rows) if rel == "next" else at >= 0):
            links.append({"rel": rel, "href": f"{quote(path)}?start={at}&count={count}", "type": "application/json"})
    paging = {"start": start, "count": count, "links": links, "total": len(rows)}
    return {"paging": paging, "elements": rows[start : start + count]}


def cursor_page(rows: list[Record], query: Query, *, default: int = 100, maximum: int = 1000) -> Record:
    """Cut a page by `pageSize` and `pageToken`; the token is absent on the last page."""
    size = number_of(query, "pageSize", default) or 0
    if not 1 <= size <= maximum:
        raise invalid(f"Invalid pageSize {size}: it must be between 1 and {maximum}")
    token = query.get("pageToken")
    start = _place(rows, str(token)) if token else 0
    found = rows[start : start + size]
    more = start + size < len(rows)
    return {"metadata": {"nextPageToken": _token(found[-1])} if more else {}, "elements": found}


def _token(record: Record) -> str:
    text = f"after:{tail(field(record, 'id'))}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(rows: list[Record], token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("Invalid pageToken") from error
    word, _, key = text.partition(":")
    if word != "after":
        raise invalid("Invalid pageToken")
    after = _number(key)
    return sum(1 for record in rows if _number(tail(field(record, "id"))) <= after)
