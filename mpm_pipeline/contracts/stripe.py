"""What we rely on in Stripe's records, in the shape of 2026 and in the one before 2025 ("Basil" moved fields about).

Stripe stamps no changes: the connector tells each record's newest event as its stamp, else its creation. Nested lists are cut
at ten items; where a list says that it has more, the connector lands the whole of it as one record of `invoice_lines` or
`subscription_items`: `{"invoice": id, "created": seconds, "data": [items as they came]}`.
"""

from typing import Any

from mpm_pipeline.contracts.record import Expandable, Instant, Record, Rule, Text, Whole, need, opt, stream

PRICE = Expandable({
    "currency": "text", "unit_amount": "whole", "unit_amount_decimal": "decimal", "recurring": {"interval_count": "whole"},
    "amount": "whole", "amount_decimal": "decimal", "interval_count": "whole",
})  # fmt: skip
AMOUNTS = [{"amount": "whole"}]
DETAILS = {"proration": "flag", "subscription": "json", "subscription_item": "json"}

LINE = {
    "id": "text*", "amount": "whole*", "quantity": "whole", "period": {"start": "unix", "end": "unix"},
    "discount_amounts": AMOUNTS, "taxes": AMOUNTS, "tax_amounts": AMOUNTS, "proration": "flag",
    "pricing": {"unit_amount_decimal": "decimal", "price_details": {"price": "json"}},
    "parent": {"subscription_item_details": DETAILS, "invoice_item_details": DETAILS}, "price": PRICE, "plan": PRICE,
}  # fmt: skip
ITEM = {"id": "text*", "quantity": "whole", "price": PRICE, "plan": PRICE}

STATUSES = ("draft", "open", "paid", "uncollectible", "void")


def _stream(name: str, key: str, kind: Any, **rest: Any) -> Any:
    instant = "created" if kind == "fact" else None
    return stream("stripe", name, key, kind, stamp="created", instant=instant, clock="unix", is_stampless=True, **rest)


class Customer(Record):
    """One customer; deleted ones drop out of the lists and become tombstones by their event."""

    id: Text = need("text", "id")
    created: Instant = need("unix", "creation")
    name: Text = opt("text", "name")
    email: Text = opt("text", "e-mail")
    phone: Text = opt("text", "phone")
    currency: Text = opt("currency", "currency of its invoices")
    address: Text = opt("json", "billing address", nested={"country": "text"})
    metadata: Text = opt("json", "free fields, the CRM account's id among them", nested={"sfdc_account_id": "text"})
    Config = _stream("customers", "id", "thing")


class Price(Record):
    """One price."""

    id: Text = need("text", "id")
    currency: Text = need("currency", "currency")
    type: Text = opt("text", "recurring or one_time")
    unit_amount: Whole = opt("whole", "price of one unit in the smallest unit; null when tiered or a fraction")
    unit_amount_decimal: Text = opt("decimal", "the same with up to twelve decimals")
    billing_scheme: Text = opt("text", "per_unit or tiered")
    recurring: Text = opt("json", "interval and usage", nested={"interval": "text", "interval_count": "whole"})
    transform_quantity: Text = opt("json", "packages: the quantity is divided before it is priced")
    Config = _stream("prices", "id", "thing")


class Subscription(Record):
    """One subscription with its items, as it is today."""

    id: Text = need("text", "id")
    customer: Text = need("link", "customer, an id or the object")
    status: Text = need("text", "status")
    created: Instant = need("unix", "creation")
    start_date: Instant = opt("unix", "start")
    currency: Text = opt("currency", "currency")
    trial_start: Instant = opt("unix", "start of the trial")
    trial_end: Instant = opt("unix", "end of the trial")
    canceled_at: Instant = opt("unix", "when the cancellation was made")
    ended_at: Instant = opt("unix", "when it ended")
    pause_collection: Text = opt("json", "set while collection is paused")
    items: Text = opt("json", "list of items", nested={"has_more": "flag", "data": [ITEM]})
    Config = _stream("subscriptions", "id", "thing", keeps_versions=True)


class SubscriptionItems(Record):
    """All items of one subscription that has more than its own record holds."""

    subscription: Text = need("text", "id of the subscription")
    created: Instant = need("unix", "creation of the subscription")
    data: Text = need("json", "its items", nested=[ITEM])
    Config = _stream("subscription_items", "subscription", "thing")


