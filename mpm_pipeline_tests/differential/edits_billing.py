"""What happens in billing: subscriptions paused, cancelled and taken up again, invoices added, voided and paid, credit notes, refunds.

Subscriptions change within the last 27 days: further back a vendor's events tell a fresh home nothing of what was for a while.
What changes nothing is no edit: the vendor makes neither a version nor an event of it.
"""

import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mpm_pipeline_tests.differential.book import Book, Edit, Line

SUBSCRIPTION, INVOICE = "stripe/subscriptions", "stripe/invoices"
KNOWN = timedelta(days=27)


def subscription(book: Book, rng: Random) -> Edit | None:
    """Pause, cancel, take up again or put to trial a subscription."""
    line = book.pick(SUBSCRIPTION, rng)
    if line is None:
        return None
    at = book.moment(line, rng, KNOWN)
    now = int(at.timestamp())
    on: dict[str, Any] = {"status": "active", "pause_collection": None, "canceled_at": None, "ended_at": None}
    ways: dict[str, dict[str, Any]] = {
        "paused": {"status": "paused"},
        "collection paused": {"pause_collection": {"behavior": "void", "resumes_at": None}},
        "cancelled": {"status": "canceled", "canceled_at": now, "ended_at": now},
        "to be cancelled": {"cancel_at_period_end": True, "canceled_at": now, "cancel_at": now + 864_000},
        "unpaid": {"status": "unpaid"},
        "past due": {"status": "past_due"},
        "in trial": {"status": "trialing", "trial_start": now - 100, "trial_end": now + rng.choice([3_600, 864_000])},
    }
    name = rng.choice([*ways, "active again"])
    fields = ways.get(name) or on
    if line["record"]["status"] == "canceled" or _same(line, fields):
        return None
    return Edit(f"subscription {name}", (book.changed(SUBSCRIPTION, line, at, **fields),))


def item(book: Book, rng: Random) -> Edit | None:
    """Change the quantity or the price of a subscription's item."""
    line, price = book.pick(SUBSCRIPTION, rng), book.pick("stripe/prices", rng)
    if line is None or price is None:
        return None
    items = copy.deepcopy(line["record"]["items"])
    one = items["data"][0]
    one["quantity"] = rng.choice([0, 1, 7, 250])
    if rng.random() < 0.4 and price["record"]["currency"] == line["record"]["currency"]:
        one["price"] = price["record"]
    if _same(line, {"items": items}):
        return None
    return Edit("subscription item", (book.changed(SUBSCRIPTION, line, book.moment(line, rng, KNOWN), items=items),))


def _same(line: Line, fields: dict[str, Any]) -> bool:
    return all(line["record"].get(name) == value for name, value in fields.items())


def invoice(book: Book, rng: Random) -> Edit | None:
    """Bill once more what an invoice billed: another quantity, a proration, a discount, a null or negative line."""
    line = book.pick(INVOICE, rng)
    if line is None or not line["record"]["lines"]["data"]:
        return None
    at = book.moment(line, rng, timedelta(days=80))
    now, key = int(at.timestamp()), f"in_fuzz{book.number()}"
    record = copy.deepcopy(line["record"])
    record |= {
        "id": key,
        "created": now,
        "number": key,
        "status": rng.choice(["paid", "open", "draft", "void", "paid"]),
    }
    paid = now if record["status"] == "paid" else None
    finalized = None if record["status"] == "draft" else now
    record["status_transitions"] = {"finalized_at": finalized, "paid_at": paid, "voided_at": now if record["status"] == "void" else None, "marked_uncollectible_at": None}  # fmt: skip
    _bill(record, rng, at, key)
    return Edit("invoice", (book.fresh(INVOICE, {"record": record}, at),))


