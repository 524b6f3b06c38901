"""Invoices and their payments in the billing system's present shape: lines, discounts, taxes, intents, charges.

An invoice is made once with its lines and then shown in each state that it passes: draft, open, paid, void or
uncollectible. Amounts are integers in the minor unit; taxes are added to the net amount, line by line.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from mpm_pipeline.simulator.generator.catalogue import Price, round_half_even
from mpm_pipeline.simulator.generator.model import World
from mpm_pipeline.simulator.generator.writer import Record, epoch

DRAFT = timedelta(hours=1)
DRAFTS_SHOWN = timedelta(days=14)


@dataclass(slots=True)
class Line:
    """One line of an invoice; without `item_id` it is an amount paid once."""

    text: str
    amount: int
    quantity: int
    price: Price
    start: datetime
    end: datetime
    item_id: str | None = None
    is_proration: bool = False
    discount: int = 0
    tax: int = 0


@dataclass(slots=True, eq=False)
class Invoice:
    """One invoice with what has become of it so far."""

    id: str
    number: str
    customer: str
    currency: str
    subscription: str | None
    reason: str
    created: datetime
    finalized: datetime
    lines: list[Line]
    tax_percent: int
    due: datetime | None = None
    status: str = "open"
    paid_at: datetime | None = None
    voided_at: datetime | None = None
    written_off_at: datetime | None = None
    pre_payment: int = 0
    post_payment: int = 0
    charge: Record = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.lines:
            line.tax = round_half_even(Fraction((line.amount - line.discount) * self.tax_percent, 100))

    @property
    def subtotal(self) -> int:
        """Return the sum of the lines before discount and tax."""
        return sum(line.amount for line in self.lines)

    @property
    def net(self) -> int:
        """Return the sum of the lines after discount, before tax."""
        return self.subtotal - sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        """Return what the customer is asked for."""
        return self.net + sum(line.tax for line in self.lines)

    @property
    def due_amount(self) -> int:
        """Return what is left to pay after credit before payment."""
        return self.total - self.pre_payment


def line_record(invoice: Invoice, line: Line, number: int) -> Record:
    """Return a line as the billing API shows it."""
    item = {
        "subscription": invoice.subscription, "subscription_item": line.item_id, "proration": line.is_proration,
        "invoice_item": None, "proration_details": None,
    }  # fmt: skip
    bought = {"invoice_item": f"ii_{invoice.id[3:]}{number}", "proration": False, "subscription": invoice.subscription}
    parent: Record = {
        "type": "subscription_item_details",
        "invoice_item_details": None,
        "subscription_item_details": item,
    }
    if line.item_id is None:
        parent = {"type": "invoice_item_details", "invoice_item_details": bought, "subscription_item_details": None}
    discounts = [{"amount": line.discount, "discount": f"di_{invoice.id[3:]}"}] if line.discount else []
    taxes = [_tax(line.tax, line.amount - line.discount)] if invoice.tax_percent else []
    return {
        "id": f"il_{invoice.id[3:]}{number}", "object": "line_item", "amount": line.amount, "subtotal": line.amount,
        "currency": invoice.currency, "description": line.text, "quantity": line.quantity,
        "discountable": not line.is_proration, "period": {"start": epoch(line.start), "end": epoch(line.end)},
        "pricing": {
            "type": "price_details", "unit_amount_decimal": str(line.price.unit),
            "price_details": {"price": line.price.id, "product": line.price.product},
        },
        "parent": parent, "discount_amounts": discounts, "taxes": taxes, "livemode": True, "metadata": {},
    }  # fmt: skip


def _tax(amount: int, taxable: int) -> Record:
    return {
        "amount": amount, "tax_behavior": "exclusive", "taxable_amount": taxable, "taxability_reason": "standard_rated",
        "type": "tax_rate_details", "tax_rate_details": {"tax_rate": "txr_standard"},
    }  # fmt: skip


def record(invoice: Invoice) -> Record:
    """Return the invoice in its present state."""
    paid = invoice.due_amount if invoice.status == "paid" else 0
    tax, discount = sum(line.tax for line in invoice.lines), sum(line.discount for line in invoice.lines)
    details: Record = {"subscription": invoice.subscription, "metadata": {}}
    parent: Record = {"type": "subscription_details", "quote_details": None, "subscription_details": details}
    moments = {
        "finalized_at": None if invoice.status == "draft" else epoch(invoice.finalized),
        "paid_at": _epoch(invoice.paid_at), "voided_at": _epoch(invoice.voided_at),
        "marked_uncollectible_at": _epoch(invoice.written_off_at),
    }  # fmt: skip
    return {
        "id": invoice.id, "object": "invoice", "number": None if invoice.status == "draft" else invoice.number,
        "customer": invoice.customer, "status": invoice.status, "billing_reason": invoice.reason,
        "currency": invoice.currency, "created": epoch(invoice.created), "due_date": _epoch(invoice.due),
        "subtotal": invoice.subtotal, "total": invoice.total, "total_excluding_tax": invoice.net,
        "total_discount_amounts": [{"amount": discount, "discount": f"di_{invoice.id[3:]}"}] if discount else [],
        "discounts": [f"di_{invoice.id[3:]}"] if discount else [],
        "total_taxes": [_tax(tax, invoice.net)] if invoice.tax_percent else [], "amount_due": invoice.due_amount,
        "amount_paid": paid, "amount_remaining": invoice.due_amount - paid, "amount_overpaid": 0, "starting_balance": 0,
        "ending_balance": 0, "pre_payment_credit_notes_amount": invoice.pre_payment,
        "post_payment_credit_notes_amount": invoice.post_payment, "period_start": epoch(invoice.created),
        "period_end": epoch(invoice.created), "attempted": invoice.status != "draft",
        "auto_advance": invoice.status == "draft",
        "collection_method": "send_invoice" if invoice.due else "charge_automatically", "status_transitions": moments,
        "parent": parent if invoice.subscription else None, "livemode": True, "metadata": {},
        "lines": {
            "object": "list", "has_more": False, "url": f"/v1/invoices/{invoice.id}/lines",
            "total_count": len(invoice.lines),
            "data": [line_record(invoice, line, number) for number, line in enumerate(invoice.lines)],
        },
    }  # fmt: skip


def _epoch(at: datetime | None) -> int | None:
    return None if at is None else epoch(at)


class Till:
    """Shows invoices in their states and takes the money."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.invoices: list[Invoice] = []

    def open(self, invoice: Invoice) -> None:
        """Finalise an invoice; drafts of the last two weeks are shown too."""
        self.invoices.append(invoice)
        if invoice.created < invoice.finalized and invoice.created > self.world.line.now - DRAFTS_SHOWN:
            invoice.status = "draft"
            self.show(invoice, invoice.created)
        invoice.status = "open"

    def show(self, invoice: Invoice, at: datetime) -> None:
        """Put down the invoice as it stands at an instant."""
        if at < self.world.line.horizon:
            self.world.book.put("stripe/invoices", record(invoice), at)

    def settle(self, invoice: Invoice, at: datetime) -> None:
        """Mark the invoice as paid, and take the money where there is any to take."""
        invoice.status, invoice.paid_at = "paid", at
        if invoice.due_amount > 0:
            intent, payment = self._intent(invoice), self._payment(invoice)
            invoice.charge = self.attempt(invoice, intent, at)
            payment.update(
                amount_paid=invoice.due_amount,
                status="paid",
                status_transitions={"paid_at": epoch(at), "canceled_at": None},
            )
            payment["payment"] = {"type": "payment_intent", "payment_intent": intent["id"]}
            self._put("invoice_payments", payment, at)
        self.show(invoice, at)

    def attempt(self, invoice: Invoice, intent: Record, at: datetime, failure: str | None = None) -> Record:
        """Charge the customer and keep the intent's state."""
        charge = {
            "id": self.world.ids.billing("ch"), "object": "charge", "amount": invoice.due_amount,
            "amount_captured": 0 if failure else invoice.due_amount, "amount_refunded": 0, "currency": invoice.currency,
            "created": epoch(at), "customer": invoice.customer, "payment_intent": intent["id"],
            "status": "failed" if failure else "succeeded", "paid": not failure, "captured": not failure,
            "refunded": False, "disputed": False, "failure_code": failure,
            "failure_message": "Your card was declined." if failure else None, "balance_transaction": None,
            "description": f"Invoice {invoice.number}", "livemode": True, "metadata": {},
        }  # fmt: skip
        self._put("charges", charge, at)
        intent.update(latest_charge=charge["id"], status="requires_payment_method" if failure else "succeeded")
        intent["amount_received"] = 0 if failure else invoice.due_amount
        self._put("payment_intents", intent, at)
        return charge

    def fail(self, invoice: Invoice, at: datetime) -> None:
        """Try to charge in vain; the invoice stays open."""
        self.attempt(invoice, self._intent(invoice), at, "card_declined")
        self._put("invoice_payments", self._payment(invoice), at)

    def _put(self, name: str, made: Record, at: datetime) -> None:
        if at < self.world.line.horizon:
            self.world.book.put(f"stripe/{name}", made, at)

    def _intent(self, invoice: Invoice) -> Record:
        return {
            "id": f"pi_{invoice.id[3:]}", "object": "payment_intent", "amount": invoice.due_amount,
            "amount_received": 0, "currency": invoice.currency, "created": epoch(invoice.finalized),
            "customer": invoice.customer, "status": "requires_payment_method", "latest_charge": None,
            "payment_method_types": ["card"], "description": None, "livemode": True, "metadata": {},
        }  # fmt: skip

    def _payment(self, invoice: Invoice) -> Record:
        return {
            "id": f"inpay_{invoice.id[3:]}", "object": "invoice_payment", "invoice": invoice.id, "amount_paid": None,
            "amount_requested": invoice.due_amount, "currency": invoice.currency, "created": epoch(invoice.finalized),
            "is_default": True, "status": "open",
            "payment": {"type": "payment_intent", "payment_intent": f"pi_{invoice.id[3:]}"},
            "status_transitions": {"paid_at": None, "canceled_at": None}, "livemode": True,
        }  # fmt: skip
