"""The id registry: every record ever seen, the customer that it is, and the id that this customer keeps.

An id is the own id of the oldest record that its customer had; the registry of the run before is an input, so an id that
was given stays (identity 7): when customers merge, the oldest id survives; when one splits, the heavier part keeps it; an
older record that arrives late brings its own id, as if it had been there from the start.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers, attach, components, follow
from mpm_pipeline.customer.keeping_apart import Apart
from mpm_pipeline.customer.matching import ids_of

KEY = ["kind", "source", "object", "record_id"]


def id_registry(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Cluster the records of today and carry every id over."""
    as_of = tables["run.setting"].column("as_of").to_pandas().iloc[0]
    records, before = tables["customer.identity_record"], tables["customer.id_registry"]
    if not records.num_rows and not before.num_rows:
        return before
    every = _every(records.to_pandas(), before.to_pandas())
    survivor = survivors(every)
    out = every["deleted_now"].to_numpy()[survivor]
    lives = every["is_present"].to_numpy() & ~out
    keys = _keys(tables, every)
    label = _clusters(every, tables["customer.person_cluster"], keys, lives)
    living = ids_of(every.assign(is_present=lives), label)
    every["fresh_id"] = _with_the_dead(every, living, label, keys, lives, Apart.read(tables))
    return _rows(every, survivor, out, as_of)


