"""The marketing system's assets: programmes with tags and monthly costs, channels, smart campaigns, e-mails, lists.

Programmes of campaigns that also stand in the CRM carry its id (`sfdcId`). Activity types are those built into the
system, with the attributes that the generated activities use.
"""

from datetime import timedelta

from mpm_pipeline.simulator.generator.model import Campaign, World
from mpm_pipeline.simulator.generator.timeline import midnight, months, shift_months
from mpm_pipeline.simulator.generator.writer import Record, asset_time, iso

CHANNELS = {
    # kind: channel, programme type, statuses with step and success
    "email": ("Email", "Email", (("Sent", 10, False), ("Opened", 20, False), ("Clicked", 30, True))),
    "webinar": (
        "Webinar",
        "Event",
        (("Invited", 10, False), ("Registered", 20, False), ("Attended", 30, True), ("No Show", 30, False)),
    ),
    "event": ("Tradeshow", "Event", (("Invited", 10, False), ("Visited Booth", 30, True))),
    "content": ("Content", "Default", (("Member", 10, False), ("Downloaded", 20, True))),
    "web": ("Web", "Default", (("Member", 10, False), ("Filled Form", 20, True))),
    "podcast": ("Podcast", "Default", (("Member", 10, False), ("Listened", 20, True))),
}
SUCCESS = {kind: next(name for name, _, success in spec[2] if success) for kind, spec in CHANNELS.items()}
WEB_ATTRIBUTES = ("Client IP Address", "Query Parameters", "Referrer URL", "User Agent")
MAIL_ATTRIBUTES = ("Campaign Run ID", "Choice Number", "Has Predictive", "Step ID", "Test Variant")
CLIENT_ATTRIBUTES = ("Device", "Is Mobile Device", "Platform", "User Agent", "Is Bot Activity", "Bot Activity Pattern")
TYPES = {
    1: ("Visit Webpage", "Webpage ID", (*WEB_ATTRIBUTES, "Webpage URL")),
    2: ("Fill Out Form", "Webform ID", (*WEB_ATTRIBUTES, "Form Fields", "Webpage ID")),
    3: ("Click Link", "Link ID", (*WEB_ATTRIBUTES, "Webpage ID")), 6: ("Send Email", "Mailing ID", MAIL_ATTRIBUTES),
    7: ("Email Delivered", "Mailing ID", MAIL_ATTRIBUTES),
    8: ("Email Bounced", "Mailing ID", (*MAIL_ATTRIBUTES, "Category", "Details", "Email", "Subcategory")),
    9: ("Unsubscribe Email", "Mailing ID", ("Campaign Run ID", "Form Fields", "Webform ID")),
    10: ("Open Email", "Mailing ID", (*MAIL_ATTRIBUTES, *CLIENT_ATTRIBUTES)),
    11: ("Click Email", "Mailing ID", (*MAIL_ATTRIBUTES, *CLIENT_ATTRIBUTES, "Link", "Link ID")),
    12: ("New Lead", None, ("Created Date", "Source Type", "Form Name", "List Name", "Lead Source", "SFDC Type")),
    13: ("Change Data Value", "Attribute Name", ("New Value", "Old Value", "Reason", "Source")),
    22: ("Change Score", "Score Name", ("Change Value", "New Value", "Old Value", "Reason")),
    24: ("Add to List", "List ID", ("Source",)),
    32: ("Merge Leads", "Lead ID", ("Master Updated", "Merge IDs", "Merge Source", "Merged in Sales")),
    37: ("Delete Lead", None, ("Campaign", "Remove From CRM")),
    104: ("Change Status in Progression", "Program ID",
          ("Acquired By", "New Status", "New Status ID", "Old Status", "Old Status ID", "Program Member ID", "Reason",
           "Success")),
}  # fmt: skip
LISTS = ("All customers", "Webinar invitees", "Competitors (do not mail)")


