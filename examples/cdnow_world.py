"""Makes a Stripe world from the CDNOW purchases of Fader and Hardie: every purchase becomes a paid invoice of its customer.

Get the sample file `CDNOW_sample.txt` from Bruce Hardie's page of data sets (brucehardie.com, "CDNOW data set"), then:
`python examples/cdnow_world.py CDNOW_sample.txt WORLD_FOLDER` and `mpm demo --world WORLD_FOLDER`. A purchase of 0.00 dollars is
a paid invoice too, without a charge, because the published results count it as a purchase. Amounts are USD.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

START, NOW = "1997-01-01T00:00:00Z", "1998-07-01T00:00:00Z"


@dataclass(frozen=True)
class Purchase:
    """One line of the file: sample id of the customer, day, number of discs, cents."""

    customer: str
    at: int
    units: int
    cents: int


def main() -> None:
    """Read the file and write the world folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="CDNOW_sample.txt")
    parser.add_argument("world", type=Path, help="folder to write")
    arguments = parser.parse_args()
    counts = make(arguments.source, arguments.world)
    print(", ".join(f"{count} {name}" for name, count in counts.items()))


def make(source: Path, world: Path) -> dict[str, int]:
    """Write the world and return how many records each stream has."""
    purchases = list(read(source))
    paid = [(place, one) for place, one in enumerate(purchases, start=1) if one.cents]
    streams: dict[str, list[dict[str, Any]]] = {
        "customers": _customers(purchases),
        "invoices": [_invoice(place, one) for place, one in enumerate(purchases, start=1)],
        "charges": [_charge(place, one) for place, one in paid],
        "invoice_payments": [_payment(place, one) for place, one in paid],
    }
    (world / "stripe").mkdir(parents=True, exist_ok=True)
    (world / "world.toml").write_text(
        'name = "cdnow"\ndescription = "CDNOW purchases 1997-1998, sample of a tenth (Fader and Hardie)."\ncurrency = "USD"\n'
        f'time_zone = "UTC"\nstarts_at = "{START}"\nends_at = "{NOW}"\nnow = "{NOW}"\nseed = 0\n'
    )
    for name, records in streams.items():
        _write(world / "stripe" / f"{name}.jsonl", records)
    return {name: len(records) for name, records in streams.items()}


def read(source: Path) -> Iterator[Purchase]:
    """Yield the purchases in the order of the file: master id, sample id, YYYYMMDD, units, dollars."""
    for line in source.read_text(encoding="ascii").splitlines():
        if line.strip():
            _, customer, day, units, dollars = line.split()
            at = int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).timestamp())
            yield Purchase(customer, at, int(units), int(Decimal(dollars) * 100))


def _customers(purchases: Iterable[Purchase]) -> list[dict[str, Any]]:
    first: dict[str, int] = {}
    for one in purchases:
        first[one.customer] = min(one.at, first.get(one.customer, one.at))
    return [
        {
            "id": f"cus_{customer}", "object": "customer", "created": at, "currency": "usd", "email": None, "name": None, "metadata": {},
            "livemode": False,
        }
        for customer, at in first.items()
    ]  # fmt: skip


def _invoice(place: int, one: Purchase) -> dict[str, Any]:
    line = {
        "id": f"il_{place:06d}", "object": "line_item", "amount": one.cents, "currency": "usd", "quantity": one.units,
        "description": "discs", "discount_amounts": [], "taxes": [], "period": {"start": one.at, "end": one.at}, "pricing": None,
        "parent": {"type": "invoice_item_details", "invoice_item_details": {"invoice_item": f"ii_{place:06d}", "proration": False}},
    }  # fmt: skip
    return {
        "id": f"in_{place:06d}", "object": "invoice", "customer": f"cus_{one.customer}", "status": "paid", "currency": "usd",
        "created": one.at, "subtotal": one.cents, "total": one.cents, "total_excluding_tax": one.cents, "amount_due": one.cents,
        "amount_paid": one.cents, "amount_remaining": 0, "post_payment_credit_notes_amount": 0, "total_taxes": [], "parent": None,
        "total_discount_amounts": [], "status_transitions": {"finalized_at": one.at, "paid_at": one.at, "voided_at": None},
        "lines": {"object": "list", "has_more": False, "url": f"/v1/invoices/in_{place:06d}/lines", "data": [line]},
    }  # fmt: skip


def _charge(place: int, one: Purchase) -> dict[str, Any]:
    return {
        "id": f"ch_{place:06d}", "object": "charge", "customer": f"cus_{one.customer}", "amount": one.cents, "currency": "usd",
        "created": one.at, "status": "succeeded", "payment_intent": f"pi_{place:06d}", "refunded": False, "amount_refunded": 0,
    }  # fmt: skip


def _payment(place: int, one: Purchase) -> dict[str, Any]:
    return {
        "id": f"inpay_{place:06d}", "object": "invoice_payment", "invoice": f"in_{place:06d}", "amount_paid": one.cents,
        "currency": "usd", "created": one.at, "status": "paid", "status_transitions": {"paid_at": one.at},
        "payment": {"type": "payment_intent", "payment_intent": f"pi_{place:06d}"},
    }  # fmt: skip


def _write(file: Path, records: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps({"record": record}) + "\n" for record in records))


if __name__ == "__main__":
    main()
