"""What a demo serves equals what is computed apart from the same world."""

from pathlib import Path

import pytest

from mpm_pipeline.simulator.generator import generate
from mpm_pipeline_tests.e2e.comparison import REQUIRED, differences, persons
from mpm_pipeline_tests.e2e.harness import Outcome, demo
from mpm_pipeline_tests.independent import compute

pytestmark = pytest.mark.slow

POINT_6 = (
    "inquiries", "mqls", "sals", "sqls", "conversion_inquiry_mql", "conversion_mql_sal", "conversion_sal_sql", "conversion_sql_won",
    "win_rate_count", "win_rate_amount", "pipeline_created", "pipeline_open", "pipeline_sourced_marketing",
    "pipeline_influenced_marketing", "scorecard_1_marketing_sales_cost_to_revenue", "scorecard_2_sales_to_marketing_cost",
    "scorecard_3_marketing_cost_per_sales_head", "scorecard_4_quota_bearing_to_field_marketing", "scorecard_5_program_share",
    "scorecard_6_operations_share", "spend", "cost_per_lead", "cac", "new_customers", "mrr", "arr", "mrr_new", "mrr_expansion",
    "mrr_contraction", "mrr_churn", "mrr_reactivation", "mrr_fx", "nrr", "grr", "logo_churn_rate", "revenue_churn_rate", "ltv_historic",
    "csat", "nps", "budget_plan", "budget_actual", "budget_variance", "budget_used_rate",
)  # fmt: skip


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
    computed = compute.figures(world, persons=persons(first.table("crosswalk")))
    kinds = set(zip(computed["kpi_id"], computed["segment_kind"], strict=True))
    served = first.table("fct_kpi")
    served = served[[pair in kinds for pair in zip(served["kpi_id"], served["segment_kind"], strict=True)]]
    assert len(computed) > 2_000
    assert differences(served, computed) == []


def test_every_segment_that_is_asked_for_is_there(first: Outcome, world: Path) -> None:
    """Served and computed apart alike: a kind of segment that one side leaves out is compared with nothing."""
    for figures in (first.table("fct_kpi"), compute.figures(world)):
        assert REQUIRED - set(zip(figures["kpi_id"], figures["segment_kind"], strict=True)) == set()


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
