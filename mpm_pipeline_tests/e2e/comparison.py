"""Lays the served figures beside those of the independent computation, key by key, and says every difference in words."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.independent.compute import figures
from mpm_pipeline_tests.independent.identity import short

KEY = ["kpi_id", "period_grain", "period_start", "segment_kind", "segment"]
NUMBERS = ("numerator", "denominator", "value", "value_minor")
_DEALS = ("opportunities_won", "opportunities_lost", "win_rate_count", "win_rate_amount", "revenue_won", "average_deal", "sales_cycle_days")  # fmt: skip
REQUIRED = {
    *((kpi_id, kind) for kpi_id in _DEALS for kind in ("rep", "region", "segment", "product_line")),
    ("revenue_won", "currency"), ("spend", "channel"), ("cost_per_lead", "channel"), ("roi_attributed", "model"),
    *(("mqls", kind) for kind in ("region", "segment", "lead_source")), ("goal_attainment", "goal"),
}  # fmt: skip
"""The segments that readings 1 asks for, by KPI."""


def persons(crosswalk: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """Return who each record is by a served crosswalk, ids as the independent computation writes them."""
    rows = crosswalk[crosswalk["person_id"].notna()]
    names = zip(rows["source"], rows["object"], rows["record_id"], rows["person_id"], strict=True)
    return {
        (source, kind, short(key) if source == "salesforce" else key): person for source, kind, key, person in names
    }


def apart(world: Path, as_of: datetime, outcome: Outcome) -> pd.DataFrame:
    """Compute the figures of a world apart from the pipeline; only who is one person is taken from what was served."""
    return figures(world, as_of, persons(outcome.table("crosswalk")))


def differences(served: pd.DataFrame, computed: pd.DataFrame) -> list[str]:
    """Return differences between two sets of figures.

    A row that only one side has counts unless it says nothing: 0 or no value (the sides may begin at another first event).
    Segments of a kind that only one side cuts a KPI by are left out; `REQUIRED` says which ones there must be.
    """
    left = {_key(row): row for row in served.to_dict("records")}
    right = {_key(row): row for row in computed.to_dict("records")}
    cut = {(key[0], key[3]) for key in left} & {(key[0], key[3]) for key in right}
    left, right = (
        {k: row for k, row in side.items() if (k[0], k[3]) in cut or k[3] == "all"} for side in (left, right)
    )
    found = []
    for key in sorted(left.keys() | right.keys()):
        if key not in left or key not in right:
            row, side = (left[key], "served") if key in left else (right[key], "computed")
            if not _says_nothing(row):
                found.append(f"{key}: only {side}: {_show(row)}")
        elif not _agree(left[key], right[key]):
            found.append(f"{key}: served {_show(left[key])}, computed {_show(right[key])}")
    return found


def changed(before: pd.DataFrame, after: pd.DataFrame) -> set[tuple[str, ...]]:
    """Return the keys of figures that say something else afterwards, in value, counts or null reason, or that are gone."""
    left, right = ({_key(row): row for row in side.to_dict("records")} for side in (before, after))
    return {key for key, row in left.items() if key not in right or not _identical(row, right[key])}


def _identical(one: dict[str, Any], other: dict[str, Any]) -> bool:
    pairs = ((one[name], other[name]) for name in (*NUMBERS, "null_reason"))
    return all(left == right or (_missing(left) and _missing(right)) for left, right in pairs)


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name])[:10] if name == "period_start" else str(row[name]) for name in KEY)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA


def _says_nothing(row: dict[str, Any]) -> bool:
    return _missing(row["value"]) or row["value"] == 0


def _agree(one: dict[str, Any], other: dict[str, Any]) -> bool:
    reasons = [None if _missing(row["null_reason"]) else row["null_reason"] for row in (one, other)]
    if reasons[0] != reasons[1]:
        return False
    if reasons[0] == "not_covered":
        return True
    return all(_same(one[name], other[name]) for name in NUMBERS)


def _same(one: Any, other: Any) -> bool:
    if _missing(one) or _missing(other):
        return _missing(one) and _missing(other)
    return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)


def _show(row: dict[str, Any]) -> str:
    shown = {name: row[name] for name in (*NUMBERS, "null_reason") if not _missing(row[name])}
    return ", ".join(f"{name} {value}" for name, value in shown.items()) or "nothing"
