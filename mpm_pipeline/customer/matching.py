"""Which customer of today keeps which id of before: a stable matching, so that no id is dropped that a customer could still bear.

Ids turn to the customers that hold most of the records that bore them; a customer keeps the oldest id that turned to it, and an
id that was not kept turns to its next claimant. So ids change only where the records of a customer changed.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from mpm_pipeline.customer.components import Numbers

Used = Callable[[list[str]], Iterable[str]]


def match(claims: pd.DataFrame) -> pd.Series:
    """Give ids to labels; `claims` has label, id, size (records), still (those that did not change), back (those that came back) and age (of the id). Returns id by label."""
    claims = claims.sort_values(["age", "id"], kind="stable", ignore_index=True)
    alone = ~claims["label"].duplicated(keep=False) & ~claims["id"].duplicated(keep=False)
    settled = claims[alone].set_index("label")["id"]
    rest = claims[~alone]
    if not len(rest):
        return settled
    rank = dict(zip(rest["id"], range(len(rest)), strict=True))
    wishes: dict[str, list[int]] = defaultdict(list)
    for one, label in rest.sort_values(["size", "still", "back", "label"], ascending=[False, False, False, True])[["id", "label"]].itertuples(index=False):  # fmt: skip
        wishes[one].append(label)
    held = _turn(list(dict.fromkeys(rest["id"])), wishes, rank)
    return pd.concat([settled, pd.Series(held, dtype="object")])


def _turn(waiting: list[str], wishes: dict[str, list[int]], rank: dict[str, int]) -> dict[int, str]:
    """Let each id turn to its claimants one after the other until nobody would rather have another."""
    held: dict[int, str] = {}
    place = dict.fromkeys(wishes, 0)
    waiting.reverse()
    while waiting:
        one = waiting.pop()
        if place[one] == len(wishes[one]):
            continue
        label = wishes[one][place[one]]
        place[one] += 1
        other = held.get(label)
        if other is None or rank[one] < rank[other]:
            held[label] = one
            one = other or ""
        if one:
            waiting.append(one)
    return held


def unused(own: pd.Series, used: Used) -> pd.Series:
    """Return an id for each customer that has none, made of its oldest record's own id; `used` says which are or were in use."""
    found = own.copy()
    turn = np.zeros(len(own), dtype=np.int64)
    taken: set[str] = set()
    waiting = np.arange(len(own))
    while len(waiting):
        wanted = [_name(own.iat[place], turn[place]) for place in waiting]
        taken |= set(used(wanted))
        still = []
        for place, name in zip(waiting.tolist(), wanted, strict=True):
            if name in taken:
                turn[place] += 1
                still.append(place)
            else:
                found.iat[place] = name
                taken.add(name)
        waiting = np.asarray(still, dtype=np.int64)
    return found


def _name(own: str, turn: int) -> str:
    return own if not turn else own[:2] + hashlib.md5(f"{own}/{turn}".encode(), usedforsecurity=False).hexdigest()[:16]


def ids_of(every: pd.DataFrame, label: Numbers, used: Used | None = None) -> pd.Series:
    """Give each customer of today its id: one that its records bear, or its oldest record's own id.

    `every`: one row per record, oldest first, with own_id, id (null when it is new), is_present, and, where known, was_present
    (false: it comes back, and what it bore then weighs less than what others bore all the time) and id_age.
    """
    own, shown = every["own_id"], every["is_present"].to_numpy(dtype=bool)
    stayed = every["was_present"].to_numpy(dtype=bool) if "was_present" in every else np.ones(len(every), dtype=bool)
    claims = pd.DataFrame({"label": label, "id": every["id"], "size": stayed, "back": ~stayed})[shown]
    if "id_age" in every:
        claims["age"] = every["id_age"][shown]
    claims = claims[claims["id"].notna()]
    claims = claims.groupby(["label", "id"], as_index=False, sort=False).agg(
        {"size": "sum", "back": "sum"} | ({"age": "min"} if "id_age" in every else {})
    )
    if "id_age" not in every:
        claims["age"] = pd.Series(np.arange(len(every)), index=own).reindex(claims["id"]).fillna(len(every)).to_numpy()
    heads = np.unique(label[shown])
    fresh = heads[every["id"].isna().to_numpy()[heads]]
    age = every["own_age"].to_numpy()[fresh] if "own_age" in every else fresh
    first = pd.DataFrame({"label": fresh, "id": own.to_numpy()[fresh], "size": 0, "back": 0, "age": age})
    every_claim = pd.concat([claims, first], ignore_index=True) if len(claims) else first
    chosen = match(every_claim.assign(still=every_claim["size"]))
    without = np.setdiff1d(heads, chosen.index.to_numpy(dtype=np.int64))
    if len(without):
        known = used or _known(every, chosen)
        free = unused(own.iloc[without].reset_index(drop=True), known)
        chosen = pd.concat([chosen, pd.Series(free.to_numpy(), index=without, dtype="object")])
    return pd.Series(chosen.reindex(label).to_numpy(), index=every.index).where(shown, every["id"])


def _known(every: pd.DataFrame, chosen: pd.Series) -> Used:
    """Say of ids whether a record of these bears or bore them."""
    names = ["id", *(name for name in ("first_id", "previous_id") if name in every)]
    known = {*chosen, *pd.concat([every[name] for name in names]).dropna()}
    return lambda wanted: known.intersection(wanted)
