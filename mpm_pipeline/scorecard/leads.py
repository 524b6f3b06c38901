"""Which rep gets which lead and why, and the leads that wait with the reason for which they wait."""

from dataclasses import dataclass, field

from mpm_pipeline.scorecard import wording
from mpm_pipeline.scorecard.facts import Facts
from mpm_pipeline.scorecard.figures import Row

PER_REP = 10
REASONS = {
    "no_capacity": "every rep who fits is full with leads that are worth more",
    "below_reserve": "worth less with every rep than nurturing it",
    "no_eligible_rep": "no rep serves this region and product line",
    "do_not_contact": "the person must not be contacted by any channel",
    "opted_out": "the person has opted out of both e-mail and calls",
    "consent_unknown": "no system says whether the person may be contacted",
    "no_rep_data": "no file says who takes leads",
}


@dataclass(frozen=True)
class Lead:
    """One assigned lead in words."""

    title: str
    score: str
    value: str
    reason: str


@dataclass(frozen=True)
class Rep:
    """One rep with the best of the leads that go there."""

    name: str
    count: int
    value: str
    score: str
    width: float
    leads: list[Lead] = field(default_factory=list)


@dataclass(frozen=True)
class Distribution:
    """Leads by rep, and the leads that wait by reason."""

    total: int
    assigned: int
    reps: list[Rep]
    waiting: list[tuple[str, str, int]]


def distribution(facts: Facts) -> Distribution:
    """Make the part of the page about leads; `total` is 0 when there are none to distribute."""
    currency = facts.publication["reporting_currency"]
    assigned = [row for row in facts.lead_counts if row["outcome"] == "assigned"]
    waiting = [row for row in facts.lead_counts if row["outcome"] != "assigned"]
    most = max((row["n"] for row in assigned), default=1)
    reps = [
        _rep(row, facts, currency, most)
        for row in sorted(assigned, key=lambda row: (-row["n"], row["rep_name"] or "", row["rep_id"]))
    ]
    held = [
        _waiting(row) for row in sorted(waiting, key=lambda row: (row["outcome"], -row["n"], row["outcome_reason"]))
    ]
    return Distribution(sum(row["n"] for row in facts.lead_counts), sum(row["n"] for row in assigned), reps, held)


def _waiting(row: Row) -> tuple[str, str, int]:
    reason: str = row["outcome_reason"]
    return (
        "Held" if row["outcome"] == "held" else "To nurture",
        REASONS.get(reason, reason.replace("_", " ")),
        row["n"],
    )


def _rep(row: Row, facts: Facts, currency: str, most: int) -> Rep:
    shown = [_lead(lead, facts) for lead in facts.leads if lead["rep_id"] == row["rep_id"]][:PER_REP]
    return Rep(
        name=row["rep_name"] or row["rep_id"],
        count=row["n"],
        value=wording.money(row["value_minor"] or 0, currency),
        score=f"{(row['score'] or 0) / row['n']:.1f}",
        width=round(100 * row["n"] / most, 1),
        leads=shown,
    )


def _lead(row: Row, facts: Facts) -> Lead:
    person = facts.people.get(row["person_id"]) or row["lead_id"]
    company = facts.accounts.get(row["account_id"] or "")
    title = f"{person}, {company}" if company else person
    value = wording.money(row["value_minor"], row["currency_code"]) if row["value_minor"] is not None else ""
    return Lead(title, f"{row['score']:.1f}" if row["score"] is not None else "", value, row["reason_text"])
