"""Ids that stay: every record ever seen, the customer that it is, and where retired ids have gone (identity 7).

The registry of the run before is an input. An id is its oldest record's own; it survives merges and the heavier part of a split.
A retired id leads to the record by which it was known, so it still resolves when that record's customer changes again.
"""

import hashlib
from datetime import datetime

import pandas as pd
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.registry import ids_of

KEY = ["kind", "source", "object", "record_id"]
REGISTRY = [*KEY, "own_id", "id", "first_id", "created_at", "first_seen_at", "recorded_from_at", "is_present"]
REDIRECT = ["kind", "old_id", "new_id", "reason", "at", "source", "object", "record_id"]


def carry(kind: str, records: pa.Table, label: Numbers, before: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Return the registry of one kind; `label` names records' clusters, -1 leaves one out."""
    now = records.select(["source", "object", "record_id", "created_at"]).to_pandas().assign(kind=kind, label=label)
    now = now[now["label"] >= 0]
    every = now.merge(before[before["kind"] == kind], on=KEY, how="outer", suffixes=("", "_before"), indicator="seen")
    every["is_present"] = every["seen"] != "right_only"
    every["created_at"] = every["created_at"].fillna(every["created_at_before"])
    every = every.sort_values(["created_at", *KEY[1:]], na_position="last", kind="stable", ignore_index=True)
    known = every["own_id"].notna()
    every.loc[~known, "own_id"] = _own_ids(every[~known])
    cluster = every["label"].where(every["is_present"], -1 - every.index.to_series())
    numbers = every.index.to_series().groupby(cluster.to_numpy(), sort=False).transform("min").to_numpy(dtype="int64")
    every["id"] = every["id"].astype("object").where(every["id"].notna(), None)
    fresh = ids_of(every, numbers)
    changed = every["is_present"] & (fresh != every["id"])
    every["recorded_from_at"] = every["recorded_from_at"].where(~changed, as_of)
    every["first_id"] = every["first_id"].where(every["first_id"].notna(), fresh)
    every["first_seen_at"] = every["first_seen_at"].where(every["first_seen_at"].notna(), as_of)
    every["id"] = fresh
    return every[REGISTRY]


def _own_ids(every: pd.DataFrame) -> list[str]:
    texts = every["kind"] + "|" + every["source"] + "|" + every["object"] + "|" + every["record_id"]
    return [text[0] + "_" + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:16] for text in texts]


def redirects(registry: pd.DataFrame, before: pd.DataFrame, gone: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Return every retired id with the id that stands for it today: merged, or split off, or taken by an older record; null when deleted."""
    alive = set(registry.loc[registry["is_present"], "id"])
    bearers = before[before["is_present"].astype(bool)]
    first = bearers.assign(is_own=bearers["own_id"] == bearers["id"]).sort_values(
        "is_own", ascending=False, kind="stable"
    )
    lost = first.drop_duplicates("id").rename(columns={"id": "old_id"})
    lost = lost.loc[~lost["old_id"].isin(alive), ["kind", "old_id", "source", "object", "record_id"]]
    lost = lost[~lost["old_id"].isin(set(gone["old_id"]))].assign(at=as_of)
    every = pd.concat([gone[[*lost.columns]], lost], ignore_index=True) if len(gone) else lost
    every = every[~every["old_id"].isin(alive)]
    today = registry[registry["is_present"]][[*KEY, "id", "created_at"]].rename(columns={"id": "new_id"})
    found = every.merge(today, on=KEY, how="left")
    new = set(before["own_id"])
    is_older = ~found["new_id"].isin(new) & found["new_id"].notna()
    found["reason"] = "merge"
    found.loc[is_older, "reason"] = "older_record_arrived"
    found.loc[found["new_id"].isna(), "reason"] = "deleted"
    return found[REDIRECT]
