"""Records of any sources in, one person and one account each out: the order of the steps, and the tables that come of them."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import (
    accounts,
    crosswalk,
    delta,
    hand,
    ids,
    on_spark,
    outcome,
    persons,
    redirects,
    settle,
    trace,
)
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
    spark: Any = None,
) -> Resolution:
    """Resolve people and companies.

    `records`: what is new or changed since `previous`, columns as in `records.SCHEMA`, all but source and record_id optional; one that
    is `deleted` is gone, one that is not named stays as it was. `whole`: the records are everything, what is not named is gone.
    `previous`: the run before. `decisions`: what people decided on pairs (`decisions.COLUMNS`), beside what they decided before.
    `as_of`: when this is known, UTC; default: the newest instant that the records bear, but none ahead of the clock.
    `spark`: a Spark session that closes shared keys and weighs likeness; what is found is the same.
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
        known = delta.not_ahead(news.record, moment)
        order = reading.ages(known)
        alive = reading.in_order(known, order)
        if not before.record.num_rows:
            news, order = replace(news, record=news.record.take(pa.array(order))), np.arange(len(order), dtype=np.int64)
        told = deciding.of_rows(decided, alive)
        settle.prepare(connection, alive)
        wide = on_spark.settling(spark)
        accounts.settle_accounts(connection, wide.weigh)
        label, refused = persons.settle_persons(connection, alive.num_rows, told, wide.components, wide.weigh)
        account = accounts.of_records(connection, label)
        company = np.asarray(pc.fill_null(alive["is_company"], False))
        labels = {"person": np.where(company, -1, label), "account": account}
        return _told(
            connection, before, news, labels, refused, decided, moment, _utc(as_of) if as_of else moment, order, alive
        )


def _told(
    connection: Any, before: Resolution, news: delta.Delta, labels: dict[str, Numbers], refused: pa.Table, decided: pa.Table,
    moment: datetime, as_of: datetime, order: Numbers, alive: pa.Table,
) -> Resolution:  # fmt: skip
    """Give ids and write down what was found: of the customers that news reach; what stands of all others is taken over."""
    stood = trace.stood(before, news, order)
    dirty = stood.dirty(connection, before, alive)
    gone = {kind: stood.gone(kind) | hand.returned(before.id_registry, before.id_redirect, news) for kind in labels}
    carried, now = {}, {}
    for kind in ("account", "person"):
        registered = ids.of_kind(before.id_registry, kind)
        at_hand = hand.reached(labels[kind], stood.id(kind), dirty, gone[kind])
        rows = np.flatnonzero(at_hand)
        table = pa.table({"row": rows, "label": labels[kind][rows]})
        carried[kind] = ids.carry(connection, kind, table, news.was, registered, before.id_redirect, moment)
        now[kind] = trace.moved(stood.id(kind), at_hand, carried[kind])
        if kind == "account":
            dirty = dirty | trace.differ(stood.id(kind), now[kind])
    company = np.asarray(pc.fill_null(alive["is_company"], False), dtype=bool)
    shown = np.zeros(len(order), dtype=bool)
    shown[carried["person"].row] = True
    shown[carried["account"].row[company[carried["account"].row]]] = True
    shown |= dirty & company
    rows = np.flatnonzero(shown)
    outcome.put_customers(connection, rows, now["account"].take(pa.array(rows)))
    registry = pa.concat_tables([carried[kind].registry for kind in ("person", "account")])
    lost, back = (pa.concat_tables([getattr(one, name) for one in carried.values()]) for name in ("lost", "back"))
    retired = redirects.retired(before.retired_record, lost, back)
    redirect = redirects.redirects(retired, registry, before.id_redirect, moment)
    moved = dict(zip(redirect["old_id"].to_pylist(), redirect["new_id"].to_pylist(), strict=True))
    person, account = (carried[kind].touched for kind in ("person", "account"))
    both = pa.chunked_array([*person.chunks, *account.chunks], pa.string())
    worked = before.employment.filter(pc.is_in(before.employment["person_id"], person))
    keep = outcome.others
    return Resolution(
        crosswalk=crosswalk.recorded(connection, before.crosswalk, news.was, moment),
        golden_person=pa.concat_tables([keep(before.golden_person, "person_id", person), outcome.golden(connection, "person")]),
        golden_account=pa.concat_tables([keep(before.golden_account, "account_id", account), outcome.golden(connection, "account")]),
        golden_field_provenance=pa.concat_tables([keep(before.golden_field_provenance, "customer_id", both), outcome.provenance(connection)]),
        employment=pa.concat_tables([
            keep(before.employment, "person_id", person), outcome.employment(connection, worked, _persons(before, news), moved, moment)
        ]),
        id_redirect=redirect,
        id_registry=registry,
        key_guard_report=outcome.guards(connection),
        evidence=pa.concat_tables([keep(before.evidence, "customer_id", both), outcome.evidence(connection)]),
        review_queue=outcome.reviews(connection, refused, now["person"]),
        record=news.record,
        decision=decided,
        retired_record=retired,
        trace=trace.kept(now, stood.digest, order),
        run=_runs(before, news, moment, as_of),
    )  # fmt: skip


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
