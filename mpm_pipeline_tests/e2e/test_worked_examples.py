"""Four small worlds made by hand: what is served is what somebody worked out on paper (`worked_examples/`)."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pytest

from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.e2e.river import flow
from mpm_pipeline_tests.independent.expected import EXAMPLES, differences, table

pytestmark = pytest.mark.slow

FIGURES = [
    ("tokyo_april", "expected_sales.csv"),
    ("tokyo_april", "expected_money.csv"),
    ("three_currencies", "expected.csv"),
    ("small_funnel", "expected.csv"),
]
FUNNELS = ["tokyo_april", "small_funnel"]
SUPPRESSED = ("opted_out", "do_not_contact", "consent_unknown")
WHOLE = ("numerator", "denominator", "value_minor")
Served = Callable[[str], Outcome]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Take an example through all stages when it is first asked for."""
    return cache(lambda example: flow(tmp_path_factory.mktemp(example) / "home", EXAMPLES / example))


def rows(outcome: Outcome, name: str, whole: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the rows of a served table, null as None and whole numbers whole again."""
    frame = outcome.table(name).astype(object)
    found = frame.where(frame.notna(), None).to_dict("records")
    return [row | {column: None if row[column] is None else int(row[column]) for column in whole} for row in found]


@pytest.mark.parametrize(("example", "name"), FIGURES)
def test_every_figure_is_the_one_worked_out_by_hand(served: Served, example: str, name: str) -> None:
    """Numerator, denominator, value, minor units and null reason of each line of the table."""
    expected = table(example, name)
    assert len(expected) > 50
    assert differences(expected, rows(served(example), "fct_kpi", WHOLE)) == []


def test_the_mrr_bridge_is_the_one_worked_out_by_hand(served: Served) -> None:
    """Every month of the table; in the months between nothing moves."""
    outcome = served("three_currencies")
    known = outcome.table("crosswalk").query("object == 'Account'").set_index("account_id")["record_id"]
    bridge = {(known[row["account_id"]], str(row["month"])[:10]): row for row in rows(outcome, "fct_mrr")}
    for line in table("three_currencies", "expected_mrr.csv"):
        row = bridge.pop((line.pop("account_id"), line.pop("month")))
        assert {name: str(row[f"{name}_minor"]) for name in line} == line, row
    assert all(row["opening_minor"] == row["closing_minor"] for row in bridge.values())


def test_the_budget_is_the_one_worked_out_by_hand(served: Served) -> None:
    """Every line and month of the table, and no other."""
    lines = {
        (row["budget_line_id"], str(row["month"])[:10]): row for row in rows(served("three_currencies"), "fct_budget")
    }
    for line in table("three_currencies", "expected_budget.csv"):
        row = lines.pop((line.pop("budget_line_id"), line.pop("month")))
        told = {name: row[f"{name}_minor"] for name in line}
        assert {name: "" if amount is None else f"{amount:.0f}" for name, amount in told.items()} == line, row
    assert not lines


@pytest.mark.parametrize("example", FUNNELS)
def test_stage_entries_are_those_worked_out_by_hand(served: Served, example: str) -> None:
    """Each lead enters each stage at the instant and with the flags of the table; an entry that names no lead is somebody's."""
    columns = ["cycle_no", "stage", "entered_at", "is_imputed", "is_day_grain"]
    found = served(example).table("fct_lead_stage")
    found = found.assign(
        entered_at=pd.to_datetime(found["entered_at"]).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **{flag: found[flag].astype(bool) for flag in columns[-2:]},
    )
    have = Counter(tuple(str(cell).lower() for cell in row) for row in found[["lead_id", *columns]].to_numpy())
    expected = [tuple(cell.lower() for cell in line.values()) for line in table(example, "expected_stages.csv")]
    have.subtract(line for line in expected if line[0])
    rest = Counter(line[1:] for line, number in have.items() for _ in range(abs(number)))
    assert min(have.values()) >= 0
    assert rest == Counter(line[1:] for line in expected if not line[0])


@pytest.mark.parametrize("example", FUNNELS)
def test_linear_credits_are_those_worked_out_by_hand(served: Served, example: str) -> None:
    """Each deal's money is split over its touches to the minor unit, and nothing else gets any."""
    touches = served(example).table("fct_touch")[["touch_id", "source", "record_id"]]
    found = served(example).table("fct_attribution").query("model == 'linear'")
    found = found.merge(touches, on="touch_id", how="left").fillna({"source": "", "record_id": ""})
    columns = ["opportunity_id", "measure", "model", "source", "record_id", "channel", "credit_minor"]
    have = {tuple(str(cell) for cell in row) for row in found[columns].to_numpy()}
    assert have == {tuple(line.values()) for line in table(example, "expected_credits.csv")}


def test_points_are_those_worked_out_by_hand(served: Served) -> None:
    """Every eligible pair with every dimension, 83.9 and 32.9 among them, and no other pair."""
    points = served("lead_examples").table("lead_score_point")
    have = {
        pair: {row.dimension: row.points for row in part.itertuples()}
        for pair, part in points.groupby(["lead_id", "rep_id"])
    }
    expected = table("lead_examples", "expected_points.csv")
    assert set(have) == {(line["lead_id"], line["rep_id"]) for line in expected}
    for line in expected:
        told = have[line.pop("lead_id"), line.pop("rep_id")]
        line.pop("value_minor")
        assert round(sum(told.values()), 1) == float(line.pop("score")), told
        assert {name: told.get(name, 0.0) for name in line} == {name: float(points) for name, points in line.items()}


def test_leads_go_to_the_reps_worked_out_by_hand(served: Served) -> None:
    """Outcome, rep, score and value of every lead, and the reason of those who get nobody."""
    have = {row.pop("lead_id"): row for row in rows(served("lead_examples"), "lead_distribution")}
    for line in table("lead_examples", "expected_leads.csv"):
        row = have.pop(line.pop("lead_id"))
        told = {name: row[name] for name in line}
        told["outcome_reason"] = "suppressed" if told["outcome_reason"] in SUPPRESSED else ""
        told["score"] = None if told["score"] is None else f"{told['score']:.1f}"
        told["value_minor"] = None if told["value_minor"] is None else f"{told['value_minor']:.0f}"
        assert {name: told[name] or "" for name in line} == line
    assert not have
