"""The distribution: puts scores, values and free places together, lets the assignment decide, and says why in words.

Works on columns; the only loop over rows writes the sentences of the leads that are distributed now, which are few.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mpm_pipeline.leads.assignment import assign, prices

INPUTS = (
    "leads.open_lead",
    "leads.free_rep",
    "leads.lead_score_point",
    "leads.segment_value",
    "run.setting",
    "reference.currency",
)
NONE_FITS = -1


def distribute(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return the rows of `leads.lead_distribution` from the open leads, free reps, points and segment values."""
    leads = tables["leads.open_lead"].to_pandas()
    reps = tables["leads.free_rep"].to_pandas().sort_values("rep_id", ignore_index=True)
    points = tables["leads.lead_score_point"].to_pandas()
    setting = tables["run.setting"].to_pylist()[0]
    open_leads = leads[leads["held_reason"].isna()].sort_values("lead_id", ignore_index=True)
    tenths = _scores(points, open_leads["lead_id"].tolist(), reps["rep_id"].tolist())
    worth = open_leads["segment"].map(_worth(tables["leads.segment_value"])).to_numpy(dtype=float)
    margin = float(setting["company_gross_margin_rate"])
    values = np.where(tenths == NONE_FITS, NONE_FITS, np.rint(tenths / 1000 * worth[:, None] * margin)).astype(np.int64)
    reserve = int(setting["leads_nurture_reserve_minor"])
    places = reps["free_places"].to_numpy(dtype=np.int64)
    chosen = assign(values, tenths, places, reserve, open_leads["lead_id"].tolist(), reps["rep_id"].tolist())
    price = prices(values, places, reserve, chosen)
    is_full = np.bincount(chosen[chosen >= 0], minlength=len(places)) >= places
    said = _sentences(points)
    money = _money(setting["company_reporting_currency"], tables["reference.currency"])
    rows = [
        _row(lead, place, tenths[place], values[place], chosen[place], price, is_full, reps, said, money, reserve)
        for place, lead in enumerate(open_leads.to_dict("records"))
    ]
    rows += [_held(lead) for lead in leads[leads["held_reason"].notna()].to_dict("records")]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["as_of_at"] = setting["as_of"]
    frame["currency_code"] = setting["company_reporting_currency"]
    return pa.Table.from_pandas(frame.sort_values("lead_id"), schema=SCHEMA, preserve_index=False)


SCHEMA = pa.schema(
    [
        ("lead_id", pa.string()), ("person_id", pa.string()), ("account_id", pa.string()), ("as_of_at", pa.timestamp("us", "UTC")),
        ("outcome", pa.string()), ("outcome_reason", pa.string()), ("rep_id", pa.string()), ("rep_name", pa.string()),
        ("score", pa.float64()), ("fit_points", pa.float64()), ("value_minor", pa.int64()), ("currency_code", pa.string()),
        ("reason_text", pa.string()), ("runner_up_rep_id", pa.string()), ("runner_up_gap", pa.float64()),
        ("capacity_price_minor", pa.int64()),
    ]
)  # fmt: skip
COLUMNS = [name for name in SCHEMA.names if name not in ("as_of_at", "currency_code")]
HELD = {
    "do_not_contact": "Held: the person must not be contacted by any channel.",
    "opted_out": "Held: the person has opted out of both e-mail and calls.",
    "consent_unknown": "Held: no system says whether the person may be contacted.",
    "no_rep_data": "Held: no file says who takes leads (hr/reps).",
}


