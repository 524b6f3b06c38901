"""Contracts as subscriptions: every version of them, their invoice lines, and how each period is paid.

Carried out here, decided in `contracts`. The true monthly amounts are noted on the contract while its invoices are
made.
"""

from datetime import datetime, timedelta
from fractions import Fraction
from random import Random

from mpm_pipeline.simulator.generator.aftersales import credit_before_payment
from mpm_pipeline.simulator.generator.billing import Billing
from mpm_pipeline.simulator.generator.catalogue import ONBOARDING, Price, monthly_value, price_record, round_half_even
from mpm_pipeline.simulator.generator.companies import become_customer
from mpm_pipeline.simulator.generator.contracts import Contract, Period
from mpm_pipeline.simulator.generator.invoices import Invoice, Line
from mpm_pipeline.simulator.generator.writer import Record, epoch


def put_subscriptions(billing: Billing, contracts: list[Contract]) -> None:
    """Carry out all contracts."""
    for contract in contracts:
        Subscription(billing, contract).run()


class Subscription:
    """One contract as a subscription: its versions, lines and payments."""

    def __init__(self, billing: Billing, contract: Contract) -> None:
        self.billing, self.contract, self.world = billing, contract, billing.world
        self.company = contract.company
        self.customer = billing.customer(self.company, contract.starts - timedelta(minutes=3))
        self.id, self.item = self.world.ids.billing("sub"), self.world.ids.billing("si")
        self.metered = self.world.ids.billing("si") if contract.is_metered else None
        self.changes: list[tuple[datetime, Record]] = []

    def run(self) -> None:
        """Carry out the contract and put down every version of the subscription."""
        contract, rng = self.contract, self.billing.rng
        self._try()
        for number, period in enumerate(contract.periods):
            if number == 0:
                become_customer(self.world, self.company, period.start)
            self._change(
                period.start, status="active", period=(period.start, period.end), line=period.line, seats=period.seats
            )
            was_paused = number > 0 and contract.periods[number - 1].is_paused
            if period.is_paused != was_paused:
                pause = {"behavior": "void", "resumes_at": None} if period.is_paused else None
                self._change(period.start, pause_collection=pause)
            self._pay(rng, period, self._regular(rng, number, period))
            if period.upgrade:
                self._upgrade(period)
        self._end()
        self._put()

    def _change(self, at: datetime, **change: object) -> None:
        self.changes.append((at, change))

    def _price(self, line: str) -> Price:
        return self.billing.prices.get(line, self.company.currency, "year" if self.contract.is_annual else "month")

    def _try(self) -> None:
        """Let the customer try first; the trial has an invoice of nothing."""
        contract = self.contract
        if contract.trial_ends:
            span = (contract.starts, contract.trial_ends)
            self._change(contract.starts, status="trialing", period=span, line=contract.line, seats=contract.seats)
            line = Line(f"Trial of {contract.line}", 0, contract.seats, self._price(contract.line), *span, self.item)
            free = self.billing.invoice(
                contract, self.id, [line], contract.starts, "subscription_create", drafted=False, due=False
            )
            self.billing.till.settle(free, contract.starts)
            self._change(contract.starts, latest_invoice=free.id)

    def _regular(self, rng: Random, number: int, period: Period) -> Invoice:
        contract, price = self.contract, self._price(period.line)
        amount = price.unit * period.seats
        discount = round_half_even(Fraction(amount * period.discount_percent, 100))
        lines = [
            Line(
                f"{period.seats} × {period.line}",
                amount,
                period.seats,
                price,
                period.start,
                period.end,
                self.item,
                discount=discount,
            )
        ]
        if self.metered and number:
            metered, calls = (
                self.billing.prices.get("API calls", self.company.currency, "month"),
                rng.randrange(2_000, 90_000),
            )
            before = contract.periods[number - 1]
            lines.append(
                Line("API calls", metered.unit * calls, calls, metered, before.start, before.end, self.metered)
            )
        if contract.has_onboarding and number == 0:
            once = self.billing.prices.get("Onboarding", self.company.currency, None)
            lines.append(Line("Onboarding", ONBOARDING[self.company.currency], 1, once, period.start, period.start))
        if not period.is_paused:
            monthly = monthly_value(price.unit, period.seats, contract.is_annual, discount)
            contract.steps.append((period.start, period.end, monthly))
        is_first = number == 0 and not contract.trial_ends
        reason = "subscription_create" if is_first else "subscription_cycle"
        made = self.billing.invoice(
            contract, self.id, lines, period.start, reason, drafted=not is_first, due=contract.by_invoice
        )
        self._change(period.start, latest_invoice=made.id)
        return made

    def _pay(self, rng: Random, period: Period, invoice: Invoice) -> None:
        till, now = self.billing.till, self.world.line.now
        at = invoice.finalized + timedelta(seconds=rng.randint(2, 40))
        if period.is_paused:
            invoice.status, invoice.voided_at = "void", invoice.finalized
            till.show(invoice, invoice.finalized)
        elif period.payment == "paid":
            till.settle(invoice, at)
        elif period.payment == "late":
            till.show(invoice, invoice.finalized)
            credit_before_payment(self.world, rng, till, invoice)
            paid = invoice.created + timedelta(days=rng.randint(4, 38), hours=2)
            if paid < now:
                till.settle(invoice, paid)
        else:
            self._collect(rng, period, invoice, at)

    def _collect(self, rng: Random, period: Period, invoice: Invoice, at: datetime) -> None:
        """Try again for some days what failed; write it off where it never succeeds."""
        till, now = self.billing.till, self.world.line.now
        till.fail(invoice, at)
        till.show(invoice, at)
        self._change(at, status="past_due")
        if period.payment == "retry":
            paid = at + timedelta(days=rng.randint(2, 6))
            if paid < min(now, period.end):
                till.settle(invoice, paid)
                self._change(paid, status="active")
            return
        for days in (3, 7):
            till.fail(invoice, at + timedelta(days=days))
        gone = self.contract.ended_at or self.contract.unpaid_at
        assert gone is not None
        invoice.status, invoice.written_off_at = "uncollectible", gone
        till.show(invoice, gone)

    def _upgrade(self, period: Period) -> None:
        """Charge the difference for the rest of the period at once, as a pair of prorations."""
        upgrade, contract = period.upgrade, self.contract
        assert upgrade is not None
        old, new = self._price(period.line), self._price(upgrade.line)
        rest = Fraction(
            int((period.end - upgrade.at).total_seconds()), int((period.end - period.start).total_seconds())
        )
        back, more = round_half_even(old.unit * period.seats * rest), round_half_even(new.unit * upgrade.seats * rest)
        span = (upgrade.at, period.end)
        lines = [
            Line(
                f"Unused time on {period.seats} × {period.line}",
                -back,
                period.seats,
                old,
                *span,
                self.item,
                is_proration=True,
            ),
            Line(
                f"Remaining time on {upgrade.seats} × {upgrade.line}",
                more,
                upgrade.seats,
                new,
                *span,
                self.item,
                is_proration=True,
            ),
        ]
        made = self.billing.invoice(
            contract, self.id, lines, upgrade.at, "subscription_update", drafted=False, due=False
        )
        self.billing.till.settle(made, upgrade.at + timedelta(seconds=5))
        self._change(upgrade.at, line=upgrade.line, seats=upgrade.seats, latest_invoice=made.id)
        contract.steps.append((*span, monthly_value(new.unit, upgrade.seats, contract.is_annual)))

    def _end(self) -> None:
        contract = self.contract
        if contract.unpaid_at:
            self._change(contract.unpaid_at, status="unpaid")
        if contract.ended_at and contract.asked_at:
            waits = contract.asked_at < contract.ended_at
            cancel_at = epoch(contract.ended_at) if waits else None
            self._change(
                contract.asked_at, canceled_at=epoch(contract.asked_at), cancel_at=cancel_at, cancel_at_period_end=waits
            )
            self._change(
                contract.ended_at, status="canceled", ended_at=epoch(contract.ended_at), cancel_at_period_end=False
            )

    def _put(self) -> None:
        """Put down one version for each instant at which something changed."""
        contract, state = self.contract, self._first()
        prices: dict[str, object] = {}
        self.changes.sort(key=lambda change: change[0])
        for number, (at, change) in enumerate(self.changes):
            for name in ("period", "line", "seats"):
                prices[name] = change.pop(name, prices.get(name))
            state.update(change)
            is_last_of_instant = number + 1 == len(self.changes) or self.changes[number + 1][0] != at
            if is_last_of_instant and at < self.world.line.horizon:
                state["items"] = self._items(prices)
                if contract.coupon and at >= contract.starts + timedelta(days=400):
                    state["discounts"] = []
                self.world.book.put("stripe/subscriptions", state, at)

    def _first(self) -> Record:
        contract = self.contract
        trial = (epoch(contract.starts), epoch(contract.trial_ends)) if contract.trial_ends else (None, None)
        return {
            "id": self.id, "object": "subscription", "customer": self.customer["id"], "status": "active",
            "created": epoch(contract.starts), "start_date": epoch(contract.starts),
            "currency": self.company.currency.lower(), "cancel_at_period_end": False, "cancel_at": None,
            "canceled_at": None, "ended_at": None, "trial_start": trial[0], "trial_end": trial[1],
            "pause_collection": None,
            "collection_method": "send_invoice" if contract.by_invoice else "charge_automatically",
            "latest_invoice": None,
            "metadata": {"opportunity_id": contract.deal.opportunity_id} if contract.deal else {},
            "billing_mode": {"type": "classic"}, "discounts": [f"di_{self.id[4:]}"] if contract.coupon else [],
            "livemode": True, "billing_cycle_anchor": epoch(contract.trial_ends or contract.starts),
        }  # fmt: skip

    def _items(self, prices: Record) -> Record:
        begin, end = prices["period"]
        price = self._price(prices["line"])
        span = {"current_period_start": epoch(begin), "current_period_end": epoch(end)}
        stamps = {"object": "subscription_item", "subscription": self.id, "created": epoch(self.contract.starts)}
        data = [{"id": self.item, **stamps, "quantity": prices["seats"], **span, "price": price_record(price)}]
        if self.metered:
            metered = self.billing.prices.get("API calls", self.company.currency, "month")
            data.append({"id": self.metered, **stamps, **span, "price": price_record(metered)})
        return {
            "object": "list",
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={self.id}",
            "total_count": len(data),
            "data": data,
        }
