"""Runs the pipeline in this process, as `mpm run`, `mpm backfill` and `mpm demo` do: a real Dagster run without a daemon.

Which days are asked for: those never read, the newest two, and those of late records that a probe sees now. Ranges apart from
each other are fetched one after the other; the last one rebuilds and publishes everything.
"""

import logging
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.compute as pc

from mpm_pipeline import errors
from mpm_pipeline.errors import ConfigError, MpmError
from mpm_pipeline.interruption import came
from mpm_pipeline.orchestration import alerts, demo, progress
from mpm_pipeline.orchestration.automation import RANGE_END, RANGE_START, contiguous, late_days, probe
from mpm_pipeline.orchestration.build import definitions
from mpm_pipeline.orchestration.instance import opened
from mpm_pipeline.orchestration.raw_assets import missing_days
from mpm_pipeline.orchestration.reaper import reap
from mpm_pipeline.orchestration.resources import DEFECT
from mpm_pipeline.orchestration.session import RAW_SOURCES, Session
from mpm_pipeline.publish.catalog import served
from mpm_pipeline.publish.database import check_target
from mpm_pipeline.vocabulary import SOURCES
from mpm_pipeline.warehouse.lock import hold
from mpm_pipeline.warehouse.losses import incident, open_by_stream
from mpm_pipeline.warehouse.storage import disk


@dataclass
class Report:
    """How a run ended, in the shape of `mpm run --json`."""

    status: str
    as_of: str
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    restated: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def exit_code(self) -> int:
        return 3 if self.status == "degraded" else 0


def run(root: Path, *, span: tuple[date, date] | None = None, kind: str = "run", quiet: bool = False) -> Report:
    """Run the whole pipeline once for one home and report; raises the errors of `mpm_pipeline.errors`.

    `span` asks for exactly these days (a backfill); without it, for what is missing, new or late. With MPM_AS_OF before what was
    read nobody is asked: the run shows what was known then.
    """
    run_id = str(uuid.uuid4())
    with ExitStack() as stack:
        session = stack.enter_context(_held(root, kind, run_id))
        _need_a_source(session)
        progress.say(f"asking {len(session.connectors)} sources for their clocks") if not quiet else None
        as_of = session.as_of(run_id, kind)
        ranges = _ranges(session, as_of, span, quiet)
        instance = stack.enter_context(opened(session.home))
        reap(instance)
        _log_to_file(session)
        defs = definitions()
        on = [source for source in RAW_SOURCES if session.connectors_of(source)]
        if not quiet:
            progress.begin(_steps(defs) - len(RAW_SOURCES) + len(ranges) * len(on))
        stack.callback(progress.end)
        origin = (session.ledger.run(run_id) or {})["as_of_source"]
        for first, last in ranges[:-1]:
            extra = str(uuid.uuid4())
            session.ledger.begin_run(extra, kind, as_of, origin)
            _execute(defs, instance, extra, (first, last), on, only_raw=True)
            session.ledger.end_run(extra, "done")
        first, last = ranges[-1]
        if not quiet:
            progress.say(f"planning {(last - first).days + 1} days ({first} to {last}) of {len(on)} sources")
        result = _execute(defs, instance, run_id, ranges[-1], on, only_raw=False)
        report = _report(session, run_id, as_of, result, instance)
        session.ledger.end_run(run_id, report.status)
        return report


@contextmanager
def _held(root: Path, kind: str, run_id: str) -> Iterator[Session]:
    """Open and hold a home whose database is its own; tell a person of a run that breaks, but not of a wrong setting or a signal."""
    with Session.open(root) as session, hold(session.home, f"mpm {kind}"):
        check_target(session.home, session.settings.publish.url.get_secret_value(), served())
        try:
            with disk(session.home.root):
                yield session
        except ConfigError:
            raise
        except Exception as error:
            if came():
                raise KeyboardInterrupt from None
            alerts.of_run(
                session, run_id, str(error) if isinstance(error, MpmError) else "a defect; see the run's log."
            )
            raise


def replay(root: Path, *, quiet: bool = False) -> Report:
    """Rebuild and publish everything from the raw log as of the newest run; asks no source. Raises what `run` raises."""
    run_id = str(uuid.uuid4())
    with ExitStack() as stack:
        session = stack.enter_context(_held(root, "replay", run_id))
        as_of = session.latest().as_of
        session.ledger.begin_run(run_id, "replay", as_of, "sources")
        instance = stack.enter_context(opened(session.home))
        reap(instance)
        _log_to_file(session)
        defs = definitions()
        if not quiet:
            progress.begin(_steps(defs) - len(RAW_SOURCES))
        stack.callback(progress.end)
        day = max(as_of.date(), session.settings.first_day)
        result = _execute(defs, instance, run_id, (day, day), [], only_raw=False)
        report = _report(session, run_id, as_of, result, instance)
        session.ledger.end_run(run_id, report.status)
        return report


def _need_a_source(session: Session) -> None:
    if not session.connectors and demo.world_of(session.home.root):
        raise ConfigError(
            "this home was filled by `mpm demo`, whose vendors have gone: run `mpm demo` again, or name another home for your own sources"
        )
    if not session.connectors:
        raise ConfigError(
            "no source is switched on with an address; set for example salesforce.url (MPM_SALESFORCE__URL) or files.url, "
            "or look at `mpm demo` first"
        )


