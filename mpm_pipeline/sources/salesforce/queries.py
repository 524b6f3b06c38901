"""How Salesforce is queried: one object over a span of its stamps, in the order (stamp, id), page by page.

What has been seen of a query is kept, so that one whose cursor died goes on after the last row, and one whose rows do not add
up to the count that the vendor tells begins anew.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import msgspec

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.sources.reply import Reply, Transient

BEGINNING = datetime(1999, 1, 1, tzinfo=UTC)
"""No record is older than its vendor."""

BESIDE = ("totalSize", "done", "nextRecordsUrl")
"""What a page of a query tells besides its rows."""

SHORTEST = timedelta(hours=1)
Span = tuple[datetime | None, datetime | None]
"""From the first instant to before the last; None: no bound."""


class Head(msgspec.Struct):
    """The fields of a row by which a query goes on."""

    Id: str | None = None
    SystemModstamp: str | None = None
    LastModifiedDate: str | None = None
    CreatedDate: str | None = None


class CursorDied(Exception):
    """The cursor is no longer known: ask anew from the last row seen."""


class CountDiffers(CursorDied):
    """Other rows came than the query counts, so what was seen proves nothing: ask anew from the first row."""


class TookTooLong(Exception):
    """The vendor gave a query up: ask for half of it at a time."""


@dataclass(frozen=True)
class Plan:
    """How one object is asked: the described fields, and the one that orders its rows (None: it has no stamp)."""

    stream: Stream
    fields: tuple[str, ...]
    by: str | None
    has_deletes: bool


@dataclass
class Progress:
    """Where one query stands: the last row seen, the ids of its rows, the links that were followed."""

    stamp: str | None = None
    row_id: str | None = None
    ids: set[str] = field(default_factory=set)
    unreadable: int = 0
    links: set[str] = field(default_factory=set)

    def count_with(self, heads: list[Head]) -> int:
        blank = sum(not head.Id for head in heads)
        return len(self.ids | {head.Id for head in heads if head.Id}) + self.unreadable + blank

    def take(self, heads: list[Head], by: str | None) -> None:
        ids = list(filter(None, map(attrgetter("Id"), heads)))
        self.ids.update(ids)
        self.unreadable += len(heads) - len(ids)
        for head in reversed(heads):
            if head.Id and (by is None or getattr(head, by)):
                self.row_id, self.stamp = head.Id, getattr(head, by) if by else None
                return

    def anew(self) -> None:
        self.ids.clear()
        self.links.clear()
        self.unreadable = 0


def soql(plan: Plan, span: Span, progress: Progress) -> str:
    """Write the query of one object for a span, from the last row seen on."""
    fields = dict.fromkeys(("Id", *plan.fields, *((plan.by,) if plan.by else ())))
    since, until = span
    conditions = []
    if plan.by is not None:
        conditions += [f"{plan.by} >= {literal(since)}"] if since else []
        conditions += [f"{plan.by} < {literal(until)}"] if until else []
    if progress.row_id and plan.by is None:
        conditions.append(f"Id > '{_escaped(progress.row_id)}'")
    elif progress.row_id and progress.stamp:
        seen, last = _seen(progress.stamp), _escaped(progress.row_id)
        conditions.append(f"(({plan.by} = {seen} AND Id > '{last}') OR {plan.by} > {seen})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(fields)} FROM {plan.stream.name}{where} ORDER BY {f'{plan.by}, ' if plan.by else ''}Id"  # noqa: S608


def halves(span: Span, server: datetime) -> tuple[Span, Span] | None:
    """Return a span in two, for a query that takes the vendor too long as a whole; None: it is as short as it gets.

    An end that is open stays open: what lies beyond is asked for with the half next to it.
    """
    start, end = span[0] or BEGINNING, span[1] or server
    if end - start <= SHORTEST:
        return None
    middle = (start + (end - start) / 2).replace(microsecond=0)
    return (span[0], middle), (middle, span[1])


@dataclass(frozen=True)
class QueryPage:
    """One page of a query: its rows, what was read of them (`is_read`: of each), and the link to the next page."""

    rows: list[bytes]
    heads: list[Head]
    is_read: bool
    following: str | None


def page_of(reply: Reply, progress: Progress) -> QueryPage:
    """Read one page of a query; Transient when it cannot be what it says (an emptied or cut one, an error in disguise)."""
    page = reply.page("records", beside=BESIDE)
    done, following = page.fields.get("done"), page.fields.get("nextRecordsUrl")
    total = page.fields.get("totalSize")
    if page.rows is None or not isinstance(done, bool) or not isinstance(total, int):
        raise Transient("the answer is no page of a query")
    heads, is_read = page.heads(Head)
    if done:
        if progress.count_with(heads) == total:
            return QueryPage(page.rows, heads, is_read, None)
        raise CountDiffers if page.rows else Transient(f"the last page is empty but the query counts {total} rows")
    if not isinstance(following, str) or not page.rows:
        raise Transient("a page without rows or without a next one says that it is not the last")
    return QueryPage(page.rows, heads, is_read, following)


def literal(instant: datetime) -> str:
    """Write an instant as SOQL does."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seen(stamp: str) -> str:
    """Write a stamp as it came as a literal of SOQL: `+0000` is no zone there."""
    return re.sub(r"\+00:?00$", "Z", stamp)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
