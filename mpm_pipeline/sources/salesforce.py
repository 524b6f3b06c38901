"""Salesforce over REST: client credentials, describe, queryAll by keyset, deleted ids; no Bulk API.

Only fields that an org describes are asked for. Things are read by their modification stamp, histories by their creation;
a cursor that dies is replaced by a new query from the last (stamp, id) seen. `start_at` cuts tasks and events alone.
Missed: hard deletes more than 15 days back, and roll-up or formula fields that change without a new stamp.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urljoin

import msgspec

from mpm_pipeline.contracts.record import Record, Stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.contracts.salesforce import RECORDS
from mpm_pipeline.errors import CredentialsRefused, SourceUnavailable
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.auth import Token
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.connector import Connector, Days, Known, Page, Shown, require
from mpm_pipeline.sources.page import Broken
from mpm_pipeline.sources.reply import Rejected, Reply, TokenExpired, Transient, judge_status

ACTIVITIES = frozenset({"Task", "Event"})
STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
RECYCLE_BIN = timedelta(days=15) - timedelta(hours=1)
QUOTA_SHARE = 0.95
RESTARTS = 5
PASSING = frozenset({"QUERY_TIMEOUT", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"})


class _Head(msgspec.Struct):
    """The fields of a row by which a query goes on."""

    Id: str | None = None
    SystemModstamp: str | None = None
    LastModifiedDate: str | None = None
    CreatedDate: str | None = None


_head = msgspec.json.Decoder(_Head).decode


class _CursorDied(Exception):
    """The cursor is no longer known: ask anew from the last row seen."""


class _CountDiffers(_CursorDied):
    """Other rows came than the query counts, so what was seen proves nothing: ask anew from the first row."""


@dataclass(frozen=True)
class _Plan:
    """How one object is asked: the described fields, and the one that orders its rows (None: it has no stamp)."""

    stream: Stream
    fields: tuple[str, ...]
    by: str | None
    has_deletes: bool


@dataclass
class _Progress:
    """Where one query stands: the last row seen, the ids of its rows, the links that were followed."""

    stamp: str | None = None
    row_id: str | None = None
    ids: set[str] = field(default_factory=set)
    unreadable: int = 0
    links: set[str] = field(default_factory=set)

    def heads(self, rows: list[bytes]) -> list[_Head]:
        return [_readable(row) for row in rows]

    def count_with(self, heads: list[_Head]) -> int:
        blank = sum(not head.Id for head in heads)
        return len(self.ids | {head.Id for head in heads if head.Id}) + self.unreadable + blank

    def take(self, heads: list[_Head], by: str | None) -> None:
        self.ids |= {head.Id for head in heads if head.Id}
        self.unreadable += sum(not head.Id for head in heads)
        for head in reversed(heads):
            if head.Id and (by is None or getattr(head, by)):
                self.row_id, self.stamp = head.Id, getattr(head, by) if by else None
                return

    def anew(self) -> None:
        self.ids.clear()
        self.links.clear()
        self.unreadable = 0


def connect(settings: Settings, limits: Limits | None = None) -> list[Connector]:
    """Return the connector of one org."""
    return [Salesforce(settings, limits)]


class Salesforce(Connector):
    """One org, read through a connected app's client credentials."""

    source = "salesforce"

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        section = settings.salesforce
        client_id, client_secret = require(settings, "salesforce", "client_id", "client_secret")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self.start_at = datetime.combine(section.start_at, time(), UTC)
        self._token = Token("services/oauth2/token", form, on_token=self._take_instance)
        self.client = Client(
            "salesforce",
            section.url,
            auth=self._token,
            instance_hosts=tuple(section.instance_hosts),
            file_hosts=tuple(section.file_hosts),
            ca_file=section.ca_file,
            judge=self._judge,
            headers={"Accept": "application/json", "Sforce-Query-Options": "batchSize=2000"},
            limits=limits or Limits(),
        )
        self._root = f"services/data/v{section.version.removeprefix('v')}/"
        self._instance = self.client.url
        self._plans: dict[str, _Plan | None] = {}
        self._used, self._allowed = 0, 0

    def probe(self) -> datetime | None:
        """Describe one object, which needs a token, and return the server's time."""
        self._plans.pop("Account", None)
        self.client.newest_date = None
        self._plan(next(one for one in RECORDS if stream_of(one).name == "Account"))
        return self.client.newest_date

    def read(self, days: Days) -> Iterator[Page]:
        """Yield object by object: rows of these days, then ids that were deleted in them."""
        for contract in RECORDS:
            plan = self._plan(contract)
            if plan is None:
                yield Page(stream_of(contract))
                continue
            yield from self._rows(plan, days)
            if plan.has_deletes:
                yield Page(plan.stream, deleted=self._deleted(plan.stream.name, days))

    def shown(self, first_day: date, as_of: datetime, known: Known) -> Iterator[Shown]:
        """Yield id, stamp and creation of every row, those in the recycle bin too."""
        for plan in filter(None, map(self._plan, RECORDS)):
            slim = replace(plan, fields=tuple(name for name in plan.fields if name in (*STAMPS, "IsDeleted")))
            days = Days(first_day, max(as_of.date(), first_day), True, as_of)
            yield from (Shown(page, is_read_by_stamp=True) for page in self._rows(slim, days))

    def close(self) -> None:
        """Give connections back."""
        self.client.close()

    def _rows(self, plan: _Plan, days: Days) -> Iterator[Page]:
        progress = _Progress()
        for _ in range(RESTARTS):
            try:
                yield from self._query(plan, _soql(plan, days, self.start_at, progress), progress)
                return
            except _CountDiffers:
                progress = _Progress()
            except _CursorDied:
                progress.anew()
        raise SourceUnavailable(f"salesforce: the query of {plan.stream.name} did not come whole in {RESTARTS} tries")

    def _query(self, plan: _Plan, soql: str, progress: _Progress) -> Iterator[Page]:
        link, params = self._root + "queryAll", {"q": soql}
        while True:
            rows, heads, following = self._get(link, lambda reply: _page(reply, progress), params)
            progress.take(heads, plan.by)
            own = None if plan.by in (None, plan.stream.stamp) or plan.stream.kind != "thing" else plan.by
            yield Page(plan.stream, rows, [getattr(head, own) for head in heads] if own else None, asked=plan.fields)
            if following is None:
                return
            if following in progress.links:
                raise _CursorDied
            progress.links.add(following)
            link, params = following, {}

    def _deleted(self, name: str, days: Days) -> list[tuple[str, str]]:
        """Return ids deleted in these days with their instant, as far back as the vendor tells (15 days)."""
        now = days.as_of.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        server = (
            self.client.newest_date or now
        )  # a long run has lasted since as-of, and the bin goes by the server's clock
        start = max(days.starts_at, max(now, server) - RECYCLE_BIN)
        return self._deleted_between(name, start, min(days.ends_at, now))

    def _deleted_between(self, name: str, start: datetime, end: datetime) -> list[tuple[str, str]]:
        if end - start < timedelta(minutes=1):
            return []
        params = {"start": _literal(start), "end": _literal(end)}
        try:
            return self._get(f"{self._root}sobjects/{name}/deleted/", _deleted_ids, params)
        except Rejected as error:
            if error.code in ("INVALID_TYPE", "INVALID_TYPE_FOR_OPERATION", "NOT_FOUND"):
                return []
            if error.code != "EXCEEDED_ID_LIMIT":
                raise
        middle = (start + (end - start) / 2).replace(second=0, microsecond=0)
        return self._deleted_between(name, start, middle) + self._deleted_between(name, middle, end)

    def _plan(self, contract: type[Record]) -> _Plan | None:
        """Describe an object once; None when the org has none of that name or hides it."""
        stream = stream_of(contract)
        if stream.name not in self._plans:
            try:
                described = self._get(f"{self._root}sobjects/{stream.name}/describe", _described, {})
            except Rejected as error:
                if error.status != 404 and error.code not in ("INVALID_TYPE", "NOT_FOUND"):
                    raise
                self._plans[stream.name] = None
                return None
            names = {str(one.get("name")) for one in described["fields"] if isinstance(one, dict)}
            wanted = tuple(name for name in contract.to_schema().columns if name in names)
            order = STAMPS if stream.kind == "thing" else ("CreatedDate",)
            by = next((name for name in order if name in names), None)
            tells = (
                stream.kind == "thing" and "IsDeleted" in names and described.get("replicateable", True) is not False
            )
            queried = described.get("queryable", True) is not False and "Id" in names
            self._plans[stream.name] = _Plan(stream, wanted, by, tells) if queried else None
        return self._plans[stream.name]

    def _get(self, link: str, read: Any, params: Mapping[str, str]) -> Any:
        if self._allowed and self._used >= QUOTA_SHARE * self._allowed:
            raise SourceUnavailable(
                f"salesforce: {self._used} of {self._allowed} requests of the daily quota are used; stopped so that "
                "others can work; what has landed stays, the same command goes on when the quota has recovered"
            )
        self._token.headers(self.client)  # the first token tells where the instance is
        return self.client.get(urljoin(self._instance, link), read, params=params)

    def _take_instance(self, client: Client, answer: Mapping[str, object]) -> None:
        """Follow the token's `instance_url`, but only to a host that may see the token."""
        told = answer.get("instance_url")
        if isinstance(told, str) and told:
            address, trusted = client.resolve(told.rstrip("/") + "/")
            if not trusted:
                raise CredentialsRefused("salesforce: instance_url names a file host, which never gets credentials")
            self._instance = address

    def _judge(self, reply: Reply) -> None:
        usage = re.search(r"api-usage=(\d+)/(\d+)", reply.headers.get("sforce-limit-info", ""))
        if usage:
            self._used, self._allowed = int(usage[1]), int(usage[2])
        if 200 <= reply.status < 300:
            return
        code, message = _error(reply)
        if reply.status == 401 or code == "INVALID_SESSION_ID":
            raise TokenExpired
        if code == "REQUEST_LIMIT_EXCEEDED":
            if "concurrent" in message.lower():
                raise Transient("too many requests at once")
            raise Rejected("the daily quota of requests is used up; run again when it has recovered", 403, code)
        if code == "INVALID_QUERY_LOCATOR":
            raise _CursorDied
        if code in PASSING:
            raise Transient(f"answered {reply.status} {code}")
        if reply.status == 403:
            raise CredentialsRefused(f"answered 403 {code}: the integration user lacks the right to read this")
        if 400 <= reply.status < 500 and code:
            raise Rejected(f"answered {reply.status} {code}", reply.status, code)
        judge_status(reply)


