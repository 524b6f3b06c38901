"""Which account a Stripe customer belongs to.

AMBIGUITIES (readings taken here)
P1. Order: metadata `sfdc_account_id`, then `salesforce_account_id` (15 or 18 characters, merged accounts under their
    survivor); then the company domain of the customer's e-mail (role mailboxes too, free-mail never), also
    that of an account that was merged away, for what was its customer is its survivor's (identity 7); then, where there
    is no company domain, the normalised name if exactly one CRM account has it; else an account of its own.
P2. An id in metadata that no visible CRM account has still joins the customers that share it (CRM off, or purged).
P3. Customers of one company domain that no CRM account has are one account.
P4. A customer who was deleted keeps its account as long as the vendor's events tell of it (30 days).
"""

import re
import unicodedata
from collections import defaultdict
from typing import Any

from mpm_pipeline_tests.independent.identity import People, short
from mpm_pipeline_tests.independent.mailbox import company_domain
from mpm_pipeline_tests.independent.world import Record, Snapshot

LEGAL_FORMS = (
    "inc incorporated llc ltd limited corp corporation co company gmbh ag kg ug se sa sas sarl srl spa bv nv oy ab as "
    "aps plc kk pty pte kabushiki kaisha"
)


def plain_name(name: Any) -> str:
    """Normalise a company's name: no case, accents, punctuation, leading article or legal form."""
    text = unicodedata.normalize("NFKD", str(name or "")).replace("&", " and ")
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    words = re.sub(r"[^\w]+", " ", text.replace(".", "")).split()
    kept = [word for word in words if word not in LEGAL_FORMS.split()]
    return " ".join(kept[1:] if kept[:1] == ["the"] else kept)


class Payers:
    """Accounts behind Stripe customers."""

    def __init__(self, snapshot: Snapshot, people: People) -> None:
        self.people = people
        by_name: dict[str, set[str]] = defaultdict(set)
        for account in people.accounts.values():
            if plain_name(account.get("Name")):
                by_name[plain_name(account.get("Name"))].add(str(people.account_id(account["Id"])))
        self.by_name = {name: min(ids) for name, ids in by_name.items() if len(ids) == 1}
        told = [*snapshot.removed("stripe", "customers"), *snapshot.records("stripe", "customers")]
        self.accounts = {r["id"]: self._account(r) for r in told}

    def account(self, customer: str) -> str:
        """Give the account of a customer id, known or not."""
        return self.accounts.get(customer, f"stripe:{customer}")

    def _account(self, customer: Record) -> str:
        metadata = customer.get("metadata") or {}
        declared = [metadata.get(name) for name in ("sfdc_account_id", "salesforce_account_id") if metadata.get(name)]
        for identifier in declared:
            known = self.people.account_id(identifier)
            if known:
                return known
        if declared:
            return f"sfdc:{short(declared[0])}"
        domain = company_domain(customer.get("email"))
        if domain:
            return self.people.by_domain.get(domain) or self.people.former.get(domain, f"domain:{domain}")
        return self.by_name.get(plain_name(customer.get("name")), f"stripe:{customer['id']}")
