"""The Dagster instance of one home: its folder, its settings file, and an opened instance.

The settings switch telemetry and the sign-up dialog off, keep runs one at a time (a home is held by one run anyway) and let the
daemon notice runs whose process is gone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef

from mpm_pipeline.orchestration.event_log import EventLog
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
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "500")


@contextmanager
def opened(home: Home) -> Iterator[dg.DagsterInstance]:
    """Yield the home's instance; the first opening makes its databases, alone, before any daemon can race for them."""
    prepare(home)
    with dg.DagsterInstance.from_ref(_reference(home)) as instance:
        yield instance


def _reference(home: Home) -> InstanceRef:
    """Return what the settings file says, with our event log in the place of Dagster's SQLite one."""
    folder = str(home.dagster)
    chosen, _ = dagster_instance_config(folder)
    if chosen.keys() & {"storage", "run_storage", "event_log_storage", "schedule_storage"}:
        return InstanceRef.from_dir(folder)
    log = {
        "module": EventLog.__module__,
        "class": EventLog.__name__,
        "config": {"base_dir": str(home.dagster / "history" / "runs")},
    }
    return InstanceRef.from_dir(folder, overrides={"event_log_storage": log})
