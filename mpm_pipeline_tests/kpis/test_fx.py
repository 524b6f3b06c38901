"""Exchange rates: what is fresh, which way is taken, and what the whole numbers give (readings 36)."""

from datetime import date

import pytest


def rate(rate_id, day, base, quote, value):
    return {"rate_id": rate_id, "rate_date": day, "base": base, "quote": quote, "rate": value}


def rates(world, *given, currency="USD", **settings):
    today = world("2026-07-01 00:00", company_reporting_currency=currency, **settings)
    today.stage("fx_rate", *given, source="finance")
    return {(row["currency_code"], row["rate_date"].isoformat()): row for row in today.table("kpis.fx_rate")}


def converted(row, minor):
    """Convert with plain Python integers, half-even."""
    top, bottom = minor * int(row["multiply"]), int(row["divide"])
    whole, rest = divmod(top, bottom)
    return whole + (2 * rest > bottom or (2 * rest == bottom and whole % 2 == 1))


def test_seven_days_old_is_fresh_eight_is_not(world):
    """A rate of 1 June counts until 8 June."""
    found = rates(world, rate("1", "2026-06-01", "EUR", "USD", "1.10"))
    assert ("EUR", "2026-06-08") in found
    assert ("EUR", "2026-06-09") not in found
    assert ("EUR", "2026-05-31") not in found


def test_the_newest_rate_at_or_before_the_day_counts(world):
    """On 3 June that of 2 June counts, although another comes on 4 June."""
    found = rates(world, rate("1", "2026-06-01", "EUR", "USD", "1.10"), rate("2", "2026-06-02", "EUR", "USD", "1.20"), rate("3", "2026-06-04", "EUR", "USD", "1.30"))  # fmt: skip
    assert converted(found["EUR", "2026-06-03"], 10_000) == 12_000
    assert found["EUR", "2026-06-03"]["source_date"] == date(2026, 6, 2)


def test_direct_beats_a_newer_inverse_and_inverse_beats_cross(world):
    """The direct rate is taken while it is fresh; after that the inverse; a cross only without both."""
    found = rates(
        world,
        rate("1", "2026-06-01", "EUR", "USD", "1.25"), rate("2", "2026-06-05", "USD", "EUR", "0.5"),
        rate("3", "2026-06-05", "EUR", "AUD", "2"), rate("4", "2026-06-05", "AUD", "USD", "3"),
    )  # fmt: skip
    assert (found["EUR", "2026-06-08"]["method"], converted(found["EUR", "2026-06-08"], 100)) == ("direct", 125)
    assert (found["EUR", "2026-06-09"]["method"], converted(found["EUR", "2026-06-09"], 100)) == ("inverse", 200)


def test_the_cross_goes_through_the_first_currency_of_the_alphabet(world):
    """From GBP both CHF and EUR lead to USD: CHF it is; both legs must be fresh."""
    found = rates(
        world,
        rate("1", "2026-06-01", "GBP", "EUR", "2"), rate("2", "2026-06-01", "EUR", "USD", "3"),
        rate("3", "2026-06-01", "GBP", "CHF", "5"), rate("4", "2026-06-03", "USD", "CHF", "0.1"),
    )  # fmt: skip
    assert (found["GBP", "2026-06-02"]["method"], converted(found["GBP", "2026-06-02"], 1)) == ("cross", 6)
    assert (found["GBP", "2026-06-03"]["method"], converted(found["GBP", "2026-06-03"], 1)) == ("cross", 50)
    assert found["GBP", "2026-06-03"]["source_date"] == date(2026, 6, 1)


def test_exponents_are_in_the_numbers(world):
    """100 US dollars (10,000 cents) at 150 are 15,000 yen; 1,000 fils of a Kuwaiti dinar at 3.25 are 325 cents."""
    found = rates(world, rate("1", "2026-06-01", "USD", "JPY", "150"), currency="JPY")
    assert converted(found["USD", "2026-06-01"], 10_000) == 15_000
    found = rates(world, rate("1", "2026-06-01", "KWD", "USD", "3.25"))
    assert converted(found["KWD", "2026-06-01"], 1_000) == 325


def test_the_reporting_currency_needs_no_rate(world):
    """Without any file amounts in the reporting currency count one to one, also on days to come."""
    found = rates(world)
    row = found["USD", "2026-07-10"]
    assert (row["multiply"], row["divide"], row["method"]) == ("1", "1", "same")


@pytest.mark.parametrize("text", ["0", "-1.5", "abc", "1e3", ""])
def test_what_is_no_positive_decimal_is_no_rate(world, text):
    """A rate of nothing, below nothing or in words converts nothing."""
    assert not [key for key in rates(world, rate("1", "2026-06-01", "EUR", "USD", text)) if key[0] == "EUR"]
