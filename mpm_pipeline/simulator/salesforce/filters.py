"""WHERE clauses as predicates over rows, typed and nulled as SOQL does it.

Text compares without case, ids with it; null equals the empty string and is unequal to everything else; a literal
of the wrong kind is refused. Conditions on own datetime fields that all rows must meet also narrow the rows to be
looked at.
"""

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mpm_pipeline.simulator.salesforce.columns import Binder, Column
from mpm_pipeline.simulator.salesforce.dates import literal_range
from mpm_pipeline.simulator.salesforce.errors import Refused, query_refused
from mpm_pipeline.simulator.salesforce.org import Org, Row, SObject
from mpm_pipeline.simulator.salesforce.soql import Compare, Condition, Junction, Literal, Query

Predicate = Callable[[Row], bool]
Subquery = Callable[[Query], list[Any]]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEMPORAL = {"datetime": "dateTime", "date": "date"}
_NUMERIC = ("int", "double", "currency", "percent")


class Filter:
    """The WHERE clause of one query over one object."""

    def __init__(self, org: Org, sobject: SObject, query: Query, subquery: Subquery) -> None:
        self._org = org
        self._sobject = sobject
        self._query = query
        self._subquery = subquery
        self._binder = Binder(org, query.text)

    def rows(self, deleted_too: bool) -> list[Row]:
        """Return the rows that meet the clause."""
        where = self._query.where
        if where is None:
            return list(self._sobject.rows(deleted_too))
        meets = self._predicate(where)
        return [row for row in self._candidates(where, deleted_too) if meets(row)]

    def _predicate(self, condition: Condition) -> Predicate:
        if isinstance(condition, Compare):
            return self._comparison(condition)
        parts = [self._predicate(part) for part in condition.parts]
        if condition.word == "NOT":
            (only,) = parts
            return lambda row: not only(row)
        if condition.word == "AND":
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)

    def _comparison(self, compare: Compare) -> Predicate:
        column = self._binder.column(self._sobject, compare.path)
        if column.kind in ("address", "complexvalue"):
            raise self._refused(compare, f"field '{column.name}' can not be filtered in a query call")
        if compare.sign in ("IN", "NOT IN"):
            return self._membership(column, compare)
        if compare.sign in ("INCLUDES", "EXCLUDES"):
            return self._includes(column, compare)
        literal = compare.value
        assert isinstance(literal, Literal)
        if compare.sign == "LIKE":
            return self._like(column, compare, literal)
        read, sign = column.read, compare.sign
        value = self._value(column, compare, literal)
        if isinstance(value, tuple):
            return _in_range(read, sign, *value)
        if column.kind in ("id", "reference") and isinstance(value, str) and sign in ("=", "!="):
            same = _same_id(read, {value})
            return same if sign == "=" else lambda row: not same(row)
        if sign == "=":
            return lambda row: read(row) == value
        if sign == "!=":
            return lambda row: read(row) != value
        if value is None:
            return lambda row: False
        holds = _OPERATORS[sign]
        return lambda row: (found := read(row)) is not None and holds(found, value)

    def _membership(self, column: Column, compare: Compare) -> Predicate:
        if isinstance(compare.value, Query):
            wanted = {_folded(column, value) for value in self._subquery(compare.value)}
        else:
            assert isinstance(compare.value, tuple)
            values = [self._value(column, compare, literal) for literal in compare.value]
            if any(isinstance(value, tuple) for value in values):
                raise self._refused(compare, "date literals can not be used in a list")
            wanted = set(values)
        read = column.read
        inside = _same_id(read, wanted) if column.kind in ("id", "reference") else lambda row: read(row) in wanted
        return inside if compare.sign == "IN" else lambda row: not inside(row)

    def _includes(self, column: Column, compare: Compare) -> Predicate:
        assert isinstance(compare.value, tuple)
        groups = [frozenset(str(literal.value).casefold().split(";")) for literal in compare.value]
        read = column.read

        def includes(row: Row) -> bool:
            chosen = frozenset(str(read(row) or "").split(";"))
            return any(group <= chosen for group in groups)

        return includes if compare.sign == "INCLUDES" else lambda row: not includes(row)

    def _like(self, column: Column, compare: Compare, literal: Literal) -> Predicate:
        if literal.kind != "string" or column.kind in ("id", "reference", "boolean", *_TEMPORAL, *_NUMERIC):
            raise self._refused(compare, "invalid operator on this field: LIKE")
        matches = re.compile(_like_pattern(literal.value.casefold()), re.DOTALL).fullmatch
        read = column.read
        return lambda row: (found := read(row)) is not None and matches(found) is not None

    def _value(self, column: Column, compare: Compare, literal: Literal) -> Any:
        """Return the literal as this column compares it; a pair of instants for a date literal."""
        kind = column.kind
        if literal.kind == "null":
            return None
        if kind in _TEMPORAL:
            if literal.kind == "range":
                found = literal_range(literal.value, self._org.now().date())
                if found:
                    return found
                raise query_refused(
                    "MALFORMED_QUERY", self._query.text, literal.position, f"unexpected token: '{literal.value}'"
                )
            return self._of_kind(column, compare, literal, kind, _TEMPORAL[kind])
        if kind in _NUMERIC:
            return self._of_kind(column, compare, literal, "number", kind if kind == "int" else "double")
        if kind == "boolean":
            return self._of_kind(column, compare, literal, "boolean", "boolean")
        if literal.kind != "string":
            raise self._refused(
                compare, f"value of filter criterion for field '{column.name}' must be of type string and should be"
                " enclosed in quotes"
            )  # fmt: skip
        return _folded(column, literal.value)

    def _of_kind(self, column: Column, compare: Compare, literal: Literal, wanted: str, shown: str) -> Any:
        if literal.kind == wanted:
            return literal.value
        unquoted = " and should not be enclosed in quotes" if literal.kind == "string" else ""
        raise self._refused(
            compare, f"value of filter criterion for field '{column.name}' must be of type {shown}{unquoted}"
        )

    def _refused(self, compare: Compare, reason: str) -> Refused:
        return query_refused("INVALID_FIELD", self._query.text, compare.path.position, reason)

    def _candidates(self, where: Condition, deleted_too: bool) -> list[Row]:
        """Narrow the rows by the first own datetime field that every row must meet."""
        bounds: dict[str, tuple[datetime | None, datetime | None]] = {}
        parts = where.parts if isinstance(where, Junction) and where.word == "AND" else (where,)
        for part in parts:
            if not isinstance(part, Compare) or not isinstance(part.value, Literal) or len(part.path.names) > 1:
                continue
            column = self._binder.column(self._sobject, part.path)
            if column.kind != "datetime" or part.value.kind != "datetime" or part.sign not in ("=", *_OPERATORS):
                continue
            start, end = bounds.get(column.name, (None, None))
            value = part.value.value
            if part.sign in ("=", ">", ">="):
                start = value if start is None else max(start, value)
            if part.sign in ("=", "<", "<="):
                end = value if end is None else min(end, value)
            bounds[column.name] = start, end
        if not bounds:
            return self._sobject.rows(deleted_too)
        field = next((name for name, limits in bounds.items() if None not in limits), next(iter(bounds)))
        return self._sobject.between(field, *bounds[field], deleted_too)


