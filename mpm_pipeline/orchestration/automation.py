"""Jobs, schedules and sensors.

The hourly probe asks the sources and writes what it saw to the ledger; the sensor reads only the ledger and requests exactly the
days that hold something unlanded and what depends on them. It is level-triggered: what has landed meanwhile is not asked for
again, and a failed request is made anew after the next probe. Schedules go by days that were never read, not by ticks.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from mpm_pipeline.errors import MpmError
from mpm_pipeline.orchestration import alerts
from mpm_pipeline.orchestration.raw_assets import missing_days
from mpm_pipeline.orchestration.session import RAW_SOURCES, Session
from mpm_pipeline.orchestration.stages import published_batch
from mpm_pipeline.sources.late import late_partitions, probe_late
from mpm_pipeline.vocabulary import FILE_FOLDERS

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
MAX_RUNTIME = {"dagster/max_runtime": "7200"}
MOST_SINGLE_DAYS = 10
"""Up to so many late days are requested one by one; more are joined to ranges, because every run rebuilds what follows."""


def refresh_job(days: dg.DailyPartitionsDefinition) -> UnresolvedAssetJobDefinition:
    """Return the job that fetches days and rebuilds everything after them."""
    return dg.define_asset_job("refresh", selection=dg.AssetSelection.all(), partitions_def=days, tags=MAX_RUNTIME)


def rebuild_job() -> UnresolvedAssetJobDefinition:
    """Return the job that makes everything after the raw log anew and publishes it; it asks no source for records."""
    selection = dg.AssetSelection.all() - dg.AssetSelection.groups("raw")
    return dg.define_asset_job("rebuild", selection=selection, tags=MAX_RUNTIME)


@dg.op(
    name="probe_sources", description="Asks every source what it shows over its horizon and notes what never landed."
)
def probe_sources(context: dg.OpExecutionContext) -> None:
    """Probe all sources; one that cannot be reached is named and does not stop the others. Needs no turn: it lands nothing."""
    with Session.open() as session:
        for name, text in probe(session, context.run_id).items():
            context.log.info(f"{name}: {text}")


@dg.job(name="probe", tags=MAX_RUNTIME)
def probe_job() -> None:
    """Look for late records; lands nothing."""
    probe_sources()


def probe(session: Session, run_id: str) -> dict[str, str]:
    """Write what the sources show and never landed to the ledger; return one line per source."""
    as_of = session.as_of(run_id, "probe")
    told: dict[str, str] = {}
    for connector in session.connectors:
        try:
            found = probe_late(connector, session.raw, session.ledger, as_of)
            told[connector.source] = f"{found} records never landed"
        except MpmError as error:
            told[connector.source] = str(error)
    session.ledger.end_run(run_id, "done")
    return told


def late_days(session: Session) -> dict[str, list[str]]:
    """Return, per raw source, the days that hold something unlanded, by the ledger alone; a source never read has no lateness."""
    by_source: dict[str, set[str]] = {}
    for source, days in late_partitions(session.ledger, session.raw).items():
        if session.ledger.partitions_done(source):
            by_source.setdefault("files" if source in FILE_FOLDERS else source, set()).update(map(str, days))
    return {source: sorted(days) for source, days in sorted(by_source.items())}


def sensor(
    assets: Sequence[dg.AssetsDefinition], days: dg.DailyPartitionsDefinition, job: UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """Return the sensor that requests the days of late records."""
    known = set(days.get_partition_keys())

    @dg.sensor(
        name="late_data",
        job=job,
        minimum_interval_seconds=120,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Requests exactly the days whose records came late, and what depends on them.",
    )
    def late_data(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        with Session.open() as session:
            found = late_days(session)
            probed = max((row["seen_as_of"] for row in session.ledger.sightings()), default="")
        by_day: dict[str, tuple[str, ...]] = {}
        for source, source_days in found.items():
            by_day |= {day: (*by_day.get(day, ()), source) for day in source_days if day in known}
        requests = [_request(first, last, sources, probed, assets) for first, last, sources in _together(by_day)]
        asked = set(json.loads(context.cursor or "[]"))
        fresh = [request for request in requests if request.run_key not in asked]
        cursor = json.dumps([request.run_key for request in requests])
        if fresh:
            return dg.SensorResult(fresh, cursor=cursor)
        waiting = (
            f"{len(requests)} requests of before are on their way"
            if requests
            else "all that the sources showed has landed"
        )
        return dg.SensorResult(skip_reason=f"nothing new came late: {waiting}", cursor=cursor)

    return late_data


def landed_sensor(job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Return the sensor that publishes what landed without being published: after a backfill of raw days, or a run cut off."""

    @dg.sensor(
        name="raw_landed",
        job=job,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Rebuilds and publishes when the raw log holds files that no publication has seen and nothing else is under way.",
    )
    def raw_landed(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        if _is_busy(context.instance):
            return dg.SensorResult(skip_reason="runs or backfills are under way; they may publish it themselves")
        with Session.open() as session:
            newest, published = session.ledger.newest_batch(), published_batch(session)
        if newest <= published:
            return dg.SensorResult(skip_reason="all that landed is published")
        return dg.SensorResult([dg.RunRequest(run_key=f"landed:{newest}", tags={"mpm/why": "raw files landed"})])

    return raw_landed


def failed_sensor() -> dg.SensorDefinition:
    """Return the sensor that tells a person of a run that failed; what `mpm run` told itself is not told twice."""

    @dg.run_failure_sensor(
        name="failed_runs",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells a person by webhook, command or e-mail (settings in [alerts]) of each run that failed.",
    )
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        with Session.open() as session:
            alerts.of_run(session, context.dagster_run.run_id, f"job {context.dagster_run.job_name}; see its page.")

    return failed_runs


def _is_busy(instance: dg.DagsterInstance) -> bool:
    unfinished = dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES))
    return bool(
        instance.get_run_records(unfinished, limit=1)
        or instance.get_backfills(BulkActionsFilter(statuses=[BulkActionStatus.REQUESTED]), limit=1)
    )


