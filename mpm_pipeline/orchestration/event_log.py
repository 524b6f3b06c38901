"""Dagster's own SQLite event log with the price of an event taken out of it: same files, same rows, same readers.

Dagster opens a file anew for every event, and closing it writes the whole journal back and waits for the disk. Here a file stays
open as long as the instance, and the events that Dagster hands over as one batch are one transaction per file. A power cut may
cost the last events; the files stay sound (WAL), and the ledger, which counts, still waits for the disk.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import groupby
from typing import Any

from dagster import AssetKey
from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

_RECORD = '{"__class__": "EventLogRecord"'


class EventLog(SqliteEventLogStorage):
    """The SQLite event log of one process; its files stay open until `dispose`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Any] = {}
        self._tables: set[str] = set()
        self._indexes: set[str] = set()
        self._newest: dict[str, tuple[str, AssetKey, Any]] = {}
        self._batch = threading.local()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventLog":
        return cls(inst_data=inst_data, **config_value)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events as `store_event` does, all or none; of an asset's summary only the newest one is written."""
        shards = [*dict.fromkeys(event.run_id for event in events), INDEX_SHARD_NAME]
        with ExitStack() as stack:
            stack.callback(self._batch.__dict__.clear)
            self._batch.connections = {shard: stack.enter_context(self._transaction(shard)) for shard in shards}
            for (run_id, is_of_asset), some in groupby(events, key=lambda event: (event.run_id, _is_of_asset(event))):
                if is_of_asset:
                    self._store_asset_events(run_id, list(some))
                    continue
                for event in some:
                    self.store_event(event)

    def _store_asset_events(self, run_id: str, events: Sequence[EventLogEntry]) -> None:
        """Write asset events of one run to its own file and to the index, many rows per statement."""
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert()
        self._batch.connections[run_id].execute(insert, rows)
        index = self._batch.connections[INDEX_SHARD_NAME]
        numbered = insert.returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
        ids = index.execute(numbered, rows).scalars().all()
        self._store_asset_event_tags(index, events, ids)
        newest = {}
        for event, event_id in zip(events, ids, strict=True):
            told = event.get_dagster_event()
            newest[told.asset_key, told.event_type_value] = (event, event_id)
        for event, event_id in newest.values():
            self._store_asset_event(index, event, event_id)

    def _get_latest_materialization_records(self, raw_asset_rows: Any) -> Any:
        """Return the newest materialization of each asset; a record that was read before is not read again."""
        found, rest = {}, []
        for row in raw_asset_rows:
            known = self._newest.get(row["asset_key"])
            if known and known[0] == row["last_materialization"] and not row["asset_details"]:
                found[known[1]] = known[2]
            else:
                rest.append(row)
        if rest:
            fresh = super()._get_latest_materialization_records(rest)
            for row in rest:
                key, text = AssetKey.from_db_string(row["asset_key"]), row["last_materialization"] or ""
                if key and not row["asset_details"] and text.startswith(_RECORD):
                    self._newest[row["asset_key"]] = (text, key, fresh[key])
            found |= fresh
        return found

    def has_secondary_index(self, name: str) -> bool:
        """Say whether an index was made; one that was is not asked for again."""
        if name not in self._indexes and super().has_secondary_index(name):
            self._indexes.add(name)
        return name in self._indexes

    def has_table(self, table_name: str) -> bool:
        """Say whether a table exists; one that does is not asked for again."""
        if table_name not in self._tables:
            with self._connect(INDEX_SHARD_NAME) as connection:
                self._tables.update(connection.dialect.get_table_names(connection))
        return table_name in self._tables

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Any]:
        """Yield a connection in a transaction: the batch's, if this thread is storing one."""
        if shard in getattr(self._batch, "connections", ()):
            yield self._batch.connections[shard]
            return
        with self._transaction(shard) as connection:
            yield connection

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Any]:
        with self._engine(shard).begin() as connection:
            yield connection
            driver: Any = connection.connection.driver_connection
            has_written = driver.in_transaction
        if has_written:
            with suppress(OSError):
                os.utime(
                    self.path_for_shard(shard)
                )  # the web pages watch a run's file, and what changes first is its journal

    def _engine(self, shard: str) -> Any:
        with self._db_lock:
            if shard not in self._engines:
                waits = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "factory": _Relaxed}
                engine = create_engine(self.conn_string_for_shard(shard), connect_args=waits)
                self._initdb(engine)
                self._engines[shard] = engine
            return self._engines[shard]

    def _has_asset_key_col_on_connection(self, conn: Any, column_name: str) -> bool:
        return True  # this class makes its files, or finds those of the same version


def _is_of_asset(event: EventLogEntry) -> bool:
    return event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS


class _Relaxed(sqlite3.Connection):
    """A connection that leaves it to the operating system when a commit reaches the disk."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute("PRAGMA synchronous = NORMAL")