def _ranges(session: Session, as_of: datetime, span: tuple[date, date] | None, quiet: bool) -> list[tuple[date, date]]:
    first = session.settings.first_day
    last = max(as_of.date(), first)
    if session.looks_back(as_of):
        if span is not None:
            raise ConfigError(
                f"MPM_AS_OF {_z(as_of)} lies before what this home has read, and a backfill asks sources as they are now; unset it"
            )
        return [(last, last)]
    if span is not None:
        if span[0] > span[1]:
            raise ConfigError(f"--from {span[0]} lies after --to {span[1]}")
        for day in span:
            if not first <= day <= last:
                raise ConfigError(f"{day} is no partition of this home; partitions run from {first} to {last}")
        return [span]
    wanted = {last, max(last - timedelta(days=1), first)}
    wanted |= {date.fromisoformat(day) for source in RAW_SOURCES for day in missing_days(session, source)}
    if session.ledger.newest_window():
        if not quiet:
            progress.say("looking for late records")
        probe(session, str(uuid.uuid4()))
        wanted |= {date.fromisoformat(day) for days in late_days(session).values() for day in days}
    return contiguous(sorted(day for day in wanted if first <= day <= last))


def _steps(defs: dg.Definitions) -> int:
    graph = defs.resolve_job_def("refresh")
    return len(graph.all_node_defs)


def _execute(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    run_id: str,
    span: tuple[date, date],
    on: Sequence[str],
    *,
    only_raw: bool,
) -> dg.ExecuteInProcessResult:
    """Execute one run over a range of days; sources that are off (not in `on`) are left out of it."""
    first, last = span
    job = defs.resolve_job_def("refresh")
    raw = {dg.AssetKey(["raw", source]) for source in RAW_SOURCES}
    read = {dg.AssetKey(["raw", source]) for source in on}
    everything = set(job.asset_layer.executable_asset_keys)
    selection = sorted(read if only_raw else (everything - raw) | read, key=lambda key: key.to_user_string())
    result = job.execute_in_process(
        instance=instance,
        run_id=run_id,
        tags={RANGE_START: first.isoformat(), RANGE_END: last.isoformat()},
        asset_selection=selection,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    if not result.success:
        raise _failure(result)
    return result


def _failure(result: dg.ExecuteInProcessResult) -> Exception:
    """Turn the first failed step into the error of ours that caused it."""
    for event in result.all_events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            continue
        data = event.event_specific_data
        failure = getattr(data, "user_failure_data", None)
        if failure is not None:
            kind = failure.metadata.get("kind")
            cls = (
                RuntimeError
                if kind and kind.value == DEFECT
                else getattr(errors, str(kind.value if kind else ""), MpmError)
            )
            return cls(failure.description or "a step failed")
        problem = getattr(data, "error", None)
        if problem is not None and event.step_key:
            cause = problem.cause or problem
            return RuntimeError(f"step {event.step_key} failed ({cause.cls_name}); the details are in the run's log")
    return RuntimeError("the run failed; the details are in the run's log")


def _report(
    session: Session, run_id: str, as_of: datetime, result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> Report:
    row = session.ledger.run(run_id) or {}
    sources = {source: _source(session, source, as_of) for source in SOURCES}
    failed = any(one["state"] == "failed" for one in sources.values())
    report = Report("degraded" if failed or row.get("as_of_source") == "machine" else "done", _z(as_of), sources)
    report.published = sorted(served())
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        if "restated figures" in metadata:
            report.restated = int(metadata["restated figures"].value)  # type: ignore[arg-type]
    report.seconds = _seconds(instance, run_id)
    return report


def _source(session: Session, source: str, as_of: datetime) -> dict[str, Any]:
    facts = session.source_row(source, as_of)
    zero = dict.fromkeys(("rows_in", "rows_out", "rows_quarantined"), 0)
    counts = _counts(session, source, as_of) if facts["state"] != "off" else zero
    covered = facts["covered_to"]
    told = {"state": facts["state"], **counts, "covered_to": _z(covered) if covered else None, "error": facts["error"]}
    lost = open_by_stream(session.ledger, source, as_of)
    many = incident(session.ledger, source, as_of)
    if lost and facts["state"] != "off":
        told["lost"] = {stream: len(rows) for (_, stream), rows in lost.items()}
    if many and facts["state"] != "off":
        told["incident"] = (
            f"{len(many):,} records are no longer shown by {source} and nobody deleted them; they stay and count: "
            f"see `mpm diff {source}`, tell whom `mpm notice` lists, then confirm the loss by `mpm diff --confirm`"
        )
    return told


def _counts(session: Session, source: str, as_of: datetime) -> dict[str, int]:
    names = ("rows_in", "rows_out", "rows_quarantined")
    rows = session.warehouse(as_of).read("staged.meta_reconciliation")
    own = rows.filter(pc.equal(rows["source"], source))
    return {name: int(pc.sum(own[name]).as_py() or 0) for name in names}


def _seconds(instance: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for stats in instance.get_run_step_stats(run_id):
        layer = stats.step_key.split("__")[0].split("_")[0]
        layer = "staged" if layer == "stage" else layer
        if stats.start_time and stats.end_time:
            found[layer] = round(found.get(layer, 0.0) + stats.end_time - stats.start_time, 2)
    return found


def _log_to_file(session: Session) -> None:
    """Keep Dagster's own log lines in the home instead of on the terminal."""
    logger = logging.getLogger("dagster")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.addHandler(logging.FileHandler(session.home.logs / "dagster.log"))
    logger.propagate = False


def _z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def set_environment(values: dict[str, str]) -> None:
    """Set settings for this process and those it starts; they beat a user's own environment (`mpm demo` only)."""
    os.environ.update(values)
