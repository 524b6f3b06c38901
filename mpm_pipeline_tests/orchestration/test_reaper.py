"""Runs whose process is gone are marked as failed; those that live, or only begin, are left alone."""

import os
import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.test_utils import create_run_for_test

from mpm_pipeline.orchestration.reaper import CUT_OFF, lives, reap

STARTED, STARTING = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def begun(instance: dg.DagsterInstance, *pids: int, status: dg.DagsterRunStatus = STARTED) -> str:
    """A run that told these processes as its own, one after the other."""
    run = create_run_for_test(instance, status=status)
    for pid in pids:
        words = f"Started process for run (pid: {pid})."
        instance.report_engine_event(words, run, EngineEventData.in_process(pid))
    return run.run_id


def left(instance: dg.DagsterInstance) -> set[str]:
    return {one.dagster_run.run_id for one in instance.get_run_records(dg.RunsFilter(statuses=CUT_OFF))}


def test_only_runs_whose_process_is_gone_have_failed(instance: dg.DagsterInstance) -> None:
    """One dead, one alive, one that begins; a run that was started again counts by its newest process."""
    dead, again = begun(instance, gone()), begun(instance, gone(), os.getpid())
    alive, begins = begun(instance, os.getpid()), begun(instance, status=STARTING)
    assert reap(instance) == [dead]
    assert left(instance) == {again, alive, begins}


@pytest.mark.parametrize("status", CUT_OFF)
def test_where_nobody_can_begin_one_that_told_nothing_is_gone(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    """As when `mpm ui` starts; a run that lives is left alone even then."""
    begun(instance, status=status)
    alive = begun(instance, os.getpid())
    reap(instance, is_alone=True)
    assert left(instance) == {alive}


def test_a_number_given_to_another_process_is_no_sign_of_life() -> None:
    """This process lives, but not since the year 2001."""
    assert not lives(os.getpid(), 1e9)
    assert lives(os.getpid(), 4e9)


def test_a_process_that_nobody_waited_for_is_gone() -> None:
    """A zombie has a number and does nothing."""
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not lives(process.pid, 4e9)
    process.wait()
    process.stdout.close()
