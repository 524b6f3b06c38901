"""What really is so, for those who test a reading of the world: never served by the simulator.

Which records are one person or one company, which touch really caused a deal, what each customer really paid per month,
how good each rep really is, what became of each lead, and every deliberate flaw.
"""

from datetime import datetime, timedelta

from mpm_pipeline.simulator.generator.billing import Billing
from mpm_pipeline.simulator.generator.contracts import Contract
from mpm_pipeline.simulator.generator.model import Deal, Touch, World
from mpm_pipeline.simulator.generator.timeline import add_months, midnight, months
from mpm_pipeline.simulator.generator.writer import Record, iso

LOOK_BACK = timedelta(days=180)


def put_truth(world: World, billing: Billing, contracts: list[Contract]) -> None:
    """Put down all that is known."""
    _people(world)
    _accounts(world, billing)
    _causes(world)
    _recurring(world, contracts)
    _reps(world)
    for lead in world.leads:
        fate = {
            "lead_id": lead.lead_id, "person": lead.person.key, "company": lead.person.company.key,
            "waits": lead.is_waiting, "rep": lead.owner and lead.owner.user_id, "attempts": len(lead.attempts),
            "converted_at": lead.converted_at and iso(lead.converted_at),
            "opportunity_id": lead.deal and lead.deal.opportunity_id, "won": bool(lead.deal and lead.deal.won_at),
            "is_internal": lead.is_internal,
        }  # fmt: skip
        _put(world, "lead", fate)
    for kind, source, name, key, note in world.flaws:
        _put(world, "flaws", {"kind": kind, "source": source, "object": name, "record_id": key, "note": note})


def _put(world: World, name: str, record: Record) -> None:
    world.book.put(f"truth/{name}", record, world.line.starts_at)


def _people(world: World) -> None:
    for person in world.people:
        ids = [
            ("salesforce", "Contact", person.contact_id),
            *(("salesforce", "Lead", lead_id) for lead_id in person.lead_ids),
        ]
        ids += [("salesforce", "Contact", contact_id) for _, _, contact_id in person.earlier]
        ids.append(("marketo", "leads", str(person.marketing_id) if person.marketing_id else None))
        for source, name, record_id in ids:
            if record_id:
                _put(world, "person", {"source": source, "object": name, "record_id": record_id, "person": person.key})
    for twin, person in world.marketing_twins:
        _put(world, "person", {"source": "marketo", "object": "leads", "record_id": str(twin), "person": person.key})
    for record_id, person in world.social_people:
        _put(
            world,
            "person",
            {"source": "linkedin", "object": "leadFormResponses", "record_id": record_id, "person": person.key},
        )


def _accounts(world: World, billing: Billing) -> None:
    for company in world.companies:
        ids = [
            ("salesforce", "Account", company.account_id),
            *(("salesforce", "Account", other) for other in company.other_account_ids),
        ]
        if company.key in billing.customers:
            ids.append(("stripe", "customers", billing.customers[company.key]["id"]))
        for source, name, record_id in ids:
            if record_id:
                parent = company.parent.key if company.parent else None
                _put(
                    world,
                    "account",
                    {
                        "source": source,
                        "object": name,
                        "record_id": record_id,
                        "account": company.key,
                        "parent": parent,
                    },
                )


def _causes(world: World) -> None:
    rng = world.rng("causes")
    for deal in world.deals:
        candidates = _candidates(deal)
        if candidates:
            pulls = [touch.campaign.pull if touch.campaign else 0.5 for touch in candidates]
            deal.cause = rng.choices(candidates, pulls)[0]
        cause = deal.cause
        source, name, record_id = cause.refs[0] if cause else (None, None, None)
        record = {
            "opportunity_id": deal.opportunity_id, "source": source, "object": name, "record_id": record_id,
            "campaign": cause.campaign.name if cause and cause.campaign else None,
            "kind": cause.campaign.kind if cause and cause.campaign else None, "at": cause and iso(cause.at),
            "won": deal.won_at is not None,
        }  # fmt: skip
        _put(world, "deal_cause", record)


def _candidates(deal: Deal) -> list[Touch]:
    people = deal.people or ([deal.lead.person] if deal.lead else [])
    return [
        touch
        for person in people
        for touch in person.touches
        if touch.refs and deal.created - LOOK_BACK <= touch.at <= deal.created
    ]


def _recurring(world: World, contracts: list[Contract]) -> None:
    by_company: dict[str, list[Contract]] = {}
    for contract in contracts:
        by_company.setdefault(contract.company.key, []).append(contract)
    for month in months(world.line.history_start.date(), world.line.now.date()):
        closing = midnight(add_months(month, 1)) - timedelta(seconds=1)
        if closing > world.line.now:
            break
        for several in by_company.values():
            company = several[0].company
            amount = sum(_monthly(contract, closing) for contract in several)
            record = {
                "account": company.key, "salesforce_account_id": company.account_id, "month": f"{month:%Y-%m}",
                "currency": company.currency, "mrr_minor": amount,
            }  # fmt: skip
            if several[0].starts <= closing:
                _put(world, "mrr", record)


def _monthly(contract: Contract, at: datetime) -> int:
    """Return what a contract is worth a month at an instant: its newest step there, nothing once it has ended."""
    if any(end is not None and end <= at for end in (contract.ended_at, contract.unpaid_at)):
        return 0
    current = [step for step in contract.steps if step[0] <= at < step[1]]
    return max(current, key=lambda step: step[0])[2] if current else 0


def _reps(world: World) -> None:
    for rep in world.reps():
        deals = [deal for deal in world.deals if deal.owner is rep]
        leads = [lead for lead in world.leads if lead.owner is rep]
        record = {
            "user_id": rep.user_id, "skill": rep.skill, "line_skill": rep.line_skill, "leads": len(leads),
            "leads_converted": sum(lead.converted_at is not None for lead in leads), "deals": len(deals),
            "deals_won": sum(deal.won_at is not None for deal in deals),
        }  # fmt: skip
        _put(world, "rep", record)
