"""What people decided: two records are one, are two, or nobody knows; the newest decision on a pair wins (identity 10).

Decisions are kept from run to run, also those on records that are not there: they say nothing until these come.
"""

from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution.foreign import plain
from mpm_pipeline.customer.resolution.records import instants
from mpm_pipeline.customer.resolution.tables import PAIR, SCHEMAS
from mpm_pipeline.errors import ConfigError

COLUMNS: Final = [*PAIR, "decision"]
ANSWERS: Final = ("yes", "no", "unsure")


def together(before: pa.Table, decisions: pa.Table | None, moment: datetime) -> pa.Table:
    """Return the decisions that stand: those of before and new ones, one per pair; ConfigError when they cannot be read.

    A new decision without an instant is made at `moment`.
    """
    if decisions is None or not decisions.num_rows:
        return before
    fresh = _read(decisions)
    fresh["at"] = fresh["at"].fillna(pd.Timestamp(moment))
    every = pd.concat([before.to_pandas(), fresh], ignore_index=True) if before.num_rows else fresh
    turned = every[PAIR[:3]].agg("\0".join, axis=1) > every[PAIR[3:]].agg("\0".join, axis=1)
    every.loc[turned, PAIR] = every.loc[turned, [*PAIR[3:], *PAIR[:3]]].to_numpy()
    every = every[(every[PAIR[:3]].to_numpy() != every[PAIR[3:]].to_numpy()).any(axis=1)]
    every = every.sort_values("at", kind="stable").drop_duplicates(PAIR, keep="last").sort_values(PAIR)
    return pa.Table.from_pandas(every[[*COLUMNS, "at"]], SCHEMAS["decision"], preserve_index=False)


def of_rows(standing: pa.Table, records: pa.Table) -> pd.DataFrame:
    """Return decisions as pairs of rows (`one`, `other`, `decision`); `records` has `row` beside what names a record."""
    if not standing.num_rows:
        return pd.DataFrame({"one": np.empty(0, np.int64), "other": np.empty(0, np.int64), "decision": pd.Series(dtype="str")})  # fmt: skip
    told = standing.to_pandas()
    named = pa.array(pd.unique(pd.concat([told["record_id"], told["other_record_id"]])), pa.string())
    rows = records.filter(pc.is_in(records["record_id"], named)).select([*PAIR[:3], "row"]).to_pandas()
    told = told.merge(rows, on=PAIR[:3]).merge(rows.add_prefix("other_"), on=PAIR[3:])
    told["one"], told["other"] = told[["row", "other_row"]].min(axis=1), told[["row", "other_row"]].max(axis=1)
    return told.sort_values(["one", "other"])[["one", "other", "decision"]].reset_index(drop=True)


def _read(decisions: Any) -> pd.DataFrame:
    """Return decisions that were given, in order; what is wrong with them is said."""
    missing = [name for name in COLUMNS if name not in decisions.column_names and "object" not in name]
    if missing:
        raise ConfigError(
            f"the decisions lack the column {', '.join(missing)}; they need {', '.join(COLUMNS)} and, to order them, at"
        )
    told = pd.DataFrame(
        {
            name: plain(decisions[name]).cast(pa.string()).to_pandas()
            if name in decisions.column_names
            else pd.Series("", index=range(decisions.num_rows))
            for name in COLUMNS
        }
    )
    for name in ("object", "other_object"):
        told[name] = told[name].fillna("")
    empty = [name for name in COLUMNS if told[name].isna().any()]
    if empty:
        raise ConfigError(f"{int(told[empty[0]].isna().sum())} of {len(told)} decisions have no {empty[0]}; give every decision one")  # fmt: skip
    strange = sorted(set(told["decision"]) - set(ANSWERS))
    if strange:
        raise ConfigError(f"{strange[0]!r} is no decision; say {', '.join(ANSWERS)}")
    told["at"] = pd.Series(pd.NaT, index=told.index, dtype="datetime64[us, UTC]")
    if "at" in decisions.column_names:
        told["at"] = instants(decisions, "at").to_pandas().astype("datetime64[us, UTC]").to_numpy()
        told["at"] = told["at"].dt.tz_localize("UTC") if told["at"].dt.tz is None else told["at"]
    return told
