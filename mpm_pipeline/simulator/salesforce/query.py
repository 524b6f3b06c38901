"""Queries run against the org, and the cursors that page through their results.

A result is fixed when it is first asked for: later pages show the same rows whatever the clock and the world do.
Some pages are shorter than asked on purpose, since a full page proves nothing about what follows.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mpm_pipeline.simulator.salesforce.columns import Binder, written
from mpm_pipeline.simulator.salesforce.errors import Refused, query_refused
from mpm_pipeline.simulator.salesforce.filters import Filter
from mpm_pipeline.simulator.salesforce.groups import grouped
from mpm_pipeline.simulator.salesforce.org import Org, Row, SObject
from mpm_pipeline.simulator.salesforce.soql import Aggregate, AllFields, Order, Path, Query, parse

MAX_OFFSET: Final = 2000
MAX_OPEN_CURSORS: Final = 500
CURSOR_LIFE: Final = timedelta(days=2)
SHORT_PAGE_EVERY: Final = 3


@dataclass
class Result:
    """A fixed result: `write` turns one of its rows into the record on the wire."""

    total: int
    rows: list[Any]
    write: Callable[[Any, str], dict[str, Any]]


class QueryEngine:
    """Runs queries and keeps the cursors of results that need more than one page."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: OrderedDict[str, tuple[Result, int, datetime]] = OrderedDict()
        self._opened = 0

    def first_page(self, text: str, deleted_too: bool, size: int, base: str) -> dict[str, Any]:
        """Run a query and return its first page."""
        result = self.run(parse(text), deleted_too, base)
        if len(result.rows) <= size:
            return self._page(result, 0, len(result.rows), None, base)
        self._opened += 1
        cursor = f"01gSM{self._opened:010d}AAA"
        self._cursors[cursor] = result, size, self._org.now()
        while len(self._cursors) > MAX_OPEN_CURSORS:
            self._cursors.popitem(last=False)
        return self._page(result, 0, size, cursor, base)

    def next_page(self, locator: str, base: str) -> dict[str, Any]:
        """Return the page that a nextRecordsUrl names."""
        cursor, _, offset = locator.rpartition("-")
        result, size, opened_at = self._cursors.get(cursor, (None, 0, self._org.now()))
        if result is None or not offset.isdigit() or self._org.now() - opened_at > CURSOR_LIFE:
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        start = int(offset)
        length = size - size // 4 if (start // size) % SHORT_PAGE_EVERY == 1 else size
        return self._page(result, start, start + length, cursor, base)

    def run(self, query: Query, deleted_too: bool, base: str) -> Result:
        """Run a parsed query; parents are written out at once, since they may change before the next page."""
        org = self._org
        sobject = org.sobject(query.object_name)
        if sobject is None:
            raise query_refused(
                "INVALID_TYPE",
                query.text,
                query.object_position,
                f"sObject type '{query.object_name}' is not supported. If you are attempting to use a custom object, be"
                " sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for"
                " the appropriate names.",
            )
        if query.offset > MAX_OFFSET:
            raise Refused(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
        if _counts_only(query):
            return Result(len(self._cut(query, self._matching(sobject, query, deleted_too))), [], _as_is)
        if query.group_by or any(isinstance(item, Aggregate) for item in query.items):
            rows = self._matching(sobject, query, deleted_too)
            records = self._cut(query, grouped(org, sobject, query, rows))
            return Result(len(records), records, _as_is)
        branch = Binder(org, query.text).branch(sobject, _selected(sobject, query))
        rows = self._cut(query, self._ordered(sobject, query, self._matching(sobject, query, deleted_too)))
        if branch.parents:
            return Result(len(rows), [written(org, branch, row, base) for row in rows], _as_is)
        return Result(len(rows), rows, lambda row, base: written(org, branch, row, base))

    def _matching(self, sobject: SObject, query: Query, deleted_too: bool) -> list[Row]:
        def values(inner: Query) -> list[Any]:
            found = self._org.sobject(inner.object_name)
            if found is None or len(inner.items) != 1 or not isinstance(inner.items[0], Path):
                raise query_refused("MALFORMED_QUERY", query.text, inner.object_position, "invalid semi join")
            inner.text = query.text
            column = Binder(self._org, query.text).column(found, inner.items[0])
            return [column.read(row) for row in self._matching(found, inner, deleted_too)]

        return Filter(self._org, sobject, query, values).rows(deleted_too)

    def _ordered(self, sobject: SObject, query: Query, rows: list[Row]) -> list[Row]:
        binder = Binder(self._org, query.text)
        for order in reversed(query.order_by):
            if isinstance(order.path, Aggregate):
                raise query_refused("MALFORMED_QUERY", query.text, 0, "aggregates need a GROUP BY")
            rows = _sorted(rows, binder.column(sobject, order.path).read, order)
        return rows

    def _cut(self, query: Query, rows: list[Any]) -> list[Any]:
        end = None if query.limit is None else query.offset + query.limit
        return rows[query.offset : end]

    def _page(self, result: Result, start: int, end: int, cursor: str | None, base: str) -> dict[str, Any]:
        done = cursor is None or end >= len(result.rows)
        page: dict[str, Any] = {"totalSize": result.total, "done": done}
        if not done:
            page["nextRecordsUrl"] = f"{base}/query/{cursor}-{end}"
        page["records"] = [result.write(row, base) for row in result.rows[start:end]]
        return page


def _sorted(rows: list[Row], read: Callable[[Row], Any], order: Order) -> list[Row]:
    nulls = [row for row in rows if read(row) is None]
    others = [row for row in rows if read(row) is not None]
    others.sort(key=read, reverse=order.descending)
    return others + nulls if order.nulls_last else nulls + others


def _selected(sobject: SObject, query: Query) -> list[Path]:
    paths: list[Path] = []
    for item in query.items:
        if isinstance(item, Path):
            paths.append(item)
        elif isinstance(item, AllFields):
            if item.which != "STANDARD" and (query.limit is None or query.limit > 200):
                raise query_refused(
                    "MALFORMED_QUERY",
                    query.text,
                    item.position,
                    "The SOQL FIELDS function must have a LIMIT of at most 200",
                )
            custom = [name for name in sobject.types if name.endswith("__c")]
            chosen = {"ALL": list(sobject.types), "CUSTOM": custom}.get(item.which) or [
                name for name in sobject.types if name not in custom
            ]
            paths.extend(Path((name,), item.position) for name in chosen)
    return paths


def _counts_only(query: Query) -> bool:
    return len(query.items) == 1 and isinstance(query.items[0], Aggregate) and query.items[0].path is None


def _as_is(record: Any, base: str) -> dict[str, Any]:
    return record
