"""Stripe's records become our billing tables, in either API shape, and what cannot be read is refused, never lost."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline_tests.staged.staging import AS_OF, Bench
from mpm_pipeline_tests.staged.stripe_records import (
    APRIL,
    CREDIT_NOTE,
    CUSTOMER,
    INVOICE,
    LINE,
    MARCH,
    OLD_INVOICE,
    OLD_LINE,
    PRICE,
    SUBSCRIPTION,
    changed,
    event,
    unix,
    with_lines,
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_invoice_and_line_of_2026(bench: Bench) -> None:
    """An invoice with a discounted, taxed line is read to the cent: tax 10.00 on top and 0.40 inside."""
    bench.land("stripe", "invoices", [INVOICE])
    (invoice,) = bench.stage("stripe", "invoice")
    assert invoice["subscription_id"] == "sub_1"
    assert (invoice["total_minor"], invoice["tax_minor"], invoice["discount_minor"]) == (15000, 1040, 700)
    assert (invoice["amount_paid_minor"], invoice["post_payment_credit_minor"]) == (15000, 250)
    assert invoice["paid_at"] == datetime.fromtimestamp(MARCH + 120, UTC)
    (line,) = bench.stage("stripe", "invoice_line")
    assert (line["amount_minor"], line["discount_minor"], line["tax_minor"], line["inclusive_tax_minor"]) == (
        14700, 700, 1040, 40,
    )  # fmt: skip
    assert (line["subscription_item_id"], line["price_id"], line["unit_amount_decimal"]) == ("si_1", "price_1", "4900")
    assert (line["period_start_at"], line["period_end_at"]) == (day("2026-03-01"), day("2026-04-01"))


@pytest.mark.parametrize("name", ["invoice", "invoice_line"])
def test_both_api_shapes_say_the_same(tmp_path: Path, name: str) -> None:
    """The same invoice in the shape before 2025 gives the same rows."""
    new, old = Bench(tmp_path / "new"), Bench(tmp_path / "old")
    new.land("stripe", "invoices", [INVOICE])
    old.land("stripe", "invoices", [OLD_INVOICE])
    assert new.stage("stripe", name) == old.stage("stripe", name) != []


def test_old_invoices_bridge_charges_to_invoices(bench: Bench) -> None:
    """An old invoice names its own charge and intent; a new one leaves that to invoice_payments."""
    payment = {
        "id": "inpay_2", "invoice": "in_2", "amount_paid": 500, "currency": "eur", "created": MARCH, "status": "paid",
        "payment": {"type": "payment_intent", "payment_intent": "pi_2"}, "status_transitions": {"paid_at": MARCH + 5},
    }  # fmt: skip
    bench.land("stripe", "invoices", [OLD_INVOICE, changed(OLD_INVOICE, id="in_2")])
    bench.land("stripe", "invoice_payments", [payment])
    one, two = bench.stage("stripe", "invoice_payment")
    assert (one["invoice_payment_id"], one["payment_id"], one["payment_intent_id"]) == ("in_1", "ch_1", "pi_1")
    assert (two["invoice_payment_id"], two["payment_intent_id"], two["amount_paid_minor"]) == ("inpay_2", "pi_2", 500)


@pytest.mark.parametrize(
    ("currency", "wire", "minor"),
    [("usd", 1234, 1234), ("jpy", 1234, 1234), ("kwd", 12340, 12340), ("isk", 123400, 1234), ("ugx", 500, 5), ("mga", 7, 700)],
)  # fmt: skip
def test_amounts_become_iso_minor_units(bench: Bench, currency: str, wire: int, minor: int) -> None:
    """ISK and UGX come as if they had two decimals and MGA as if it had none; all others as ISO 4217 says."""
    charge = {"id": "ch_1", "amount": wire, "currency": currency, "status": "succeeded", "created": MARCH}
    bench.land("stripe", "charges", [charge])
    bench.land("stripe", "prices", [changed(PRICE, currency=currency, unit_amount=wire, unit_amount_decimal=str(wire))])
    assert bench.stage("stripe", "payment")[0]["amount_minor"] == minor
    assert float(bench.stage("stripe", "price")[0]["unit_amount_decimal"]) == minor


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"amount": "n/a"}, "bad_type"), ({"amount": None}, "missing_field"), ({"period": "March"}, "bad_type"),
        ({"period": {"start": "soon", "end": APRIL}}, "bad_type"), ({"taxes": [{"amount": 1.5}]}, "bad_type"),
        ({"discount_amounts": {"amount": 1}}, "bad_type"), ({"quantity": "three"}, "bad_type"), ({"id": None}, "missing_field"),
        ({"parent": {"subscription_item_details": {"proration": "perhaps"}}}, "bad_type"),
    ],
)  # fmt: skip
def test_unreadable_line_refuses_its_invoice(bench: Bench, damage: dict[str, Any], reason: str) -> None:
    """What cannot be read inside a line refuses the whole invoice: no amount is lost without a word."""
    bench.land("stripe", "invoices", [INVOICE, with_lines(INVOICE, LINE, changed(LINE, **damage), id="in_bad")])
    code, text = bench.refused("stripe", "invoices")["in_bad"]
    assert (code, text.endswith("(field lines)")) == (reason, True)
    assert [row["invoice_id"] for row in bench.stage("stripe", "invoice_line")] == ["in_1"]


def test_long_lists_lie_whole_beside_their_parent(bench: Bench) -> None:
    """Lines and items of a list that was cut come from the record that holds it whole, and only then."""
    lines = [changed(LINE, id=f"il_{n}") for n in range(13)]
    items = [{"id": f"si_{n}", "quantity": 1, "price": PRICE} for n in range(12)]
    cut = {"has_more": True, "data": lines[:10]}
    bench.land("stripe", "invoices", [changed(INVOICE, lines=cut), with_lines(INVOICE, LINE, id="in_2")])
    bench.land(
        "stripe", "invoice_lines", [{"invoice": name, "created": MARCH, "data": lines} for name in ("in_1", "in_2")]
    )
    bench.land("stripe", "subscriptions", [changed(SUBSCRIPTION, items={"has_more": True, "data": items[:10]})])
    bench.land("stripe", "subscription_items", [{"subscription": "sub_1", "created": MARCH, "data": items}])
    found = bench.stage("stripe", "invoice_line")
    assert [row["invoice_id"] for row in found].count("in_1") == 13
    assert [row["invoice_id"] for row in found].count("in_2") == 1
    assert len(bench.stage("stripe", "subscription_item")) == 12


def test_line_ids_that_repeat_are_told_apart(bench: Bench) -> None:
    """Where two invoices use one id for a line, the invoice's id goes before it."""
    bench.land("stripe", "invoices", [INVOICE, with_lines(INVOICE, LINE, changed(LINE, id="il_9"), id="in_2")])
    assert sorted(row["line_id"] for row in bench.stage("stripe", "invoice_line")) == ["il_9", "in_1/il_1", "in_2/il_1"]


