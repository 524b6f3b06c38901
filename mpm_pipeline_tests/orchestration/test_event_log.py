"""Our event log holds what Dagster's own would: same rows, readable by Dagster's own, whole batches or nothing."""

import inspect
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from mpm_pipeline.orchestration.event_log import EventLog
from mpm_pipeline.orchestration.instance import opened
from mpm_pipeline.warehouse.home import Home

RUN = "00000000-0000-4000-8000-000000000001"
DAYS = dg.DailyPartitionsDefinition(start_date="2026-03-01", end_date="2026-03-06")
KEPT = {
    "event_logs": "dagster_event_type, asset_key, partition, step_key",
    "asset_keys": "asset_key, last_materialization IS NULL, last_materialization_timestamp IS NULL, last_run_id",
    "asset_check_executions": "asset_key, check_name, partition, execution_status, materialization_event_storage_id IS NULL",
    "asset_event_tags": "asset_key, key",
}

OVERRIDDEN = {
    "__init__": "self, base_dir, inst_data", "from_config_value": "inst_data, config_value", "dispose": "self",
    "store_event_batch": "self, events", "has_table": "self, table_name", "has_secondary_index": "self, name",
    "_connect": "self, shard", "_get_latest_materialization_records": "self, raw_asset_rows",
    "_has_asset_key_col_on_connection": "self, conn, column_name",
}  # fmt: skip
USED = {
    "store_event": "self, event", "path_for_shard": "self, run_id", "conn_string_for_shard": "self, shard_name",
    "_event_to_row": "self, event", "_initdb": "self, engine, for_index_shard", "_store_asset_event": "self, conn, event, event_id",
    "_store_asset_event_tags": "self, conn, events, event_ids",
}  # fmt: skip
"""Members of Dagster's event log that ours stands in for, and those that it calls, with what they take (decision 6)."""


@dg.asset(
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("whole", asset="raw")],
)
def raw() -> dg.MaterializeResult:  # type: ignore[type-arg]
    """A range of days with a check."""
    return dg.MaterializeResult(metadata={"rows": 5}, check_results=[dg.AssetCheckResult(passed=True)])


@dg.asset(deps=[raw])
def built() -> None:
    """What follows from it."""


@contextmanager
def plain(home: Home) -> Iterator[dg.DagsterInstance]:
    """Open the same folder as Dagster itself does."""
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home.dagster))) as instance:
        yield instance


def refresh(instance: dg.DagsterInstance) -> None:
    job = dg.Definitions(assets=[raw, built], jobs=[dg.define_asset_job("both")]).resolve_job_def("both")
    tags = {"dagster/asset_partition_range_start": "2026-03-01", "dagster/asset_partition_range_end": "2026-03-05"}
    assert job.execute_in_process(instance=instance, run_id=RUN, tags=tags).success


def rows(home: Home) -> dict[str, list[str]]:
    """Return what the files hold but for times and running numbers."""
    folder = home.dagster / "history" / "runs"
    found = {}
    for name in ("index", RUN):
        with sqlite3.connect(folder / f"{name}.db") as file:
            for table, columns in KEPT.items():
                found[f"{name} {table}"] = sorted(map(str, file.execute(f"SELECT {columns} FROM {table}")))  # noqa: S608
    return found


@pytest.fixture
def homes(tmp_path: Path, root: Path) -> tuple[Home, Home]:
    """Two homes; the environment is put back after the test."""
    return Home.open(tmp_path / "plain"), Home.open(tmp_path / "ours")


@pytest.mark.parametrize("name", [*OVERRIDDEN, *USED])
def test_dagster_has_what_ours_stands_on(name: str) -> None:
    """A member that another version of Dagster renames would be overridden in vain, without a word; one that takes other things would break."""
    theirs = getattr(SqliteEventLogStorage, name, None)
    assert theirs is not None, f"Dagster's event log has no {name} any more: see decision 6"
    taken = ", ".join(inspect.signature(theirs).parameters)
    assert taken == (OVERRIDDEN | USED)[name], f"Dagster's {name} takes other things now: see decision 6"


