"""Records of any sources in, one person and one account each out: the order of the steps, and the tables that come of them."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import accounts, crosswalk, delta, ids, outcome, persons, redirects, settle
from mpm_pipeline.customer.resolution import decisions as deciding
from mpm_pipeline.customer.resolution import records as reading
from mpm_pipeline.customer.resolution.tables import SCHEMAS, Resolution
from mpm_pipeline.sources import clock
from mpm_pipeline.warehouse import engine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(microseconds=1)


def resolve(
    records: reading.Records,
    *,
    previous: Resolution | None = None,
    decisions: pa.Table | None = None,
    as_of: datetime | None = None,
    whole: bool = False,
) -> Resolution:
    """Resolve people and companies.

    `records`: what is new or changed since `previous`, columns as in `records.SCHEMA`, all but source and record_id optional; one that
    is `deleted` is gone, one that is not named stays as it was. `whole`: the records are everything, what is not named is gone.
    `previous`: the run before. `decisions`: what people decided on pairs (`decisions.COLUMNS`), beside what they decided before.
    `as_of`: when this is known, UTC; default: the newest instant that the records bear, but none ahead of the clock.
    Raises ConfigError for records or decisions that cannot be read.
    """
    before = previous or Resolution.empty()
    given = reading.read(records)
    with engine.connect() as connection:
        news = delta.merge(connection, before.record, given, whole=whole)
        moment = _utc(as_of) if as_of else _newest(news.record)
        if before.recorded_at:
            moment = max(moment, before.recorded_at + STEP)
        decided = deciding.together(before.decision, decisions, moment)
        if previous and not news.was.num_rows and not news.now.num_rows and decided is before.decision and not as_of:
            return previous
        alive = reading.aged(delta.not_ahead(news.record, moment))
        told = deciding.of_rows(decided, alive)
        settle.prepare(connection, alive)
        model: dict[str, Any] = {}
        accounts.settle_accounts(connection, model)
        label, refused = persons.settle_persons(connection, alive.num_rows, told, model)
        account = accounts.of_records(connection, label)
        company = np.asarray(pc.fill_null(alive["is_company"], False))
        labels = {"person": np.where(company, -1, label), "account": account}
        return _told(connection, before, news, labels, refused, decided, moment, _utc(as_of) if as_of else moment)


def _told(
    connection: Any, before: Resolution, news: delta.Delta, labels: dict[str, Numbers], refused: pa.Table, decided: pa.Table,
    moment: datetime, as_of: datetime,
) -> Resolution:  # fmt: skip
    """Give ids and write down what was found."""
    rows = np.arange(len(labels["person"]), dtype=np.int64)
    carried = {}
    for kind, label in labels.items():
        table, registered = pa.table({"row": rows, "label": label}), ids.of_kind(before.id_registry, kind)
        carried[kind] = ids.carry(connection, kind, table, news.gone, registered, before.id_redirect, moment)
    outcome.put_customers(connection)
    registry = pa.concat_tables([one.registry for one in carried.values()])
    lost, back = (pa.concat_tables([getattr(one, name) for one in carried.values()]) for name in ("lost", "back"))
    retired = redirects.retired(before.retired_record, lost, back)
    redirect = redirects.redirects(retired, registry, before.id_redirect, moment)
    moved = dict(zip(redirect["old_id"].to_pylist(), redirect["new_id"].to_pylist(), strict=True))
    return Resolution(
        crosswalk=crosswalk.recorded(connection, before.crosswalk, news.gone, moment),
        golden_person=outcome.golden(connection, "person"),
        golden_account=outcome.golden(connection, "account"),
        golden_field_provenance=outcome.provenance(connection),
        employment=outcome.employment(connection, before.employment, _persons(before, news), moved, moment),
        id_redirect=redirect,
        id_registry=registry,
        key_guard_report=outcome.guards(connection),
        review_queue=outcome.reviews(connection, refused),
        evidence=outcome.evidence(connection),
        record=news.record,
        decision=decided,
        retired_record=retired,
        run=_runs(before, news, moment, as_of),
    )


def _persons(before: Resolution, news: delta.Delta) -> set[str]:
    """Return who the records were that changed."""
    if not news.was.num_rows:
        return set()
    names = reading.IDENTITY
    said = crosswalk.current(before.crosswalk).select([*names, "person_id"])
    return set(said.join(news.was.select(names), names, join_type="left semi")["person_id"].drop_null().to_pylist())


def _runs(before: Resolution, news: delta.Delta, moment: datetime, as_of: datetime) -> pa.Table:
    row = {"recorded_at": moment, "as_of": as_of, "records": news.record.num_rows}
    return pa.concat_tables([before.run, pa.Table.from_pylist([row], SCHEMAS["run"])])


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _newest(table: pa.Table) -> datetime:
    """Return the newest instant that the records bear; one ahead of the clock is a slip of the pen."""
    limit = clock.as_of(os.environ, {})[0]
    bound = pa.scalar(limit, pa.timestamp("us", tz="UTC"))
    found = []
    for name in ("created_at", "updated_at"):
        column = table[name].drop_null()
        found.append(pc.max(column.filter(pc.less_equal(column, bound))).as_py())
    return max((one for one in found if one is not None), default=EPOCH)
