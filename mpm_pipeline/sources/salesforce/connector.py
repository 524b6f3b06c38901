"""Salesforce over REST: client credentials, describe, queryAll by keyset, deleted ids; no Bulk API.

Only fields that an org describes are asked for. Things are read by their modification stamp, histories by their creation;
a cursor that dies is replaced by a new query from the last (stamp, id) seen, a query that times out by its halves. `start_at`
cuts tasks and events alone. How queries are written and pages read: queries.py; errors: answers.py.
Deletes more than 15 days back are left to the sweep; roll-up or formula fields that change without a new stamp are missed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urljoin

from mpm_pipeline.contracts.fields import fields
from mpm_pipeline.contracts.record import Record
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.contracts.salesforce import RECORDS
from mpm_pipeline.errors import ContractBroken, CredentialsRefused, SourceUnavailable
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.auth import Token
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.connector import Connector, Days, Known, Page, Shown, require
from mpm_pipeline.sources.reply import Rejected, Reply
from mpm_pipeline.sources.salesforce.answers import TIMED_OUT, deleted_ids, described, judge, usage
from mpm_pipeline.sources.salesforce.queries import (
    BEGINNING,
    CountDiffers,
    CursorDied,
    Plan,
    Progress,
    QueryPage,
    Span,
    TookTooLong,
    halves,
    literal,
    page_of,
    soql,
)

ACTIVITIES = frozenset({"Task", "Event"})
NEEDED = ("User", "Account", "Contact", "Lead", "Opportunity")
"""Objects that every org has: one that is not shown is hidden from our credentials."""

STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
RECYCLE_BIN = timedelta(days=15) - timedelta(hours=1)
QUOTA_SHARE = 0.95
RESTARTS = 5


def connect(settings: Settings, limits: Limits | None = None) -> list[Connector]:
    """Return the connector of one org."""
    return [Salesforce(settings, limits)]


class Salesforce(Connector):
    """One org, read through a connected app's client credentials."""

    source = "salesforce"
    remedy = "check what its credentials are allowed to read, or do without a field (setting salesforce.without_fields)"

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        section = settings.salesforce
        client_id, client_secret = require(settings, "salesforce", "client_id", "client_secret")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._without = frozenset(section.without_fields)
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
        self._plans: dict[str, Plan | None] = {}
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
                yield Page(stream_of(contract), is_hidden=True)
                continue
            yield from self._rows(plan, days)
            if plan.has_deletes:
                yield Page(plan.stream, deleted=self._deleted(plan.stream.name, days))
        hidden = [name for name in NEEDED if self._plans.get(name) is None]
        if hidden:
            words = "the org shows no object {} to these credentials, so what is counted of it is not known; check what they may read"
            raise ContractBroken(f"salesforce: {words.format(', '.join(hidden))}")

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        """Yield id, stamp and creation of every row, those in the recycle bin too."""
        for plan in filter(None, map(self._plan, RECORDS)):
            slim = replace(plan, fields=tuple(name for name in plan.fields if name in (*STAMPS, "IsDeleted")))
            days = Days(first_day, max(as_of.date(), first_day), True, as_of)
            yield from (Shown(page, is_read_by_stamp=True) for page in self._rows(slim, days))

    def wants(self, stream: str, field: str) -> bool:
        """Say whether the contract has the field, and settings do not do without it."""
        contract = next((one for one in RECORDS if stream_of(one).name == stream), None)
        return contract is not None and field in fields(contract) and f"{stream}.{field}" not in self._without

    def is_custom(self, field: str) -> bool:
        """Say whether an administrator made the field, and one of a package its maker."""
        return field.endswith("__c")

    def close(self) -> None:
        """Give connections back."""
        self.client.close()

    def _rows(self, plan: Plan, days: Days) -> Iterator[Page]:
        since = max(days.starts_at, self.start_at) if plan.stream.name in ACTIVITIES else days.since
        yield from self._span(plan, (since, days.until(self.client.newest_date)))

    def _span(self, plan: Plan, span: Span) -> Iterator[Page]:
        """Yield the rows of a span; in halves where the vendor gives up on the whole."""
        progress = Progress()
        for _ in range(RESTARTS):
            try:
                yield from self._query(plan, soql(plan, span, progress), progress)
                return
            except CountDiffers:
                progress = Progress()
            except CursorDied:
                progress.anew()
            except TookTooLong:
                parts = halves(span, self.client.newest_date or BEGINNING) if plan.by else None
                for part in parts or ():
                    yield from self._span(plan, part)
                if parts:
                    return
                progress.anew()
        raise SourceUnavailable(f"salesforce: the query of {plan.stream.name} did not come whole in {RESTARTS} tries")

    def _query(self, plan: Plan, asked: str, progress: Progress) -> Iterator[Page]:
        link, params = self._root + "queryAll", {"q": asked}
        while True:
            page = self._page(link, params, progress)
            progress.take(page.heads, plan.by)
            own = None if plan.by in (None, plan.stream.stamp) or plan.stream.kind != "thing" else plan.by
            stamps = [getattr(head, own) for head in page.heads] if own else None
            yield Page(plan.stream, page.rows, stamps, asked=plan.fields, heads=page.heads if page.is_read else None)
            if page.following is None:
                return
            if page.following in progress.links:
                raise CursorDied
            progress.links.add(page.following)
            link, params = page.following, {}

    def _page(self, link: str, params: Mapping[str, str], progress: Progress) -> QueryPage:
        """Return one page; a 404 without the vendor's words, where a link of its own leads, says that the cursor died."""
        try:
            return self._get(link, lambda reply: page_of(reply, progress), params)
        except Rejected as error:
            if error.status == 404 and not error.code and not params:
                raise CursorDied from None
            if error.code == TIMED_OUT:
                raise TookTooLong from None
            raise

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
        params = {"start": literal(start), "end": literal(end)}
        try:
            return self._get(f"{self._root}sobjects/{name}/deleted/", deleted_ids, params)
        except Rejected as error:
            if error.code in ("INVALID_TYPE", "INVALID_TYPE_FOR_OPERATION", "NOT_FOUND"):
                return []
            if error.code != "EXCEEDED_ID_LIMIT":
                raise
        middle = (start + (end - start) / 2).replace(second=0, microsecond=0)
        return self._deleted_between(name, start, middle) + self._deleted_between(name, middle, end)

    def _plan(self, contract: type[Record]) -> Plan | None:
        """Describe an object once; None when the org has none of that name or hides it."""
        stream = stream_of(contract)
        if stream.name not in self._plans:
            try:
                found = self._get(f"{self._root}sobjects/{stream.name}/describe", described, {})
            except Rejected as error:
                if error.status != 404 and error.code not in ("INVALID_TYPE", "NOT_FOUND"):
                    raise
                self._plans[stream.name] = None
                return None
            names = {str(one.get("name")) for one in found["fields"] if isinstance(one, dict)}
            wanted = tuple(name for name in fields(contract) if name in names)
            order = STAMPS if stream.kind == "thing" else ("CreatedDate",)
            by = next((name for name in order if name in names), None)
            tells = stream.kind == "thing" and "IsDeleted" in names and found.get("replicateable", True) is not False
            queried = found.get("queryable", True) is not False and "Id" in names
            self._plans[stream.name] = Plan(stream, wanted, by, tells) if queried else None
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
        told = usage(reply)
        if told:
            self._used, self._allowed = told
        judge(reply)
