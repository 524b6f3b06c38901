"""What arrives late: facts that a vendor shows days after their own time.

Before `now` a hundredth of tasks, members, history rows and activities did. On the first day after `now` records show
whose own stamps lie in three past days, one set for each vendor; the second day is on time; on the third a single old
ads day is restated. So a moved clock shows exactly what a reader has to ask for again.
"""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator.aftersales import refund
from mpm_pipeline.simulator.generator.billing import Billing
from mpm_pipeline.simulator.generator.catalogue import ONBOARDING
from mpm_pipeline.simulator.generator.contracts import Contract
from mpm_pipeline.simulator.generator.invoices import Line
from mpm_pipeline.simulator.generator.journeys import STATUSES
from mpm_pipeline.simulator.generator.model import Lead, World
from mpm_pipeline.simulator.generator.rates import Rates
from mpm_pipeline.simulator.generator.social import day_row
from mpm_pipeline.simulator.generator.timeline import midnight
from mpm_pipeline.simulator.generator.writer import Version, crm_time, iso

LATE_SHARE = 0.01
SLOW_FILES = (
    ("salesforce/Task", "Id"), ("salesforce/CampaignMember", "Id"), ("salesforce/LeadHistory", "Id"),
    ("marketo/activities", "marketoGUID"), ("linkedin/leadFormResponses", "id"),
)  # fmt: skip
OLD_ADS_DAY = 20


def delay_some(world: World) -> None:
    """Let some records of the past show late; only such as have a single version."""
    rng = world.rng("late arrivals")
    for name, key in SLOW_FILES:
        versions = world.book.versions(name)
        counts = Counter(version.record[key] for version in versions)
        for version in versions:
            if (
                counts[version.record[key]] == 1
                and version.at < world.line.now - timedelta(days=7)
                and rng.random() < LATE_SHARE
            ):
                version.at += timedelta(hours=rng.randint(26, 140))


def arrive_late(world: World, billing: Billing, contracts: list[Contract], rates: Rates) -> None:
    """Let records of three past days show on the first day after `now`."""
    rng = world.rng("late days")
    for number, day in enumerate(world.line.late_days):
        shown = world.line.now + timedelta(hours=2 + 3 * number, minutes=rng.randrange(60))
        _crm(world, rng, day, shown)
        _marketing(world, rng, day, shown)
        _restate(world, rng, rates, day, shown, 2)
        _money(world, billing, contracts, day, shown)
    old = world.line.now.date() - timedelta(days=OLD_ADS_DAY)
    _restate(world, rng, rates, old, world.line.now + timedelta(hours=52), 1)


def _late(world: World, version: Version, shown: datetime, what: str) -> None:
    version.at = shown
    folder, name = what.split("/")
    key = "marketoGUID" if name == "activities" else ("id" if folder in ("stripe", "marketo") else "Id")
    world.flaws.append(("late", folder, name, str(version.record.get(key, "")), f"shows at {iso(shown)}"))


def _settled_leads(world: World, before: datetime) -> list[Lead]:
    """Return leads that a rep owns at the marketing-qualified stage and that have not moved since."""
    newest = world.book.newest("salesforce/Lead")
    return [
        lead
        for lead in world.leads
        if lead.owner
        and newest[lead.lead_id].record["Status"] in STATUSES["mql"]
        and not newest[lead.lead_id].deleted
        and newest[lead.lead_id].at < before
    ]


def _crm(world: World, rng: Random, day: date, shown: datetime) -> None:
    at = midnight(day) + timedelta(hours=11, minutes=rng.randrange(60))
    leads = _settled_leads(world, at - timedelta(hours=1))
    model = next((version.record for version in world.book.versions("salesforce/Task")), {})
    for lead in leads[:2]:
        assert lead.owner is not None
        task = {
            **model, "Id": world.ids.crm("00T"), "WhoId": lead.lead_id, "WhatId": None, "AccountId": None,
            "Subject": "Call", "ActivityDate": day.isoformat(), "Status": "Completed", "IsClosed": True,
            "OwnerId": lead.owner.user_id, "TaskSubtype": "Call", "CallType": "Outbound",
            "CallDisposition": "Connected", "CallDurationInSeconds": 240, "CompletedDateTime": crm_time(at),
        }  # fmt: skip
        _late(world, world.book.crm("Task", task, at), shown, "salesforce/Task")
    if leads:
        _accept_late(world, leads[0], at + timedelta(minutes=20), shown)
    campaign = next((campaign for campaign in world.campaigns if campaign.crm_id and campaign.runs_on(day)), None)
    contacts = [
        person
        for person in world.people
        if person.contact_id and not person.lead_ids and person.known_since < world.line.starts_at
    ]
    if campaign and contacts:
        person = contacts[rng.randrange(len(contacts))]
        member = {
            "Id": world.ids.crm("00v"), "CampaignId": campaign.crm_id, "LeadId": None, "ContactId": person.contact_id,
            "LeadOrContactId": person.contact_id, "Status": "Responded", "HasResponded": True,
            "FirstRespondedDate": day.isoformat(), "Type": "Contact", "CompanyOrAccount": person.company.name,
        }  # fmt: skip
        _late(world, world.book.crm("CampaignMember", member, at), shown, "salesforce/CampaignMember")


