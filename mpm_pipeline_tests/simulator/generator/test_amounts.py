"""Amounts of the price list and of an invoice, worked out by hand."""

from datetime import UTC, datetime

import pytest

from mpm_pipeline.simulator.generator.catalogue import Price, decimal_text, major, monthly_value, yearly_value
from mpm_pipeline.simulator.generator.invoices import Invoice, Line

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
PRICE = Price("price_1", "prod_1", "eur", 50, "month", 0)


@pytest.mark.parametrize(("amount", "tax"), [(50, 10), (150, 28), (100, 19)])
def test_tax_of_a_line_is_rounded_half_to_even(amount: int, tax: int) -> None:
    """19 % of 50 is 9.5 and becomes 10, of 150 it is 28.5 and becomes 28, of 100 exactly 19."""
    line = Line("seats", amount, 1, PRICE, AT, AT)
    invoice = Invoice("in_1", "A-1", "cus_1", "eur", None, "manual", AT, AT, [line], 19)
    assert line.tax == tax
    assert invoice.total == amount + tax


def test_discount_comes_off_before_tax_and_credit_off_what_is_due() -> None:
    """1,000 less 20 % is 800, with 10 % tax 880; 100 forgiven before payment leave 780."""
    invoice = Invoice(
        "in_1",
        "A-1",
        "cus_1",
        "jpy",
        None,
        "manual",
        AT,
        AT,
        [Line("seats", 1000, 10, PRICE, AT, AT, discount=200)],
        10,
    )
    invoice.pre_payment = 100
    assert (invoice.subtotal, invoice.net, invoice.total, invoice.due_amount) == (1000, 800, 880, 780)


def test_a_contract_is_worth_the_same_in_the_deal_and_on_the_bill() -> None:
    """Ten seats of Data: 49.00 a month, 5,880.00 a year; paid yearly ten months' worth, 4,900.00, or 408.33 a month."""
    assert yearly_value("Data", "USD", is_annual=False, seats=10) == 588_000
    assert yearly_value("Data", "USD", is_annual=True, seats=10) == 490_000
    assert monthly_value(49_000, 10, is_annual=True) == 40_833
    assert major(588_000, "USD") == 5880.0


def test_yen_have_no_minor_unit() -> None:
    """7,200 yen are 7,200 in minor units and are written without a point."""
    assert major(7200, "JPY") == 7200.0
    assert decimal_text(7200, "JPY") == "7200"
    assert decimal_text(-5, "EUR") == "-0.05"
