"""Stripe over `/v1`: lists by creation, changes by events, long nested lists by their own link.

Stripe stamps no changes: an object's stamp is its newest event, else its creation. Everything is taken whole, whatever
`start_at` says. Objects that events of the asked days name and that were created before are asked for by id. Events live
thirty days: a range that begins before them and reaches to today is asked for from the beginning, so that no change is lost.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.contracts.stripe import RECORDS
from mpm_pipeline.errors import CredentialsRefused, SourceUnavailable
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.auth import Header
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.connector import Connector, Days, Known, Page, Shown, require
from mpm_pipeline.sources.page import Broken, read, read_all
from mpm_pipeline.sources.reply import Rejected, Reply, TokenExpired, Transient, judge_status
from mpm_pipeline.sources.stripe.events import Event, Told

EVENTS_LIVE = timedelta(days=30)
PAGE_SIZE = "100"
MOST_ASKED = 200
"""So many customers who are not listed are asked for one by one; where more are missing, something else has happened."""
STREAMS = {stream_of(contract).name: stream_of(contract) for contract in RECORDS}
LISTED = (
    "customers", "prices", "subscriptions", "invoices", "invoice_payments", "charges", "refunds", "credit_notes",
)  # fmt: skip
NESTED = {
    "invoices": ("lines", "invoice_lines", "invoice"),
    "subscriptions": ("items", "subscription_items", "subscription"),
}
"""Streams with a nested list: its name, the stream of those that are too long, and the name of the parent there."""


class _List(msgspec.Struct):
    has_more: bool = False
    url: str = ""


class _Head(msgspec.Struct):
    """What we must know of an object to stamp it and to go on after it."""

    id: Any = None
    created: Any = None
    deleted: Any = None
    lines: Any = None
    items: Any = None


def connect(settings: Settings, limits: Limits | None = None) -> list[Connector]:
    """Return the connector of one account."""
    return [StripeAccount(settings, limits)]


class StripeAccount(Connector):
    """One account, read with a secret or restricted key."""

    source = "stripe"
    horizon_days = EVENTS_LIVE.days

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        section = settings.stripe
        (key,) = require(settings, "stripe", "api_key")
        self.client = Client(
            "stripe",
            section.url,
            auth=Header("Authorization", f"Bearer {key}", ("api_key",)),
            instance_hosts=tuple(section.instance_hosts),
            file_hosts=tuple(section.file_hosts),
            ca_file=section.ca_file,
            judge=_judge,
            headers={"Stripe-Version": section.version},
            limits=limits or Limits(),
        )

    def probe(self) -> datetime | None:
        """Ask for one customer and return the server's time."""
        self.client.get("v1/customers", _page, params={"limit": "1"})
        return self.client.newest_date

    def read(self, days: Days) -> Iterator[Page]:
        """Yield the events of these days, then stream by stream what was created in them or named by them."""
        told = Told()
        yield from self._events(days.since, days.ends_at, told)
        lost_events = days.starts_at < days.as_of - EVENTS_LIVE and days.last >= days.as_of.date()
        since = None if lost_events else days.since
        for name in LISTED:
            long_ones: dict[str, tuple[_Head, str | None]] = {}
            listed: set[str] = set()
            for page, heads in self._created(name, since, days.ends_at, told):
                listed |= {head.id for head in heads if isinstance(head.id, str)}
                long_ones |= _with_more(name, heads, page.stamps)
                yield page
            for page, heads in self._by_id(name, told, listed):
                long_ones |= _with_more(name, heads, page.stamps)
                yield page
            if name in NESTED:
                yield from self._whole(name, long_ones)

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        """Yield the ids of everything that is listed, and of customers who are not, those whom the vendor calls deleted."""
        for name in LISTED:
            stream, listed = STREAMS[name], set[str]()
            yield Shown(Page(stream))
            for page, heads in self._created(name, None, as_of + timedelta(days=1), Told()):
                listed |= {head.id for head in heads if isinstance(head.id, str)}
                yield Shown(
                    Page(
                        stream,
                        [msgspec.json.encode({"id": head.id, "created": head.created}) for head in heads],
                        page.stamps,
                    )
                )
            missing = [key for key in known(stream) if key not in listed] if name == "customers" else []
            told = [body for body in map(self._customer, missing[:MOST_ASKED]) if body is not None]
            yield Shown(Page(stream, told))

    def _customer(self, key: str) -> bytes | None:
        try:
            return self.client.get(f"v1/customers/{quote(key, safe='')}", _object)
        except Rejected as error:
            if error.status == 404:
                return None
            raise

    def watch(self, first_day: date, as_of: datetime) -> Iterator[Page]:
        """Yield what was created in the last thirty days, and what their events hold of older objects.

        It begins an hour after the oldest event: of an object whose events have just gone we would tell another stamp than
        the one under which it landed.
        """
        days = Days.back_from(as_of, self.horizon_days, first_day)
        since = max(days.starts_at, as_of - EVENTS_LIVE + timedelta(hours=1))
        told = Told()
        yield from self._events(since, days.ends_at, told)
        for name in LISTED:
            listed: set[str] = set()
            for page, heads in self._created(name, since, days.ends_at, told):
                listed |= {head.id for head in heads if isinstance(head.id, str)}
                yield page
            kept = [key for key in told.named[name] if key not in listed and key not in told.deleted[name]]
            payloads = [told.named[name][key] for key in kept]
            yield Page(STREAMS[name], payloads, [str(told.newest[name, key]) for key in kept], told.tombstones(name))

    def close(self) -> None:
        """Give connections back."""
        self.client.close()

    def _events(self, since: datetime | None, ends_at: datetime, told: Told) -> Iterator[Page]:
        """Yield the events of a span; those after it tell newer stamps and are not landed."""
        ends = ends_at.timestamp()
        stream = STREAMS["events"]
        for rows in self._list("v1/events", _between(since, None)):
            events = read_all(rows, Event, Event(0))
            asked = [event.created < ends for event in events]
            for event, is_asked in zip(events, asked, strict=True):
                told.take(event, is_asked)
            yield Page(stream, [row for row, is_asked in zip(rows, asked, strict=True) if is_asked])

    def _created(
        self, name: str, since: datetime | None, ends_at: datetime, told: Told
    ) -> Iterator[tuple[Page, list[_Head]]]:
        """Yield pages of what was created in a span, stamped."""
        params = _between(since, ends_at) | ({"status": "all"} if name == "subscriptions" else {})
        try:
            for rows in self._list(f"v1/{name}", params):
                heads = read_all(rows, _Head)
                yield Page(STREAMS[name], rows, [told.stamp(name, head.id, head.created) for head in heads]), heads
        except Rejected as error:
            if name != "invoice_payments" or error.status != 404:  # accounts held before 2025 have no such list
                raise

    def _by_id(self, name: str, told: Told, listed: set[str]) -> Iterator[tuple[Page, list[_Head]]]:
        """Yield, one by one, objects that events name and that were not listed, and tombstones of deleted ones."""
        tombstones = told.tombstones(name)
        for key in sorted(told.named[name].keys() - listed - told.deleted[name].keys()):
            try:
                body = self.client.get(f"v1/{name}/{quote(key, safe='')}", _object)
            except Rejected as error:
                if error.status == 404:
                    continue
                raise
            head = read(body, _Head)
            if head.deleted is True:
                tombstones.append((key, str(told.newest[name, key])))
                continue
            yield Page(STREAMS[name], [body], [told.stamp(name, head.id, head.created)]), [head]
        yield Page(STREAMS[name], deleted=tombstones), []

    def _whole(self, name: str, long_ones: Mapping[str, tuple[_Head, str | None]]) -> Iterator[Page]:
        """Yield, for each object whose nested list was cut, one record that holds the list whole."""
        part, overflow, parent = NESTED[name]
        stream = STREAMS[overflow]
        yield Page(stream)
        for key, (head, stamp) in long_ones.items():
            link = _nested(head, part).url or f"v1/{name}/{quote(key, safe='')}/{part}"
            try:
                rows = [row for page in self._list(link, {}) for row in page]
            except Rejected as error:
                if error.status == 404:
                    continue
                raise
            heading = msgspec.json.encode({parent: key, "created": head.created})
            yield Page(stream, [heading[:-1] + b',"data":[' + b",".join(rows) + b"]}"], [stamp])

    def _list(self, link: str, params: Mapping[str, str]) -> Iterator[list[bytes]]:
        """Yield the pages of a list; a cursor that vanished meanwhile is replaced by the one before it.

        A page that leads nowhere or back, or that a 404 stands for, is asked for once more before it is believed.
        """
        cursors: list[str] = []
        used: set[str] = set()
        is_second = False
        while True:
            cursor = {"starting_after": cursors[-1]} if cursors else {}
            try:
                rows, has_more = self.client.get(link, _page, params={"limit": PAGE_SIZE, **params, **cursor})
            except Rejected as error:
                if error.code == "resource_missing" and len(cursors) > 1:
                    cursors.pop()
                elif (
                    error.status != 404 or error.code or not cursors or is_second
                ):  # such a 404 is not the vendor's word
                    raise
                is_second = True
                continue
            ids = [head.id for head in read_all(rows, _Head) if isinstance(head.id, str)]
            is_odd = bool(cursors and not rows) or bool(has_more and (not ids or ids[-1] in used))
            if is_odd and not is_second:  # the page before announced another one than this, so it is asked for twice
                is_second = True
                continue
            yield rows
            if not has_more:
                return
            if is_odd:
                raise SourceUnavailable(f"stripe: the list {link.split('?')[0]} does not go on after its last object")
            cursors, is_second = ids, False
            used.add(cursors[-1])


