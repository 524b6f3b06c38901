"""Deals and their course through the stages: of the eighteen months before, of sales alone, and of converted leads.

A deal is planned whole, up to the world's last instant, and then put down as opportunity, history and contact roles.
Amounts wander on the way and end at the value of the contract that billing will charge. Some deals step back, one in
a while is opened again, some are pushed month after month and never close.
"""

import math
from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.catalogue import ANNUAL_SHARE, draw_seats, major, yearly_value
from mpm_pipeline.simulator.generator.companies import owner_on
from mpm_pipeline.simulator.generator.journeys import sigmoid
from mpm_pipeline.simulator.generator.model import Company, Deal, Lead, Person, StageRow, World
from mpm_pipeline.simulator.generator.timeline import after, between, midnight
from mpm_pipeline.simulator.generator.writer import Record

STAGES = ("Prospecting", "Qualification", "Needs Analysis", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
PROBABILITY = (10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 0.0)
FORECAST = ("Pipeline", "Pipeline", "Pipeline", "BestCase", "Forecast", "Closed", "Omitted")
FORECAST_NAMES = {"BestCase": "Best Case", "Forecast": "Commit"}
CYCLE_DAYS = {"smb": 22, "mid": 38, "enterprise": 66}
ROLES = ("Decision Maker", "Business User", "Technical Buyer", "Economic Buyer", "Influencer", None)
HISTORY_PER_ACCOUNT, SALES_PER_ACCOUNT = 0.62, 0.17
RECORD_TYPES = ("0125e000000TnewAAK", "0125e000000TexpAAC")


def put_stages(world: World) -> None:
    """Put down the stages of the sales process."""
    for order, stage in enumerate(STAGES):
        record = {
            "Id": world.ids.crm("01J"), "MasterLabel": stage, "ApiName": stage, "SortOrder": order + 1,
            "IsActive": True, "IsClosed": order > 4, "IsWon": order == 5, "DefaultProbability": PROBABILITY[order],
            "ForecastCategory": FORECAST[order],
            "ForecastCategoryName": FORECAST_NAMES.get(FORECAST[order], FORECAST[order]),
        }  # fmt: skip
        world.book.crm("OpportunityStage", record, world.line.history_start)


def build_deals(world: World) -> None:
    """Plan the deals that no lead led to."""
    rng = world.rng("deals")
    start, turn, end = world.line.history_start, world.line.starts_at, world.line.horizon
    known = list(world.crm_companies())[: world.line.accounts]
    for _ in range(max(6, round(world.line.accounts * HISTORY_PER_ACCOUNT))):
        _sales_deal(world, rng, known, between(rng, start, turn))
    for _ in range(world.line.volume(SALES_PER_ACCOUNT)):
        _sales_deal(world, rng, known, between(rng, turn, end))


def _sales_deal(world: World, rng: Random, known: list[Company], created: datetime) -> None:
    eligible = [company for company in rng.choices(known, k=12) if company.created < created]
    again = [company for company in eligible if company.deals]
    if again and rng.random() < 0.3:
        plan_deal(world, rng, again[0], created)
    elif eligible:
        plan_deal(world, rng, eligible[0], created)


def plan_deal(world: World, rng: Random, company: Company, created: datetime, lead: Lead | None = None) -> Deal:
    """Plan a deal from its opening to its close or to the end of the world."""
    owner = lead.owner if lead and lead.owner else owner_on(world, rng, company, created)
    line = (lead.line if lead else None) or (company.line if rng.random() < 0.8 else rng.choice(words.PRODUCT_LINES))
    is_annual = rng.random() < ANNUAL_SHARE[company.segment]
    seats = draw_seats(rng, company.segment)
    deal = Deal(
        world.ids.crm("006"), company, owner, created, line, True, seats, is_annual, company.currency, lead=lead
    )
    value = major(yearly_value(line, company.currency, is_annual, seats), company.currency)
    deal.rows = [row for row in _walk(rng, deal, value) if row.at < world.line.horizon]
    deal.people = _buying_group(rng, deal)
    company.deals.append(deal)
    world.deals.append(deal)
    return deal


def _walk(rng: Random, deal: Deal, value: float) -> list[StageRow]:
    skill = deal.owner.skill + deal.owner.line_skill.get(deal.line, 0.0)
    fit = 0.25 if deal.company.segment in deal.owner.segments else 0.0
    is_won = rng.random() < sigmoid(-0.85 + skill + fit + (0.25 if deal.lead else 0.0))
    days = CYCLE_DAYS[deal.company.segment] * math.exp(rng.gauss(0, 0.45)) * (1.0 if is_won else 0.85)
    first = 1 if deal.lead and rng.random() < 0.6 else 0
    last = 4 if is_won else rng.randint(first, 4)
    path = [stage for stage in range(first, last + 1) if stage == first or rng.random() > 0.08]
    if rng.random() < 0.06 and len(path) > 2:
        path = [*path[:-1], path[-2] - 1 if path[-2] else 0, path[-1]]
    never = not is_won and rng.random() < 0.12
    path += [] if never else [5 if is_won else 6]
    shares = sorted(rng.random() for _ in path[1:])
    ends = max(shares, default=1.0)
    amount = None if rng.random() < 0.05 else _guess(rng, value)
    close = (deal.created + timedelta(days=round(days * rng.uniform(0.7, 1.2)))).date()
    rows = [StageRow(deal.created, STAGES[path[0]], amount, close)]
    for stage, share in zip(path[1:], shares, strict=True):
        at = deal.created + timedelta(seconds=int(days * 86400 * share / ends) + len(rows))
        rows += _pushes(rows[-1], at)
        amount = value if stage == 5 else (amount if rng.random() < 0.6 or stage == 6 else _guess(rng, value))
        close = at.date() if stage > 4 else rows[-1].close_date
        rows.append(StageRow(at, STAGES[stage], amount, close))
    if rows[-1].stage == "Closed Lost" and rng.random() < 0.03:
        again = after(rng, rows[-1].at, timedelta(days=12))
        close = (again + timedelta(days=9)).date()
        rows.append(StageRow(again, "Negotiation", amount, close))
        rows.append(StageRow(midnight(close) + timedelta(hours=15), "Closed Won", value, close))
    return rows + (_pushes(rows[-1], deal.created + timedelta(days=900)) if never else [])


def _guess(rng: Random, value: float) -> float:
    return float(round(value * math.exp(rng.gauss(0, 0.25)), -2)) or value


def _pushes(row: StageRow, until: datetime) -> list[StageRow]:
    pushed = []
    while midnight(row.close_date) + timedelta(days=3) < until:
        at = midnight(row.close_date) + timedelta(days=2, hours=9)
        row = StageRow(max(at, row.at + timedelta(hours=1)), row.stage, row.amount, row.close_date + timedelta(days=45))
        pushed.append(row)
    return [row for row in pushed if row.at < until]


def _buying_group(rng: Random, deal: Deal) -> list[Person]:
    known = [person for person in deal.company.people if person.contact_since and person.contact_since < deal.created]
    group = [deal.lead.person] if deal.lead else []
    if rng.random() < 0.7 and known:
        group += [person for person in rng.sample(known, min(len(known), rng.randint(1, 3))) if person not in group]
    return group if rng.random() < 0.9 else []


def put_deals(world: World) -> None:
    """Put down every deal with its history and contact roles."""
    rng = world.rng("deal records")
    for deal in sorted(world.deals, key=lambda deal: deal.opportunity_id):
        since = [other.won_at for other in deal.company.deals if other.won_at] + [deal.company.customer_since]
        deal.is_new_business = not any(at and at < deal.created for at in since)
        record = _opportunity(world, rng, deal)
        before: StageRow | None = None
        for row in deal.rows:
            record.update(_state(row))
            world.book.crm("Opportunity", record, deal.created, row.at)
            world.book.crm("OpportunityHistory", _history(world, deal, row, before), row.at)
            before = row
        for number, person in enumerate(deal.people):
            role = {
                "Id": world.ids.crm("00K"), "OpportunityId": deal.opportunity_id, "ContactId": person.contact_id,
                "Role": rng.choice(ROLES), "IsPrimary": number == 0,
            }  # fmt: skip
            world.book.crm("OpportunityContactRole", role, deal.created + timedelta(minutes=2))


def _state(row: StageRow) -> Record:
    place = STAGES.index(row.stage)
    return {
        "StageName": row.stage, "Amount": row.amount, "Probability": PROBABILITY[place],
        "CloseDate": row.close_date.isoformat(),
        "ExpectedRevenue": None if row.amount is None else round(row.amount * PROBABILITY[place] / 100, 2),
        "IsClosed": place > 4, "IsWon": place == 5, "ForecastCategory": FORECAST[place],
        "ForecastCategoryName": FORECAST_NAMES.get(FORECAST[place], FORECAST[place]), "FiscalYear": row.close_date.year,
        "FiscalQuarter": (row.close_date.month + 2) // 3,
    }  # fmt: skip


def _opportunity(world: World, rng: Random, deal: Deal) -> Record:
    company = deal.company
    is_stray = company.other_account_ids and deal.created > world.line.starts_at and rng.random() < 0.2
    account = company.other_account_ids[0] if is_stray else company.account_id
    name = f"{company.name} - {deal.line} {deal.seats} seats"
    return {
        "Id": deal.opportunity_id, "AccountId": account if rng.random() > 0.01 else None, "Name": name,
        "Type": "New Business" if deal.is_new_business else "Existing Business",
        "LeadSource": deal.lead and deal.lead.source, "CampaignId": deal.campaign and deal.campaign.crm_id,
        "OwnerId": deal.owner.user_id, "ContactId": deal.people[0].contact_id if deal.people else None,
        "HasOpportunityLineItem": False, "CurrencyIsoCode": deal.currency,
        "Product_Line__c": deal.line if rng.random() > 0.02 else None,
        "RecordTypeId": RECORD_TYPES[0 if deal.is_new_business else 1],
    }  # fmt: skip


def _history(world: World, deal: Deal, row: StageRow, before: StageRow | None) -> Record:
    state = _state(row)
    kept = ("StageName", "Amount", "ExpectedRevenue", "CloseDate", "Probability", "ForecastCategory")
    return {
        "Id": world.ids.crm("008"), "OpportunityId": deal.opportunity_id, **{name: state[name] for name in kept},
        "CurrencyIsoCode": deal.currency, "CreatedById": deal.owner.user_id, "PrevAmount": before and before.amount,
        "PrevCloseDate": before and before.close_date.isoformat(),
    }  # fmt: skip
