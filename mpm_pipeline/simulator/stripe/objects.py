"""Stripe's objects as the simulator shows them: filters, deleted ones, nested lists, expansion.

Records come from the world as they are; what changes here is only what Stripe itself adds or cuts: nested lists
hold ten items at most, a deleted customer is a stub, a deleted subscription is a cancelled one.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from mpm_pipeline.simulator.clocked import Clocked
from mpm_pipeline.simulator.site import Site
from mpm_pipeline.simulator.stripe.events import EventLog
from mpm_pipeline.simulator.stripe.lists import (
    PAGING,
    Params,
    Rows,
    StripeError,
    created_of,
    missing,
    newest_first,
    range_names,
)
from mpm_pipeline.simulator.verbatim import plain
from mpm_pipeline.simulator.world import Version

Record = dict[str, Any]

NOUNS = {
    "customers": "customer", "products": "product", "prices": "price", "coupons": "coupon", "plans": "plan",
    "subscriptions": "subscription", "invoices": "invoice", "invoice_payments": "invoice_payment",
    "payment_intents": "payment_intent", "charges": "charge", "refunds": "refund", "credit_notes": "credit_note",
    "balance_transactions": "balance_transaction", "disputes": "dispute", "events": "event", "payouts": "payout",
    "invoiceitems": "invoiceitem", "promotion_codes": "promotion_code", "tax_rates": "tax_rate",
    "subscription_schedules": "subscription_schedule", "setup_intents": "setup_intent", "quotes": "quote",
}  # fmt: skip
"""List endpoints that exist even when the world has no file for them, with the object's name."""

STUBS = {"customers", "products", "coupons", "plans", "prices"}

FILTERS: dict[str, dict[str, tuple[str, ...]]] = {
    "customers": {"email": ("email",), "test_clock": ("test_clock",)},
    "products": {"active": ("active",), "ids": ("id",), "shippable": ("shippable",), "url": ("url",)},
    "prices": {
        "active": ("active",), "product": ("product",), "currency": ("currency",), "type": ("type",),
        "lookup_keys": ("lookup_key",), "recurring[interval]": ("recurring.interval",),
        "recurring[usage_type]": ("recurring.usage_type",), "recurring[meter]": ("recurring.meter",),
    },
    "plans": {"active": ("active",), "product": ("product",)},
    "subscriptions": {
        "customer": ("customer",), "price": ("items.data.price",), "plan": ("items.data.plan",),
        "collection_method": ("collection_method",), "status": ("status",), "test_clock": ("test_clock",),
    },
    "invoices": {
        "customer": ("customer",), "status": ("status",), "collection_method": ("collection_method",),
        "subscription": ("parent.subscription_details.subscription", "subscription"),
    },
    "invoice_payments": {
        "invoice": ("invoice",), "status": ("status",), "payment[type]": ("payment.type",),
        "payment[payment_intent]": ("payment.payment_intent",),
    },
    "payment_intents": {"customer": ("customer",)},
    "charges": {
        "customer": ("customer",), "payment_intent": ("payment_intent",), "transfer_group": ("transfer_group",),
    },
    "refunds": {"charge": ("charge",), "payment_intent": ("payment_intent",)},
    "credit_notes": {"customer": ("customer",), "invoice": ("invoice",)},
    "balance_transactions": {
        "currency": ("currency",), "payout": ("payout",), "source": ("source",), "type": ("type",),
    },
    "disputes": {"charge": ("charge",), "payment_intent": ("payment_intent",)},
    "events": {"type": ("type",), "types": ("type",), "delivery_success": ()},
}  # fmt: skip
"""Server-side filters: parameter -> the paths in the record that it is compared with."""

RANGES: dict[str, dict[str, tuple[str, ...]]] = {
    "invoices": {"due_date": ("due_date",)},
    "subscriptions": {
        name: (f"items.data.{name}", name) for name in ("current_period_start", "current_period_end")
    },
}  # fmt: skip

NESTED_LIMIT = 10
NESTED = {
    "items": "/v1/subscription_items?subscription={id}",
    "lines": "/v1/{stream}/{id}/lines",
    "refunds": "/v1/charges/{id}/refunds",
}

EXPANDS = {
    "customer": "customers", "subscription": "subscriptions", "latest_invoice": "invoices", "invoice": "invoices",
    "product": "products", "price": "prices", "charge": "charges", "latest_charge": "charges", "coupon": "coupons",
    "payment_intent": "payment_intents", "balance_transaction": "balance_transactions", "dispute": "disputes",
    "refund": "refunds", "credit_note": "credit_notes",
}  # fmt: skip


def values_at(record: Any, path: str) -> Iterator[Any]:
    """Walk a dotted path through objects and lists; an expanded object counts as its id."""
    head, _, rest = path.partition(".")
    value = plain(record.get(head)) if isinstance(record, dict) else None
    for item in value if isinstance(value, list) else [value]:
        if rest:
            yield from values_at(item, rest)
        elif isinstance(item, dict):
            yield item.get("id")
        elif item is not None:
            yield item


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _any_of(paths: tuple[str, ...], wanted: set[str]) -> Callable[[Record], bool]:
    return lambda record: any(_text(value) in wanted for path in paths for value in values_at(record, path))


def _within(paths: tuple[str, ...], low: int | None, high: int | None) -> Callable[[Record], bool]:
    def test(record: Record) -> bool:
        numbers = [value for path in paths for value in values_at(record, path) if isinstance(value, int | float)]
        return any((low is None or low <= value) and (high is None or value < high) for value in numbers)

    return test


