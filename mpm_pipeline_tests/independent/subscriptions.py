"""What a subscription item is worth per month at an instant (inputs 3, readings 29, 30, 52, 56).

AMBIGUITIES (readings taken here)
V1. "Its period holds t" = start <= t < end; t of a month that is over = one second before the next month begins.
V2. Of an item's lines that hold t only the latest-starting ones speak. If one of them is positive it counts (of several
    the one of the later id); else the item counts 0.
V3. "Without any finalised line, its current items" asks for the whole subscription and all its time: with any line, an
    item without a line at t counts 0. Current items count from start_date (else created) on, without discounts.
V4. Pause, `unpaid`: a fresh home knows the newest version, and those of the last 30 days by their events. So t is judged
    by the newest of these versions with at <= t; where t is before all of them, by the lines alone. Without any event in
    these 30 days nothing changed in them: the newest version holds for all of them.
V5. `incomplete_expired` counts 0 at every t, and so does `incomplete` (a subscription is never incomplete after it was
    active) unless a later known version says otherwise.
V6. status canceled without ended_at and canceled_at: 0 from the instant of the version that shows it.
V7. Discount share = sum of the line's discount_amounts, taken off price x quantity (tiered: off the amount).
V8. A line whose price gives no interval is out. transform_quantity is not applied: price x quantity as written.
V9. Quantity null = 1. Tax-inclusive prices are taken as written.
V10. A line of a subscription that cannot be seen counts by its line.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from fractions import Fraction

from mpm_pipeline_tests.independent.billing import Line, invoices, nested, ref
from mpm_pipeline_tests.independent.money import decimal_or_none, half_even, stripe_scale
from mpm_pipeline_tests.independent.world import Record, Snapshot, Version, instant

EVENT_LIFE = timedelta(days=30)
MONTHS_PER = {"day": Fraction(12, 365), "week": Fraction(12, 52), "month": Fraction(1), "year": Fraction(12)}


class Subscriptions:
    """Monthly value per subscription item, at any instant up to as-of."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.as_of = snapshot.at
        self.prices = {record["id"]: record for record in snapshot.records("stripe", "prices")}
        self.records = {record["id"]: record for record in snapshot.records("stripe", "subscriptions")}
        self.past = snapshot.past("stripe", "subscriptions")
        self.item_prices: dict[str, Record] = {}
        self.items_of: dict[str, list[Record]] = {}
        for record in self.records.values():
            self.items_of[record["id"]] = nested(record.get("items"))
            for item in self.items_of[record["id"]]:
                self.item_prices[item["id"]] = item.get("price") or item.get("plan") or {}
        self.customer_of = {record["id"]: ref(record["customer"]) or "" for record in self.records.values()}
        self.lines: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self.has_lines: set[str] = set()
        for invoice in invoices(snapshot):
            for line in invoice.lines:
                self._take(line, invoice.customer)

    def _take(self, line: Line, customer: str) -> None:
        if line.subscription is None:
            return
        self.has_lines.add(line.subscription)
        self.customer_of.setdefault(line.subscription, customer)
        same_price = [
            i["id"]
            for i in self.items_of.get(line.subscription, [])
            if (i.get("price") or {}).get("id") == line.price_id
        ]
        item = line.item or (same_price[0] if same_price else f"{line.subscription}|{line.price_id}")
        self.lines[line.subscription, item].append(line)

    def first_instant(self) -> datetime | None:
        """Give the instant at which the first line or subscription begins."""
        starts = [line.start for lines in self.lines.values() for line in lines]
        starts += [found for record in self.records.values() if (found := _began(record))]
        return min(starts, default=None)

    def monthly(self, at: datetime) -> dict[tuple[str, str], int]:
        """Give minor units per month by (customer, currency) at an instant; zero ones are left out."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for (subscription, item), lines in self.lines.items():
            held = [line for line in lines if line.start <= at < line.end]
            if held and not self._is_off(subscription, at):
                newest = max(line.start for line in held)
                positive = [line for line in held if line.start == newest and line.amount > 0]
                if positive:
                    line = max(positive, key=lambda one: one.line_id)
                    found[self.customer_of[subscription], line.currency] += self._line_value(line, item)
        for name, record in self.records.items():
            began = _began(record)
            if name not in self.has_lines and began and began <= at and not self._is_off(name, at):
                for part in self.items_of[name]:
                    currency, value = self._item_value(part, record)
                    found[self.customer_of[name], currency] += value
        return {key: value for key, value in found.items() if value}

    def _line_value(self, line: Line, item: str) -> int:
        choices = [self.prices.get(line.price_id or ""), self.item_prices.get(item), line.price]
        price = next((one for one in choices if one and _months(one)), None)
        if price is None or _is_metered(price):
            return 0
        unit = line.unit_amount if line.unit_amount is not None else _unit_amount(price)
        scale = stripe_scale(line.currency)
        if price.get("billing_scheme") == "tiered" or unit is None:
            whole = Fraction(line.amount)
        else:
            whole = unit * line.quantity * scale
        return half_even((whole - (0 if line.is_proration else line.discount)) / _months(price))

    def _item_value(self, item: Record, subscription: Record) -> tuple[str, int]:
        price = item.get("price") or item.get("plan") or {}
        currency = (price.get("currency") or subscription.get("currency") or "").upper()
        unit, quantity = _unit_amount(price), item.get("quantity")
        if not _months(price) or _is_metered(price) or unit is None:
            return currency, 0
        return currency, half_even(
            unit * (1 if quantity is None else quantity) * stripe_scale(currency) / _months(price)
        )

    def _is_off(self, subscription: str, at: datetime) -> bool:
        record = self.records.get(subscription)
        if record is None:
            return False
        ended, canceled = instant(record.get("ended_at")), instant(record.get("canceled_at"))
        if ended is None and record.get("status") == "canceled":
            ended = canceled or self.past[_key(subscription)][-1].at
        trial = instant(record.get("trial_start")), instant(record.get("trial_end"))
        in_trial = trial[1] is not None and (trial[0] is None or trial[0] <= at) and at < trial[1]
        if (
            (ended is not None and ended <= at)
            or in_trial
            or record.get("status") in ("incomplete", "incomplete_expired")
        ):
            return True
        known = self._version_at(subscription, at)
        if known is None:
            return False
        return known.get("status") in ("paused", "unpaid", "incomplete") or bool(known.get("pause_collection"))

    def _version_at(self, subscription: str, at: datetime) -> Record | None:
        versions = self.past.get(_key(subscription), [])
        if at >= self.as_of:
            return self.records[subscription]
        told_since = self.as_of - EVENT_LIFE
        if at >= told_since and not any(version.at > told_since for version in versions):
            return self.records[subscription]
        known: list[Version] = [v for v in versions if v.at > told_since and v.at <= at and not v.deleted]
        return known[-1].record if known else None


def _key(identifier: str) -> str:
    return f'"{identifier}"'


def _began(record: Record) -> datetime | None:
    return instant(record.get("start_date") or record.get("created"))


def _recurring(price: Record) -> Record:
    return price.get("recurring") or (price if price.get("interval") else {})


def _months(price: Record) -> Fraction:
    recurring = _recurring(price)
    return MONTHS_PER.get(recurring.get("interval", ""), Fraction(0)) * int(recurring.get("interval_count") or 1)


def _is_metered(price: Record) -> bool:
    return _recurring(price).get("usage_type") == "metered"


def _unit_amount(price: Record) -> Fraction | None:
    for name in ("unit_amount_decimal", "unit_amount", "amount_decimal", "amount"):
        number = decimal_or_none(price.get(name))
        if number is not None:
            return Fraction(number)
    return None
