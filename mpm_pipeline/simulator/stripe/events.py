"""Stripe's events, derived from the versions of a world that brings no events of its own.

The first version of an object is its creation, later ones are changes; some changes of state have events of their
own, as at Stripe. An event is dated by the version's `at`, and is gone after 30 days.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.stripe.lists import Rows
from mpm_pipeline.simulator.world import Version, World

Record = dict[str, Any]
API_VERSION = "2026-10-28.endive"
LIFETIME = timedelta(days=30)

PREFIXES = {
    "customers": "customer", "subscriptions": "customer.subscription", "invoices": "invoice", "charges": "charge",
    "refunds": "refund", "credit_notes": "credit_note", "disputes": "charge.dispute", "products": "product",
    "prices": "price", "plans": "plan", "coupons": "coupon", "payment_intents": "payment_intent",
    "invoice_payments": "invoice_payment", "invoiceitems": "invoiceitem", "payouts": "payout",
    "promotion_codes": "promotion_code", "subscription_schedules": "subscription_schedule", "quotes": "quote",
}  # fmt: skip

INVOICE_STEPS = {
    "finalized_at": ("finalized",), "paid_at": ("paid", "payment_succeeded"), "voided_at": ("voided",),
    "marked_uncollectible_at": ("marked_uncollectible",),
}  # fmt: skip
ENDED = {"canceled", "incomplete_expired"}
INTENT_STATES = {
    "succeeded": "succeeded", "canceled": "canceled", "processing": "processing",
    "requires_payment_method": "payment_failed", "requires_action": "requires_action",
}  # fmt: skip


def _status(record: Record | None) -> str:
    return str(field(record, "status")) if record else ""


def _amount(record: Record, name: str) -> float:
    value = field(record, name)
    return value if isinstance(value, int | float) else 0


def _invoice(before: Record | None, after: Record) -> Iterator[str]:
    yield "updated" if before is not None else "created"
    for name, steps in INVOICE_STEPS.items():
        path = f"status_transitions.{name}"
        if field(after, path) and not (before and field(before, path)):
            yield from steps


def _subscription(before: Record | None, after: Record) -> Iterator[str]:
    if before is None:
        yield "created"
    old, new = _status(before), _status(after)
    if new in ENDED and old not in ENDED:
        yield "deleted"
    elif before is not None:
        yield "updated"
        if "paused" in (old, new) and old != new:
            yield "paused" if new == "paused" else "resumed"


def _charge(before: Record | None, after: Record) -> Iterator[str]:
    status = _status(after)
    if before is None or _status(before) != status:
        yield status if status in ("succeeded", "failed", "pending") else "succeeded"
    elif _amount(after, "amount_refunded") > _amount(before, "amount_refunded"):
        yield "refunded"
    elif field(after, "captured") and not field(before, "captured"):
        yield "captured"
    else:
        yield "updated"


def _intent(before: Record | None, after: Record) -> Iterator[str]:
    if before is None:
        yield "created"
    status = _status(after)
    told = before is not None or status in ("succeeded", "canceled")
    if told and status in INTENT_STATES and _status(before) != status:
        yield INTENT_STATES[status]


def _credit_note(before: Record | None, after: Record) -> Iterator[str]:
    yield "created" if before is None else "updated"
    if _status(after) == "void" and _status(before) != "void":
        yield "voided"


def _dispute(before: Record | None, after: Record) -> Iterator[str]:
    yield "created" if before is None else "updated"
    if _status(after) in ("won", "lost") and _status(before) not in ("won", "lost"):
        yield "closed"


def _invoice_payment(before: Record | None, after: Record) -> Iterator[str]:
    if _status(after) == "paid" and _status(before) != "paid":
        yield "paid"


def _plain(before: Record | None, after: Record) -> Iterator[str]:
    yield "created" if before is None else "updated"


STEPS: dict[str, Callable[[Record | None, Record], Iterator[str]]] = {
    "invoices": _invoice, "subscriptions": _subscription, "charges": _charge, "payment_intents": _intent,
    "credit_notes": _credit_note, "disputes": _dispute, "invoice_payments": _invoice_payment,
}  # fmt: skip


def steps_of(stream: str, before: Version | None, version: Version) -> Iterator[str]:
    """Name the event types, without their prefix, that one version of an object causes."""
    if version.deleted:
        if before is None or not before.deleted:
            yield "deleted"
    elif before is None or before.record != version.record:
        yield from STEPS.get(stream, _plain)(before.record if before else None, version.record)


def changed(before: Record, after: Record) -> Record:
    """Give the old values of what changed, nested objects key by key."""
    result: Record = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old != new:
            result[name] = changed(old, new) if isinstance(old, dict) and isinstance(new, dict) else old
    return dict(sorted(result.items()))


class Entry(NamedTuple):
    """One derived event before it is written out; sorts by instant, object, order of steps."""

    at: datetime
    key: str
    place: int
    type: str
    stream: str
    version: Version
    before: Version | None


class EventLog:
    """All events that a world's versions imply, served for the 30 days before the clock's time."""

    def __init__(self, world: World, cut: Callable[[str, Record], Record]) -> None:
        self.world = world
        self.cut = cut
        self._entries: list[Entry] | None = None

    def recent(self, rows: Rows, now: datetime) -> Rows:
        """Keep the events that are not yet 30 days old."""
        oldest = int((now - LIFETIME).timestamp())
        return Rows.of(rows.records[: bisect_right(rows.descending, -oldest)])

    def rows(self, now: datetime) -> Rows:
        """Write out the derived events of the last 30 days, newest first."""
        entries = self._all()
        first = bisect_left(entries, now - LIFETIME, key=lambda entry: entry.at)
        last = bisect_right(entries, now, key=lambda entry: entry.at)
        seen = [entry for entry in entries[first:last] if entry.version.until is None or entry.version.until > now]
        return Rows.of([self._event(entry) for entry in reversed(seen)])

    def _all(self) -> list[Entry]:
        if self._entries is None:
            streams = [name for name in self.world.streams("stripe") if name in PREFIXES]
            found = [entry for stream in streams for entry in self._of(stream)]
            self._entries = sorted(found, key=lambda entry: entry[:3])
        return self._entries

    def _of(self, stream: str) -> Iterator[Entry]:
        newest: dict[str, Version] = {}
        for version in self.world.versions("stripe", stream):
            before = newest.get(version.key)
            for place, step in enumerate(steps_of(stream, before, version)):
                kind = f"{PREFIXES[stream]}.{step}"
                yield Entry(version.at, version.key, place, kind, stream, version, before)
            newest[version.key] = version

    def _event(self, entry: Entry) -> Record:
        digest = hashlib.sha256(f"{entry.key} {entry.at.isoformat()} {entry.type}".encode()).hexdigest()
        record = entry.version.record
        if entry.stream == "subscriptions" and entry.version.deleted:
            record = record | {"status": "canceled"}
        data: Record = {"object": self.cut(entry.stream, record)}
        if entry.before is not None and entry.type.endswith(".updated"):
            data["previous_attributes"] = changed(entry.before.record, record)
        return {
            "id": f"evt_{digest[:24]}",
            "object": "event",
            "api_version": API_VERSION,
            "created": int(entry.at.timestamp()),
            "data": data,
            "livemode": field(record, "livemode") is True,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": entry.type,
        }