def test_all_that_ours_overrides_is_watched() -> None:
    """What stands in both classes is on the list, and every file is opened where ours opens it."""
    both = {
        name
        for name in vars(EventLog)
        if hasattr(SqliteEventLogStorage, name) and inspect.isroutine(getattr(EventLog, name))
    }
    assert both == OVERRIDDEN.keys()
    opening = [
        name for name, member in vars(SqliteEventLogStorage).items()
        if inspect.isfunction(member) and "create_engine" in inspect.getsource(member)
    ]  # fmt: skip
    assert sorted(opening) == ["__init__", "_connect", "has_table"]


def test_the_same_rows_are_written(homes: tuple[Home, Home]) -> None:
    """A run over a range of days leaves the rows that Dagster's own event log leaves."""
    theirs, ours = homes
    with plain(theirs) as instance:
        refresh(instance)
    with opened(ours) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        refresh(instance)
    assert rows(ours) == rows(theirs)
    assert len(rows(ours)["index asset_keys"]) == 2


def test_dagster_itself_reads_it(homes: tuple[Home, Home]) -> None:
    """The web pages, which use Dagster's own event log, find every day and the newest state of every asset."""
    with opened(homes[1]) as instance:
        refresh(instance)
        with plain(homes[1]) as reader:
            key = dg.AssetKey(["raw"])
            assert reader.get_materialized_partitions(key) == {f"2026-03-0{day}" for day in range(1, 6)}
            newest = reader.get_latest_materialization_event(key)
            assert newest is not None and newest.asset_materialization is not None
            assert newest.asset_materialization.partition == "2026-03-05"


def test_a_batch_that_fails_leaves_nothing(homes: tuple[Home, Home], monkeypatch: pytest.MonkeyPatch) -> None:
    """When a batch breaks off, Dagster stores its events again one by one, so none of them may be there yet."""
    store = EventLog._store_asset_event
    calls = {"batched": 0}

    def broken(log: EventLog, *given: Any) -> None:
        store(log, *given)
        calls["batched"] += hasattr(log._batch, "connections")
        if calls["batched"] == 2:
            calls["batched"] += 1
            raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(EventLog, "_store_asset_event", broken)
    with opened(homes[1]) as instance:
        refresh(instance)
    with plain(homes[0]) as instance:
        refresh(instance)
    assert calls["batched"] >= 3
    assert rows(homes[1]) == rows(homes[0])


def test_a_file_that_is_written_is_seen_to_change(homes: tuple[Home, Home]) -> None:
    """The web pages watch the time stamp of a run's file, so it moves with every event although the file stays open."""
    with opened(homes[1]) as instance:
        refresh(instance)
        file = homes[1].dagster / "history" / "runs" / f"{RUN}.db"
        before = file.stat().st_mtime_ns
        run = instance.get_run_by_id(RUN)
        assert run is not None
        instance.report_engine_event("still here", run)
        assert file.stat().st_mtime_ns > before


def test_settings_of_ones_own_stay(homes: tuple[Home, Home]) -> None:
    """A settings file that names a storage is followed."""
    folder = homes[1].dagster
    (folder / "dagster.yaml").write_text(f"storage:\n  sqlite:\n    base_dir: {folder / 'elsewhere'}\n")
    with opened(homes[1]) as instance:
        refresh(instance)
    assert (folder / "elsewhere" / "history" / "runs" / f"{RUN}.db").exists()


def test_what_another_process_tells_is_read_anew(homes: tuple[Home, Home]) -> None:
    """A materialization that somebody else reports, and one that somebody else wipes, is seen by who read the one before."""
    key, (_, home) = dg.AssetKey("raw"), homes

    def told(instance: dg.DagsterInstance) -> list[Any]:
        records = [record.asset_entry.last_materialization for record in instance.get_asset_records([key])]
        return [one.asset_materialization.metadata["rows"].value if one else None for one in records]

    def tell(instance: dg.DagsterInstance, rows: int) -> None:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata={"rows": rows}))

    with opened(home) as here, plain(home) as there:
        tell(here, 1)
        assert told(here) == told(here) == [1]
        tell(there, 2)
        assert told(here) == told(there) == [2]
        there.wipe_assets([key])
        assert told(here) == told(there) == []
        tell(there, 3)
        assert told(here) == [3]