def _together(by_day: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return what to request as (first day, last day, sources): day by day, or joined when there are many days."""
    if len(by_day) <= MOST_SINGLE_DAYS:
        return [(day, day, sources) for day, sources in sorted(by_day.items())]
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for sources in sorted(set(by_day.values())):
        days = sorted(date.fromisoformat(day) for day, own in by_day.items() if own == sources)
        found += [(str(first), str(last), sources) for first, last in contiguous(days)]
    return sorted(found)


def _request(
    first: str, last: str, sources: tuple[str, ...], probed: str, assets: Sequence[dg.AssetsDefinition]
) -> dg.RunRequest:
    """Request one day or range; the key names the probe that saw it, so that the next probe may ask for it again."""
    keys = [dg.AssetKey(["raw", source]) for source in sources]
    selection = dg.AssetSelection.assets(*keys).downstream().resolve(assets)
    span = first if first == last else f"{first}...{last}"
    where = {} if first == last else {RANGE_START: first, RANGE_END: last}
    return dg.RunRequest(
        run_key=f"late:{span}:{','.join(sources)}:{probed}",
        partition_key=first if first == last else None,
        asset_selection=sorted(selection, key=lambda key: key.to_user_string()),
        tags={"mpm/why": "late records", "mpm/sources": ",".join(sources), **where},
    )


def schedules(days: dg.DailyPartitionsDefinition, job: UnresolvedAssetJobDefinition) -> list[dg.ScheduleDefinition]:
    """Return the daily and hourly refresh and the hourly probe."""

    @dg.schedule(
        name="daily_refresh", job=job, cron_schedule="30 3 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
    )
    def daily_refresh(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        """Read every day that was never read, and the day before the newest again, now that it has ended."""
        return _ranges(context, settle=True)

    @dg.schedule(
        name="hourly_refresh", job=job, cron_schedule="5 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING
    )
    def hourly_refresh(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
        """Read the newest day again, so that figures are an hour old at most, and the days that were slept through."""
        return _ranges(context, settle=False)

    hourly_probe = dg.ScheduleDefinition(
        name="hourly_probe", job=probe_job, cron_schedule="50 * * * *", default_status=dg.DefaultScheduleStatus.RUNNING
    )
    return [daily_refresh, hourly_refresh, hourly_probe]


def _ranges(context: dg.ScheduleEvaluationContext, *, settle: bool) -> Iterator[dg.RunRequest]:
    """Request the newest day and the days that nobody read, because nothing ran; a fresh home always starts whole.

    With `settle` the day before too, and all days that some source was never read on: to ask for those every hour would read
    everything anew each time, as long as one source is down.
    """
    with Session.open() as session:
        newest = session.last_day()
        settle = settle or not session.ledger.newest_window()
        missing = [set(missing_days(session, source)) for source in RAW_SOURCES if session.connectors_of(source)]
        wanted = {date.fromisoformat(day) for day in _gaps(missing, settle=settle)} | {newest}
        wanted |= {newest - timedelta(days=1)} if settle else set()
        wanted = {day for day in wanted if day >= session.settings.first_day}
    tick = context.scheduled_execution_time.isoformat()
    for first, last in contiguous(sorted(wanted)):
        tags = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat(), "mpm/why": "schedule"}
        yield dg.RunRequest(run_key=f"{tick}:{first}:{last}", tags=tags)


def _gaps(missing: Sequence[set[str]], *, settle: bool) -> set[str]:
    """Return the days that some source lacks, or without `settle` those that every source lacks."""
    if not missing:
        return set()
    return set.union(*missing) if settle else set.intersection(*missing)


def contiguous(days: Sequence[date]) -> list[tuple[date, date]]:
    """Return sorted days as ranges of days that follow one another."""
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and ranges[-1][1] + timedelta(days=1) == day:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges
