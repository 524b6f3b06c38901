"""Stripe's records as typed rows, whichever of the two shapes (before or since 2025) they come in.

Amounts become ISO minor units of their own currency here. What a figure makes of them stands in mrr, revenue, customers.

AMBIGUITIES (readings taken here)
B1. A line that names a subscription but no item belongs to that subscription's item with the same price, else to an
    item of its own.
B2. Finalised = `finalized_at` is there or status is open, paid, uncollectible or void. Uncollectible counts.
B3. Tax of an invoice or credit note = sum of total_taxes (older: total_tax_amounts / tax_amounts, else tax).
    A line's amount carries only its inclusive taxes; those are taken off, exclusive ones were never in it.
B4. Credit notes with status void, and those of a void invoice, do not count. Post-payment part =
    `post_payment_amount`, in the older shape the amount of a note of type post_payment.
B5. Refunds count with status succeeded (or none given). A refund that a live credit note names is out as a whole.
B6. A refund's customer: by charge, else by payment intent, else by the invoice that it paid; none: left out.
B7. A record whose customer does not exist (deleted) has an account of its own, `stripe:<customer id>`.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from mpm_pipeline_tests.independent.money import decimal_or_none, half_even, stripe_minor
from mpm_pipeline_tests.independent.world import Record, Snapshot, instant

FINAL = {"open", "paid", "uncollectible", "void"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a finalised invoice that is not void."""

    line_id: str
    amount: int
    currency: str
    quantity: Fraction
    unit_amount: Fraction | None
    price: Record
    price_id: str | None
    start: datetime
    end: datetime
    subscription: str | None
    item: str | None
    is_proration: bool
    discount: int
    inclusive_tax: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice, in minor units of its currency."""

    invoice_id: str
    customer: str
    currency: str
    status: str
    created: datetime
    paid_at: datetime | None
    amount_paid: int
    total: int
    tax: int
    lines: list[Line]
    payment_intents: list[str]

    def tax_share(self, amount: int) -> int:
        """Give the tax part of an amount paid on this invoice, half-even."""
        return half_even(Fraction(amount * self.tax, self.total)) if self.total else 0


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit note or a refund: total with tax, its tax, the part after payment."""

    record_id: str
    customer: str
    currency: str
    created: datetime
    amount: int
    tax: int
    post_payment: int


def ref(value: Any) -> str | None:
    """Give the id of an expandable field."""
    return value.get("id") if isinstance(value, dict) else value or None


def nested(value: Any) -> list[Record]:
    """Give the elements of a nested list."""
    return list((value or {}).get("data") or []) if isinstance(value, dict) else list(value or [])


def _stamp(value: Any) -> datetime:
    found = instant(value)
    assert found is not None
    return found


def _sum(parts: Any, currency: str, inclusive_only: bool = False) -> int:
    kept = [
        p
        for p in parts or []
        if not inclusive_only or p.get("tax_behavior") == "inclusive" or p.get("inclusive") is True
    ]
    return sum(stripe_minor(p.get("amount"), currency) for p in kept)


def invoices(snapshot: Snapshot) -> list[Invoice]:
    """Read the finalised invoices that are not void."""
    intents: dict[str, list[str]] = {}
    for payment in snapshot.records("stripe", "invoice_payments"):
        intent = ref((payment.get("payment") or {}).get("payment_intent"))
        if intent:
            intents.setdefault(ref(payment["invoice"]) or "", []).append(intent)
    found = []
    for record in snapshot.records("stripe", "invoices"):
        moments = record.get("status_transitions") or {}
        if record.get("status") == "void" or not (moments.get("finalized_at") or record.get("status") in FINAL):
            continue
        currency = record["currency"].upper()
        taxes = record.get("total_taxes") or record.get("total_tax_amounts")
        tax = _sum(taxes, currency) if taxes is not None else stripe_minor(record.get("tax"), currency)
        own = [ref(record.get("payment_intent"))] if record.get("payment_intent") else []
        found.append(
            Invoice(
                record["id"],
                ref(record["customer"]) or "",
                currency,
                record.get("status") or "",
                _stamp(record["created"]),
                instant(moments.get("paid_at")),
                stripe_minor(record.get("amount_paid"), currency),
                stripe_minor(record.get("total"), currency),
                tax,
                [_line(line, record) for line in nested(record.get("lines"))],
                [i for i in own + intents.get(record["id"], []) if i],
            )
        )
    return found


