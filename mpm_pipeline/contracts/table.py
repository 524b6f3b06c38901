"""The base of all contracts: logical column types, the field helpers and the `Table` model.

A contract's docstring is its grain in one sentence. `Config.name` is `layer.table`, `Config.unique` its primary key, and
`Config.metadata` holds owner, questions and whether it is served. Types are Arrow types, so that DuckDB, Delta and Pandera
mean the same thing. What a single vendor's record promises lives in the vendor's own file and builds on `record.py`.
"""

from typing import Annotated, Any

import pandera.pandas as pa
from pandera.engines import pandas_engine as engine
from pandera.typing import Series

Text = Series[engine.ArrowString]
Whole = Series[engine.ArrowInt64]
Real = Series[engine.ArrowFloat64]
Flag = Series[engine.ArrowBool]
Day = Series[engine.ArrowDate32]
Instant = Series[Annotated[engine.ArrowTimestamp, "us", "UTC"]]


def key(description: str, **checks: Any) -> Any:
    """Declare a part of the primary key: never null (a part that can be absent is the empty text)."""
    return pa.Field(nullable=False, description=description, metadata={"key": True}, **checks)


def must(description: str, **checks: Any) -> Any:
    """Declare a column that is always there."""
    return pa.Field(nullable=False, description=description, metadata={"key": False}, **checks)


def may(description: str, **checks: Any) -> Any:
    """Declare a column that may be null; the description says what null means where it is not plain."""
    return pa.Field(nullable=True, description=description, metadata={"key": False}, **checks)


class Table(pa.DataFrameModel):
    """Base of all contracts."""

    class Config:
        name: str = ""
        unique: list[str] = []
        strict = True
        coerce = False
        metadata: dict[str, Any] = {}


def describe(
    name: str,
    unique: list[str],
    *,
    owner: str = "data",
    questions: tuple[str, ...] = (),
    served: bool = False,
    sparse: bool = False,
) -> Any:
    """Build a contract's Config: `name` is `layer.table`, `unique` the primary key in order.

    `sparse`: a model may leave out nullable columns that it has nothing to say about; they are filled with null.
    """
    metadata = {"owner": owner, "questions": list(questions), "served": served, "sparse": sparse}
    return type("Config", (), {"name": name, "unique": unique, "strict": True, "coerce": False, "metadata": metadata})
