"""Goals on figures and how far the pipeline covers what is missing (KPI definitions 2.2, 2.4; readings 42, 56)."""

import pytest


def won(opportunity_id, close, amount, *, is_won=True):
    return {"opportunity_id": opportunity_id, "stage": "x", "is_closed": is_won, "is_won": is_won, "amount_minor": amount, "close_date": close, "created_at": "2026-01-05", "currency_code": "USD", "sales_process": "default"}  # fmt: skip


def goal(goal_id, kpi_id, start, end, target, *, baseline="0", parent=None):
    return {"goal_id": goal_id, "kpi_id": kpi_id, "start_date": start, "end_date": end, "baseline": baseline, "target": target, "parent_goal_id": parent, "name": goal_id, "owner": "o"}  # fmt: skip


def company(world, *goals, as_of="2026-08-11 00:00"):
    """Won: 100.00 in February, 60.00 in May, 40.00 in August; lost: one in May. Open: 90.00 due in August, 5.00 in October."""
    home = world(as_of).measuring("deal", "open", "coverage")
    deals = [won("1", "2026-02-10", 10_000), won("2", "2026-05-10", 6_000), won("3", "2026-08-05", 4_000)]
    home.stage("opportunity", *deals, won("4", "2026-05-11", 1, is_won=False) | {"is_closed": True})
    home.stage("opportunity", *(won(name, close, amount, is_won=False) | {"stage": "q"} for name, close, amount in (("5", "2026-08-20", 9_000), ("6", "2026-10-01", 500))))  # fmt: skip
    home.stage("stage", {"stage": "q", "sort_order": 2, "is_closed": False, "is_won": False, "is_qualified": True})
    return home.stage("goal", *goals, source="finance")


def attained(home):
    rows = [r for r in home.table("kpis.fct_kpi") if r["kpi_id"] == "goal_attainment" and r["segment_kind"] == "goal"]
    return {row["segment"]: row for row in rows}


@pytest.mark.parametrize(
    ("given", "numerator", "denominator", "value"),
    [
        (goal("g", "revenue_won", "2026-04-01", "2026-07-01", "120.00"), 6_000, 12_000, 0.5),
        (goal("g", "revenue_won", "2026-02-01", "2026-06-01", "200.00", baseline="100.00"), 6_000, 10_000, 0.6),
        (goal("g", "opportunities_won", "2026-01-01", "2027-01-01", "4"), 3, 4, 0.75),
        (goal("g", "win_rate_count", "2026-04-01", "2026-07-01", "0.75", baseline="0.25"), None, None, 0.5),
        (goal("g", "win_rate_count", "2026-02-01", "2026-06-01", "1"), None, None, 2 / 3),
        (goal("g", "opportunities_open", "2026-02-01", "2026-06-01", "0", baseline="4"), -2, -4, 0.5),
        (goal("g", "average_deal", "2026-02-01", "2026-06-01", "160.00"), 8_000, 16_000, 0.5),
        (goal("g", "sales_cycle_days", "2026-08-01", "2026-09-01", "0", baseline="424"), None, None, 0.5),
    ],
)
def test_attainment_is_the_way_gone_of_the_way_to_go(world, given, numerator, denominator, value):
    """The goal's own period where there is one, else its months together; stocks take the last month; whole numbers where exact."""
    row = attained(company(world, given))["g"]
    assert (row["numerator"], row["denominator"]) == (numerator, denominator)
    assert (
        row["value"] == pytest.approx(value)
        and row["period_start"].isoformat() == "2026-01-01"
        and row["unit"] == "rate"
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (goal("g", "revenue_won", "2026-04-01", "2026-07-01", "5", baseline="5"), "zero_denominator"),
        (goal("g", "no_such_kpi", "2026-04-01", "2026-07-01", "5"), "not_covered"),
        (goal("g", "revenue_won", "2026-04-02", "2026-06-15", "5"), "not_covered"),
        (goal("g", "mrr", "2026-04-01", "2026-07-01", "5"), "not_covered"),
        (goal("g", "win_rate_count", "2026-06-01", "2026-07-01", "1"), "zero_denominator"),
        (goal("g", "average_deal", "2026-06-01", "2026-07-01", "1"), "zero_denominator"),
    ],
)
def test_what_cannot_be_attained_says_why(world, given, reason):
    """No way to go, an unknown KPI, a span that no months make, a KPI without its source, a figure that is null itself."""
    row = attained(company(world, given))["g"]
    assert (row["value"], row["numerator"], row["null_reason"]) == (None, None, reason)


def test_a_goal_that_begins_after_as_of_has_no_row(world):
    """A goal of next year is not shown yet."""
    assert attained(company(world, goal("g", "revenue_won", "2027-01-01", "2028-01-01", "5"))) == {}


def test_coverage_is_open_pipeline_due_over_what_is_missing(world):
    """Target of August 100.00 + 30.00 (a part of the first is left out), 40.00 won: 90.00 due / 90.00; May is met; June has no goal."""
    home = company(
        world,
        goal("a", "revenue_won", "2026-08-01", "2026-09-01", "100.00"), goal("b", "revenue_won", "2026-08-01", "2026-09-01", "30.00"),
        goal("c", "revenue_won", "2026-08-01", "2026-09-01", "70.00", parent="a"), goal("d", "revenue_won", "2026-05-01", "2026-06-01", "60.00"),
        goal("e", "opportunities_won", "2026-08-01", "2026-09-01", "7"),
    )  # fmt: skip
    found = {r["period_start"].isoformat()[:7]: r for r in home.table("kpis.fct_kpi") if r["kpi_id"] == "pipeline_coverage" and r["period_grain"] == "month"}  # fmt: skip
    assert (found["2026-08"]["numerator"], found["2026-08"]["denominator"], found["2026-08"]["value"]) == (
        9_000,
        9_000,
        1.0,
    )
    assert (found["2026-05"]["denominator"], found["2026-05"]["null_reason"]) == (0, "zero_denominator")
    assert found["2026-06"]["null_reason"] == "not_covered"


@pytest.mark.parametrize(("kpi_id", "reason"), [("sales_cycle_days", "not_covered"), ("sales_velocity", "not_covered")])
def test_medians_of_months_are_never_added_up(world, kpi_id, reason):
    """Four months have each their median; of the four together nothing is known, so the goal has no value."""
    row = attained(company(world, goal("g", kpi_id, "2026-02-01", "2026-06-01", "10", baseline="20")))["g"]
    assert (row["value"], row["null_reason"]) == (None, reason)