class Invoice(Record):
    """One invoice with its lines, as it is today."""

    id: Text = need("text", "id")
    customer: Text = need("link", "customer, an id or the object")
    status: Text = need("text", "status", isin=STATUSES)
    currency: Text = need("currency", "currency")
    created: Instant = need("unix", "creation")
    total: Whole = need("whole", "total with tax, after discounts")
    total_excluding_tax: Whole = opt("whole", "total without tax")
    amount_paid: Whole = opt("whole", "amount paid")
    tax: Whole = opt("whole", "tax (before 2025)")
    total_taxes: Text = opt("json", "taxes", nested=AMOUNTS)
    total_tax_amounts: Text = opt("json", "taxes (before 2025)", nested=AMOUNTS)
    total_discount_amounts: Text = opt("json", "discounts", nested=AMOUNTS)
    post_payment_credit_notes_amount: Whole = opt("whole", "credit notes after payment")
    status_transitions: Text = opt(
        "json", "when it changed", nested={"finalized_at": "unix", "paid_at": "unix", "voided_at": "unix"}
    )
    parent: Text = opt("json", "what it bills", nested={"subscription_details": {"subscription": "json"}})
    subscription: Text = opt("link", "subscription (before 2025)")
    charge: Text = opt("link", "charge that paid it (before 2025)")
    payment_intent: Text = opt("link", "payment intent that paid it (before 2025)")
    lines: Text = opt("json", "list of lines", nested={"has_more": "flag", "data": [LINE]})
    Config = _stream("invoices", "id", "fact")


class InvoiceLines(Record):
    """All lines of one invoice that has more than its own record holds."""

    invoice: Text = need("text", "id of the invoice")
    created: Instant = need("unix", "creation of the invoice")
    data: Text = need("json", "its lines", nested=[LINE])
    Config = _stream("invoice_lines", "invoice", "fact")


class InvoicePayment(Record):
    """One payment of one invoice (since 2025)."""

    id: Text = need("text", "id")
    invoice: Text = need("link", "invoice")
    status: Text = need("text", "open, paid or canceled")
    amount_paid: Whole = opt("whole", "amount paid; null while open")
    currency: Text = need("currency", "currency")
    created: Instant = need("unix", "creation")
    payment: Text = opt("json", "what paid", nested={"type": "text", "payment_intent": "json", "charge": "json"})
    status_transitions: Text = opt("json", "when it changed", nested={"paid_at": "unix"})
    Config = _stream("invoice_payments", "id", "fact")


class Charge(Record):
    """One charge."""

    id: Text = need("text", "id")
    amount: Whole = need("whole", "amount")
    currency: Text = need("currency", "currency")
    status: Text = need("text", "succeeded, pending or failed")
    created: Instant = need("unix", "instant")
    customer: Text = opt("link", "customer")
    payment_intent: Text = opt("link", "payment intent")
    invoice: Text = opt("link", "invoice (before 2025)")
    Config = _stream("charges", "id", "fact")


class Refund(Record):
    """One refund of a charge."""

    id: Text = need("text", "id")
    amount: Whole = need("whole", "amount given back")
    currency: Text = need("currency", "currency")
    created: Instant = need("unix", "instant")
    charge: Text = opt("link", "charge")
    payment_intent: Text = opt("link", "payment intent")
    status: Text = opt("text", "status; null is succeeded")
    Config = _stream("refunds", "id", "fact")


class CreditNote(Record):
    """One credit note."""

    id: Text = need("text", "id")
    invoice: Text = need("link", "invoice that it corrects")
    status: Text = need("text", "issued or void")
    currency: Text = need("currency", "currency")
    created: Instant = need("unix", "instant")
    total: Whole = opt("whole", "total, tax included")
    amount: Whole = opt("whole", "the same under its other name")
    customer: Text = opt("link", "customer")
    total_excluding_tax: Whole = opt("whole", "total without tax")
    total_taxes: Text = opt("json", "taxes", nested=AMOUNTS)
    tax_amounts: Text = opt("json", "taxes (before 2025)", nested=AMOUNTS)
    type: Text = opt("text", "pre_payment, post_payment or mixed")
    pre_payment_amount: Whole = opt("whole", "part that lowered what was due (since 2025)")
    post_payment_amount: Whole = opt("whole", "part that gave back what was paid (since 2025)")
    refunds: Text = opt("json", "refunds that belong to it", nested=[{"refund": "json"}])
    refund: Text = opt("link", "its refund (before 2025)")
    Config = _stream(
        "credit_notes", "id", "fact", rules=(Rule("missing_field", "total", "t.total IS NULL AND t.amount IS NULL"),)
    )


class Event(Record):
    """One thing that happened; it holds the object as it was then, and lives thirty days."""

    id: Text = need("text", "id")
    type: Text = need("text", "type")
    created: Instant = need("unix", "instant")
    data: Text = opt("json", "the object as it was", nested={"object": "json"})
    Config = _stream("events", "id", "fact")


RECORDS = (
    Customer, Price, Subscription, SubscriptionItems, Invoice, InvoiceLines, InvoicePayment, Charge, Refund, CreditNote,
    Event,
)  # fmt: skip
