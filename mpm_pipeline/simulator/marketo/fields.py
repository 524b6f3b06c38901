"""Marketo's lead fields: REST names, display names, data types; described is what a world's leads hold.

Fields of a bare subscription may be asked for even where no lead has them (null, as there); any other unknown name is
refused.
"""

import re
from collections.abc import Iterable
from typing import Any

from mpm_pipeline.simulator.marketo.answers import Record, Refusal
from mpm_pipeline.simulator.verbatim import plain

_STANDARD = """
id integer Id|email email Email Address|firstName string First Name|lastName string Last Name|company string Company Name
title string Job Title|industry string Industry|leadSource string Lead Source|leadStatus string Lead Status
leadScore score Lead Score|phone phone Phone Number|mobilePhone phone Mobile Phone Number|state string State
country string Country|city string City|postalCode string Postal Code|website url Website
annualRevenue currency Annual Revenue|numberOfEmployees integer Num Employees|rating string Lead Rating
originalSourceType string Original Source Type|originalSourceInfo string Original Source Info
originalReferrer string Original Referrer|registrationSourceType string Registration Source Type
registrationSourceInfo string Registration Source Info|acquisitionProgramId integer Acquisition Program
mktoAcquisitionDate datetime Acquisition Date|leadRevenueStageId integer Lead Revenue Stage|sfdcLeadId string SFDC Lead Id
sfdcContactId string SFDC Contact Id|sfdcAccountId string SFDC Account Id|sfdcLeadOwnerId string SFDC Lead Owner Id
externalCompanyId string External Company Id|externalSalesPersonId string External Sales Person Id
unsubscribed boolean Unsubscribed|unsubscribedReason text Unsubscribed Reason|emailInvalid boolean Email Invalid
doNotCall boolean Do Not Call|leadPartitionId reference Lead Partition Id|personType string Person Type
priority integer Priority|urgency float Urgency|department string Department|createdAt datetime Created At
updatedAt datetime Updated At|cookies string Cookies
"""
STANDARD: dict[str, tuple[str, str]] = {}
for _entry in re.split(r"[|\n]", _STANDARD.strip()):
    _name, _kind, _display = _entry.split(" ", 2)
    STANDARD[_name] = (_kind, _display)

READ_ONLY = {"id", "createdAt", "updatedAt", "sfdcLeadId", "sfdcContactId", "sfdcAccountId", "cookies"}
SEARCHABLE = ("id", "email", "leadPartitionId", "cookies", "sfdcLeadId", "sfdcContactId", "sfdcAccountId")
DEFAULT_FIELDS = ["id", "email", "firstName", "lastName", "createdAt", "updatedAt"]
LENGTHS = {"string": 255, "email": 255, "phone": 255, "url": 255, "text": 2000}


def display_name(name: str) -> str:
    """Give the name that people see: `leadScore` is "Lead Score"."""
    if name in STANDARD:
        return STANDARD[name][1]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", name).strip()
    return words[:1].upper() + words[1:]


def data_type(name: str, values: Iterable[Any]) -> str:
    """Give a field's type: the vendor's for standard names, else from the first value there is."""
    if name in STANDARD:
        return STANDARD[name][0]
    value = next((found for found in values if found is not None), None)
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
        return "datetime" if "T" in value else "date"
    return "string"


class Fields:
    """The fields that the records of one world have."""

    def __init__(self, records: list[Record]) -> None:
        names = dict.fromkeys(("id", "createdAt", "updatedAt"))
        names |= dict.fromkeys(name for record in records for name in record)
        self.types = {name: data_type(name, (plain(record.get(name)) for record in records)) for name in names}
        self.ids = {name: number for number, name in enumerate(self.types, start=1)}
        self.by_display = {display_name(name).lower(): name for name in (*STANDARD, *self.types)}

    def check(self, names: list[str]) -> list[str]:
        """Refuse names that no subscription and no record has."""
        for name in names:
            if name not in self.types and name not in STANDARD:
                raise Refusal("1006", f"Field '{name}' not found")
        return names

    def rest_name(self, shown: str) -> str:
        """Give the REST name of a field that an activity names as people see it."""
        return shown if shown in self.types else self.by_display.get(shown.lower(), shown)

    def describe(self) -> list[Record]:
        """Write the answer of `describe.json`."""
        return [
            {
                "id": self.ids[name],
                "displayName": display_name(name),
                "dataType": kind,
                **({"length": LENGTHS[kind]} if kind in LENGTHS else {}),
                "rest": {"name": name, "readOnly": name in READ_ONLY},
            }
            for name, kind in self.types.items()
        ]

    def describe2(self) -> list[Record]:
        """Write the answer of `describe2.json`."""
        fields = [
            {
                "name": name,
                "displayName": display_name(name),
                "dataType": kind,
                **({"length": LENGTHS[kind]} if kind in LENGTHS else {}),
                "updateable": name not in READ_ONLY,
                "crmManaged": False,
            }
            for name, kind in self.types.items()
        ]
        searchable = [[name] for name in dict.fromkeys((*SEARCHABLE, *self.types))]
        return [{"name": "API Lead", "searchableFields": searchable, "fields": fields}]