def _line(line: Record, invoice: Record) -> Line:
    currency = (line.get("currency") or invoice["currency"]).upper()
    parent = line.get("parent") or {}
    detail = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    pricing = line.get("pricing") or {}
    price = line.get("price") or line.get("plan") or (pricing.get("price_details") or {}).get("price")
    unit = decimal_or_none(pricing.get("unit_amount_decimal"))
    quantity = line.get("quantity_decimal") if line.get("quantity_decimal") is not None else line.get("quantity")
    period = line["period"]
    return Line(
        line["id"],
        stripe_minor(line.get("amount"), currency),
        currency,
        Fraction(decimal_or_none(quantity) or 0) if quantity is not None else Fraction(1),
        None if unit is None else Fraction(unit),
        price if isinstance(price, dict) else {},
        ref(price),
        _stamp(period["start"]),
        _stamp(period["end"]),
        ref(detail.get("subscription") or line.get("subscription")),
        ref(detail.get("subscription_item") or line.get("subscription_item")),
        bool(detail.get("proration", line.get("proration", False))),
        _sum(line.get("discount_amounts"), currency),
        _sum(line.get("taxes") or line.get("tax_amounts"), currency, inclusive_only=True),
    )


def credit_notes(snapshot: Snapshot) -> list[Credit]:
    """Read the credit notes that count."""
    void = {r["id"] for r in snapshot.records("stripe", "invoices") if r.get("status") == "void"}
    found = []
    for record in snapshot.records("stripe", "credit_notes"):
        if record.get("status") == "void" or ref(record.get("invoice")) in void:
            continue
        currency = record["currency"].upper()
        amount = stripe_minor(record.get("amount", record.get("total")), currency)
        after = record.get("post_payment_amount")
        if after is None and record.get("type") == "post_payment":
            after = record.get("amount", record.get("total"))
        taxes = record.get("total_taxes") or record.get("tax_amounts")
        customer = ref(record["customer"]) or ""
        created = _stamp(record["created"])
        found.append(
            Credit(
                record["id"], customer, currency, created, amount, _sum(taxes, currency), stripe_minor(after, currency)
            )
        )
    return found


def refunds(snapshot: Snapshot, paid: list[Invoice]) -> list[Credit]:
    """Read the refunds that no credit note names, with the tax share of the invoice that their charge paid."""
    named = set()
    for note in snapshot.records("stripe", "credit_notes"):
        if note.get("status") != "void":
            named |= {ref(part.get("refund")) for part in note.get("refunds") or []} | {ref(note.get("refund"))}
    charges = {record["id"]: record for record in snapshot.records("stripe", "charges")}
    intents = {record["id"]: record for record in snapshot.records("stripe", "payment_intents")}
    by_intent = {intent: invoice for invoice in paid for intent in invoice.payment_intents}
    by_id = {invoice.invoice_id: invoice for invoice in paid}
    found = []
    for record in snapshot.records("stripe", "refunds"):
        if record["id"] in named or record.get("status") not in ("succeeded", None):
            continue
        charge = charges.get(ref(record.get("charge")) or "", {})
        intent = ref(record.get("payment_intent")) or ref(charge.get("payment_intent"))
        invoice = by_intent.get(intent or "") or by_id.get(ref(charge.get("invoice")) or "")
        customer = ref(charge.get("customer")) or ref(intents.get(intent or "", {}).get("customer"))
        customer = customer or (invoice.customer if invoice else None)
        if customer is None:
            continue
        currency = record["currency"].upper()
        amount = stripe_minor(record.get("amount"), currency)
        tax = invoice.tax_share(amount) if invoice else 0
        found.append(Credit(record["id"], customer, currency, _stamp(record["created"]), amount, tax, amount))
    return found
