"""Who buys what, and what becomes of it: contracts of won deals and of customers from before, with their fate.

Each contract is a chain of billing periods; a period says its price and seats, whether it is discounted, paused or
never paid, and what happens within it. `subscriptions` turns it into the billing system's records, `truth` into true
recurring revenue. `steps` are the recurring amounts as they really were, each from its start to its end.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.catalogue import ANNUAL_SHARE, COUPONS, draw_seats
from mpm_pipeline.simulator.generator.companies import become_customer
from mpm_pipeline.simulator.generator.model import Company, Deal, World
from mpm_pipeline.simulator.generator.timeline import between, shift_months

LEGACY_PER_ACCOUNT = 0.08
TRIAL_SHARE, COUPON_SHARE = 0.14, 0.15
HAZARDS = {
    # per period, by is_annual: cancel, involuntary end, fewer seats, more seats at renewal, upgrade within, pause,
    # late payment
    False: {
        "cancel": 0.012, "lapse": 0.006, "down": 0.014, "up": 0.012, "upgrade": 0.028, "pause": 0.012, "retry": 0.035
    },
    True: {"cancel": 0.10, "lapse": 0.01, "down": 0.08, "up": 0.25, "upgrade": 0.14, "pause": 0.0, "retry": 0.08},
}  # fmt: skip


@dataclass(slots=True)
class Upgrade:
    """More seats or another product within a period."""

    at: datetime
    line: str
    seats: int


@dataclass(slots=True)
class Period:
    """One billing period of a contract."""

    start: datetime
    end: datetime
    line: str
    seats: int
    discount_percent: int = 0
    is_paused: bool = False
    payment: str = "paid"
    upgrade: Upgrade | None = None


@dataclass(slots=True, eq=False)
class Contract:
    """One subscription of a company, from its first to its last period."""

    company: Company
    deal: Deal | None
    is_annual: bool
    starts: datetime
    line: str
    seats: int
    trial_ends: datetime | None = None
    coupon: int = 0
    by_invoice: bool = False
    is_metered: bool = False
    has_onboarding: bool = False
    periods: list[Period] = field(default_factory=list)
    ended_at: datetime | None = None
    ended_how: str = ""
    asked_at: datetime | None = None
    unpaid_at: datetime | None = None
    steps: list[tuple[datetime, datetime, int]] = field(default_factory=list)


def plan_contracts(world: World) -> list[Contract]:
    """Plan all contracts, in the order of their start."""
    rng = world.rng("contracts")
    contracts = []
    start = world.line.history_start
    early = [company for company in world.crm_companies() if company.created < start and not company.parent]
    count = min(len(early), max(2, round(world.line.accounts * LEGACY_PER_ACCOUNT)))
    for company in rng.sample(early, count):
        become_customer(world, company, start)
        begins = _at_day(rng, between(rng, start, start + timedelta(days=50)))
        is_annual = rng.random() < ANNUAL_SHARE[company.segment]
        contracts += _chain(
            world, rng, company, None, is_annual, begins, company.line, draw_seats(rng, company.segment)
        )
    for deal in sorted(world.deals, key=lambda deal: (deal.created, deal.opportunity_id)):
        if deal.won_at and deal.won_at < world.line.horizon - timedelta(days=1):
            begins = _at_day(rng, deal.won_at + timedelta(days=rng.randint(1, 5)))
            contracts += _chain(world, rng, deal.company, deal, deal.is_annual, begins, deal.line, deal.seats)
    return sorted(contracts, key=lambda contract: (contract.starts, contract.company.key))


def _at_day(rng: Random, at: datetime) -> datetime:
    """Move an instant between six and twenty o'clock, so that a period and its payment lie in one day."""
    return at.replace(hour=rng.randint(6, 19), minute=rng.randrange(60), second=rng.randrange(60))


