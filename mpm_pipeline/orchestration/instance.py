"""The Dagster instance of one home: its folder, its settings file, and an opened instance.

The settings switch telemetry and the sign-up dialog off, keep runs one at a time (a home is held by one run anyway) and let the
daemon notice runs whose process is gone.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from mpm_pipeline.warehouse.home import Home

SETTINGS = """\
telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 300
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false
concurrency:
  runs:
    max_concurrent_runs: 1
  pools:
    default_limit: 2
    granularity: op
python_logs:
  python_log_level: WARNING
"""


def prepare(home: Home) -> None:
    """Write the instance's settings file once and point this process, and those it starts, to it."""
    file = home.dagster / "dagster.yaml"
    if not file.exists():
        fresh = file.with_suffix(".tmp")
        fresh.write_text(SETTINGS)
        fresh.replace(file)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["MPM_HOME"] = str(home.root)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")


class _Relaxed(sqlite3.Connection):
    """A connection that leaves it to the operating system when a commit reaches the disk."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute("PRAGMA synchronous = NORMAL")


def remember_engines() -> None:
    """Let Dagster's SQLite event log keep its engine per file in this process, and not wait for the disk at every event.

    It makes an engine for every event, so every INSERT is compiled anew: a quarter of the CPU of a run over 180 days. A power
    cut may cost the last events; the files stay sound (WAL), and the ledger, which counts, still waits for the disk.
    """
    from dagster._core.storage.event_log.sqlite import sqlite_event_log as storage

    make = storage.create_engine
    if getattr(make, "remembers", False):
        return
    engines: dict[str, Any] = {}

    def remembered(url: str, **options: Any) -> Any:
        if url not in engines:
            options["connect_args"] = {**options.get("connect_args", {}), "factory": _Relaxed}
            engines[url] = make(url, **options)
        return engines[url]

    remembered.remembers = True  # type: ignore[attr-defined]
    storage.create_engine = remembered  # type: ignore[attr-defined, assignment]


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """Yield the home's instance; the first opening makes its databases, alone, before any daemon can race for them."""
    prepare(home)
    remember_engines()
    with dg.DagsterInstance.get() as instance:
        yield instance
