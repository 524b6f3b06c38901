"""Leads of Salesforce as staged: the status map, conversions, history, owners and queues."""

from datetime import date
from pathlib import Path

import pytest

from mpm_pipeline_tests.staged.crm import Crm, utc

STAGES = {
    "inquiry": ["New", "Open", "Open - Not Contacted", "Inquiry", "open_not_contacted"],
    "mql": ["MQL", "Marketing Qualified", "marketing-qualified"],
    "sal": ["SAL", "Accepted", "Working", "Working - Contacted", "Contacted"],
    "sql": ["SQL", "Sales Qualified", "Qualified", "Closed - Converted", "Converted"],
    "recycled": ["Recycled", "Nurture", "Nurturing"],
    "rejected": ["Rejected", "Unqualified", "Disqualified", "Closed - Not Converted"],
    None: ["Parked", "", None],
}


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """An empty org."""
    return Crm(tmp_path)


def test_the_status_map(crm: Crm) -> None:
    """Every status of the map, in any spelling, becomes its stage, and any other none."""
    expected = {f"{stage}-{word}": stage for stage, words in STAGES.items() for word in words}
    crm.land("Lead", *({"Id": f"{stage}-{word}", "Status": word} for stage, words in STAGES.items() for word in words))
    assert {key: row["status_stage"] for key, row in crm.table("lead").items()} == expected


def test_a_converted_lead(crm: Crm) -> None:
    """The day of the conversion is the vendor's own, with the three records that the lead became."""
    crm.land(
        "Lead",
        {
            "Id": "1",
            "IsConverted": True,
            "ConvertedDate": "2026-05-04",
            "ConvertedAccountId": "A",
            "ConvertedContactId": "C",
            "ConvertedOpportunityId": "O",
            "Rejection_Reason__c": "Budget",
        },
        {"Id": "2"},
    )
    found = crm.table("lead")
    lead = found["1"]
    assert (lead["is_converted"], lead["converted_date"], lead["rejection_reason"]) == (
        True,
        date(2026, 5, 4),
        "Budget",
    )
    assert (lead["converted_account_id"], lead["converted_contact_id"], lead["converted_opportunity_id"]) == (
        "A",
        "C",
        "O",
    )
    assert found["2"]["is_converted"] is False


def history(key: str, field: str, old: object, new: object) -> dict[str, object]:
    """A row of LeadHistory."""
    return {
        "Id": key,
        "LeadId": "L",
        "Field": field,
        "OldValue": old,
        "NewValue": new,
        "CreatedDate": "2026-05-02T09:00:00.000+0000",
    }


def test_history_tells_status_owner_and_conversion(crm: Crm) -> None:
    """Status changes carry their stages, the conversion its instant; other fields are no event."""
    crm.land(
        "LeadHistory",
        history("1", "Status", "New", "MQL"),
        history("2", "leadConverted", None, None),
        history("3", "Email", "a", "b"),
    )
    found = crm.table("lead_event")
    assert set(found) == {"1", "2"}
    assert (found["1"]["field"], found["1"]["old_stage"], found["1"]["new_stage"]) == ("status", "inquiry", "mql")
    assert (found["1"]["old_value"], found["1"]["new_value"], found["1"]["at"]) == (
        "New",
        "MQL",
        utc("2026-05-02T09:00:00"),
    )
    assert (found["2"]["field"], found["2"]["new_stage"]) == ("converted", None)


def test_owners_are_told_by_id(crm: Crm) -> None:
    """A change of owner told by name becomes the id of the one user or queue of that name; two of one name stay a name."""
    crm.land("User", {"Id": "005A", "Name": "Ada Ng"}, {"Id": "005B", "Name": "Bo Li"}, {"Id": "005C", "Name": "Bo Li"})
    crm.land("Group", {"Id": "00GQ", "Name": "Queue AMER", "Type": "Queue"})
    crm.land(
        "LeadHistory",
        history("1", "Owner", "00GQ", "005A"),
        history("2", "Owner", "Queue AMER", "Ada Ng"),
        history("3", "ownerId", "005A", "Bo Li"),
    )
    found = crm.table("lead_event")
    told = {key: (row["old_value"], row["new_value"]) for key, row in found.items()}
    assert told == {"1": ("00GQ", "005A"), "2": ("00GQ", "005A"), "3": ("005A", "Bo Li")}
    assert {row["field"] for row in found.values()} == {"owner"}


def test_queues_are_groups_of_that_type(crm: Crm) -> None:
    """Public groups and roles are no queues."""
    crm.land("Group", {"Id": "1", "Name": "Leads", "Type": "Queue"}, {"Id": "2", "Name": "All", "Type": "Regular"})
    assert set(crm.table("queue")) == {"1"}


def test_users(crm: Crm) -> None:
    """Human users are those of type Standard or of no stated type; the e-mail is cleaned."""
    crm.land(
        "User",
        {
            "Id": "1",
            "Name": "Ada",
            "Email": "Ada@X.example",
            "UserType": "Standard",
            "IsActive": False,
            "TimeZoneSidKey": "Asia/Tokyo",
            "ManagerId": "2",
        },
        {"Id": "2", "UserType": "AutomatedProcess"},
        {"Id": "3"},
    )
    found = crm.table("user")
    assert (found["1"]["email"], found["1"]["is_active"], found["1"]["time_zone"], found["1"]["manager_id"]) == (
        "ada@x.example",
        False,
        "Asia/Tokyo",
        "2",
    )
    assert [found[key]["is_standard"] for key in "123"] == [True, False, True]
    assert found["3"]["is_active"] is True


def test_a_time_zone_that_nobody_knows_is_none(crm: Crm) -> None:
    """One user's odd zone must not stop the run: the company's zone stands in for it."""
    crm.land("User", {"Id": "1", "TimeZoneSidKey": "Foo/Bar"}, {"Id": "2", "TimeZoneSidKey": "America/Los_Angeles"})
    assert {key: row["time_zone"] for key, row in crm.table("user").items()} == {"1": None, "2": "America/Los_Angeles"}