def test_prices_from_list_item_and_old_line(bench: Bench) -> None:
    """The list's price beats the embedded one; old prices and plans that no list has are read from where they stand."""
    plan = {
        "id": "plan_y",
        "amount": 60000,
        "currency": "usd",
        "interval": "year",
        "interval_count": 1,
        "usage_type": "licensed",
    }
    tiered = changed(PRICE, id="price_t", unit_amount=None, unit_amount_decimal=None, billing_scheme="tiered")
    metered = changed(
        PRICE, id="price_m", recurring={"interval": "month", "interval_count": 3, "usage_type": "metered"}
    )
    once = changed(PRICE, id="price_o", type="one_time", recurring=None)
    bench.land("stripe", "prices", [changed(PRICE, unit_amount_decimal="5000", unit_amount=5000), tiered, once])
    bench.land(
        "stripe", "subscriptions",
        [changed(SUBSCRIPTION, items={"data": [{"id": "si_1", "price": PRICE}, {"id": "si_2", "price": metered}]})],
    )  # fmt: skip
    bench.land("stripe", "invoices", [with_lines(OLD_INVOICE, changed(OLD_LINE, price=None, plan=plan))])
    found = {row["price_id"]: row for row in bench.stage("stripe", "price")}
    assert found["price_1"]["unit_amount_decimal"] == "5000"
    assert (found["plan_y"]["unit_amount_decimal"], found["plan_y"]["interval"]) == ("60000", "year")
    assert (found["price_t"]["is_tiered"], found["price_t"]["unit_amount_decimal"]) == (True, None)
    assert (found["price_m"]["is_metered"], found["price_m"]["interval_count"]) == (True, 3)
    assert (found["price_o"]["interval"], found["price_o"]["interval_count"]) == (None, None)


def test_packages_are_priced_by_the_line(bench: Bench) -> None:
    """A price for packages of units depends on the quantity, so the line's amount counts."""
    bench.land("stripe", "prices", [changed(PRICE, transform_quantity={"divide_by": 10, "round": "up"})])
    assert bench.stage("stripe", "price")[0]["is_tiered"] is True


def test_customer_deleted_before_we_saw_it(bench: Bench) -> None:
    """Of a customer that only its deletion tells of, name and CRM account are those that the event holds."""
    bench.land("stripe", "customers", [changed(CUSTOMER, id="cus_2", metadata={"salesforce_account_id": "001B"})])
    bench.land("stripe", "customers", [], deleted=[("cus_1", str(APRIL)), ("cus_2", str(APRIL))])
    bench.land("stripe", "events", [event(1, "customer.deleted", APRIL, CUSTOMER)])
    one, two = bench.stage("stripe", "billing_customer")
    assert (one["customer_id"], one["crm_account_id"], one["email"], one["is_deleted"]) == (
        "cus_1", "001A", "ap@acme.example", True,
    )  # fmt: skip
    assert (two["customer_id"], two["crm_account_id"], two["is_deleted"]) == ("cus_2", "001B", True)


