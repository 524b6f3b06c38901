"""Holds a table against its contract before it is written; a breach stops the run and names no value.

A table that Arrow's own columns prove sound is let through; Pandera, whose price is a hundred times that, is asked about all
others, and it alone says what is broken. Pandera's own error text holds the failing values, which may be personal data, so
only table, column, check and counts leave.
"""

from functools import cache
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.contracts.fields import fields, is_plain, kinds
from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole
from mpm_pipeline.errors import Halt

CHUNK = 200_000

TYPES = {
    Text: pa.string(), Whole: pa.int64(), Real: pa.float64(), Flag: pa.bool_(), Day: pa.date32(), Instant: pa.timestamp("us", "UTC"),
}  # fmt: skip
"""As what a column of each kind stands in Arrow."""


@cache
def arrow_schema(contract: type[Table]) -> pa.Schema:
    """Return the Arrow schema that a contract declares."""
    return pa.schema([pa.field(name, TYPES[kind], nullable=True) for name, kind in kinds(contract).items()])


def conform(contract: type[Table], rows: pa.Table) -> pa.Table:
    """Cast to the contract's types and column order; raise Halt when a column is missing or cannot be cast."""
    wanted = arrow_schema(contract)
    if contract.Config.metadata.get("sparse"):
        for name in set(wanted.names) - set(rows.column_names):
            rows = rows.append_column(name, pa.nulls(rows.num_rows))
    missing = [name for name in wanted.names if name not in rows.column_names]
    extra = [name for name in rows.column_names if name not in wanted.names]
    if missing or extra:
        raise Halt(
            f"{contract.Config.name}: columns differ from the contract (missing {missing}, not declared {extra})"
        )
    try:
        return rows.select(wanted.names).cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Halt(
            f"{contract.Config.name}: a column cannot be cast to its declared type ({type(error).__name__})"
        ) from None


def validate(contract: type[Table], rows: pa.Table) -> pa.Table:
    """Return the rows in the contract's shape; raise Halt naming column, check and count of what is broken."""
    rows = conform(contract, rows)
    if is_sound(contract, rows):
        return rows
    try:
        frame = rows.to_pandas(types_mapper=pd.ArrowDtype)
        contract.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        counts = cases.groupby([cases["column"].astype(str), cases["check"].astype(str)]).size()
        broken = "; ".join(f"{column}: {check} ({count} rows)" for (column, check), count in counts.items())
        raise Halt(f"{contract.Config.name} breaks its contract, nothing is published: {broken}") from None
    return rows


def is_sound(contract: type[Table], rows: pa.Table) -> bool:
    """Say whether rows in the contract's shape certainly keep it; False also where a check is none of those known here."""
    declared = fields(contract)
    if not is_plain(contract) or any(one.unique or one.regex or one.coerce for one in declared.values()):
        return False
    if contract.Config.coerce or not all(_holds(column, rows[name]) for name, column in declared.items()):
        return False
    return _is_key(rows, contract.Config.unique)


def _is_key(rows: pa.Table, key: list[str]) -> bool:
    """Say whether no two rows share a key; a part of it in which no value stands twice says so for all of it."""
    if not key or rows.num_rows < 2:
        return True
    parts = [rows[part] for part in reversed(key)]
    if any(map(_ascends, parts)) or any(pc.count_distinct(part, mode="all").as_py() == len(part) for part in parts):
        return True
    return bool(rows.select(key).group_by(key).aggregate([]).num_rows == rows.num_rows)


def _ascends(values: pa.ChunkedArray) -> bool:
    """Say whether each value stands above the one before it, as in a table in the order of its key; so none stands twice."""
    return values.null_count == 0 and bool(
        pc.all(pc.greater(values.slice(1), values.slice(0, len(values) - 1))).as_py()
    )


def _holds(column: Any, values: pa.ChunkedArray) -> bool:
    if values.null_count and not column.nullable:
        return False
    if pa.types.is_floating(values.type) and pc.any(pc.is_nan(values)).as_py():
        return False
    return all(_keeps(check, values) for check in column.checks)


def _keeps(check: Any, values: pa.ChunkedArray) -> bool:
    if values.null_count == len(values):
        return check.name in _KNOWN
    if check.name == "isin":
        allowed = pa.array(list(check.statistics["allowed_values"]), values.type)
        return bool(pc.all(pc.is_in(values.drop_null(), value_set=allowed)).as_py())
    if check.name == "greater_than_or_equal_to":
        return bool(pc.min(values).as_py() >= check.statistics["min_value"])
    if check.name == "less_than_or_equal_to":
        return bool(pc.max(values).as_py() <= check.statistics["max_value"])
    return False


_KNOWN = {"isin", "greater_than_or_equal_to", "less_than_or_equal_to"}


def empty(contract: type[Table]) -> pa.Table:
    """Return no rows in the contract's shape."""
    return arrow_schema(contract).empty_table()
