"""What makes a sequence cheap: all that our loader pays for large tables, and that a handful of rows does not need.

The statements, files, ledger and order of everything stay as they are. The engine does not optimise its plans and binds each
statement once, the ledger's statements are spelt once per process, and what the engine was asked before of the same rows is
not asked again: files of the raw log are named by what is in them, and nothing else decides what such a question tells.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import Any
from unittest import mock

import duckdb
import pyarrow as pa

from mpm_pipeline.sources import late, sweep
from mpm_pipeline.warehouse import engine, losses
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.model_check import loaders
from mpm_pipeline_tests.model_check.shop import DEALS

SPELT: dict[Any, Any] = {}
"""The ledger's statements as SQLAlchemy spells them, for all homes of this process."""
DIALECT: dict[str, Any] = {}
"""For whom it spells them, which is a part of what it knows a statement by."""
MOST_KNOWN = 50_000
"""Answers that are kept."""


@contextmanager
def lean() -> Iterator[None]:
    """Let everything of this process be done the cheap way."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Arrow output on a DB-API result")
        for where, name, cheap in (
            (engine, "_idle", []), (engine, "_fresh", _unoptimised(engine._fresh)), (engine, "fetch", _bound_once),
            (Ledger, "__init__", _spelt_once(Ledger.__init__)), (RawLog, "_place", _once(RawLog._place, reads=False)),
            (losses, "compare", _once(losses.compare)), (sweep, "unknown", _once(sweep.unknown)),
            (late, "unlanded", _once(late.unlanded)), (late, "still_missing", _once(late.still_missing)),
            (loaders, "counted", _once(loaders.counted)),
        ):  # fmt: skip
            stack.enter_context(mock.patch.object(where, name, cheap))
        yield


def _unoptimised(fresh: Any) -> Any:
    def connected() -> duckdb.DuckDBPyConnection:
        connection: duckdb.DuckDBPyConnection = fresh()
        connection.execute("SET GLOBAL enable_optimizer = false")
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


def _once(function: Any, *, reads: bool = True) -> Any:
    """Ask once of the same rows; where it `reads`, of the same raw log and losses too."""
    known: dict[Any, Any] = {}

    def asked(raw: RawLog, *given: Any, **more: Any) -> Any:
        same = (_held(raw) if reads else (), raw.first_day, _key(given), _key(more))
        if same not in known:
            if len(known) >= MOST_KNOWN:
                known.clear()
            known[same] = function(raw, *given, **more)
        return known[same] if isinstance(known[same], pa.Table) else deepcopy(known[same])

    return asked


def _held(raw: RawLog) -> Any:
    """Return the names of what has landed, in its order, and what is known to be lost."""
    lost = losses.losses(raw.ledger)
    return tuple(row["batch"] for row in raw.ledger.batches(DEALS.source, DEALS.name)), _key(lost)


def _key(given: Any) -> Any:
    """Spell arguments so that equal ones are equal, whatever they are made of."""
    if isinstance(given, pa.Table):
        return tuple(tuple(column.to_pylist()) for column in given.columns)
    if isinstance(given, Mapping):
        return tuple((name, _key(value)) for name, value in given.items())
    return tuple(map(_key, given)) if isinstance(given, list | tuple) else given
