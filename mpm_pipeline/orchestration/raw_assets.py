"""One daily-partitioned asset per source: asks for a range of days, lands what comes, says how far the source was read.

Streams are metadata and ledger rows, not assets, because Dagster's bookkeeping grows with every asset and partition. A source
that cannot be reached does not stop the others: its asset says so by a failed check, and its old data stay and are labelled.
"""

from collections import Counter
from datetime import date, timedelta

import dagster as dg

from mpm_pipeline.orchestration.metadata import chart
from mpm_pipeline.orchestration.resources import MpmHome
from mpm_pipeline.orchestration.session import RAW_SOURCES, Session
from mpm_pipeline.orchestration.stages import Fetched, fetch_days

REACHED = "source_reached"
NO_GAP = "no_day_missing"
RETRIES = dg.RetryPolicy(max_retries=1, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def raw_assets(days: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """Return the raw asset of every source."""
    return [_raw_asset(source, days) for source in RAW_SOURCES]


def _raw_asset(source: str, days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    key = dg.AssetKey(["raw", source])

    @dg.asset(
        key=key,
        group_name="raw",
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=90),
        kinds={"httpx", "parquet"},
        owners=["team:data"],
        pool=f"source_{source}",
        retry_policy=RETRIES,
        description=f"Verbatim records of {source} in the raw log, asked for by UTC day; nothing is ever replaced here.",
        check_specs=[dg.AssetCheckSpec(REACHED, asset=key), dg.AssetCheckSpec(NO_GAP, asset=key)],
        metadata={"dagster/storage_kind": "parquet", "dagster/table_name": f"raw.{source}"},
        code_version="1",
        op_tags={"dagster/max_runtime": 7200},
    )
    def fetch_source(context: dg.AssetExecutionContext, mpm: MpmHome) -> dg.MaterializeResult:
        first, last = (
            date.fromisoformat(context.partition_key_range.start),
            date.fromisoformat(context.partition_key_range.end),
        )
        with mpm.session(context) as session:
            fetched = fetch_days(session, source, first, last, context.run.run_id)
            for name, error in fetched.errors.items():
                context.log.error(f"{name}: {error}")
            return _result(session, source, fetched, first, last, context.run.run_id)

    return fetch_source


def _result(
    session: Session, source: str, fetched: Fetched, first: date, last: date, run_id: str
) -> dg.MaterializeResult:
    by_day: Counter[str] = Counter()
    for name in fetched.results:
        by_day.update(session.ledger.rows_by_day(name, run_id, first, last))
    counts = [by_day.get((first + timedelta(days=place)).isoformat(), 0) for place in range((last - first).days + 1)]
    missing = missing_days(session, source)
    gap_text = f"{len(missing)} days were never read: {', '.join(missing[:5])}" if missing else "every day was read"
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": fetched.rows,
            "days": len(counts),
            "rows by day": chart(counts, "rows by day"),
            "rows by source": {name: result.rows_in for name, result in fetched.results.items()},
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=REACHED,
                passed=not fetched.errors,
                metadata={"errors": dict(fetched.errors) or "none", "on": bool(fetched.results)},
            ),
            dg.AssetCheckResult(
                check_name=NO_GAP, passed=not missing, severity=dg.AssetCheckSeverity.WARN, metadata={"gap": gap_text}
            ),
        ],
    )


def missing_days(session: Session, raw_source: str) -> list[str]:
    """Return the days from the first partition to the newest that were never read without error, for a source that is on.

    A day that was read before it had ended counts as read while it is one of the newest two, which are read again anyway.
    """
    connectors = session.connectors_of(raw_source)
    if not connectors:
        return []
    first, last = session.settings.first_day, session.last_day()
    wanted = {(first + timedelta(days=place)).isoformat() for place in range((last - first).days + 1)}
    found: set[str] = set()
    for connector in connectors:
        ends = {day: str(min(date.fromisoformat(day), last - timedelta(days=2)) + timedelta(days=1)) for day in wanted}
        read = session.ledger.days_read(connector.source)
        found |= {day for day in wanted if read.get(day, "") < ends[day]}
    return sorted(found)