def _status_test(status: str | None) -> Callable[[Record], bool] | None:
    if status == "all":
        return None
    if status is None:
        return lambda record: plain(record.get("status")) != "canceled"
    if status == "ended":
        return _any_of(("status",), {"canceled", "incomplete_expired"})
    return _any_of(("status",), {status})


def _type_tests(params: Params) -> list[Callable[[Record], bool]]:
    kind, kinds = params.one("type"), params.all("types")
    if kind and kinds:
        raise StripeError(400, "You may only specify one of these parameters: type, types.")
    if len(kinds) > 20:
        raise StripeError(400, "You may specify at most 20 event types.", param="types")
    if kind and kind.endswith("*"):
        return [lambda record: str(plain(record.get("type"))).startswith(kind[:-1])]
    return [_any_of(("type",), {kind} if kind else set(kinds))] if kind or kinds else []


def filter_of(stream: str, params: Params) -> Callable[[Record], bool] | None:
    """Turn the query of a list call into one test, refusing what the endpoint does not know."""
    filters, ranges = FILTERS.get(stream, {}), RANGES.get(stream, {})
    params.refuse_unknown(PAGING | range_names("created") | set(filters) | {n for r in ranges for n in range_names(r)})
    tests = _type_tests(params) if stream == "events" else []
    for name, paths in filters.items():
        if params.all(name) and stream != "events" and (stream, name) != ("subscriptions", "status"):
            tests.append(_any_of(paths, set(params.all(name))))
    for name, paths in ranges.items():
        low, high = params.bounds(name)
        if low is not None or high is not None:
            tests.append(_within(paths, low, high))
    status = _status_test(params.one("status")) if stream == "subscriptions" else None
    tests += [status] if status else []
    return (lambda record: all(test(record) for test in tests)) if tests else None


def cut_nested(stream: str, record: Record) -> Record:
    """Cut nested lists to their first ten items and say where the rest is."""
    for name, url in NESTED.items():
        nested = record.get(name)
        if not isinstance(nested, dict) or not isinstance(nested.get("data"), list):
            continue
        full = len(nested["data"]) <= NESTED_LIMIT
        if full and "has_more" in nested and "url" in nested:
            continue
        where = url.format(stream=stream, id=record.get("id"))
        cut = {"object": "list", "url": where, "has_more": False} | nested | {"data": nested["data"][:NESTED_LIMIT]}
        record = record | {name: cut if full else cut | {"has_more": True, "url": where}}
    return record


class Objects:
    """What the account holds at the clock's time, by stream."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.events = EventLog(site.world, cut_nested)
        self.clocked = Clocked(site.clock)

    def rows(self, stream: str) -> Rows:
        """Give a stream's listed objects, newest first."""
        return self.clocked.once(stream, lambda: self._read(stream))

    def _read(self, stream: str) -> Rows:
        now = self.site.clock.now()
        if stream == "events" and "events" not in self.site.world.streams(self.site.vendor):
            return self.events.rows(now)
        versions = [version for version in self.site.visible(stream) if is_listed(stream, version)]
        rows = newest_first(
            [(created_of(version.record, int(version.at.timestamp())), shown(version)) for version in versions]
        )
        return self.events.recent(rows, now) if stream == "events" else rows

    def _is_deleted(self, stream: str, key: str) -> bool:
        deleted = self.clocked.once(
            (stream, "deleted"), lambda: {version.key for version in self.site.visible(stream) if version.deleted}
        )
        return key in deleted

    def get(self, stream: str, key: str) -> Record:
        """Give one object by id, as a stub when it is deleted, or answer that there is none."""
        rows = self.rows(stream)
        if key in rows.position:
            return cut_nested(stream, rows.records[rows.position[key]])
        if stream in STUBS and self._is_deleted(stream, key):
            return {"id": key, "object": NOUNS[stream], "deleted": True}
        raise missing(NOUNS.get(stream, stream), key)

    def whole(self, stream: str, key: str) -> Record:
        """Give one object with its nested lists uncut."""
        self.get(stream, key)
        rows = self.rows(stream)
        return rows.records[rows.position[key]] if key in rows.position else {}

    def expand(self, body: Record, paths: list[str]) -> Record:
        """Replace ids by their objects along the paths of `expand[]`."""
        if not paths:
            return body
        body = copy.deepcopy(body)
        for path in paths:
            self._expand(body, path.split("."), path)
        return body

    def _expand(self, node: Any, names: list[str], path: str) -> None:
        for item in node if isinstance(node, list) else [node]:
            if not isinstance(item, dict):
                continue
            name, rest = names[0], names[1:]
            if name == "payments" and name not in item and item.get("object") == "invoice":
                found = [row for row in self.rows("invoice_payments").records if row.get("invoice") == item.get("id")]
                item[name] = {"object": "list", "url": "/v1/invoice_payments", "has_more": False, "data": found}
            elif isinstance(item.get(name), str):
                if name not in EXPANDS:
                    raise StripeError(400, f"This property cannot be expanded ({path}).", param="expand")
                item[name] = copy.deepcopy(self.get(EXPANDS[name], item[name]))
            if rest:
                self._expand(item.get(name), rest, path)


def is_listed(stream: str, version: Version) -> bool:
    """Say whether lists show a version: a deleted object drops out, a deleted subscription is a cancelled one."""
    return not version.deleted or stream == "subscriptions"


def shown(version: Version) -> Record:
    """Give the record of a listed version."""
    if not version.deleted:
        return version.record
    ended = int(version.at.timestamp())
    dates = {name: version.record.get(name) or ended for name in ("canceled_at", "ended_at")}
    return version.record | {"status": "canceled"} | dates
