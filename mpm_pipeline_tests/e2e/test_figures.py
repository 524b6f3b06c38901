"""What a demo serves equals what is computed apart from the same world, and what was worked out by hand."""

from pathlib import Path

import pytest

from mpm_pipeline.simulator.generator import generate
from mpm_pipeline_tests.e2e.comparison import differences
from mpm_pipeline_tests.e2e.harness import Outcome, demo
from mpm_pipeline_tests.independent import compute, expected

POINT_6 = (
    "inquiries", "mqls", "sals", "sqls", "conversion_inquiry_mql", "conversion_mql_sal", "conversion_sal_sql", "conversion_sql_won",
    "win_rate_count", "win_rate_amount", "pipeline_created", "pipeline_open", "pipeline_sourced_marketing",
    "pipeline_influenced_marketing", "scorecard_1_marketing_sales_cost_to_revenue", "scorecard_2_sales_to_marketing_cost",
    "scorecard_3_marketing_cost_per_sales_head", "scorecard_4_quota_bearing_to_field_marketing", "scorecard_5_program_share",
    "scorecard_6_operations_share", "spend", "cost_per_lead", "cac", "new_customers", "mrr", "arr", "mrr_new", "mrr_expansion",
    "mrr_contraction", "mrr_churn", "mrr_reactivation", "mrr_fx", "nrr", "grr", "logo_churn_rate", "revenue_churn_rate", "ltv_historic",
    "csat", "nps", "budget_plan", "budget_actual", "budget_variance", "budget_used_rate",
)  # fmt: skip
HAND = [
    ("small_funnel", "expected.csv"),
    ("tokyo_april", "expected_sales.csv"),
    ("tokyo_april", "expected_money.csv"),
    ("three_currencies", "expected.csv"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up company of middle size."""
    folder = tmp_path_factory.mktemp("figures") / "world"
    generate(folder, accounts=120, days=130, seed=7)
    return folder


@pytest.fixture(scope="module")
def first(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One demo on it."""
    outcome = demo(tmp_path_factory.mktemp("figures-home") / "home", world)
    assert outcome.exit_code == 0, outcome.err[-2000:]
    return outcome


def test_every_figure_equals_the_independent_computation(first: Outcome, world: Path) -> None:
    """All rows that the independent computation makes are served with the same numbers and reasons."""
    computed = compute.figures(world)
    kinds = set(zip(computed["kpi_id"], computed["segment_kind"], strict=True))
    served = first.table("fct_kpi")
    served = served[[pair in kinds for pair in zip(served["kpi_id"], served["segment_kind"], strict=True)]]
    assert len(computed) > 2_000
    assert differences(served, computed) == []


def test_every_kpi_of_this_stage_has_a_figure(first: Outcome) -> None:
    """Each has at least one row that is not null."""
    served = first.table("fct_kpi")
    with_value = set(served.loc[served["value"].notna(), "kpi_id"])
    assert sorted(set(POINT_6) - with_value) == []


def test_no_row_is_lost_on_the_way(first: Outcome) -> None:
    """Of every stream and day, rows in are rows out plus rows quarantined, and each quarantined key has its row."""
    counts = first.table("meta_reconciliation")
    assert len(counts) > 500
    assert (counts["rows_in"] == counts["rows_out"] + counts["rows_quarantined"]).all()
    assert counts["rows_quarantined"].sum() == len(first.table("meta_quarantine")) > 0


def test_a_second_demo_changes_nothing(first: Outcome, world: Path) -> None:
    """The same command on the same home ends well and serves the same bytes."""
    before = first.export()
    again = demo(first.home, world)
    assert again.exit_code == 0, again.err[-2000:]
    assert again.document["restated"] == 0
    after = again.export()
    assert {name for name in before if before[name] != after.get(name)} == set()


@pytest.mark.parametrize(("example", "name"), HAND)
def test_hand_made_worlds_give_the_figures_worked_out_by_hand(example: str, name: str, tmp_path: Path) -> None:
    """Every line of the table of expectations is served."""
    outcome = demo(tmp_path / "home", expected.EXAMPLES / example)
    assert outcome.exit_code == 0, outcome.err[-2000:]
    served = outcome.table("fct_kpi").astype(object)
    rows = served.where(served.notna(), None).to_dict("records")
    for row in rows:
        for number in ("numerator", "denominator", "value_minor"):
            row[number] = None if row[number] is None else int(row[number])
    assert expected.differences(expected.table(example, name), rows) == []


def test_the_worked_examples_of_lead_distribution_come_out_to_the_digit(tmp_path: Path) -> None:
    """83.9 and 32.9 points, and everybody's lead as worked out."""
    outcome = demo(tmp_path / "home", expected.EXAMPLES / "lead_examples")
    assert outcome.exit_code == 0, outcome.err[-2000:]
    points = outcome.table("lead_score_point").set_index(["lead_id", "rep_id", "dimension"])["points"]
    for line in expected.table("lead_examples", "expected_points.csv"):
        for dimension, wanted in line.items():
            if dimension not in ("lead_id", "rep_id", "score", "value_minor"):
                assert points[line["lead_id"], line["rep_id"], dimension] == float(wanted), (line["lead_id"], dimension)
    leads = outcome.table("lead_distribution").set_index("lead_id")
    for line in expected.table("lead_examples", "expected_leads.csv"):
        assert leads.loc[line["lead_id"], "outcome"] == line["outcome"]
        if line["rep_id"]:
            assert leads.loc[line["lead_id"], "rep_id"] == line["rep_id"]
            assert leads.loc[line["lead_id"], "score"] == float(line["score"])
            assert leads.loc[line["lead_id"], "value_minor"] == int(line["value_minor"])
