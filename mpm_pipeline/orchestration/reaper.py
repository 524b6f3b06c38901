"""Marks Dagster's runs whose process is gone as failed; Dagster on one machine does not notice them, and one would hold up the queue.

A run tells its process when it begins. A process of that number that began later is another one: numbers are given anew.
"""

import os
import re
from pathlib import Path

import dagster as dg
from dagster import DagsterEventType

CUT_OFF = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
PROCESS = re.compile(r"process.*\(pid: (\d+)\)")
WHY = "its process was ended from outside; ask for it again"
DOUBT_SECONDS = 5.0
"""How far apart the clocks of the event log and of the list of processes may be."""


def reap(instance: dg.DagsterInstance, *, is_alone: bool = False) -> list[str]:
    """Mark runs whose process is gone as failed and return their ids; call it while holding the home.

    `is_alone`: nobody else can be starting a run now, so that one which has not told its process yet is gone too.
    """
    found = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=CUT_OFF)):
        run = record.dagster_run
        told = _process(instance, run.run_id)
        if (told is None and is_alone) or (told is not None and not lives(*told)):
            instance.report_run_failed(run, WHY)
            found.append(run.run_id)
    return found


def lives(pid: int, seen_at: float) -> bool:
    """Say whether the process that had a number at an instant (epoch seconds) still runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        booted = re.search(r"^btime (\d+)", Path("/proc/stat").read_text(), re.M)
    except OSError:
        return True
    began = int(booted[1]) + int(rest[18]) / os.sysconf("SC_CLK_TCK") if booted else 0.0
    return state != "Z" and began <= seen_at + DOUBT_SECONDS


def _process(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """Return the number of the newest process that a run named as its own, and when it did."""
    found = None
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.ENGINE_EVENT):
        match = PROCESS.search(entry.dagster_event.message or "" if entry.dagster_event else "")
        if match:
            found = int(match[1]), entry.timestamp
    return found
