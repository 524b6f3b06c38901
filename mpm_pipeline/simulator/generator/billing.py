"""The billing system's customers, and the making of their invoices.

A company has one customer, most of them with the CRM account's id in the metadata, under either of two names. The
invoices of subscriptions are asked for in `subscriptions`.
"""

from collections import Counter
from datetime import datetime, timedelta

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.catalogue import (
    PriceList,
)
from mpm_pipeline.simulator.generator.contracts import Contract
from mpm_pipeline.simulator.generator.invoices import DRAFT, Invoice, Line, Till
from mpm_pipeline.simulator.generator.model import Company, World
from mpm_pipeline.simulator.generator.staff import ascii_slug
from mpm_pipeline.simulator.generator.writer import Record, epoch

METADATA_KEYS = (("sfdc_account_id", 80), ("salesforce_account_id", 12), ("", 8))


class Billing:
    """Carries out the contracts of a world."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng("billing")
        self.prices, self.till = PriceList(world), Till(world)
        self.customers: dict[str, Record] = {}
        self._numbers: Counter[str] = Counter()

    def customer(self, company: Company, at: datetime) -> Record:
        """Return the customer of a company, new at its first purchase."""
        if company.key not in self.customers:
            self.customers[company.key] = self._new_customer(company, at)
        return self.customers[company.key]

    def _new_customer(self, company: Company, at: datetime) -> Record:
        rng = self.rng
        key = rng.choices([key for key, _ in METADATA_KEYS], [weight for _, weight in METADATA_KEYS])[0]
        known = [person.email for person in company.people if person.contact_since and person.contact_since < at]
        email = (
            rng.choice(known)
            if known and rng.random() < 0.5
            else f"{rng.choice(('ap', 'billing', 'accounts'))}@{company.domain}"
        )
        home = words.COUNTRIES[company.country]
        record = {
            "id": self.world.ids.billing("cus"), "object": "customer", "created": epoch(at), "email": email,
            "name": company.name, "currency": company.currency.lower(), "balance": 0, "delinquent": False,
            "metadata": {key: company.account_id} if key else {},
            "address": {
                "country": company.country, "postal_code": home.postal_code, "city": home.city, "line1": None,
                "line2": None, "state": None,
            },
            "livemode": True, "invoice_prefix": f"{ascii_slug(company.domain)[:4].upper()}{int(company.key[1:]):05d}",
            "tax_exempt": "none", "phone": company.switchboard, "description": None,
        }  # fmt: skip
        self.world.book.put("stripe/customers", record, at)
        return record

    def invoice(
        self, contract: Contract, subscription: str | None, lines: list[Line], created: datetime, reason: str, *,
        drafted: bool, due: bool
    ) -> Invoice:  # fmt: skip
        """Make and finalise an invoice of a contract's company."""
        company = contract.company
        customer = self.customer(company, created)
        self._numbers[company.key] += 1
        return self._opened(
            Invoice(
                self.world.ids.billing("in"), f"{customer['invoice_prefix']}-{self._numbers[company.key]:04d}",
                customer["id"], company.currency.lower(), subscription, reason, created,
                created + (DRAFT if drafted else timedelta()), lines, words.TAX_PERCENT.get(company.country, 0),
                created + timedelta(days=30) if due else None,
            )
        )  # fmt: skip

    def _opened(self, invoice: Invoice) -> Invoice:
        self.till.open(invoice)
        return invoice
