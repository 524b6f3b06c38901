"""What customers and helpers say and do: surveys, referrals, the use of sales enablement, and agreed exceptions.

Surveys go to contacts of customers, with the mailbox or only the account; many do not answer. Good reps use the right
resources more often, which is true in `truth/` as well.
"""

from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import Company, Deal, Rep, World
from mpm_pipeline.simulator.generator.timeline import add_months, between, midnight, months
from mpm_pipeline.simulator.generator.writer import iso

RESOURCES = (
    ("battlecards", "collateral", 9), ("case-study-energy", "collateral", 6), ("pricing-portal", "portal", 9),
    ("sme-data-quality", "sme", 5), ("deal-desk", "sme", 6), ("community-emea", "community", 3),
    ("peer-review", "peer", 4), ("mentor", "mentor", 2),
)  # fmt: skip
SURVEY_SHARE, CSAT_PER_CUSTOMER = 0.5, 3


def put_service(world: World) -> None:
    """Put down surveys, referrals, enablement and exceptions."""
    _surveys(world)
    _referrals(world)
    _enablement(world)
    _exceptions(world)


def _surveys(world: World) -> None:
    rng = world.rng("surveys")
    customers = [company for company in world.companies if company.customer_since]
    for month in months(world.line.history_start.date(), world.line.now.date()):
        for company in customers:
            at = midnight(add_months(month, 0)) + timedelta(days=9, hours=8)
            if company.customer_since is None or company.customer_since >= at or at >= world.line.now:
                continue
            if rng.random() < 0.13:
                _ask(world, rng, company, at, "csat", 5)
            if month.month in (3, 9) and rng.random() < SURVEY_SHARE:
                _ask(world, rng, company, at + timedelta(hours=2), "nps", 10)


def _ask(world: World, rng: Random, company: Company, at: datetime, kind: str, scale: int) -> None:
    known = [person.email for person in company.people if person.contact_since and person.contact_since < at]
    answered = at + timedelta(minutes=rng.randrange(20, 9000)) if rng.random() < 0.42 else None
    mood = rng.gauss(0.83, 0.16)
    score = None if answered is None else min(scale, max(1 if kind == "csat" else 0, round(mood * scale)))
    row = {
        "response_id": f"R-{world.ids.number('survey'):06d}", "survey": f"{kind}-{at:%Y-%m}", "kind": kind,
        "scale_max": str(scale), "sent_at": iso(at), "answered_at": None, "score": None,
        "email": rng.choice(known) if known and rng.random() < 0.9 else None,
        "account": company.account_id if rng.random() < 0.7 else company.domain,
    }  # fmt: skip
    world.book.put("service/survey", row, at)
    if answered and answered < world.line.horizon:
        world.book.put("service/survey", {**row, "answered_at": iso(answered), "score": str(score)}, answered)


def _referrals(world: World) -> None:
    rng = world.rng("referrals")
    for touch in world.touches:
        if touch.kind != "referral":
            continue
        named = rng.random() < 0.75
        row = {
            "referral_id": f"F-{world.ids.number('referral'):05d}", "referred_on": touch.at.date().isoformat(),
            "referrer": rng.choice(("Copperline Partners", "Bluegate Consulting", "a customer", "an employee")),
            "referrer_kind": rng.choice(("partner", "partner", "partner", "customer", "employee")),
            "email": touch.person.email if named else None, "domain": touch.person.company.domain,
        }  # fmt: skip
        world.book.put("partners/referrals", row, touch.at + timedelta(hours=2))
        touch.refs.append(("partners", "referrals", row["referral_id"] or ""))


def _enablement(world: World) -> None:
    rng = world.rng("enablement")
    for rep in world.reps():
        begin = max(world.line.starts_at, midnight(rep.started))
        end = midnight(rep.ended) if rep.ended else world.line.now
        if begin >= end:
            continue
        deals = [deal for deal in world.deals if deal.owner is rep]
        uses = round((end - begin).days / 7 * 1.6 * (1 + rep.skill))
        for _ in range(max(1, uses)):
            resource, kind, _ = rng.choices(RESOURCES, [weight for *_, weight in RESOURCES])[0]
            _use(world, rng, rep, deals, between(rng, begin, end, rep.region), resource, kind)
        if (world.line.now.date() - rep.started).days < 500:
            trained = midnight(rep.started) + timedelta(days=rng.randint(10, 80), hours=9)
            _use(world, rng, rep, deals, trained, "onboarding", "training")


def _use(world: World, rng: Random, rep: Rep, deals: list[Deal], at: datetime, resource: str, kind: str) -> None:
    current = [
        deal.opportunity_id for deal in deals if deal.created < at and not (deal.closed_at and deal.closed_at <= at)
    ]
    row = {
        "usage_id": f"U-{world.ids.number('usage'):06d}", "email": rep.email, "resource": resource, "kind": kind,
        "at": iso(at), "minutes": str(rng.randrange(5, 90)),
        "opportunity_id": rng.choice(current) if current and rng.random() < 0.6 else None,
        "rating": str(rng.randint(2, 5)) if rng.random() < 0.3 else None,
    }  # fmt: skip
    world.book.put("enablement/usage", row, at)


def _exceptions(world: World) -> None:
    later = world.line.now.date() + timedelta(days=120)
    past = world.line.now.date() - timedelta(days=10)
    rows = (
        ("X-001", "unknown_channel", "Skywriting over Boston", "one-off of the brand team", "Campaign Manager", later),
        ("X-002", "unknown_status", "APAC", "status left from the old CRM", "Sales Operations", past),
        (
            "X-003",
            "lead_source_required",
            words.PRODUCT_LINES[2],
            "partner portal does not pass it on",
            "Marketing Operations",
            later,
        ),
    )
    for exception, rule, scope, case, owner, expires in rows:
        row = {
            "exception_id": exception, "rule": rule, "scope": scope, "business_case": case, "owner": owner,
            "expires_on": expires.isoformat(),
        }  # fmt: skip
        world.book.put("standards/exceptions", row, world.line.starts_at)