def _scores(points: pd.DataFrame, leads: list[str], reps: list[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return tenths of points per lead and rep, -1 where the pair is not eligible; whole numbers, so that sums are exact."""
    grid = np.full((len(leads), len(reps)), NONE_FITS, dtype=np.int64)
    if points.empty:
        return grid
    tenths = (points["points"] * 10).round().astype("int64")
    total = tenths.groupby([points["lead_id"], points["rep_id"]]).sum()
    rows = pd.Index(leads).get_indexer(total.index.get_level_values(0))
    columns = pd.Index(reps).get_indexer(total.index.get_level_values(1))
    grid[rows, columns] = np.maximum(total.to_numpy(), 0)
    return grid


def _worth(values: pa.Table) -> dict[str, float]:
    return dict(zip(values["segment"].to_pylist(), values["mean_won_minor"].to_pylist(), strict=True))


def _sentences(points: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return per pair the reasons that moved its score, strongest first, in words with signed points."""
    if points.empty:
        return {}
    moved = points[(points["points"] != 0) & (points["dimension"] != "base")].copy()
    moved["size"] = moved["points"].abs()
    moved = moved.sort_values(["lead_id", "rep_id", "size", "dimension"], ascending=[True, True, False, True])
    moved["said"] = moved["text"] + moved["points"].map(" ({:+g})".format)
    return {
        (str(lead), str(rep)): text
        for (lead, rep), text in moved.groupby(["lead_id", "rep_id"])["said"].agg("; ".join).items()
    }


def _row(
    lead: dict[str, Any], place: int, tenths: Any, values: Any, rep: int, price: Any, is_full: Any, reps: pd.DataFrame,
    said: dict[tuple[str, str], str], money: Any, reserve: int,
) -> dict[str, Any]:  # fmt: skip
    row = {"lead_id": lead["lead_id"], "person_id": lead["person_id"], "account_id": _text(lead["account_id"])}
    if rep < 0:
        reason, words = _unassigned(tenths, values, reserve)
        return row | {"outcome": "nurture", "outcome_reason": reason, "reason_text": words}
    others = np.where(np.arange(len(tenths)) == rep, NONE_FITS, tenths)
    runner = int(others.argmax()) if others.max(initial=NONE_FITS) > NONE_FITS else None
    gap = None if runner is None else float(tenths[rep] - tenths[runner]) / 10
    chosen = reps.iloc[rep]
    words = f"{chosen['rep_name']}: {said.get((lead['lead_id'], chosen['rep_id']), 'nothing speaks for or against')}."
    if runner is not None and gap is not None:
        words += _about_runner_up(reps.iloc[runner]["rep_name"], gap, bool(is_full[runner]), int(price[runner]), money)
    return row | {
        "outcome": "assigned",
        "outcome_reason": "best_value",
        "rep_id": chosen["rep_id"],
        "rep_name": chosen["rep_name"],
        "score": float(tenths[rep]) / 10,
        "fit_points": 0.0,
        "value_minor": int(values[rep]),
        "reason_text": words,
        "runner_up_rep_id": None if runner is None else reps.iloc[runner]["rep_id"],
        "runner_up_gap": gap,
        "capacity_price_minor": int(price[rep]),
    }


def _about_runner_up(name: str, gap: float, is_full: bool, price: int, money: Any) -> str:
    if gap < 0 and not is_full:
        return f" {name} scored higher by {-gap:g}, which makes no difference in money."
    if gap < 0:
        return f" {name} scored higher by {-gap:g} but is full; the next place there is worth {money(price)}."
    return f" Next best: {name}, {gap:g} points behind." if gap else f" {name} scored the same."


def _unassigned(tenths: Any, values: Any, reserve: int) -> tuple[str, str]:
    if (tenths == NONE_FITS).all():
        return "no_eligible_rep", "To nurture: no rep serves this region and product line."
    if (values < reserve).all():
        return "below_reserve", "To nurture: worth less with every rep than nurturing it."
    return "no_capacity", "To nurture: every rep who fits is full with leads that are worth more."


def _held(lead: dict[str, Any]) -> dict[str, Any]:
    row = {"lead_id": lead["lead_id"], "person_id": lead["person_id"], "account_id": _text(lead["account_id"])}
    return row | {"outcome": "held", "outcome_reason": lead["held_reason"], "reason_text": HELD[lead["held_reason"]]}


def _money(currency: str, exponents: pa.Table) -> Any:
    """Return how an amount in minor units is written for people."""
    known = dict(zip(exponents["currency_code"].to_pylist(), exponents["exponent"].to_pylist(), strict=True))
    exponent = int(known[currency])
    return lambda minor: f"{minor / 10**exponent:,.{exponent}f} {currency}"


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)
