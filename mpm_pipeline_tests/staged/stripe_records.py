"""One customer's billing as Stripe writes it, in the shape of 2026 and in the one before 2025."""

import copy
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]


def unix(text: str) -> int:
    """Give the seconds of an instant written without zone, taken as UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


MARCH, APRIL = unix("2026-03-01"), unix("2026-04-01")

PRICE: Record = {
    "id": "price_1", "object": "price", "currency": "usd", "unit_amount": 4900, "unit_amount_decimal": "4900", "type": "recurring",
    "billing_scheme": "per_unit", "recurring": {"interval": "month", "interval_count": 1, "usage_type": "licensed", "meter": None},
}  # fmt: skip

CUSTOMER: Record = {
    "id": "cus_1", "object": "customer", "created": MARCH, "name": "Acme", "email": " AP@Acme.example ", "currency": "usd",
    "phone": None, "metadata": {"sfdc_account_id": "001A"}, "address": {"country": "US"},
}  # fmt: skip

SUBSCRIPTION: Record = {
    "id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active", "created": MARCH, "start_date": MARCH,
    "currency": "usd", "trial_start": None, "trial_end": None, "canceled_at": None, "ended_at": None, "pause_collection": None,
    "items": {"object": "list", "has_more": False, "data": [{"id": "si_1", "quantity": 3, "price": PRICE}]},
}  # fmt: skip

LINE: Record = {
    "id": "il_1", "object": "line_item", "amount": 14700, "quantity": 3, "period": {"start": MARCH, "end": APRIL},
    "pricing": {"type": "price_details", "unit_amount_decimal": "4900", "price_details": {"price": "price_1"}},
    "parent": {
        "type": "subscription_item_details", "invoice_item_details": None,
        "subscription_item_details": {"subscription": "sub_1", "subscription_item": "si_1", "proration": False},
    },
    "discount_amounts": [{"amount": 700, "discount": "di_1"}],
    "taxes": [{"amount": 1000, "tax_behavior": "exclusive"}, {"amount": 40, "tax_behavior": "inclusive"}],
}  # fmt: skip

INVOICE: Record = {
    "id": "in_1", "object": "invoice", "customer": "cus_1", "status": "paid", "currency": "usd", "created": MARCH, "total": 15000,
    "total_excluding_tax": 13960, "amount_paid": 15000, "post_payment_credit_notes_amount": 250,
    "total_discount_amounts": [{"amount": 700, "discount": "di_1"}], "total_taxes": [{"amount": 1000}, {"amount": 40}],
    "status_transitions": {"finalized_at": MARCH + 60, "paid_at": MARCH + 120, "voided_at": None},
    "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}},
    "lines": {"object": "list", "has_more": False, "url": "/v1/invoices/in_1/lines", "data": [LINE]},
}  # fmt: skip

OLD_LINE: Record = {
    "id": "il_1", "object": "line_item", "type": "subscription", "amount": 14700, "quantity": 3, "proration": False,
    "period": {"start": MARCH, "end": APRIL}, "price": PRICE, "plan": None, "subscription": "sub_1", "subscription_item": "si_1",
    "discount_amounts": [{"amount": 700, "discount": "di_1"}],
    "tax_amounts": [{"amount": 1000, "inclusive": False}, {"amount": 40, "inclusive": True}],
}  # fmt: skip

OLD_INVOICE: Record = {
    "id": "in_1", "object": "invoice", "customer": {"id": "cus_1", "object": "customer"}, "status": "paid", "paid": True,
    "currency": "usd", "created": MARCH, "total": 15000, "amount_paid": 15000, "post_payment_credit_notes_amount": 250,
    "total_discount_amounts": [{"amount": 700, "discount": "di_1"}], "tax": 1040, "subscription": "sub_1",
    "total_tax_amounts": [{"amount": 1000, "inclusive": False}, {"amount": 40, "inclusive": True}],
    "charge": "ch_1", "payment_intent": "pi_1",
    "status_transitions": {"finalized_at": MARCH + 60, "paid_at": MARCH + 120, "voided_at": None},
    "lines": {"object": "list", "has_more": False, "url": "/v1/invoices/in_1/lines", "data": [OLD_LINE]},
}  # fmt: skip

CREDIT_NOTE: Record = {
    "id": "cn_1", "object": "credit_note", "invoice": "in_1", "customer": "cus_1", "status": "issued", "currency": "usd",
    "created": APRIL, "amount": 540, "total": 540, "total_taxes": [{"amount": 40}], "type": "mixed", "pre_payment_amount": 290,
    "post_payment_amount": 250, "refunds": [{"refund": "re_1", "amount_refunded": 250}],
}  # fmt: skip


def changed(record: Record, **fields: Any) -> Record:
    """Give a copy of a record with other fields."""
    return {**copy.deepcopy(record), **fields}


def with_lines(invoice: Record, *lines: Any, **rest: Any) -> Record:
    """Give a copy of an invoice with other lines."""
    return changed(invoice, lines={**invoice["lines"], "data": list(lines)}, **rest)


def event(number: int, kind: str, created: int, about: Record) -> Record:
    """Give an event about an object as it was then."""
    return {"id": f"evt_{number}", "object": "event", "type": kind, "created": created, "data": {"object": about}}
