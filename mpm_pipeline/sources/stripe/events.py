"""What Stripe's events say of other objects: the newest one of each, which ones a range of days names, which were deleted.

Nothing is asked here; the connector hands in the events newest first and asks for what they name.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mpm_pipeline.sources.page import read

KINDS = {
    "customer": "customers", "price": "prices", "subscription": "subscriptions", "customer.subscription": "subscriptions",
    "invoice": "invoices", "invoice_payment": "invoice_payments", "charge": "charges", "refund": "refunds",
    "charge.refund": "refunds", "credit_note": "credit_notes",
}  # fmt: skip
"""What an event is about: the `object` of its object, else its type without the last word."""


class About(msgspec.Struct):
    id: str | None = None
    object: str | None = None


class Data(msgspec.Struct):
    object: msgspec.Raw = msgspec.Raw(b"{}")


class Event(msgspec.Struct):
    created: int
    type: str = ""
    data: Data = msgspec.field(default_factory=Data)


@dataclass
class Told:
    """What the events say: of each object the newest event, which ones the asked days name, and which were deleted."""

    newest: dict[tuple[str, str], int] = field(default_factory=dict)
    named: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    deleted: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, event: Event, is_asked: bool) -> None:
        """Take one event; they come newest first."""
        raw = bytes(event.data.object)
        about = read(raw, About)
        topic, _, step = event.type.rpartition(".")
        stream = KINDS.get(about.object or "") or KINDS.get(topic)
        if about.id is None or stream is None:
            return
        self.newest.setdefault((stream, about.id), event.created)
        if is_asked:
            self.named[stream].setdefault(about.id, raw)
            if step == "deleted" and stream != "subscriptions":
                self.deleted[stream].setdefault(about.id, event.created)

    def stamp(self, stream: str, key: Any, created: Any) -> str | None:
        """Return the newest event of an object, else its creation."""
        found = self.newest.get((stream, str(key)), created)
        return None if found is None else str(found)

    def tombstones(self, stream: str) -> list[tuple[str, str]]:
        """Return key and instant of the deleted objects of one stream."""
        return [(key, str(at)) for key, at in sorted(self.deleted[stream].items())]
