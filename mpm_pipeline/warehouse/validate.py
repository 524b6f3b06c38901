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

from mpm_pipeline.contracts.table import Table
from mpm_pipeline.errors import Halt

CHUNK = 200_000


@cache
def arrow_schema(contract: type[Table]) -> pa.Schema:
    """Return the Arrow schema that a contract declares."""
    columns = contract.to_schema().columns
    return pa.schema(
        [pa.field(name, column.dtype.type.pyarrow_dtype, nullable=True) for name, column in columns.items()]
    )


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
    schema = contract.to_schema()
    if schema.checks or schema.coerce or any(one.unique or one.regex or one.coerce for one in schema.columns.values()):
        return False
    if not all(_holds(column, rows[name]) for name, column in schema.columns.items()):
        return False
    key = contract.Config.unique
    return not key or rows.select(key).group_by(key).aggregate([]).num_rows == rows.num_rows


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
