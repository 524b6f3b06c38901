"""Currency exponents and exchange rates of the independent computation, checked by hand."""

from datetime import date

import pytest

from mpm_pipeline_tests.independent.money import Rates, exponent, half_even, stripe_minor, to_minor
from mpm_pipeline_tests.independent.revenue import spread


def rate(day: str, base: str, quote: str, text: str, rate_id: str = "r") -> dict[str, str]:
    """One row of finance/fx_rates."""
    return {"rate_id": rate_id, "date": day, "base": base, "quote": quote, "rate": text}


@pytest.mark.parametrize(("code", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("ISK", 0), ("UGX", 0)])
def test_a_currency_has_its_own_number_of_decimals(code: str, digits: int) -> None:
    """Dollars two, yen none, dinars three."""
    assert exponent(code) == digits


def test_stripe_sends_kronur_in_hundredths_that_do_not_exist() -> None:
    """ISK 500 is 50000 on the wire; JPY 500 is 500; KWD 5.000 is 5000."""
    assert [stripe_minor(50000, "ISK"), stripe_minor(500, "JPY"), stripe_minor(5000, "KWD")] == [500, 500, 5000]


def test_decimal_text_becomes_minor_units_half_even() -> None:
    """Ties go to the even unit, and 1.1 is not 1.100000000000000088."""
    assert [to_minor(text, "USD") for text in ("0.125", "0.135", "1234.50", "-0.125")] == [12, 14, 123450, -12]
    assert to_minor("12.5", "JPY") == 12


def test_a_rate_of_seven_days_is_fresh_and_one_of_eight_is_not() -> None:
    """The seventh day still counts."""
    rates = Rates([rate("2026-01-01", "EUR", "USD", "1.25")], "USD")
    assert rates.to_reporting(100, "EUR", date(2026, 1, 8)) == 125
    assert rates.to_reporting(100, "EUR", date(2026, 1, 9)) is None


def test_direct_comes_before_inverse_and_inverse_before_a_cross() -> None:
    """Even where the later choice is newer."""
    rows = [rate("2026-01-01", "EUR", "USD", "2"), rate("2026-01-05", "USD", "EUR", "1")]
    assert Rates(rows, "USD").rate("EUR", "USD", date(2026, 1, 5)) == 2
    assert Rates(rows, "USD").rate("EUR", "USD", date(2026, 1, 9)) == 1
    cross = [rate("2026-01-05", "EUR", "GBP", "3"), rate("2026-01-05", "GBP", "USD", "5")]
    assert Rates(cross, "USD").rate("EUR", "USD", date(2026, 1, 6)) == 15
    assert Rates(cross + rows, "USD").rate("EUR", "USD", date(2026, 1, 6)) == 2


def test_of_two_crosses_the_alphabetically_first_counts() -> None:
    """CHF before GBP, if both of its legs are fresh."""
    gbp = [rate("2026-01-05", "EUR", "GBP", "3"), rate("2026-01-05", "GBP", "USD", "5")]
    chf = [rate("2026-01-05", "EUR", "CHF", "7"), rate("2026-01-05", "USD", "CHF", "2")]
    assert Rates(gbp + chf, "USD").rate("EUR", "USD", date(2026, 1, 6)) == half_even(7) / 2
    stale = [rate("2025-12-01", "EUR", "CHF", "7"), chf[1]]
    assert Rates(gbp + stale, "USD").rate("EUR", "USD", date(2026, 1, 6)) == 15


def test_a_budget_takes_a_rate_of_any_age_but_none_of_the_future() -> None:
    """Newest at or before the day."""
    rates = Rates([rate("2020-01-01", "EUR", "USD", "1.5")], "USD")
    assert rates.to_reporting(100, "EUR", date(2026, 1, 1), max_age=None) == 150
    assert rates.to_reporting(100, "EUR", date(2019, 12, 31), max_age=None) is None


def test_spreading_over_days_loses_no_unit() -> None:
    """100 over 3 days: 33, 34, 33; 5 over 2: 2 (half-even), 3; a refund likewise; no days: its own day."""
    days = [minor for _, minor in spread(100, date(2026, 1, 1), date(2026, 1, 4))]
    assert days == [33, 34, 33]
    assert [minor for _, minor in spread(5, date(2026, 1, 1), date(2026, 1, 3))] == [2, 3]
    assert [minor for _, minor in spread(-5, date(2026, 1, 1), date(2026, 1, 3))] == [-2, -3]
    assert spread(7, date(2026, 1, 1), date(2026, 1, 1)) == [(date(2026, 1, 1), 7)]
