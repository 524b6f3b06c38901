"""GROUP BY and aggregate functions: AggregateResult records as the query endpoint returns them.

Columns without an alias are named expr0, expr1, ...; grouped fields by their last name. Nulls take part in no
aggregate.
"""

from typing import Any

from mpm_pipeline.simulator.salesforce.columns import Binder, Column
from mpm_pipeline.simulator.salesforce.errors import query_refused
from mpm_pipeline.simulator.salesforce.org import Org, Row, SObject
from mpm_pipeline.simulator.salesforce.soql import Aggregate, AllFields, Order, Path, Query
from mpm_pipeline.simulator.verbatim import plain


def grouped(org: Org, sobject: SObject, query: Query, rows: list[Row]) -> list[dict[str, Any]]:
    """Return one record per group, ordered as asked."""
    binder = Binder(org, query.text)
    keys = [binder.column(sobject, path) for path in query.group_by]
    groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): []}
    for row in rows:
        groups.setdefault(tuple(column.read(row) for column in keys), []).append(row)
    records = [_record(binder, sobject, query, keys, members) for members in groups.values()]
    for order in reversed(query.order_by):
        name = _ordered_by(query, order)
        records.sort(key=lambda record: _sortable(record.get(name)), reverse=order.descending)
    return records


def _record(binder: Binder, sobject: SObject, query: Query, keys: list[Column], rows: list[Row]) -> dict[str, Any]:
    record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
    for item, name in zip(query.items, _names(query), strict=True):
        if isinstance(item, AllFields):
            raise query_refused("MALFORMED_QUERY", query.text, item.position, "FIELDS can not be grouped")
        if isinstance(item, Aggregate):
            column = binder.column(sobject, item.path) if item.path else None
            record[name] = _aggregated(item.function, column, rows)
            continue
        column = binder.column(sobject, item)
        if column.name not in [key.name for key in keys]:
            reason = f"Field must be grouped or aggregated: {column.name}"
            raise query_refused("MALFORMED_QUERY", query.text, item.position, reason)
        record[column.name.rpartition(".")[2]] = plain(column.raw(rows[0]))
    return record


def _aggregated(function: str, column: Column | None, rows: list[Row]) -> Any:
    if column is None:
        return len(rows)
    found = [(value, row) for row in rows if (value := column.read(row)) is not None]
    values = [value for value, _ in found]
    if function == "COUNT":
        return len(values)
    if function == "COUNT_DISTINCT":
        return len(set(values))
    if not values:
        return None
    if function in ("SUM", "AVG"):
        return sum(values) if function == "SUM" else sum(values) / len(values)
    pick = min if function == "MIN" else max
    return plain(column.raw(pick(found, key=lambda pair: pair[0])[1]))


def _names(query: Query) -> list[str]:
    names, unnamed = [], 0
    for item in query.items:
        if isinstance(item, Aggregate):
            names.append(item.alias or f"expr{unnamed}")
            unnamed += item.alias is None
        else:
            names.append(item.names[-1] if isinstance(item, Path) else "")
    return names


def _ordered_by(query: Query, order: Order) -> str:
    for item, name in zip(query.items, _names(query), strict=True):
        if isinstance(order.path, Path):
            if name.lower() == order.path.names[-1].lower():
                return name
        elif isinstance(item, Aggregate) and _same_aggregate(item, order.path):
            return name
    raise query_refused("MALFORMED_QUERY", query.text, 0, "Ordered field must be grouped or aggregated")


def _same_aggregate(one: Aggregate, other: Aggregate) -> bool:
    names = [aggregate.path and aggregate.path.names for aggregate in (one, other)]
    return one.function == other.function and names[0] == names[1]


def _sortable(value: Any) -> tuple[int, float, str]:
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    return (1, 0.0, str(value).casefold())