def _page(reply: Reply) -> tuple[list[bytes], bool]:
    """Read one page of a list; Transient when it cannot be one (an error in disguise, an emptied page)."""
    page = reply.page("data")
    has_more = page.fields.get("has_more")
    if page.rows is None or not isinstance(has_more, bool):
        raise Transient("the answer is no list")
    if has_more and not page.rows:
        raise Transient("an empty page says that there is more")
    return page.rows, has_more


def _object(reply: Reply) -> bytes:
    """Read one object as it came."""
    found = reply.json()
    if not isinstance(found, dict) or "id" not in found:
        raise Transient("the answer is no object")
    return reply.body.strip()


def _judge(reply: Reply) -> None:
    """Judge by status, error code and the vendor's own word on retrying; messages may hold data and are never shown."""
    if 200 <= reply.status < 300:
        return
    code = _code(reply)
    wish = reply.headers.get("stripe-should-retry", "").lower()
    if reply.status == 401:
        raise TokenExpired
    if reply.status == 403:
        raise CredentialsRefused("answered 403: the key lacks the permission to read this")
    if wish == "true" or reply.status in (409, 429) or code in ("rate_limit", "lock_timeout"):
        raise Transient(f"answered {reply.status} {code}".rstrip(), is_wish_doubtful=True)
    if wish == "false" or 400 <= reply.status < 500:
        raise Rejected(f"answered {reply.status} {code}".rstrip(), reply.status, code)
    judge_status(reply)


def _code(reply: Reply) -> str:
    try:
        error = reply.json()["error"]
        code = str(error.get("code") or error.get("type") or "")
    except (Broken, TypeError, KeyError, AttributeError):
        return ""
    return code[:60] if code.replace("_", "").isalnum() else ""


def _with_more(name: str, heads: list[_Head], stamps: Any) -> dict[str, tuple[_Head, str | None]]:
    """Return the objects of a page whose nested list was cut, with their stamps."""
    if name not in NESTED:
        return {}
    part = NESTED[name][0]
    return {
        head.id: (head, stamp)
        for head, stamp in zip(heads, stamps or (), strict=False)
        if isinstance(head.id, str) and _nested(head, part).has_more
    }


def _nested(head: _Head, part: str) -> _List:
    try:
        return msgspec.convert(getattr(head, part), _List)
    except msgspec.ValidationError:
        return _List()


def _between(since: datetime | None, ends_at: datetime | None) -> dict[str, str]:
    bounds = {"created[gte]": since, "created[lt]": ends_at}
    return {name: str(int(bound.timestamp())) for name, bound in bounds.items() if bound is not None}
