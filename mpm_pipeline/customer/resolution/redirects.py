"""Where retired ids have gone: each leads to the customer that most of the records are now which bore it last (identity 7).

So an id still leads to the right customer when the one into which it was merged is parted later. Ids whose records are all gone
follow the id that these bore at the end; where nobody is left, they lead nowhere.
"""

from datetime import datetime
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution.stored import Kept
from mpm_pipeline.customer.resolution.tables import SCHEMAS

WORDS: Final = {
    "merge": "two known customers turned out to be one; the older id stays",
    "older_record_arrived": "a record older than all others of this customer arrived late",
    "split": "the records that bore it are several customers now; it leads to the one with most of them",
    "deleted": "all its records are gone",
}


def retired(before: pa.Table, lost: pa.Table, back: pa.Table) -> pa.Table:
    """Return which records bore which retired id last; an id that is borne again is not retired."""
    fresh = lost.cast(SCHEMAS["retired_record"])
    ended = pa.concat_arrays(
        [*fresh["old_id"].chunks, *back["old_id"].cast(pa.string()).chunks, pa.array([], pa.string())]
    )
    return pa.concat_tables([before.filter(pc.invert(pc.is_in(before["old_id"], ended))), fresh])


COLUMNS: Final = ["own_id", "id", "is_present", "first_seen_at"]
"""What is read of the registry."""


def redirects(retired_record: pa.Table, registered: Kept, before: pa.Table, moment: datetime) -> pa.Table:
    """Return every retired id with the id that stands for it now, why, and since when."""
    if not retired_record.num_rows:
        return SCHEMAS["id_redirect"].empty_table()
    registry = registered if isinstance(registered, pa.Table) else registered.read(COLUMNS)
    bearers = retired_record.to_pandas()
    named = pa.array(pd.unique(pd.concat([bearers["own_id"], bearers["old_id"]])), pa.string())
    known = registry.select(COLUMNS).filter(pc.is_in(registry["own_id"], named)).to_pandas().set_index("own_id")
    now = bearers.join(known[["id", "is_present"]], on="own_id")
    votes = now.groupby(["old_id", "is_present", "id"], as_index=False).size()
    votes = votes.sort_values(["old_id", "is_present", "size", "id"], ascending=[True, False, False, True])
    best = votes.drop_duplicates("old_id").set_index("old_id")
    target = _followed(best["id"].where(best["id"] != best.index, None), dict(best["is_present"]), registry)
    several = votes[votes["is_present"].astype(bool)].groupby("old_id").size()
    own = registry.select(COLUMNS).filter(pc.is_in(registry["own_id"], pa.array(target.dropna().unique(), pa.string())))
    seen = pd.concat([known["first_seen_at"], own.to_pandas().set_index("own_id")["first_seen_at"]])
    seen = seen[~seen.index.duplicated()]
    found = pd.DataFrame({"old_id": target.index, "new_id": target.to_numpy()})
    later = found["new_id"].map(seen) > found["old_id"].map(seen)
    found["kind"] = later.map({True: "older_record_arrived", False: "merge"})
    found.loc[found["old_id"].map(several).fillna(0) > 1, "kind"] = "split"
    found.loc[found["new_id"].isna(), "kind"] = "deleted"
    found["reason"] = found["kind"].map(WORDS)
    found["customer_kind"] = found["old_id"].str[0].map({"p": "person", "a": "account"})
    return _since(found, before, moment)


def _followed(target: pd.Series, sure: dict[str, bool], registry: pa.Table) -> pd.Series:
    """Follow ids that records bore when they went, until one that somebody bears; None where there is none."""
    unsure = target.dropna()[[not sure[one] for one in target.dropna().index]]
    if not len(unsure):
        return target
    present = registry.filter(registry["is_present"])
    alive = set(pc.unique(present["id"].filter(pc.is_in(present["id"], pa.array(target.dropna().unique(), pa.string())))).to_pylist())  # fmt: skip
    found = target.copy()
    for old, new in unsure.items():
        passed: set[Any] = {old}
        while new is not None and new not in alive and new not in passed:
            passed.add(new)
            new = target.get(new)
        found[old] = new if new in alive else None
    return found


def _since(found: pd.DataFrame, before: pa.Table, moment: datetime) -> pa.Table:
    """Keep what was said before of ids that lead where they led; the others lead there since now."""
    told = before.to_pandas()[["old_id", "new_id", "at", "kind", "reason"]].rename(columns={"at": "at_before", "kind": "kind_before", "reason": "reason_before"})  # fmt: skip
    told["new_id"] = told["new_id"].where(told["new_id"].notna(), None)
    found["new_id"] = found["new_id"].where(found["new_id"].notna(), None)
    found = found.merge(told, on=["old_id", "new_id"], how="left").sort_values("old_id", ignore_index=True)
    same = found["at_before"].notna()
    found["at"] = found["at_before"].where(same, pd.Timestamp(moment))
    for name in ("kind", "reason"):
        found[name] = found[f"{name}_before"].where(same, found[name])
    return pa.Table.from_pandas(found[SCHEMAS["id_redirect"].names], SCHEMAS["id_redirect"], preserve_index=False)
