"""The activity types that every Marketo subscription has; a world's own `activityTypes` replaces them.

Ids of built-in types are the same everywhere; custom types start at 100000 and come from the world.
"""

from typing import Any

_EMAIL = "Campaign Run ID integer, Choice Number integer, Has Predictive boolean, Step ID integer, Test Variant integer"
_READER = "Device string, Is Mobile Device boolean, Platform string, User Agent string, Is Bot Activity boolean, Bot Activity Pattern string"
_VISIT = "Client IP Address string, Query Parameters string, Referrer URL string, User Agent string"
_BOUNCE = f"{_EMAIL}, Category integer, Details string, Email string, Subcategory integer"

_TYPES = {
    1: ("Visit Webpage", "Webpage ID integer", f"{_VISIT}, Search Engine string, Search Query string, Webpage URL string"),
    2: ("Fill Out Form", "Webform ID integer", f"{_VISIT}, Form Fields text, Webpage ID integer"),
    3: ("Click Link", "Link ID integer", f"{_VISIT}, Webpage ID integer"),
    6: ("Send Email", "Mailing ID integer", _EMAIL),
    7: ("Email Delivered", "Mailing ID integer", _EMAIL),
    8: ("Email Bounced", "Mailing ID integer", _BOUNCE),
    9: ("Unsubscribe Email", "Mailing ID integer", f"{_EMAIL}, Client IP Address string, Form Fields text, User Agent string"),
    10: ("Open Email", "Mailing ID integer", f"{_EMAIL}, {_READER}"),
    11: ("Click Email", "Mailing ID integer", f"{_EMAIL}, {_READER}, Link string, Link ID string"),
    12: ("New Lead", "", "Created Date date, Source Type string, Form Name string, List Name string, Lead Source string, SFDC Type string"),
    13: ("Change Data Value", "Attribute Name string", "New Value string, Old Value string, Reason string, Source string"),
    21: ("Convert Lead", "SFDC Account Name string", "SFDC Opportunity Name string"),
    22: ("Change Score", "Score Name string", "Change Value string, New Value integer, Old Value integer, Reason string, Priority integer"),
    24: ("Add to List", "List ID integer", "Source string"),
    25: ("Remove from List", "List ID integer", "Source string"),
    27: ("Email Bounced Soft", "Mailing ID integer", _BOUNCE),
    32: ("Merge Leads", "Lead ID integer", "Master Updated boolean, Merge IDs string, Merged in Sales boolean, Merge Source string"),
    34: ("Add to Opportunity", "Opportunity ID integer", "Is Primary boolean, Role string"),
    35: ("Remove from Opportunity", "Opportunity ID integer", "Is Primary boolean, Role string"),
    36: ("Update Opportunity", "Opportunity ID integer", "Data Value Changes string"),
    37: ("Delete Lead", "Lead ID integer", "Campaign string, Remove from CRM boolean"),
    38: ("Send Alert", "Mailing ID integer", "Send To Owner string, Send To List string"),
    46: ("Interesting Moment", "Milestone string", "Date datetime, Description string, Source string"),
    47: ("Request Campaign", "Campaign ID integer", "Source string"),
    100: ("Change Lead Partition", "New Partition ID integer", "Old Partition ID integer, Reason string"),
    101: ("Change Revenue Stage", "Model ID integer", "New Stage ID integer, Old Stage ID integer, Reason string"),
    104: ("Change Status in Progression", "Program ID integer", "Acquired By boolean, New Status string, New Status ID integer, Old Status string, Old Status ID integer, Program Member ID integer, Reason string, Success boolean"),
    113: ("Add to Nurture", "Program ID integer", "Track ID integer, Track Name string"),
    115: ("Change Nurture Cadence", "Program ID integer", "New Nurture Cadence string, Previous Nurture Cadence string"),
    123: ("Change Program Member Data", "Program ID integer", "Attribute Name string, New Value string, Old Value string, Reason string, Source string"),
}  # fmt: skip


def _attribute(text: str) -> dict[str, str]:
    name, _, kind = text.strip().rpartition(" ")
    return {"name": name, "dataType": kind}


def built_in_types() -> list[dict[str, Any]]:
    """Write the built-in types as `activities/types.json` does."""
    return [
        {
            "id": number,
            "name": name,
            "description": name,
            **({"primaryAttribute": _attribute(primary)} if primary else {}),
            "attributes": [_attribute(text) for text in attributes.split(",")],
        }
        for number, (name, primary, attributes) in _TYPES.items()
    ]
