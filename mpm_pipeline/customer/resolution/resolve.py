"""Records of any sources in, one person and one account each out: the order of the steps, and the tables that come of them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import (
    accounts,
    crosswalk,
    delta,
    features,
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
from mpm_pipeline.customer.resolution.customers import Customers
from mpm_pipeline.customer.resolution.foreign import as_table
from mpm_pipeline.customer.resolution.side_by_side import aside
from mpm_pipeline.customer.resolution.stored import HELD, Kept, Shelf, give_back
from mpm_pipeline.customer.resolution.tables import SCHEMAS, Resolution
from mpm_pipeline.sources import clock
from mpm_pipeline.warehouse import engine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(microseconds=1)
TWICE = ("id_redirect", "retired_record")
"""Tables of before that are looked at in several places; all others are read where they are needed, and held no longer."""


def resolve(
    records: reading.Records,
    *,
    previous: Resolution | str | Path | None = None,
    decisions: reading.Records | None = None,
    as_of: datetime | str | None = None,
    whole: bool = False,
    spark: Any = None,
) -> Resolution:
    """Resolve people and companies.

    `records`: what is new or changed since `previous`: an Arrow table, a frame or the path of a Parquet file, columns as in
    `records.SCHEMA`, all but source and record_id optional; one that is `deleted` is gone, one that is not named stays as it was.
    `whole`: the records are everything, what is not named is gone. `previous`: the run before, or its folder.
    `decisions`: what people decided on pairs (`decisions.COLUMNS`), beside what they decided before.
    `as_of`: when this is known, UTC; default: the newest instant that the records bear, but none ahead of the clock.
    `spark`: a Spark session that closes shared keys and weighs likeness; what is found is the same.
    Raises ConfigError for records or decisions that cannot be read.
    """
    previous = Resolution.open(Path(previous)) if isinstance(previous, str | Path) else previous
    before = (previous or Resolution.empty()).hold(*TWICE)
    given, told = reading.read(records), None if decisions is None else as_table(decisions)
    fresh = not before.count("record")
    with engine.connect(keep=given.num_rows + before.count("record") <= HELD) as connection:
        news = delta.merge(connection, before.record, given, whole=whole)
        moment = _utc(as_of) if as_of else _newest(news.record)
        if before.recorded_at:
            moment = max(moment, before.recorded_at + STEP)
        decided = deciding.together(before.decision, told, moment)
        if previous and not news.was.num_rows and not news.now.num_rows and decided is before.decision and not as_of:
            return previous
        order = reading.ages(delta.not_ahead(news.record, moment))
        news = replace(news, record=reading.taken(news.record, order))
        if fresh:
            news, order = replace(news, now=news.was), np.arange(len(order))
        del given
        alive = reading.in_order(delta.not_ahead(news.record, moment))
        settled = _settled(connection, before, Run(news, order, alive, decided, moment), on_spark.settling(spark))
    return _written(before, settled, _runs(before, news, moment, _utc(as_of) if as_of else moment))


@dataclass(frozen=True)
class Run:
    """What a run goes on from: the news, the records of now, the decisions that stand, and when that is.

    `order`: where each record stood before they were put in order of age: those that stay, then those of now.
    """

    news: delta.Delta
    order: Numbers
    alive: pa.Table
    decided: pa.Table
    moment: datetime


@dataclass(frozen=True)
class Settled:
    """What is known when the engine has done its part: ids by kind, whose they are now, what is told of whom, and the small tables."""

    run: Run
    carried: dict[str, ids.Carried]
    now: dict[str, Any]
    told: outcome.Told
    shown: Numbers
    digest: Any
    key_guard_report: pa.Table
    review_queue: pa.Table

    @property
    def account(self) -> Any:
        """Return the id of the account of each record that is told anew."""
        return self.now["account"].take(pa.array(self.shown))


def _settled(connection: Any, before: Resolution, run: Run, wide: Any) -> Settled:
    """Find out who is who, give ids, and read off what there is to tell of the customers that news reach."""
    alive, count = run.alive, run.alive.num_rows
    texts = features.prepare(connection, alive)
    give_back(count)
    accounts.settle_accounts(connection, wide.weigh)
    said_of = deciding.of_rows(run.decided, alive)
    label, refused = persons.settle_persons(connection, count, said_of, wide.components, wide.weigh)
    labels = {"person": np.where(_is_company(alive), -1, label), "account": accounts.of_records(connection, label)}
    keys, guards = outcome.keys_of(connection), outcome.guards(connection)
    settle.drop(connection, *outcome.READ_OFF)
    stood = trace.stood(before, run.news, run.order)
    carried, now, shown = _carried(connection, before, run, labels, stood, keys)
    customers = {kind: Customers.of(kind, one.row, one.id) for kind, one in carried.items()}
    rows = np.flatnonzero(shown)
    account = now["account"].take(pa.array(rows))
    told = outcome.told(connection, customers, alive, rows, account, keys, texts)
    return Settled(
        run,
        carried,
        now,
        told,
        rows,
        stood.digest,
        guards,
        outcome.reviews(connection, refused, labels["person"]),
    )


def _written(before: Resolution, found: Settled, runs: pa.Table) -> Resolution:
    """Write down what was found; what stands of customers that news do not reach is taken over."""
    run, carried, shelf = found.run, found.carried, Shelf()
    every = chain.from_iterable(carried[kind].registry for kind in ("person", "account"))
    crosswalk_now = aside(lambda: _crosswalk(before, found, shelf), run.alive.num_rows)
    registry = shelf.put("id_registry", SCHEMAS["id_registry"], every)
    lost, back = (pa.concat_tables([getattr(one, name) for one in carried.values()]) for name in ("lost", "back"))
    retired = redirects.retired(before.retired_record, lost, back)
    redirect = redirects.redirects(retired, registry, before.id_redirect, run.moment)
    touched = {kind: one.touched for kind, one in carried.items()}
    moved = dict(zip(redirect["old_id"].to_pylist(), redirect["new_id"].to_pylist(), strict=True))
    employed = before.employment
    worked = employed.filter(pc.is_in(employed["person_id"], touched["person"]))
    stays = list(outcome.others([employed], "person_id", touched["person"]))
    del employed
    said = crosswalk_now()
    return Resolution(
        **_large(before, found.told, touched, run.alive, shelf),
        crosswalk=said,
        employment=pa.concat_tables([*stays, outcome.employment(found.told, worked, _persons(before, run.news), moved, run.moment)]),
        id_redirect=redirect,
        id_registry=registry,
        key_guard_report=found.key_guard_report,
        review_queue=found.review_queue,
        record=run.news.record,
        decision=run.decided,
        retired_record=retired,
        trace=trace.kept(found.now, found.digest),
        run=runs,
    )  # fmt: skip


def _crosswalk(before: Resolution, found: Settled, shelf: Shelf) -> Kept:
    """Return what the crosswalk says now, and what it said before."""
    run = found.run
    parts = crosswalk.fresh(found.told, run.alive, found.shown, found.account, run.moment)
    if not before.count("crosswalk"):
        return shelf.put("crosswalk", SCHEMAS["crosswalk"], parts)
    with engine.connect() as connection:
        return crosswalk.recorded(connection, before.crosswalk, pa.concat_tables(parts), run.news.was, run.moment)


def _carried(
    connection: Any, before: Resolution, run: Run, labels: dict[str, Numbers], stood: trace.Stood, keys: Any
) -> tuple[dict[str, ids.Carried], dict[str, Any], Any]:
    """Return ids of customers at hand by kind, the ids of all records, and which records are told anew."""
    news, alive, moment = run.news, run.alive, run.moment
    dirty = stood.dirty(connection, before, alive, keys)
    carried: dict[str, ids.Carried] = {}
    now = {}
    fresh = not before.count("id_registry") and not before.id_redirect.num_rows
    registry = before.packed("id_registry")
    back = hand.returned(registry, before.id_redirect, news)
    for kind in ("account", "person"):
        give_back(alive.num_rows)
        made = ids.first(connection, kind, labels[kind], alive, moment) if fresh else None
        if made:
            at_hand = np.ones(alive.num_rows, dtype=bool)
        else:
            at_hand = hand.reached(labels[kind], stood.id(kind), dirty, stood.gone(kind) | back)
            rows = np.flatnonzero(at_hand)
            table = alive.select(["row", *reading.IDENTITY, "created_at"]).take(pa.array(rows))
            table = table.append_column("label", pa.array(labels[kind][rows]))
            made = ids.carry(connection, kind, table, news, ids.of_kind(registry, kind), before.id_redirect, moment)  # fmt: skip
        carried[kind] = made
        now[kind] = trace.moved(stood.id(kind), at_hand, made)
        if kind == "account":
            dirty = dirty | trace.differ(stood.id(kind), now[kind])
    company = _is_company(alive)
    shown = dirty & company
    shown[carried["person"].row] = True
    shown[carried["account"].row[company[carried["account"].row]]] = True
    return carried, now, shown


def _large(
    before: Resolution, told: outcome.Told, touched: dict[str, Any], alive: pa.Table, shelf: Shelf
) -> dict[str, Any]:
    """Return golden records, their provenance and the evidence: those of before whose customers are not at hand, and what is told anew."""
    both = pa.chunked_array([chunk for one in touched.values() for chunk in one.chunks], pa.string())
    standing = {kind: outcome.standing(told, kind) for kind in ("account", "person")}
    parts: dict[str, Iterable[pa.Table]] = {}
    for kind, found in standing.items():
        stays = outcome.others(before.groups(f"golden_{kind}"), f"{kind}_id", touched[kind])
        parts[f"golden_{kind}"] = chain(stays, outcome.golden(told, kind, found))
    provenance = (outcome.provenance(told, kind, found) for kind, found in standing.items())
    evidence = (outcome.evidence(told, kind, alive) for kind in standing)
    for name, fresh in (("golden_field_provenance", provenance), ("evidence", evidence)):
        parts[name] = chain(outcome.others(before.groups(name), "customer_id", both), *fresh)
    return shelf.put_all(SCHEMAS, parts, alive.num_rows)


def _is_company(alive: pa.Table) -> Any:
    return np.asarray(pc.fill_null(alive["is_company"], False), dtype=bool)


def _persons(before: Resolution, news: delta.Delta) -> set[str]:
    """Return who the records were that changed."""
    if not news.was.num_rows:
        return set()
    names = reading.IDENTITY
    said = before.part("crosswalk", [*names, "person_id", "recorded_to_at"])
    said = said.filter(pc.is_in(said["record_id"], news.was["record_id"]))
    said = crosswalk.current(said).select([*names, "person_id"])
    return set(said.join(news.was.select(names), names, join_type="left semi")["person_id"].drop_null().to_pylist())


def _runs(before: Resolution, news: delta.Delta, moment: datetime, as_of: datetime) -> pa.Table:
    row = {"recorded_at": moment, "as_of": as_of, "records": news.record.num_rows}
    return pa.concat_tables([before.run, pa.Table.from_pylist([row], SCHEMAS["run"])])


def _utc(moment: datetime | str) -> datetime:
    if isinstance(moment, str):
        return clock.instant("as_of", moment)
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
