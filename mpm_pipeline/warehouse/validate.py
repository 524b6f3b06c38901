"""Holds a table against its contract before it is written; a breach stops the run and names no value.

Pandera's own error text holds the failing values, which may be personal data, so only table, column, check and counts leave.
"""

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from mpm_pipeline.contracts.table import Table
from mpm_pipeline.errors import Halt

CHUNK = 200_000


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
            rows = rows.append_column(name, pa.nulls(rows.num_rows, wanted.field(name).type))
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
    try:
        frame = rows.to_pandas(types_mapper=pd.ArrowDtype)
        contract.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        counts = cases.groupby([cases["column"].astype(str), cases["check"].astype(str)]).size()
        broken = "; ".join(f"{column}: {check} ({count} rows)" for (column, check), count in counts.items())
        raise Halt(f"{contract.Config.name} breaks its contract, nothing is published: {broken}") from None
    return rows


def empty(contract: type[Table]) -> pa.Table:
    """Return no rows in the contract's shape."""
    return arrow_schema(contract).empty_table()
