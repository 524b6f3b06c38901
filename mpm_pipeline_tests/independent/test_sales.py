"""The funnel and sales half of the independent computation against figures worked out by hand."""

from datetime import UTC, datetime
from functools import cache

import pytest

from mpm_pipeline_tests.independent import compute
from mpm_pipeline_tests.independent.expected import EXAMPLES, differences, table

HAND = [("small_funnel", "expected.csv"), ("tokyo_april", "expected_sales.csv")]


@cache
def opened(example: str) -> compute.Model:
    """One example, computed once."""
    return compute.model(EXAMPLES / example)


@pytest.mark.parametrize(("example", "name"), HAND)
def test_figures_are_those_worked_out_by_hand(example: str, name: str) -> None:
    """Every figure of the table comes out exactly."""
    assert differences(table(example, name), opened(example).sales_rows()) == []


@pytest.mark.parametrize("example", [example for example, _ in HAND])
def test_linear_credits_are_those_worked_out_by_hand(example: str) -> None:
    """Each deal's money is split over its touches to the cent, and nothing else gets any."""
    found = compute.credits(EXAMPLES / example)
    found = found[found["model"] == "linear"].fillna("")
    have = {tuple(str(v) for v in row[:-1]) for row in found.itertuples(index=False)}
    assert have == {tuple(line.values()) for line in table(example, "expected_credits.csv")}


@pytest.mark.parametrize("example", [example for example, _ in HAND])
def test_stage_entries_are_those_worked_out_by_hand(example: str) -> None:
    """Each person enters each stage at the instant and with the flags of the table, and no other."""
    columns = ["lead_id", "cycle_no", "stage", "entered_at", "is_imputed", "is_day_grain"]
    found = compute.stages(EXAMPLES / example).fillna({"lead_id": ""})
    found["entered_at"] = [at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in found["entered_at"]]
    have = sorted(tuple(str(v) for v in row) for row in found[columns].itertuples(index=False))
    want = [line | {n: line[n].title() for n in columns[-2:]} for line in table(example, "expected_stages.csv")]
    assert have == sorted(tuple(line[name] for name in columns) for line in want)


@pytest.mark.parametrize("example", [example for example, _ in HAND])
def test_every_model_gives_away_exactly_the_amount(example: str) -> None:
    """Credits of each deal, measure and model sum to the deal's minor units."""
    inside = opened(example)
    amounts = {(d.opportunity_id, "pipeline"): d.pipeline_minor for d in inside.deals}
    amounts |= {(d.opportunity_id, "revenue"): d.minor for d in inside.deals}
    found = compute.credits(EXAMPLES / example)
    for (deal, measure, model), part in found.groupby(["opportunity_id", "measure", "model"]):
        assert part["credit_minor"].sum() == amounts[deal, measure], (deal, measure, model)


def test_a_merge_counts_once_only_from_the_day_it_happened() -> None:
    """Before 25 August lead 04 was a person of its own: 03 and 04 each have an mql in February."""
    before = compute.model(EXAMPLES / "small_funnel", datetime(2026, 8, 24, tzinfo=UTC))
    mqls = {
        r.period_start.isoformat(): r.numerator
        for r in before.funnel.rows()
        if r.kpi_id == "mqls" and r.period_grain == "month" and r.segment == "all"
    }
    assert mqls["2026-02-01"] == 5  # 03, 04, 05, 10 and the lead 15 that was deleted on 30 August


def test_a_late_row_counts_from_the_day_it_is_seen() -> None:
    """Lead 14's mql of 1 August becomes visible on 5 September and then changes August."""
    after = compute.model(EXAMPLES / "small_funnel", datetime(2026, 9, 6, tzinfo=UTC))
    assert "mql" in {
        stage
        for cycle in after.life.cycles
        for stage, e in cycle.entries.items()
        if e.at == datetime(2026, 8, 1, tzinfo=UTC)
    }