def put_programs(world: World) -> None:
    """Put down channels, types, lists, and the assets of each programme."""
    opened = shift_months(world.line.history_start, -3)
    for number, (channel, kind, statuses) in enumerate(CHANNELS.values()):
        steps = [
            {"name": name, "step": step, "description": None, "hidden": False, "success": ok}
            for name, step, ok in statuses
        ]
        record = {
            "id": number + 1, "name": channel, "description": f"{channel} programmes",
            "applicableProgramType": kind.lower(), "progressionStatuses": steps, "createdAt": asset_time(opened),
            "updatedAt": asset_time(opened),
        }  # fmt: skip
        world.book.put("marketo/channels", record, opened)
    for type_id, (name, primary, attributes) in TYPES.items():
        world.book.put("marketo/activityTypes", _activity_type(type_id, name, primary, attributes), opened)
    for number, name in enumerate(LISTS):
        stamps = {"createdAt": iso(opened), "updatedAt": iso(opened)}
        record = {"id": 4001 + number, "name": name, "programName": None, "workspaceName": "Default", **stamps}
        world.book.put("marketo/lists", record, opened)
    for campaign in world.campaigns:
        if campaign.program_id:
            _put_program(world, campaign)


def _activity_type(type_id: int, name: str, primary: str | None, attributes: tuple[str, ...]) -> Record:
    kinds = {
        "Success": "boolean",
        "Is Bot Activity": "boolean",
        "Is Mobile Device": "boolean",
        "Has Predictive": "boolean",
    }
    record: Record = {"id": type_id, "name": name, "description": f"{name}.", "attributes": []}
    if primary:
        record["primaryAttribute"] = {"name": primary, "dataType": "integer"}
    record["attributes"] = [{"name": attribute, "dataType": kinds.get(attribute, "string")} for attribute in attributes]
    return record


def _put_program(world: World, campaign: Campaign) -> None:
    channel, kind, _ = CHANNELS[campaign.kind]
    created = midnight(campaign.starts - timedelta(days=14)) + timedelta(hours=10)
    created = min(created, world.line.now - timedelta(days=1))
    record = {
        "id": campaign.program_id, "name": campaign.name, "description": "", "createdAt": asset_time(created),
        "updatedAt": asset_time(created), "url": f"https://app.marketing.example/#PG{campaign.program_id}A1",
        "type": kind, "channel": channel,
        "folder": {"type": "Folder", "value": 1910, "folderName": f"{channel} {campaign.starts.year}"},
        "status": "on" if kind == "Email" else "", "workspace": "Default", "headStart": False, "tags": _tags(campaign),
        "costs": _costs(world, campaign) or None,
    }  # fmt: skip
    if campaign.crm_id:
        record.update(sfdcId=campaign.crm_id, sfdcName=campaign.name)
    if kind == "Event":
        record.update(startDate=asset_time(midnight(campaign.starts)), endDate=asset_time(midnight(campaign.ends)))
    world.book.put("marketo/programs", record, created)
    smart = {
        "id": campaign.smart_id, "name": f"{campaign.name} - responses", "type": "trigger",
        "programName": campaign.name, "programId": campaign.program_id, "workspaceName": "Default",
        "createdAt": iso(created), "updatedAt": iso(created), "active": True,
    }  # fmt: skip
    world.book.put("marketo/campaigns", smart, created)
    mail = {
        "id": campaign.email_id, "name": "Invitation" if kind == "Event" else "Mail", "description": "",
        "createdAt": asset_time(created),
        "updatedAt": asset_time(created), "url": f"https://app.marketing.example/#EM{campaign.email_id}B2",
        "subject": {"type": "Text", "value": campaign.name}, "fromName": {"type": "Text", "value": "Northlode"},
        "operational": False, "status": "approved",
        "folder": {"type": "Program", "value": campaign.program_id, "folderName": campaign.name},
        "workspace": "Default",
    }  # fmt: skip
    world.book.put("marketo/emails", mail, created)


def _tags(campaign: Campaign) -> list[Record]:
    topic = campaign.name.partition(": ")[2].split(" in ")[0]
    tags = [{"tagType": "Program Owner", "tagValue": "Campaign Manager"}]
    return tags + ([{"tagType": "Topic", "tagValue": topic}] if topic else [])


def _costs(world: World, campaign: Campaign) -> list[Record]:
    if not campaign.monthly_cost:
        return []
    end = min(campaign.ends, world.line.now.date()) + timedelta(days=1)
    return [
        {"startDate": month.isoformat(), "cost": campaign.monthly_cost + 10 * (month.month % 3), "note": ""}
        for month in months(campaign.starts, end)
    ]
