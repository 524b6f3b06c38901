"""The one resource of all steps: opens the home for a step, holds the run's lock, turns our errors into Dagster failures.

A home is held by one run from its first step to its last, so that nobody gets in between two steps; a run that Dagster starts
waits a while for its turn, then fails with words that name the holder.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._utils import interrupts

from mpm_pipeline.errors import MpmError
from mpm_pipeline.interruption import came
from mpm_pipeline.orchestration import progress
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.warehouse.home import Home, home_path
from mpm_pipeline.warehouse.lock import hold
from mpm_pipeline.warehouse.storage import disk

PATIENCE_SECONDS = 600
DEFECT = "Defect"


class MpmHome(dg.ConfigurableResource):
    """The home folder; empty: MPM_HOME, else ./mpm-home."""

    path: str = ""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["MpmHome"]:
        """Hold the home as long as Dagster keeps the resource: the whole run with the in-process executor, else one step."""
        with hold(Home.open(home_path(self.path)), f"run {context.run_id}", wait_seconds=PATIENCE_SECONDS):
            yield self

    @contextmanager
    def session(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Iterator[Session]:
        """Open the home for one step under the run's lock; errors of ours become failures that are not retried."""
        root = home_path(self.path)
        progress.step(
            context.op_handle.name if hasattr(context, "op_handle") else context.op_execution_context.op_handle.name
        )
        try:
            with disk(root), hold(Home.open(root), f"run {context.run.run_id}", wait_seconds=PATIENCE_SECONDS):
                yield _session_of(root, context.run.run_id)
        except (KeyboardInterrupt, DagsterExecutionInterruptedError):
            raise _stopped() from None
        except Exception as error:
            raise (_stopped() if came() else _failure(error)) from None


def _stopped() -> dg.Failure:
    """Have Dagster end the run before its next step; a bare interrupt it would take for a fault and try the step again."""
    interrupts._received_interrupt["received"] = True
    return dg.Failure("stopped from outside", allow_retries=False)


def _failure(error: Exception) -> dg.Failure:
    """Return an error as Dagster's failure; what the words of ours say is not mended by another try."""
    if isinstance(error, dg.Failure):
        return error
    if isinstance(error, MpmError):
        return dg.Failure(str(error), metadata={"kind": type(error).__name__}, allow_retries=False)
    return _defect(error)


def _defect(error: Exception) -> dg.Failure:
    """Return what Dagster may keep of a defect: its kind and where it arose; its words may hold data of a row, or a secret."""
    where = traceback.extract_tb(error.__traceback__)
    lines = [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in where]
    told = {"kind": DEFECT, "where": "\n".join(lines)}
    return dg.Failure(f"a defect of ours ({type(error).__name__}) in {lines[-1]}", metadata=told)


_OPEN: dict[tuple[str, str], Session] = {}


def _session_of(root: Path, run_id: str) -> Session:
    """Return the session of a run: the steps of one run in one process share it, the next run gets a fresh one."""
    key = (str(root), run_id)
    if key not in _OPEN:
        for other in [other for other in _OPEN if other != key]:
            _OPEN.pop(other).__exit__()
        _OPEN[key] = Session.open(root)
    return _OPEN[key]