def _accept_late(world: World, lead: Lead, at: datetime, shown: datetime) -> None:
    before = world.book.newest("salesforce/Lead")[lead.lead_id].record
    record = {**before, "Status": STATUSES["sal"][0], "LastModifiedDate": crm_time(at), "SystemModstamp": crm_time(at)}
    _late(world, world.book.put("salesforce/Lead", record, at), shown, "salesforce/Lead")
    row = {
        "Id": world.ids.crm("017"), "LeadId": lead.lead_id, "Field": "Status", "OldValue": before["Status"],
        "NewValue": record["Status"], "DataType": "DynamicEnum", "CreatedById": record["OwnerId"],
    }  # fmt: skip
    _late(world, world.book.crm("LeadHistory", row, at), shown, "salesforce/LeadHistory")


def _marketing(world: World, rng: Random, day: date, shown: datetime) -> None:
    known = [
        version
        for version in world.book.versions("marketo/activities")
        if version.record["activityTypeId"] in (1, 2, 11)
    ]
    known = [version for version in known if version.at < midnight(day)]
    number = max(version.record["id"] for version in world.book.versions("marketo/activities"))
    for copy in rng.sample(known, min(4, len(known))):
        number += 1
        at = midnight(day) + timedelta(hours=rng.randint(8, 20), minutes=rng.randrange(60))
        record = {**copy.record, "id": number, "marketoGUID": str(number), "activityDate": iso(at)}
        _late(world, world.book.put("marketo/activities", record, at), shown, "marketo/activities")


def _restate(world: World, rng: Random, rates: Rates, day: date, shown: datetime, count: int) -> None:
    campaigns = [campaign for campaign in world.campaigns if campaign.social_id and campaign.runs_on(day)]
    for campaign in campaigns[:count]:
        cost = round(campaign.monthly_cost / 30 * 10_000 * rng.uniform(1.4, 1.6))
        row = day_row(rates, campaign, day, cost, 40 + rng.randrange(30), 3)
        version = world.book.put("linkedin/adAnalytics", row, midnight(day))
        _late(world, version, shown, "linkedin/adAnalytics")
        world.flaws[-1] = (*world.flaws[-1][:3], f"{campaign.social_id} {day}", world.flaws[-1][4])


def _money(world: World, billing: Billing, contracts: list[Contract], day: date, shown: datetime) -> None:
    """Sell a workshop on that day and pay an older sale of the day back in part; both show late."""
    at = midnight(day) + timedelta(hours=13)
    running = (contract for contract in contracts if contract.ended_at is None and contract.periods)
    contract = next((contract for contract in running if contract.starts < at), None)
    if contract is None:
        return
    currency = contract.company.currency
    once = billing.prices.get("Onboarding", currency, None)
    line = Line("Workshop", ONBOARDING[currency], 1, once, at, at)
    sizes = {
        name: len(world.book.versions(f"stripe/{name}"))
        for name in ("invoices", "charges", "payment_intents", "invoice_payments", "refunds")
    }
    made = billing.invoice(contract, None, [line], at, "manual", drafted=False, due=False)
    billing.till.settle(made, at + timedelta(seconds=30))
    sold = [
        invoice
        for invoice in billing.till.invoices
        if invoice.charge
        and invoice.paid_at
        and invoice.paid_at.date() == day
        and invoice.charge["amount_refunded"] == 0
    ]
    refund(world, sold[0], at + timedelta(hours=6), sold[0].due_amount // 4, "requested_by_customer")
    for name, size in sizes.items():
        for version in world.book.versions(f"stripe/{name}")[size:]:
            _late(world, version, shown, f"stripe/{name}")
