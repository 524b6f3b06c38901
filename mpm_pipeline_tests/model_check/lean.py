"""What makes a sequence cheap: all that our loader pays for large tables, and that a handful of rows does not need.

The statements, files, ledger and order of everything stay as they are. The engine does not optimise its plans and binds each
statement once, the ledger's statements are spelt once per process, and rows that were typed before are not typed again.
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from unittest import mock

import duckdb
import pyarrow as pa

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

SPELT: dict[Any, Any] = {}
"""The ledger's statements as SQLAlchemy spells them, for all homes of this process."""
DIALECT: dict[str, Any] = {}
"""For whom it spells them, which is a part of what it knows a statement by."""
MOST_KNOWN = 50_000
"""Typed tables that are kept."""


@contextmanager
def lean() -> Iterator[None]:
    """Let everything of this process be done the cheap way."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Arrow output on a DB-API result")
        for where, name, cheap in (
            (engine, "_idle", []), (engine, "_fresh", _unoptimised(engine._fresh)), (engine, "fetch", _bound_once),
            (Ledger, "__init__", _spelt_once(Ledger.__init__)), (RawLog, "_place", _typed_once(RawLog._place)),
        ):  # fmt: skip
            stack.enter_context(mock.patch.object(where, name, cheap))
        yield


def _unoptimised(fresh: Any) -> Any:
    def connected() -> duckdb.DuckDBPyConnection:
        connection: duckdb.DuckDBPyConnection = fresh()
        connection.execute("PRAGMA disable_optimizer")
        return connection

    return connected


def _bound_once(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return connection.execute(sql).to_arrow_table()


def _spelt_once(init: Any) -> Any:
    def opened(self: Ledger, *given: Any) -> None:
        init(self, *given)
        self.engine._compiled_cache = SPELT  # type: ignore[assignment]
        self.engine.dialect = DIALECT.setdefault("sqlite", self.engine.dialect)

    return opened


def _typed_once(place: Any) -> Any:
    """Typing depends on nothing but the rows, their stream, the moment of the reading and the first day."""
    known: dict[Any, pa.Table] = {}

    def placed(self: RawLog, stream: Stream, table: pa.Table, extracted_at: datetime) -> pa.Table:
        rows = tuple(tuple(column.to_pylist()) for column in table.columns)
        same = (rows, stream, extracted_at, self.first_day)
        if same not in known:
            if len(known) >= MOST_KNOWN:
                known.clear()
            known[same] = place(self, stream, table, extracted_at)
        return known[same]

    return placed
