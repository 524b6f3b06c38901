"""Money that goes back: refunds with and without a credit note, and credit given before payment.

Refunds change their charge, credit notes their invoice. Nothing of this happens in the days after the world's `now`
except what `dirt` plans there.
"""

from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

from mpm_pipeline.simulator.generator.catalogue import round_half_even
from mpm_pipeline.simulator.generator.invoices import Invoice, Till
from mpm_pipeline.simulator.generator.model import World
from mpm_pipeline.simulator.generator.writer import Record, epoch

REASONS = ("requested_by_customer", "duplicate", None)


def put_aftersales(world: World, till: Till) -> None:
    """Refund and credit some of the paid invoices."""
    rng = world.rng("aftersales")
    for invoice in till.invoices:
        if not invoice.charge or invoice.paid_at is None or invoice.pre_payment:
            continue
        at = invoice.paid_at + timedelta(days=rng.randint(1, 20), minutes=rng.randrange(600))
        luck = rng.random()
        if at >= world.line.now or luck > 0.04:
            continue
        share = Fraction(1) if rng.random() < 0.3 else Fraction(rng.randint(1, 8), 10)
        if luck < 0.016:
            refund(world, invoice, at, round_half_even(invoice.due_amount * share), rng.choice(REASONS))
        else:
            _credit(world, rng, till, invoice, at, round_half_even(invoice.net * share), is_refunded=luck < 0.032)


def refund(
    world: World, invoice: Invoice, at: datetime, amount: int, reason: str | None, shown: datetime | None = None
) -> str:
    """Pay back a part of what an invoice's charge took; `shown` is when the vendor tells of it."""
    charge = invoice.charge
    made = {
        "id": world.ids.billing("re"), "object": "refund", "amount": amount, "charge": charge["id"],
        "payment_intent": charge["payment_intent"], "created": epoch(at), "currency": invoice.currency,
        "status": "succeeded", "reason": reason, "balance_transaction": None, "metadata": {},
    }  # fmt: skip
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.book.put("stripe/refunds", made, shown or at)
    world.book.put("stripe/charges", charge, shown or at)
    return str(made["id"])


def credit_before_payment(world: World, rng: Random, till: Till, invoice: Invoice) -> None:
    """Now and then forgive a part of an open invoice."""
    at = invoice.finalized + timedelta(days=2)
    if rng.random() < 0.12 and at < world.line.now:
        net = round_half_even(Fraction(invoice.net, 20))
        note = _note(world, invoice, at, net, "pre_payment")
        invoice.pre_payment = note["amount"]
        world.book.put("stripe/credit_notes", note, at)
        till.show(invoice, at)


def _credit(
    world: World, rng: Random, till: Till, invoice: Invoice, at: datetime, net: int, *, is_refunded: bool
) -> None:
    note = _note(world, invoice, at, net, "post_payment")
    if is_refunded:
        paid_back = refund(world, invoice, at, note["amount"], "requested_by_customer")
        note["refunds"] = [{"refund": paid_back, "amount_refunded": note["amount"], "type": "refund"}]
    invoice.post_payment += note["amount"]
    note["reason"] = rng.choice(("product_unsatisfactory", "order_change", None))
    world.book.put("stripe/credit_notes", note, at)
    till.show(invoice, at)


def _note(world: World, invoice: Invoice, at: datetime, net: int, kind: str) -> Record:
    whole = sum(line.tax for line in invoice.lines)
    tax = whole if net == invoice.net else round_half_even(Fraction(net * invoice.tax_percent, 100))
    number = f"{invoice.number}-CN-01"
    taxes = (
        [{"amount": tax, "tax_behavior": "exclusive", "taxable_amount": net, "type": "tax_rate_details"}]
        if invoice.tax_percent
        else []
    )
    line = {
        "id": f"cnli_{invoice.id[3:]}", "object": "credit_note_line_item", "amount": net, "quantity": 1,
        "description": "Credit", "type": "custom_line_item", "unit_amount": net, "taxes": taxes, "livemode": True,
    }  # fmt: skip
    return {
        "id": world.ids.billing("cn"), "object": "credit_note", "invoice": invoice.id, "customer": invoice.customer,
        "amount": net + tax, "subtotal": net, "subtotal_excluding_tax": net, "total": net + tax,
        "total_excluding_tax": net, "currency": invoice.currency, "created": epoch(at), "effective_at": epoch(at),
        "status": "issued", "type": kind, "reason": "order_change", "number": number,
        "pre_payment_amount": net + tax if kind == "pre_payment" else 0,
        "post_payment_amount": net + tax if kind == "post_payment" else 0, "refunds": [], "total_taxes": taxes,
        "discount_amount": 0, "discount_amounts": [], "memo": None, "out_of_band_amount": None, "livemode": True,
        "metadata": {}, "lines": {"object": "list", "has_more": False, "url": "/v1/credit_notes/lines", "data": [line]},
    }  # fmt: skip
