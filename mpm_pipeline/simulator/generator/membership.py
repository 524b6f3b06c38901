"""Who belongs to which campaign: campaign members in the CRM and programme members in the marketing system.

One member per campaign and person, first invited, later responded; members that never answer are there too. The lead's
id stays and the contact's is filled in at its conversion.
"""

from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator.campaigns import DEFAULT_STATUSES, MEMBER_STATUSES
from mpm_pipeline.simulator.generator.model import Campaign, Person, Touch, World
from mpm_pipeline.simulator.generator.programs import CHANNELS, SUCCESS
from mpm_pipeline.simulator.generator.timeline import midnight
from mpm_pipeline.simulator.generator.writer import Record, iso

INVITED_SHARE = 0.06
NO_DATE_SHARE = 0.06
CRM_KINDS = ("webinar", "booth", "form", "click", "referral", "call", "response")
PROGRAM_KINDS = ("webinar", "booth", "form", "link")


def put_members(world: World) -> None:
    """Put down the members of all campaigns and programmes."""
    rng = world.rng("members")
    firsts: dict[tuple[str, str], Touch] = {}
    for touch in sorted(world.touches, key=lambda touch: (touch.at, touch.person.key)):
        if touch.campaign:
            firsts.setdefault((touch.campaign.key, touch.person.key), touch)
    for touch in firsts.values():
        assert touch.campaign is not None
        if touch.campaign.crm_id and touch.kind in CRM_KINDS:
            _member(world, rng, touch, touch.campaign)
        if touch.campaign.program_id and touch.kind in PROGRAM_KINDS and touch.person.marketing_id:
            _program_member(world, rng, touch, touch.campaign)
    for campaign in world.campaigns:
        if campaign.crm_id and campaign.kind in ("webinar", "event", "outbound"):
            _invited(world, rng, campaign, firsts)


def _statuses(campaign: Campaign) -> tuple[tuple[str, bool], ...]:
    return MEMBER_STATUSES.get(campaign.kind, DEFAULT_STATUSES)


def _blank(world: World, campaign: Campaign, person: Person, lead_id: str | None) -> Record:
    contact_id = None if lead_id else person.contact_id
    return {
        "Id": world.ids.crm("00v"), "CampaignId": campaign.crm_id, "LeadId": lead_id, "ContactId": contact_id,
        "LeadOrContactId": lead_id or contact_id, "Status": _statuses(campaign)[0][0], "HasResponded": False,
        "FirstRespondedDate": None, "Type": "Lead" if lead_id else "Contact", "CompanyOrAccount": person.company.name,
    }  # fmt: skip


def _member(world: World, rng: Random, touch: Touch, campaign: Campaign) -> None:
    person, lead = touch.person, touch.lead
    if lead is None and (person.contact_since is None or person.contact_since > touch.at):
        return
    record = _blank(world, campaign, person, lead.lead_id if lead else None)
    earliest = max(lead.created if lead else person.known_since, world.line.starts_at) + timedelta(minutes=2)
    answered = max(touch.at + timedelta(minutes=3), earliest)
    created = max(answered - timedelta(days=rng.randint(1, 10)), earliest) if rng.random() < 0.4 else answered
    if created < answered:
        world.book.crm("CampaignMember", record, created)
    day = touch.at.date().isoformat() if rng.random() > NO_DATE_SHARE else None
    record.update(
        Status=next(label for label, ok in _statuses(campaign) if ok), HasResponded=True, FirstRespondedDate=day
    )
    world.book.crm("CampaignMember", record, created, answered)
    touch.refs.append(("salesforce", "CampaignMember", record["Id"]))
    if lead and lead.converted_at and lead.converted_at > answered:
        record["ContactId"] = person.contact_id
        world.book.crm("CampaignMember", record, created, lead.converted_at)


def _invited(world: World, rng: Random, campaign: Campaign, firsts: dict[tuple[str, str], Touch]) -> None:
    invited = max(midnight(campaign.starts - timedelta(days=6)), world.line.starts_at) + timedelta(hours=11)
    for person in world.people:
        if person.contact_since is None or person.contact_since > invited or rng.random() > INVITED_SHARE:
            continue
        if (campaign.key, person.key) not in firsts and not person.lead_ids:
            record = _blank(world, campaign, person, None)
            world.book.crm("CampaignMember", record, invited)
            if campaign.kind == "webinar" and rng.random() < 0.3:
                record["Status"] = "No Show"
                world.book.crm("CampaignMember", record, invited, midnight(campaign.ends) + timedelta(hours=18))


def _program_member(world: World, rng: Random, touch: Touch, campaign: Campaign) -> None:
    joined: datetime = max(touch.at, world.line.starts_at)
    success = touch.kind != "form" or rng.random() < 0.6
    first = CHANNELS[campaign.kind][2][0][0]
    record = {
        "seq": 0, "leadId": touch.person.marketing_id, "programId": campaign.program_id,
        "acquiredBy": touch.lead is not None, "reachedSuccess": success, "membershipDate": iso(joined),
        "statusName": SUCCESS[campaign.kind] if success else first,
        "reachedSuccessDate": iso(joined) if success else None, "statusReason": None, "isExhausted": False,
        "nurtureCadence": None, "createdAt": iso(joined), "updatedAt": iso(joined),
    }  # fmt: skip
    world.book.put("marketo/programMembers", record, joined)
