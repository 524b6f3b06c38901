"""How all of Marketo's leads are found, though no call lists them: their ids first, then the records by id.

Lead ids are whole numbers given in rising order. The stream of lead changes names every lead that was made since that
stream was last purged (25 months), so also the highest id. Older leads lie below it: where the ids are dense enough, all of
them are asked for in blocks of 300, which is complete by construction; else their ids come by bulk extracts of every month
since Marketo began. Later days are asked for by lead changes, with those of whom an activity tells.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.client import Client
from mpm_pipeline.sources.marketo.answers import Refused, envelope, head, instant, listed, stream_page
from mpm_pipeline.sources.marketo.exports import lead_ids
from mpm_pipeline.sources.page import parse
from mpm_pipeline.sources.reply import Reply, Transient

BEGINNING = datetime(2006, 1, 1, tzinfo=UTC)
BLOCK = 300
MOST_BLOCKS = 5_000
EMPTY_BLOCKS = 10
MARGIN = timedelta(days=1)
BAD_TOKEN, MOST_TOKENS = "1003", 3
ALWAYS = ("id", "email", "firstName", "lastName", "createdAt", "updatedAt")
"""Fields that may be asked for in any subscription."""

STEADY = frozenset({"id", "createdAt", "updatedAt"})
"""Fields whose changes no stream tells."""


class Leads:
    """The leads of one subscription; `wanted` are the fields that our contract knows."""

    def __init__(self, client: Client, exports: Client, version: str, wanted: Iterable[str]) -> None:
        self.client = client
        self.exports = exports
        self.root = f"rest/{version}/"
        self.bulk = f"bulk/{version}/leads/export/"
        self.wanted = tuple(wanted)
        self._fields: tuple[str, ...] = ()

    def fields(self) -> tuple[str, ...]:
        """Return the fields to ask for: those of our contract that the subscription describes."""
        if not self._fields:
            described = self.client.get(f"{self.root}leads/describe.json", _described)
            self._fields = tuple(name for name in self.wanted if name in described or name in ALWAYS)
        return self._fields

    def forget(self) -> None:
        """Forget which fields there are: the next call asks anew."""
        self._fields = ()

    def every(self, known: Iterable[str], until: datetime) -> Iterator[list[bytes]]:
        """Yield all leads there are; `known` are ids that other records name, `until` ends the search by creation."""
        ids = {*known, *self.made(BEGINNING, until + MARGIN)}
        highest = max((int(one) for one in ids if one.isdigit()), default=0)
        if highest > MOST_BLOCKS * BLOCK:
            for more in lead_ids(self.exports, self.bulk, BEGINNING, until):
                ids |= more
            yield from self.by_id(ids)
            return
        missing = set(ids)
        for rows in self._walked(highest):
            missing -= _ids(rows)
            yield rows
        yield from self.by_id(missing)

    def changed(self, known: Iterable[str], starts_at: datetime, ends_at: datetime) -> Iterator[list[bytes]]:
        """Yield the leads that changed in a span, as they are today, and those of `known` ids.

        A change may be told on the day before or after the one that the lead's own stamp shows, so one more on each side.
        """
        ids = self._changed(starts_at - MARGIN, ends_at + MARGIN, self.fields())
        yield from self.by_id({*known, *ids})

    def made(self, starts_at: datetime, ends_at: datetime) -> set[str]:
        """Return the ids of leads that were made, or that got another address, in a span."""
        return self._changed(starts_at, ends_at, ("email",))

    def by_id(self, ids: Iterable[str]) -> Iterator[list[bytes]]:
        """Yield leads by id, in blocks; those that do not come are asked for once more, then they are gone."""
        missing = set(ids)
        for _ in range(2):
            ordered = sorted(missing, key=lambda one: (not one.isdigit(), int(one) if one.isdigit() else 0, one))
            for place in range(0, len(ordered), BLOCK):
                rows = self._block(ordered[place : place + BLOCK])
                missing -= _ids(rows)
                yield rows

    def deleted(self, since: datetime | None, ends_at: datetime) -> Iterator[list[tuple[str, str]]]:
        """Yield (id, instant) of leads that were deleted in a span; without a beginning: ever."""
        for rows in self.walk("activities/deletedleads.json", {}, since or BEGINNING, ends_at):
            heads = [head(row) for row in rows]
            yield [(str(one.leadId), one.activityDate) for one in heads if one.leadId is not None and one.activityDate]

    def walk(
        self, path: str, params: dict[str, str], starts_at: datetime, ends_at: datetime | None
    ) -> Iterator[list[bytes]]:
        """Yield what a stream of activities holds in a span, page by page; without an end: all that there is.

        Tokens stand for a date, pages come in its order; the walk ends with the stream or behind the span. A page that is empty, or
        that leads back, is asked for twice before it is believed; a token that is refused is replaced by one for the last date
        seen. A record whose instant cannot be read is yielded too.
        """
        token: str | None = self._token(starts_at)
        used: set[str] = set()
        reached, renewed = starts_at, 0
        while token is not None:
            used.add(token)
            try:
                rows, following = self._page(path, {"nextPageToken": token, "batchSize": str(BLOCK), **params}, used)
            except Refused as error:
                if error.code != BAD_TOKEN or renewed == MOST_TOKENS:
                    raise
                token, used, renewed = self._token(reached), set(), renewed + 1
                continue
            token = following
            dates = [instant(head(row).activityDate) for row in rows]
            reached = max([reached, *(at for at in dates if at is not None)])
            yield [row for row, at in zip(rows, dates, strict=True) if at is None or _lies_in(at, starts_at, ends_at)]
            if ends_at is not None and rows and all(at is not None and at >= ends_at for at in dates):
                return

    def _token(self, since: datetime) -> str:
        """Ask for the token that stands for a date."""
        params = {"sinceDatetime": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        return self.client.get(f"{self.root}activities/pagingtoken.json", _token, params=params)

    def _page(self, path: str, asked: dict[str, str], used: set[str]) -> tuple[list[bytes], str | None]:
        """Return a page and the token of the next, None behind the last."""
        for _ in range(2):
            rows, following = self.client.get(f"{self.root}{path}", stream_page, params=asked)
            if rows and following not in used:
                break
        if following in used:
            raise SourceUnavailable(f"marketo: {path} does not go on after a page; run again later")
        return rows, following

    def _changed(self, starts_at: datetime, ends_at: datetime, fields: tuple[str, ...]) -> set[str]:
        """Return the ids of leads that were made, or of which one of these fields changed, in a span."""
        found: set[str] = set()
        params = {"fields": ",".join(name for name in fields if name not in STEADY)}
        for rows in self.walk("activities/leadchanges.json", params, starts_at, ends_at):
            found |= {str(one.leadId) for one in map(head, rows) if one.leadId is not None}
        return found

    def _walked(self, highest: int) -> Iterator[list[bytes]]:
        """Yield all leads by asking for every id up to the highest known one, and on until nothing comes."""
        first, empty = 1, 0
        while first <= highest or empty < EMPTY_BLOCKS:
            rows = self._block([str(number) for number in range(first, first + BLOCK)])
            first += BLOCK
            empty = 0 if rows or first <= highest else empty + 1
            if rows:
                yield rows

    def _block(self, ids: list[str]) -> list[bytes]:
        params = {"filterType": "id", "filterValues": ",".join(ids), "fields": ",".join(self.fields())}
        return list(paged(self.client, f"{self.root}leads.json", params))


def paged(client: Client, link: str, params: dict[str, str], *, is_surely_filled: bool = False) -> Iterator[bytes]:
    """Yield the records of a list that is chained by `nextPageToken` alone; if surely filled, an empty page is asked for twice."""
    token: str | None = ""
    used: set[str] = set()
    while token is not None:
        asked = params | ({"nextPageToken": token} if token else {})
        page = client.get(link, listed, params=asked)
        if is_surely_filled and not page.rows:
            page = client.get(link, listed, params=asked)
        yield from page.rows or []
        token = page.fields.get("nextPageToken") or None
        if token in used:
            raise SourceUnavailable(f"marketo: {link} does not go on after a page; run again later")
        used.add(token or "")


def _lies_in(at: datetime, starts_at: datetime, ends_at: datetime | None) -> bool:
    return starts_at <= at and (ends_at is None or at < ends_at)


def _ids(rows: Iterable[bytes]) -> set[str]:
    return {str(head(row).id) for row in rows}


def _described(reply: Reply) -> set[str]:
    """Read the names of the fields that there are; those without a REST name cannot be read."""
    found = [parse(row) for row in listed(reply).rows or []]
    rests = [one.get("rest") for one in found if isinstance(one, dict)]
    if not any(isinstance(rest, dict) for rest in rests):
        raise Transient("the answer describes no fields")
    return {str(rest.get("name")) for rest in rests if isinstance(rest, dict)}


def _token(reply: Reply) -> str:
    """Read a paging token that stands for a date."""
    token = envelope(reply).fields.get("nextPageToken")
    if not isinstance(token, str) or not token:
        raise Transient("the answer has no paging token")
    return token