def _in_range(read: Callable[[Row], Any], sign: str, start: datetime, end: datetime) -> Predicate:
    if sign in ("=", "!="):
        inside = sign == "="
        return lambda row: ((found := read(row)) is not None and start <= found < end) is inside
    holds = _OPERATORS["<" if sign in ("<", "<=") else ">="]
    border = start if sign in ("<", ">=") else end
    return lambda row: (found := read(row)) is not None and holds(found, border)


def _same_id(read: Callable[[Row], Any], wanted: set[Any]) -> Predicate:
    """Compare ids: the 15-character form stands for the 18-character one and the other way round."""
    short = {value[:15] for value in wanted if isinstance(value, str) and len(value) == 15}
    of_long = {value[:15] for value in wanted if isinstance(value, str) and len(value) == 18}

    def same(row: Row) -> bool:
        found = read(row)
        if found in wanted:
            return True
        if not isinstance(found, str):
            return False
        return (len(found) == 18 and found[:15] in short) or (len(found) == 15 and found in of_long)

    return same


def _folded(column: Column, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return (value if column.kind in ("id", "reference") else value.casefold()) or None


def _like_pattern(text: str) -> str:
    parts = re.split(r"(\\[_%]|[%_])", text)
    wild = {"%": ".*", "_": "."}
    return "".join(wild.get(part) or re.escape(part[1:] if part in ("\\_", "\\%") else part) for part in parts)