def _chain(
    world: World, rng: Random, company: Company, deal: Deal | None, is_annual: bool, begins: datetime, line: str,
    seats: int
) -> list[Contract]:  # fmt: skip
    contract = Contract(company, deal, is_annual, begins, line, seats)
    if begins >= world.line.horizon:
        return []
    if rng.random() < TRIAL_SHARE and company.segment != "enterprise" and not is_annual:
        contract.trial_ends = begins + timedelta(days=rng.choice((14, 30)))
    contract.coupon = rng.choice(list(COUPONS)) if rng.random() < COUPON_SHARE else 0
    contract.by_invoice = is_annual and company.segment != "smb"
    contract.is_metered = line == "Platform" and not is_annual and rng.random() < 0.2
    contract.has_onboarding = company.segment != "smb" and rng.random() < 0.35
    _live(world, rng, contract)
    chain = [contract]
    if contract.ended_at and contract.ended_how == "cancel" and rng.random() < 0.3:
        again = _at_day(rng, contract.ended_at + timedelta(days=rng.randint(40, 160)))
        chain += _chain(world, rng, company, None, is_annual, again, line, max(1, round(seats * rng.uniform(0.6, 1.2))))
    return chain


def _live(world: World, rng: Random, contract: Contract) -> None:
    line, seats, hazards = contract.line, contract.seats, HAZARDS[contract.is_annual]
    anchor, span = contract.trial_ends or contract.starts, 12 if contract.is_annual else 1
    paused_until, number = anchor, 0
    while (start := shift_months(anchor, span * number)) < world.line.horizon:
        end = shift_months(anchor, span * (number + 1))
        if number:
            seats = _renewed(rng, hazards, seats)
        if not contract.is_annual and number and start >= paused_until and rng.random() < hazards["pause"]:
            paused_until = shift_months(anchor, number + rng.randint(1, 3))
        period = Period(start, end, line, seats, is_paused=start < paused_until)
        if contract.coupon and number * span < 12:
            period.discount_percent = contract.coupon
        contract.periods.append(period)
        number += 1
        if not period.is_paused and _ends(world, rng, contract, period, hazards):
            return
        if not (period.is_paused or period.discount_percent) and rng.random() < hazards["upgrade"]:
            line, seats = _upgrade(world, rng, period, line, seats)


def _renewed(rng: Random, hazards: dict[str, float], seats: int) -> int:
    luck = rng.random()
    if luck < hazards["down"]:
        return max(1, round(seats * rng.uniform(0.5, 0.9)))
    return round(seats * rng.uniform(1.05, 1.4)) + 1 if luck > 1 - hazards["up"] else seats


def _ends(world: World, rng: Random, contract: Contract, period: Period, hazards: dict[str, float]) -> bool:
    """Decide how the period is paid and whether the contract ends in it."""
    luck = rng.random()
    if luck < hazards["lapse"] and len(contract.periods) > 1:
        return _lapse(world, rng, contract, period)
    if luck < hazards["lapse"] + hazards["retry"]:
        period.payment = "late" if contract.by_invoice else "retry"
    elif contract.by_invoice:
        period.payment = "late"
    if rng.random() >= hazards["cancel"]:
        return False
    span = (period.end - period.start).total_seconds()
    asked = _at_day(rng, period.start + timedelta(seconds=span * rng.uniform(0.3, 0.9)))
    if not period.start < asked < min(period.end, world.line.now):
        return False
    contract.asked_at, contract.ended_how = asked, "cancel"
    contract.ended_at = asked if rng.random() < 0.3 else period.end
    return True


def _lapse(world: World, rng: Random, contract: Contract, period: Period) -> bool:
    """Let the period go unpaid, and the contract end by it or stay unpaid."""
    ended = period.start + timedelta(days=14, hours=2)
    if ended >= world.line.now:
        return False
    period.payment = "never"
    if rng.random() < 0.4:
        contract.unpaid_at, contract.ended_how = ended, "unpaid"
    else:
        contract.ended_at = contract.asked_at = ended
        contract.ended_how = "lapse"
    return True


def _upgrade(world: World, rng: Random, period: Period, line: str, seats: int) -> tuple[str, int]:
    days = max(2, (period.end - period.start).days - 2)
    at = _at_day(rng, period.start + timedelta(days=rng.randrange(1, days)))
    if not period.start < at < min(period.end, world.line.now):
        return line, seats
    if rng.random() < 0.2 and line != "Platform":
        line = words.PRODUCT_LINES[words.PRODUCT_LINES.index(line) + 1]
    seats = round(seats * rng.uniform(1.1, 1.5)) + 1
    period.upgrade = Upgrade(at, line, seats)
    return line, seats
