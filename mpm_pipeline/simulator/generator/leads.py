"""Leads as the CRM records them: their versions, their status and owner history, and what a conversion makes of them.

Conversions come true in the order of time, for they open accounts and enter contacts that later ones find there.
"""

from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.companies import open_account
from mpm_pipeline.simulator.generator.journeys import STATUSES
from mpm_pipeline.simulator.generator.model import Lead, Step, World
from mpm_pipeline.simulator.generator.opportunities import plan_deal
from mpm_pipeline.simulator.generator.people import contact_fields, put_contact
from mpm_pipeline.simulator.generator.writer import Record

BUDGETS = ("approved", "50-100k", "planned 2026", "under 20k")
BANT = (
    ("Budget__c", BUDGETS),
    ("Authority__c", ("yes", "influencer", "via CFO")),
    ("Need__c", words.TOPICS),
    ("Timeline__c", ("Q3", "6 months", "now")),
)
DEAL_SHARE = 0.93


def convert_leads(world: World) -> None:
    """Make accounts, contacts and deals of the leads that are converted."""
    rng = world.rng("conversions")
    converted = [lead for lead in world.leads if lead.converted_at]
    for lead in sorted(converted, key=lambda lead: (lead.converted_at, lead.lead_id)):
        at, company, person = lead.converted_at, lead.person.company, lead.person
        assert at is not None
        if company.account_id is None:
            open_account(world, rng, company, at)
        if person.contact_id is None:
            put_contact(world, rng, person, at)
        if rng.random() < DEAL_SHARE:
            lead.deal = plan_deal(world, rng, company, at, lead)
            opening = next((touch for touch in person.touches if touch.lead is lead), None)
            lead.deal.campaign = opening.campaign if opening else None


def put_leads(world: World) -> None:
    """Put down every lead with its history."""
    rng = world.rng("lead records")
    for lead in world.leads:
        record = _lead(world, rng, lead)
        world.book.crm("Lead", record, lead.created)
        for step in sorted(lead.steps, key=lambda step: step.at):
            _apply(rng, record, lead, step)
            if step.at == lead.converted_at:
                _convert(record, lead, step.at)
            world.book.crm("Lead", record, lead.created, step.at)
            _put_history(world, lead, step)


def _lead(world: World, rng: Random, lead: Lead) -> Record:
    person, company = lead.person, lead.person.company
    country = words.COUNTRIES[company.country].name if rng.random() < 0.7 else company.country
    fields = contact_fields(rng, person)
    if rng.random() < 0.03:
        fields["LastName"] = fields["Name"] = rng.choice(("[not provided]", "Test", "😀"))
    return {
        "Id": lead.lead_id, **fields, "Company": _company_name(rng, company.name),
        "Email": lead.email if rng.random() > 0.01 else None, "Country": country if rng.random() > 0.04 else None,
        "Industry": company.industry if rng.random() < 0.7 else None,
        "NumberOfEmployees": company.employees if rng.random() < 0.8 else None, "AnnualRevenue": None,
        "Website": f"www.{company.domain}" if rng.random() < 0.5 else None, "Status": lead.first_status,
        "LeadSource": lead.source, "Rating": rng.choice(("Hot", "Warm", "Cold", None)), "OwnerId": lead.first_owner,
        "IsConverted": False, "ConvertedDate": None, "ConvertedAccountId": None, "ConvertedContactId": None,
        "ConvertedOpportunityId": None, "Product_Line__c": lead.line, "Rejection_Reason__c": None,
        **{name: None for name, _ in BANT}, "MasterRecordId": None, "CurrencyIsoCode": company.currency,
    }  # fmt: skip


def _company_name(rng: Random, name: str) -> str:
    luck = rng.random()
    if luck < 0.1:
        return name.rsplit(" ", 1)[0]
    return name.upper() if luck < 0.13 else (name.replace("i", "ı", 1) if luck < 0.135 else name)


def _apply(rng: Random, record: Record, lead: Lead, step: Step) -> None:
    if step.what == "owner":
        record["OwnerId"] = step.new
        return
    record["Status"], record["Rejection_Reason__c"] = step.new, step.reason
    if step.new in STATUSES["sal"] + STATUSES["sql"]:
        for name, values in BANT:
            if record[name] is None and rng.random() < (0.35 if step.new in STATUSES["sal"] else 0.6):
                record[name] = rng.choice(values)


def _convert(record: Record, lead: Lead, at: datetime) -> None:
    record.update(
        IsConverted=True,
        ConvertedDate=at.date().isoformat(),
        ConvertedAccountId=lead.person.company.account_id,
        ConvertedContactId=lead.person.contact_id,
        ConvertedOpportunityId=lead.deal and lead.deal.opportunity_id,
    )


def _put_history(world: World, lead: Lead, step: Step) -> None:
    by = lead.owner.user_id if lead.owner else world.queues["robot"]
    field = "Owner" if step.what == "owner" else "Status"
    row = {
        "Id": world.ids.crm("017"), "LeadId": lead.lead_id, "Field": field, "OldValue": step.old, "NewValue": step.new,
        "DataType": "EntityId" if field == "Owner" else "DynamicEnum", "CreatedById": by,
    }  # fmt: skip
    is_conversion = step.at == lead.converted_at
    if not is_conversion or lead.has_conversion_row:
        world.book.crm("LeadHistory", row, step.at)
    if is_conversion and lead.has_conversion_row:
        told = {
            **row,
            "Id": world.ids.crm("017"),
            "Field": "leadConverted",
            "OldValue": None,
            "NewValue": None,
            "DataType": "Boolean",
        }
        world.book.crm("LeadHistory", told, step.at + timedelta(seconds=0))
