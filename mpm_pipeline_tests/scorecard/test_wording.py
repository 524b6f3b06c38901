"""Numbers as people read them, and reasons where there is no number."""

from datetime import date

import pytest

from mpm_pipeline.scorecard import wording
from mpm_pipeline.vocabulary import NULL_REASONS
from mpm_pipeline_tests.scorecard.company import QUARTER, figure, none


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "USD", "USD 0"),
        (1, "USD", "USD 0.01"),
        (9_999, "USD", "USD 99.99"),
        (123_456, "USD", "USD 1,235"),
        (99_999_900, "EUR", "EUR 999,999"),
        (421_000_000, "USD", "USD 4.21 M"),
        (-90_000, "USD", "−USD 900"),
        (1_234_567, "JPY", "JPY 1.23 M"),
        (1_500, "KWD", "KWD 1.500"),
        (250_000_000_000, "USD", "USD 2.50 bn"),
    ],
)
def test_money_is_written_by_its_currency(minor: int, currency: str, text: str) -> None:
    """Minor units become money at the currency's exponent, in full below a million."""
    assert _plain(wording.money(minor, currency)) == text


def test_every_unit_has_its_own_writing() -> None:
    """Rates, ratios, money, counts, days and points are told apart."""
    written = {
        "win_rate_count": 0.3297, "scorecard_2_sales_to_marketing_cost": 3.5, "cac": 34_711.0, "mqls": 1284, "sales_cycle_days": 74.25,
        "scorecard_8_lead_management_score": 52.4, "nps": -12.0,
    }  # fmt: skip
    found = [_plain(wording.value(figure(kpi_id, QUARTER, value, "quarter"))) for kpi_id, value in written.items()]
    assert found == ["33.0 %", "3.5 : 1", "USD 34,711", "1,284", "74.2 days", "52 points", "−12 points"]


def test_no_value_is_no_figure_with_a_reason() -> None:
    """Undefined is never 0: it reads "no figure", each reason in its own words, and a true 0 stays 0."""
    texts = {wording.note(none("nrr", QUARTER, reason)) for reason in NULL_REASONS}
    assert len(texts) == len(NULL_REASONS) and all(texts)
    assert wording.value(none("nrr", QUARTER, "not_covered")) == wording.value(None) == "no figure"
    assert wording.note(none("win_rate_count", QUARTER, "zero_denominator")) == "no deal was decided in this period"
    assert wording.value(figure("mqls", QUARTER, 0.0, "quarter")) == "0"


def test_an_estimate_is_named_as_one() -> None:
    """A cohort that is too young shows its estimate beside the reason, not as its value."""
    row = none("conversion_mql_sal", QUARTER, "immature_cohort", estimate=0.69)
    assert wording.value(row) == "no figure"
    assert _plain(wording.note(row)) == "too early to tell, not watched for the full window yet; estimate so far 69.0 %"


def test_the_interval_and_the_rest_without_a_rate_are_told() -> None:
    """A rate carries its interval; a sum says what share of the records it leaves out."""
    row = figure("win_rate_count", QUARTER, 0.33, "quarter", low=0.266, high=0.4)
    assert _plain(wording.note(row)) == "between 27 % and 40 % with 95 % certainty"
    assert "12 % of the records are left out" in _plain(
        wording.note(figure("spend", QUARTER, 9.0, "quarter", coverage=0.88))
    )


def test_a_change_is_told_in_the_figures_own_unit() -> None:
    """Rates move by percentage points; what rounds to nothing is unchanged; without a value before there is no change."""
    before, now = figure("nrr", QUARTER, 1.0, "quarter"), figure("nrr", QUARTER, 1.043, "quarter")
    assert wording.change(now, before) == "up 4.3 percentage points"
    assert wording.change(before, now) == "down 4.3 percentage points"
    assert wording.change(figure("nrr", QUARTER, 1.0001, "quarter"), before) == "unchanged"
    assert wording.change(now, none("nrr", QUARTER, "not_covered")) == wording.change(now, None) == ""


def test_periods_are_named_by_their_months() -> None:
    """A half-open period ends in the month of its last day."""
    assert wording.span(date(2026, 1, 1), date(2026, 4, 1)) == "Jan–Mar 2026"
    assert wording.span(date(2025, 11, 1), date(2026, 2, 1)) == "Nov 2025–Jan 2026"
    assert wording.span(date(2026, 3, 1), date(2026, 4, 1)) == "Mar 2026"


def _plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")