def test_deleted_draft_is_out(bench: Bench) -> None:
    """A draft that was deleted is no invoice, and neither are its lines."""
    bench.land("stripe", "invoices", [changed(INVOICE, status="draft")])
    bench.land("stripe", "invoices", [], deleted=[("in_1", str(APRIL))])
    assert bench.stage("stripe", "invoice") == bench.stage("stripe", "invoice_line") == []


def test_states_by_event_and_by_version(bench: Bench) -> None:
    """A pause is known from its event; what no event tells has held as long as events live when it is first seen, else from its run on."""
    paused = changed(SUBSCRIPTION, pause_collection={"behavior": "void"})
    may, june = unix("2026-05-20"), unix("2026-06-10")
    bench.land("stripe", "events", [event(1, "customer.subscription.updated", may, paused)])
    bench.land("stripe", "events", [event(2, "customer.subscription.updated", june, SUBSCRIPTION)])
    bench.land("stripe", "subscriptions", [SUBSCRIPTION], stamps=[june])
    unpaid = changed(SUBSCRIPTION, id="sub_2", status="unpaid")
    bench.land("stripe", "subscriptions", [unpaid], stamps=[MARCH], at=day("2026-06-29"))
    bench.land("stripe", "subscriptions", [changed(unpaid, metadata={"n": "1"})], stamps=[MARCH], at=day("2026-06-30"))
    bench.land("stripe", "subscriptions", [changed(unpaid, status="past_due")], stamps=[MARCH], at=AS_OF)
    found = [
        (row["subscription_id"], row["at"], row["status"], row["is_paused"])
        for row in bench.stage("stripe", "subscription_state")
    ]
    assert found == [
        ("sub_1", day("2026-05-20"), "active", True),
        ("sub_1", day("2026-06-10"), "active", False),
        ("sub_2", day("2026-05-30"), "unpaid", False),
        ("sub_2", AS_OF, "past_due", False),
    ]


def test_states_of_one_second(bench: Bench) -> None:
    """Of creation and change in one second the change is what holds afterwards."""
    incomplete = changed(SUBSCRIPTION, status="incomplete")
    bench.land("stripe", "events", [event(1, "customer.subscription.updated", APRIL, SUBSCRIPTION)])
    bench.land("stripe", "events", [event(2, "customer.subscription.created", APRIL, incomplete)])
    (state,) = bench.stage("stripe", "subscription_state")
    assert (state["at"], state["status"]) == (day("2026-04-01"), "active")


def test_credit_notes_of_both_shapes(bench: Bench) -> None:
    """Before 2025 the type says which part gave money back and `refund` names the one refund."""
    old = {
        "id": "cn_2", "invoice": "in_1", "customer": "cus_1", "status": "issued", "currency": "usd", "created": APRIL, "total": 300,
        "tax_amounts": [{"amount": 20}], "type": "post_payment", "refund": "re_2",
    }  # fmt: skip
    bench.land("stripe", "credit_notes", [CREDIT_NOTE, old])
    one, two = bench.stage("stripe", "credit_note")
    assert (one["total_minor"], one["tax_minor"], one["pre_payment_minor"], one["post_payment_minor"]) == (
        540,
        40,
        290,
        250,
    )
    assert (two["total_minor"], two["tax_minor"], two["pre_payment_minor"], two["post_payment_minor"]) == (
        300,
        20,
        0,
        300,
    )
    named = [(row["credit_note_id"], row["refund_id"]) for row in bench.stage("stripe", "credit_note_refund")]
    assert named == [("cn_1", "re_1"), ("cn_2", "re_2")]


def test_refund_names_its_charge(bench: Bench) -> None:
    """A refund keeps charge and intent; one without a status (old accounts) succeeded."""
    refund = {
        "id": "re_1",
        "amount": 250,
        "currency": "usd",
        "created": APRIL,
        "charge": {"id": "ch_1"},
        "payment_intent": "pi_1",
    }
    bench.land("stripe", "refunds", [refund])
    (row,) = bench.stage("stripe", "refund")
    assert (row["payment_id"], row["payment_intent_id"], row["status"], row["amount_minor"]) == (
        "ch_1",
        "pi_1",
        "succeeded",
        250,
    )


def test_subscription_without_currency(bench: Bench) -> None:
    """A subscription that names no currency takes that of its items, else of its customer, else of the company."""
    bare = changed(SUBSCRIPTION, currency=None)
    euro = changed(bare, id="sub_2", items={"data": [{"id": "si_2", "price": changed(PRICE, currency="eur")}]})
    yen = changed(bare, id="sub_3", customer="cus_2", items={"data": []})
    nobody = changed(bare, id="sub_4", customer="cus_3", items=None)
    bench.land("stripe", "customers", [changed(CUSTOMER, id="cus_2", currency="jpy")])
    bench.land("stripe", "subscriptions", [bare, euro, yen, nobody])
    found = {row["subscription_id"]: row["currency_code"] for row in bench.stage("stripe", "subscription")}
    assert found == {"sub_1": "USD", "sub_2": "EUR", "sub_3": "JPY", "sub_4": "USD"}