def _every(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Put the records of today beside those of the registry, in the order of first sight; the position is the age."""
    before = _parted(now, before)
    now = now[[*KEY, "own_id", "created_at", "is_deleted", "merged_into_id"]].rename(
        columns={"is_deleted": "deleted_now"}
    )
    before = before.rename(columns={"is_present": "was_present"})
    every = now.merge(before, on=[*KEY, "own_id"], how="outer", suffixes=("_now", ""))
    every["was_present"] = every["was_present"].fillna(False).astype(bool)
    every["is_present"] = every["deleted_now"].notna()
    every["deleted_now"] = every["deleted_now"].fillna(False).astype(bool)
    every["created_at"] = every["created_at"].fillna(every["created_at_now"])
    order = ["created_at", "source", "object", "record_id", "kind"]
    return every.sort_values(order, na_position="last", kind="stable", ignore_index=True)


def _parted(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Let a lost record whose id was given to another keep its customer under the id that it goes on by (`losses.alias`)."""
    base = now["record_id"].str.extract(r"^(.+)~\d{14}$", expand=False)
    lost = now.assign(old=base)[base.notna()]
    lost = lost.merge(before[KEY], on=KEY, how="left", indicator=True).query("_merge == 'left_only'")
    if not len(lost):
        return before
    named = lost[["kind", "source", "object", "old", "record_id", "own_id"]]
    named = named.rename(columns={"old": "record_id", "record_id": "new_record_id", "own_id": "new_own_id"})
    found = before.merge(named, on=KEY, how="left")
    parted = found["new_record_id"].notna()
    found["record_id"] = found["new_record_id"].where(parted, found["record_id"])
    found["own_id"] = found["new_own_id"].where(parted, found["own_id"])
    return found.drop(columns=["new_record_id", "new_own_id"])


def survivors(every: pd.DataFrame) -> Numbers:
    """Return for each record the position of the one into which it was merged in the end, else its own.

    Columns: kind, source, object, record_id, merged_into_id, is_present; the index counts from 0.
    """
    survivor = np.arange(len(every), dtype=np.int64)
    lost = every.loc[every["merged_into_id"].notna() & every["is_present"], [*KEY, "merged_into_id"]]
    if len(lost):
        place = every.loc[every["is_present"], KEY].reset_index(names="place")
        target = lost.reset_index(names="lost").merge(
            place, left_on=["kind", "source", "object", "merged_into_id"], right_on=KEY
        )
        survivor[target["lost"].to_numpy()] = target["place"].to_numpy()
    return follow(survivor)


def _keys(tables: Mapping[str, pa.Table], every: pd.DataFrame) -> tuple[Numbers, Numbers]:
    """Return (record, key) pairs as numbers, guarded keys left out."""
    named = ["kind", "key_type", "key_value"]
    keys = tables["customer.identity_key"].to_pandas()
    guarded = tables["customer.key_guard"].to_pandas()[named].assign(guarded=True)
    keys = keys.merge(guarded, on=named, how="left")
    keys = keys[keys["guarded"].isna()]
    place = pd.Series(np.arange(len(every)), index=every["own_id"])
    key = keys.groupby(named, sort=False).ngroup().to_numpy(dtype=np.int64)
    return place.reindex(keys["own_id"]).to_numpy(dtype=np.int64), key


def _clusters(every: pd.DataFrame, people: pa.Table, keys: tuple[Numbers, Numbers], lives: Any) -> Numbers:
    """Label living records by their oldest companion: people by resolution, accounts by their keys."""
    member, key = keys
    companies = (lives & (every["kind"] == "account").to_numpy())[member]
    label = components(len(every), member[companies], key[companies])
    return np.where(every["kind"] == "person", _label(every, people), label)


def _with_the_dead(
    every: pd.DataFrame, living: pd.Series, label: Numbers, keys: tuple[Numbers, Numbers], lives: Any, apart: "Apart"
) -> pd.Series:
    """Give deleted records their ids, after the living have theirs: none of them moves a living record's id.

    One goes where those went who bore its id and live. Else it joins the living customer with which it shares a key, unless several
    bear that key or something keeps the two apart; else it keeps its id, or, new, stands with others that are deleted and share a key.
    """
    gone = every["is_present"].to_numpy() & ~lives
    found = living.astype("object")
    known = gone & every["id"].notna().to_numpy()
    went = pd.DataFrame({"old": every["id"], "new": living})[lives].dropna()
    went = went.groupby(["old", "new"], as_index=False).size().sort_values(["size", "new"], ascending=[False, True])
    to = went.drop_duplicates("old").set_index("old")["new"]
    found[known] = every.loc[known, "id"].map(to).fillna(every.loc[known, "id"])
    left = gone & ~(known & every["id"].isin(to.index).to_numpy())
    if not left.any():
        return found
    member, key = keys
    home = attach(label, *_telling(member, key, label, lives), lives)
    joins = left & (home != np.arange(len(every)))
    joins[joins] = ~apart.of(every["own_id"].to_numpy(), np.flatnonzero(joins), home[joins], label, lives)
    found[joins] = living.to_numpy()[home[joins]]
    alone = left & ~joins & ~known
    rest = alone[member]
    head = components(len(every), member[rest], key[rest])
    found[alone] = every["own_id"].to_numpy()[head[alone]]
    return found


def _telling(member: Numbers, key: Numbers, label: Numbers, lives: Any) -> tuple[Numbers, Numbers]:
    """Return the keys that are borne by one living customer at most, with who bears them."""
    if not len(key):
        return member, key
    lowest, highest = np.full(key.max() + 1, len(label)), np.full(key.max() + 1, -1)
    living = lives[member]
    np.minimum.at(lowest, key[living], label[member[living]])
    np.maximum.at(highest, key[living], label[member[living]])
    single = (lowest >= highest)[key]
    return member[single], key[single]


def _label(every: pd.DataFrame, people: pa.Table) -> Numbers:
    """Label the records of people by the oldest one of their cluster; one without a cluster stands for itself."""
    rows = people.select(["own_id", "cluster_id"]).to_pandas()
    place = pd.Series(np.arange(len(every)), index=every["own_id"])
    rows["place"] = place.reindex(rows["own_id"]).to_numpy()
    label = np.arange(len(every), dtype=np.int64)
    label[rows["place"]] = rows.groupby("cluster_id", sort=False)["place"].transform("min")
    return label


def _rows(every: pd.DataFrame, survivor: Numbers, out: Any, as_of: pd.Timestamp) -> pa.Table:
    """Return the registry of this run; records that are not shown today keep what was known of them."""
    shown = every["is_present"]
    changed = shown & (every["fresh_id"] != every["id"])
    merged = pd.Series(survivor != np.arange(len(every))) & ~pd.Series(out)
    rows = every[[*KEY, "own_id"]].assign(
        id=every["fresh_id"],
        first_id=every["first_id"].fillna(every["fresh_id"]),
        previous_id=every["previous_id"].where(~(changed & every["id"].notna()), every["id"]),
        created_at=every["created_at"],
        first_seen_at=every["first_seen_at"].fillna(as_of),
        recorded_from_at=every["recorded_from_at"].where(~changed, as_of),
        is_present=shown,
        is_merged=merged.where(shown, every["is_merged"]).astype(bool),
        is_deleted=pd.Series(out).where(shown, every["is_deleted"]).astype(bool),
        survivor_record_id=every["record_id"]
        .iloc[survivor]
        .reset_index(drop=True)
        .where(shown, every["survivor_record_id"]),
    )
    return pa.Table.from_pandas(rows, preserve_index=False)
