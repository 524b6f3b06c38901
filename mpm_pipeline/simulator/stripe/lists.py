"""Stripe's list contract: newest first, cursors that are object ids, filters, `has_more`.

Everything here works on rows that are already visible; which records those are and how they look is
objects.py's business. Positions are taken from the ids, never from `created`, which has ties.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl

from mpm_pipeline.simulator.verbatim import plain

DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """An answer that is Stripe's error object, with its HTTP status."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        doc_url = f"{DOCS}{code.replace('_', '-')}" if code else None
        body = {"code": code, "doc_url": doc_url, "message": message, "param": param, "type": "invalid_request_error"}
        self.body = {"error": {name: value for name, value in body.items() if value is not None}}


def missing(noun: str, key: str, *, param: str = "id", status: int = 404) -> StripeError:
    """Make the error for an id that nothing has."""
    return StripeError(status, f"No such {noun}: '{key}'", code="resource_missing", param=param)


@dataclass(frozen=True, slots=True)
class Rows:
    """The records of one list, newest first, with each id's position and the `created` of each."""

    records: list[dict[str, Any]]
    position: dict[str, int] = field(default_factory=dict)
    descending: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, records: list[dict[str, Any]]) -> "Rows":
        """Index records that stand in their final order."""
        return cls.dated([(created_of(record, 0), record) for record in records])

    @classmethod
    def dated(cls, records: list[tuple[int, dict[str, Any]]]) -> "Rows":
        """Index records that stand in their final order, with the second of each one's creation."""
        position = {str(record.get("id")): place for place, (_, record) in enumerate(records)}
        return cls([record for _, record in records], position, [-created for created, _ in records])


def created_of(record: dict[str, Any], default: int) -> int:
    """Read a record's creation in unix seconds; the default where it has none that can be read."""
    value = plain(record.get("created"))
    return int(value) if isinstance(value, int | float) and isfinite(value) else default


def newest_first(records: list[tuple[int, dict[str, Any]]]) -> Rows:
    """Order dated records as Stripe lists them; ties of one second by id."""
    return Rows.dated(sorted(records, key=lambda pair: (pair[0], str(pair[1].get("id"))), reverse=True))


class Params:
    """The query of one request; `expand[0]`, `expand[]` and `expand` are one parameter."""

    def __init__(self, query: str) -> None:
        self.values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            self.values.setdefault(re.sub(r"\[\d*\]$", "", name), []).append(value)

    def one(self, name: str) -> str | None:
        """Give the last value sent under a name."""
        values = self.values.get(name)
        return values[-1] if values else None

    def all(self, name: str) -> list[str]:
        """Give every value sent under a name."""
        return self.values.get(name, [])

    def integer(self, name: str) -> int | None:
        """Read a whole number or answer with Stripe's complaint about it."""
        text = self.one(name)
        if text is None:
            return None
        if not re.fullmatch(r"-?\d+", text):
            raise StripeError(400, f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
        return int(text)

    def refuse_unknown(self, known: set[str]) -> None:
        """Refuse parameters that the endpoint does not have."""
        for name in self.values:
            if name not in known:
                raise StripeError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)

    def bounds(self, name: str) -> tuple[int | None, int | None]:
        """Read `name[gte]`, `[gt]`, `[lte]`, `[lt]` or an exact `name` as the half-open range [low, high)."""
        exact = self.integer(name)
        if exact is not None:
            return exact, exact + 1
        above, at_least = self.integer(f"{name}[gt]"), self.integer(f"{name}[gte]")
        below, at_most = self.integer(f"{name}[lt]"), self.integer(f"{name}[lte]")
        lows = [value for value in (at_least, None if above is None else above + 1) if value is not None]
        highs = [value for value in (below, None if at_most is None else at_most + 1) if value is not None]
        return max(lows, default=None), min(highs, default=None)


def range_names(name: str) -> set[str]:
    """Name the parameters that a range filter consists of."""
    return {name, *(f"{name}[{operator}]" for operator in ("gt", "gte", "lt", "lte"))}


PAGING = {"limit", "starting_after", "ending_before", "expand"}


def limit_of(params: Params) -> int:
    """Read `limit`: 1 to 100, 10 where it is absent."""
    limit = params.integer("limit")
    if limit is None:
        return 10
    if limit < 1 or limit > 100:
        bound = "greater than or equal to 1" if limit < 1 else f"less than or equal to 100 (it currently is '{limit}')"
        raise StripeError(400, f"This value must be {bound}.", code="parameter_invalid_integer", param="limit")
    return limit


def _span(rows: Rows, params: Params) -> tuple[int, int]:
    low, high = params.bounds("created")
    first = 0 if high is None else bisect_right(rows.descending, -high)
    last = len(rows.records) if low is None else bisect_right(rows.descending, -low)
    return first, max(last, first)


def _cursor(rows: Rows, params: Params, name: str, noun: str) -> int | None:
    key = params.one(name)
    if key is None:
        return None
    if key not in rows.position:
        raise missing(noun, key, param=name, status=400)
    return rows.position[key]


def page(
    rows: Rows, params: Params, *, url: str, noun: str, keep: Callable[[dict[str, Any]], bool] | None = None
) -> dict[str, Any]:
    """Cut one page out of the rows: the list object with `has_more`."""
    limit = limit_of(params)
    after, before = _cursor(rows, params, "starting_after", noun), _cursor(rows, params, "ending_before", noun)
    if after is not None and before is not None:
        raise StripeError(400, "You may only specify one of these parameters: starting_after, ending_before.")
    first, last = _span(rows, params)
    if before is not None:
        indexes: Iterator[int] = iter(range(min(last, before) - 1, first - 1, -1))
    else:
        indexes = iter(range(first if after is None else max(first, after + 1), last))
    found: list[dict[str, Any]] = []
    for index in indexes:
        record = rows.records[index]
        if keep is None or keep(record):
            found.append(record)
            if len(found) > limit:
                break
    data = found[:limit] if before is None else found[:limit][::-1]
    return {"object": "list", "url": url, "has_more": len(found) > limit, "data": data}
