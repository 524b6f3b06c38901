"""What people decided: two records are one, are two, or nobody knows; the newest decision on a pair wins (identity 10)."""

from typing import Final

import pandas as pd
import pyarrow as pa

from mpm_pipeline.errors import ConfigError

COLUMNS: Final = ["source", "object", "record_id", "other_source", "other_object", "other_record_id", "decision"]
ANSWERS: Final = ("yes", "no", "unsure")


def read(decisions: pa.Table | None, records: pa.Table) -> pd.DataFrame:
    """Return decisions as pairs of rows (`one`, `other`, `decision`); those on records that are not there say nothing."""
    if decisions is None or not decisions.num_rows:
        return pd.DataFrame(
            {"one": pd.Series(dtype="int64"), "other": pd.Series(dtype="int64"), "decision": pd.Series(dtype="str")}
        )
    missing = [name for name in COLUMNS if name not in decisions.column_names and "object" not in name]
    if missing:
        raise ConfigError(
            f"the decisions lack the column {', '.join(missing)}; they need {', '.join(COLUMNS)} and, to order them, at"
        )
    told = decisions.to_pandas()
    for name in ("object", "other_object"):
        told[name] = told[name].fillna("") if name in told else ""
    for name in ("source", "record_id", "other_source", "other_record_id", "decision"):
        told[name] = told[name].astype("string")
    strange = sorted(set(told["decision"].fillna("")) - set(ANSWERS))
    if strange:
        raise ConfigError(f"{strange[0]!r} is no decision; say {', '.join(ANSWERS)}")
    if "at" in told:
        told = told.sort_values("at", kind="stable", na_position="first")
    rows = records.select(["source", "object", "record_id", "row"]).to_pandas()
    told = told.merge(rows, on=["source", "object", "record_id"])
    told = told.merge(rows.add_prefix("other_"), on=["other_source", "other_object", "other_record_id"])
    told["one"], told["other"] = told[["row", "other_row"]].min(axis=1), told[["row", "other_row"]].max(axis=1)
    return told[told["one"] != told["other"]].drop_duplicates(["one", "other"], keep="last")[
        ["one", "other", "decision"]
    ]