def _bill(record: dict[str, Any], rng: Random, at: datetime, key: str) -> None:
    span = rng.choice([timedelta(days=30), timedelta(days=365), timedelta(days=1), timedelta(0)])
    factor, total, tax = rng.choice([1, 2, 3, 0, -1]), 0, 0
    for place, one in enumerate(record["lines"]["data"]):
        one["id"] = f"il_{key}_{place}"
        one["quantity"] = abs(one["quantity"] or 1) * max(abs(factor), 1)
        one["amount"] = one["subtotal"] = one["amount"] * factor
        one["discount_amounts"] = [{"amount": one["amount"] // 7, "discount": "di_1"}] if factor > 0 and rng.random() < 0.3 else []  # fmt: skip
        one["period"] = {"start": int(at.timestamp()), "end": int((at + span).timestamp())}
        one["taxes"] = [{**each, "amount": each["amount"] * factor} for each in one.get("taxes") or []]
        _prorate(one, factor < 0 or rng.random() < 0.2)
        total += one["amount"] - sum(each["amount"] for each in one["discount_amounts"])
        tax += sum(each["amount"] for each in one["taxes"])
    record |= {"subtotal": total, "total_excluding_tax": total, "total": total + tax, "amount_due": max(total + tax, 0)}
    record["amount_paid"] = max(total + tax, 0) if record["status"] == "paid" else 0
    record["total_taxes"] = [{**each, "amount": tax} for each in record["total_taxes"][:1]]
    record["total_discount_amounts"] = [each for one in record["lines"]["data"] for each in one["discount_amounts"]]


def _prorate(one: dict[str, Any], proration: bool) -> None:
    details = (one.get("parent") or {}).get("subscription_item_details")
    if details:
        details["proration"] = proration


def invoice_state(book: Book, rng: Random) -> Edit | None:
    """Void an invoice, give it up, or let an open one be paid."""
    line = book.pick(INVOICE, rng)
    if line is None or line["record"]["status"] not in ("open", "uncollectible"):
        return None
    at = book.moment(line, rng)
    now, way = int(at.timestamp()), rng.choice(["paid", "void", "uncollectible"])
    name = {"paid": "paid_at", "void": "voided_at", "uncollectible": "marked_uncollectible_at"}[way]
    told = line["record"]["status_transitions"] | {name: now}
    paid = {"amount_paid": line["record"]["amount_due"], "amount_remaining": 0} if way == "paid" else {}
    return Edit(f"invoice {way}", (book.changed(INVOICE, line, at, status=way, status_transitions=told, **paid),))


def refund(book: Book, rng: Random) -> Edit | None:
    """Give some or all of a charge back; some refunds fail."""
    charge, like = book.pick("stripe/charges", rng, status="succeeded"), book.pick("stripe/refunds", rng)
    if charge is None or like is None or not isinstance(charge["record"]["amount"], int):
        return None
    at, paid = book.moment(charge, rng), charge["record"]
    own = {
        "id": f"re_fuzz{book.number()}", "charge": paid["id"], "payment_intent": paid["payment_intent"], "currency": paid["currency"],
        "amount": rng.choice([paid["amount"], paid["amount"] // 3, 1]), "created": int(at.timestamp()),
        "status": rng.choice(["succeeded", "succeeded", "failed", "pending", "canceled"]),
    }  # fmt: skip
    return Edit("refund", (book.fresh("stripe/refunds", like, at, **own),))


def credit_note(book: Book, rng: Random) -> Edit | None:
    """Credit a part of a finalised invoice, before or after its payment, sometimes void, sometimes with its refund."""
    bill, like = book.pick(INVOICE, rng), book.pick("stripe/credit_notes", rng)
    if (
        bill is None
        or like is None
        or bill["record"]["status"] not in ("paid", "open")
        or bill["record"]["total"] <= 10
    ):
        return None
    return _credit(book, rng, bill, like)


def _credit(book: Book, rng: Random, bill: Line, like: Line) -> Edit:
    at, owed = book.moment(bill, rng), bill["record"]
    net = max(owed["total_excluding_tax"] // rng.choice([1, 2, 5]), 1)
    tax = (owed["total"] - owed["total_excluding_tax"]) * net // max(owed["total_excluding_tax"], 1)
    after = owed["status"] == "paid"
    own = {
        "id": f"cn_fuzz{book.number()}", "invoice": owed["id"], "customer": owed["customer"], "currency": owed["currency"],
        "amount": net + tax, "total": net + tax, "subtotal": net, "subtotal_excluding_tax": net, "total_excluding_tax": net,
        "created": int(at.timestamp()), "effective_at": int(at.timestamp()), "status": rng.choice(["issued", "issued", "void"]),
        "type": "post_payment" if after else "pre_payment", "pre_payment_amount": 0 if after else net + tax,
        "post_payment_amount": net + tax if after else 0, "refunds": [],
        "total_taxes": [{"amount": tax, "tax_behavior": "exclusive", "taxable_amount": net, "type": "tax_rate_details"}] if tax else [],
    }  # fmt: skip
    lines = copy.deepcopy(like["record"]["lines"])
    lines["data"] = [{**lines["data"][0], "id": f"cnli_{own['id']}", "amount": net, "unit_amount": net, "taxes": own["total_taxes"]}]  # fmt: skip
    return Edit("credit note", (book.fresh("stripe/credit_notes", like, at, **own, lines=lines),))