def _soql(plan: _Plan, days: Days, start_at: datetime, progress: _Progress) -> str:
    """Write the query of one object for these days, from the last row seen on."""
    fields = dict.fromkeys(("Id", *plan.fields, *((plan.by,) if plan.by else ())))
    lower = days.since
    if plan.stream.name in ACTIVITIES:
        lower = max(days.starts_at, start_at)
    conditions = []
    if plan.by is not None:
        conditions += [f"{plan.by} >= {_literal(lower)}"] if lower else []
        conditions.append(f"{plan.by} < {_literal(days.ends_at)}")
    if progress.row_id and plan.by is None:
        conditions.append(f"Id > '{_escaped(progress.row_id)}'")
    elif progress.row_id and progress.stamp:
        seen, last = _seen(progress.stamp), _escaped(progress.row_id)
        conditions.append(f"(({plan.by} = {seen} AND Id > '{last}') OR {plan.by} > {seen})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(fields)} FROM {plan.stream.name}{where} ORDER BY {f'{plan.by}, ' if plan.by else ''}Id"  # noqa: S608


def _page(reply: Reply, progress: _Progress) -> tuple[list[bytes], list[_Head], str | None]:
    """Read one page of a query; Transient when it cannot be what it says (an emptied or cut one, an error in disguise)."""
    page = reply.page("records")
    done, following = page.fields.get("done"), page.fields.get("nextRecordsUrl")
    total = page.fields.get("totalSize")
    if page.rows is None or not isinstance(done, bool) or not isinstance(total, int):
        raise Transient("the answer is no page of a query")
    heads = progress.heads(page.rows)
    if done:
        if progress.count_with(heads) == total:
            return page.rows, heads, None
        raise _CountDiffers if page.rows else Transient(f"the last page is empty but the query counts {total} rows")
    if not isinstance(following, str) or not page.rows:
        raise Transient("a page without rows or without a next one says that it is not the last")
    return page.rows, heads, following


def _deleted_ids(reply: Reply) -> list[tuple[str, str]]:
    found = reply.json()
    rows = found.get("deletedRecords") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise Transient("the answer lists no deleted records")
    return [(str(row["id"]), str(row["deletedDate"])) for row in rows if isinstance(row, dict) and row.get("id")]


def _described(reply: Reply) -> dict[str, Any]:
    found = reply.json()
    if not isinstance(found, dict) or not isinstance(found.get("fields"), list) or not found["fields"]:
        raise Transient("the answer describes no fields")
    return found


def _error(reply: Reply) -> tuple[str, str]:
    """Return code and message of an error, which REST sends as an array; the message may hold data and is never shown."""
    try:
        found = reply.json()
    except Broken:
        return "", ""
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict):
        return "", ""
    code = str(first.get("errorCode", ""))
    return code if re.fullmatch(r"[A-Z_]{1,60}", code) else "", str(first.get("message", ""))


def _readable(row: bytes) -> _Head:
    try:
        return _head(row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Head()


def _literal(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seen(stamp: str) -> str:
    """Write a stamp as it came as a literal of SOQL: `+0000` is no zone there."""
    return re.sub(r"\+00:?00$", "Z", stamp)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
