"""The money and people half of the independent computation against figures worked out by hand."""

from datetime import date
from functools import cache

import pytest

from mpm_pipeline_tests.independent import budget, compute, mrr
from mpm_pipeline_tests.independent.expected import EXAMPLES, differences, table
from mpm_pipeline_tests.independent.payers import Payers

HAND = [("three_currencies", "expected.csv"), ("tokyo_april", "expected_money.csv")]


@cache
def opened(example: str) -> compute.Model:
    """One example, computed once."""
    return compute.model(EXAMPLES / example)


@cache
def bridges(example: str) -> mrr.Mrr:
    """The MRR of one example."""
    inside = opened(example)
    payers = Payers(inside.snapshot, inside.people)
    return mrr.Mrr(inside.snapshot, inside.calendar, inside.rates, payers)


@pytest.mark.parametrize(("example", "name"), HAND)
def test_figures_are_those_worked_out_by_hand(example: str, name: str) -> None:
    """Every figure of the table comes out exactly."""
    assert differences(table(example, name), opened(example).rows()) == []


def test_the_bridge_of_each_account_is_the_one_worked_out_by_hand() -> None:
    """Months that the table names have its amounts; in all others nothing moves."""
    found = {(row["account_id"], str(row["month"])): row for row in mrr.table(bridges("three_currencies"))}
    named = table("three_currencies", "expected_mrr.csv")
    for line in named:
        have = found[line["account_id"], line["month"]]
        assert {name: str(have[f"{name}_minor"]) for name in line if name not in ("account_id", "month")} == {
            name: amount for name, amount in line.items() if name not in ("account_id", "month")
        }, line
    quiet = set(found) - {(line["account_id"], line["month"]) for line in named}
    assert quiet
    assert all(found[key]["opening_minor"] == found[key]["closing_minor"] for key in quiet)


@pytest.mark.parametrize("example", [example for example, _ in HAND])
def test_every_bridge_closes_and_hangs_on_to_the_month_before(example: str) -> None:
    """Opening plus movements is closing, and closing is the next opening, to the minor unit."""
    found = bridges(example).bridges
    closings: dict[str, int] = {}
    for one in found:
        assert one.closes(), one
        assert one.opening == closings.get(one.account, 0), one
        closings[one.account] = one.closing


def test_budget_lines_are_those_worked_out_by_hand() -> None:
    """Each line and month of the table, and no other, with its differences named."""
    inside = opened("three_currencies")
    found = budget.Budget(inside.snapshot, inside.calendar, inside.rates)
    have = [
        {k.removesuffix("_minor"): "" if v is None else str(v) for k, v in row.items()} for row in budget.table(found)
    ]
    want = table("three_currencies", "expected_budget.csv")
    kept = [{name: row[name] for name in want[0]} for row in have]
    assert kept == sorted(want, key=lambda row: (row["budget_line_id"], row["month"]))
    assert budget.differences(found) == [("b-mkt", date(2025, 10, 1), "plan")]
    assert found.unknown_lines[-1] == "l15"
    assert "l07" in found.unknown_lines


@pytest.mark.parametrize("example", [example for example, _ in HAND])
def test_identities_of_the_scorecard_hold(example: str) -> None:
    """Marketing to revenue = KPI 1 / (1 + KPI 2), and KPI 3 x heads = marketing expense."""
    rows = {(r.kpi_id[:11], r.period_grain, r.period_start): r for r in opened(example).rows() if r.segment == "all"}
    checked = 0
    for (kpi, grain, start), first in rows.items():
        second, third = rows.get(("scorecard_2", grain, start)), rows.get(("scorecard_3", grain, start))
        if kpi == "scorecard_1" and first.value is not None and second and second.value is not None:
            assert first.value / (1 + second.value) == _share(second.denominator, first.denominator)
            assert third and third.numerator == second.denominator
            checked += 1
    assert checked >= 4


def _share(part: int | None, whole: int | None) -> object:
    from fractions import Fraction

    return Fraction(part or 0, whole or 1)
