"""Campaigns, costs, responses and what sales did, as staged from Salesforce."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline_tests.staged.crm import Crm, utc

DONE = {
    "TaskSubtype": "Call",
    "Status": "Completed",
    "IsClosed": True,
    "OwnerId": "005A",
    "CompletedDateTime": "2026-06-02T08:00:00.000+0000",
}


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """An org with an active, a departed and an automatic user; the company's days are those of Berlin."""
    opened = Crm(tmp_path)
    opened.land(
        "User",
        {"Id": "005A", "UserType": "Standard", "IsActive": True},
        {"Id": "005B", "UserType": "Standard", "IsActive": False},
        {"Id": "005C", "UserType": "AutomatedProcess", "IsActive": True},
    )
    return opened


@pytest.mark.parametrize(
    ("kind", "channel", "is_known"),
    [
        ("Email", "email", True),
        ("Webinar", "webinar", True),
        ("Trade Show", "event", True),
        ("tradeshow", "event", True),
        ("Conference", "event", True),
        ("Advertisement", "paid_other", True),
        ("Paid Social", "paid_other", True),
        ("Web Form", "web", True),
        ("Content", "content", True),
        ("Referral Program", "partner", True),
        ("Telemarketing", "outbound", True),
        ("SDR", "outbound", True),
        ("Skywriting", "other", False),
        (None, "other", False),
    ],
)
def test_channels(crm: Crm, kind: str | None, channel: str, is_known: bool) -> None:
    """A campaign's type tells its channel; a type that is not in the map is `other` and known as such."""
    crm.land("Campaign", {"Id": "1", "Type": kind, "Name": "X"})
    found = crm.table("campaign")["1"]
    assert (found["channel"], found["is_known_type"]) == (channel, is_known)


def test_costs_cover_the_days_of_the_campaign(crm: Crm) -> None:
    """From StartDate, else the creation in the company's zone, to EndDate, else one day; no cost, no row."""
    dated = {"StartDate": "2026-05-01", "EndDate": "2026-05-31"}
    crm.land(
        "Campaign",
        {"Id": "both", "ActualCost": 1000.5, **dated},
        {"Id": "start", "ActualCost": 5, "StartDate": "2026-05-01", "CurrencyIsoCode": "JPY"},
        {"Id": "none", "ActualCost": 1, "CreatedDate": "2026-05-01T22:30:00.000+0000"},
        {"Id": "backwards", "ActualCost": 1, "StartDate": "2026-05-09", "EndDate": "2026-05-01"},
        {"Id": "free", "ActualCost": 0.0, **dated},
        {"Id": "unknown", **dated},
        {"Id": "deleted", "ActualCost": 7, "IsDeleted": True, **dated},
    )
    found = {
        key: (row["start_date"].day, row["end_date"].day, row["amount_minor"], row["currency_code"])
        for key, row in crm.table("cost").items()
    }
    assert found == {
        "both": (1, 31, 100_050, "USD"), "start": (1, 1, 5, "JPY"), "none": (2, 2, 100, "USD"), "backwards": (9, 9, 100, "USD"),
    }  # fmt: skip
    assert crm.table("cost")["both"]["start_date"] == date(2026, 5, 1)


def test_of_a_lead_that_is_gone_the_contact_responded(crm: Crm) -> None:
    """A converted lead stays named beside its contact: deleted or never seen, it takes no response with it; a merged one has a survivor."""
    crm.land("Lead", {"Id": "00Q1"}, {"Id": "00Q2", "IsDeleted": True}, {"Id": "00Q3", "IsDeleted": True, "MasterRecordId": "00Q1"})  # fmt: skip
    crm.land("Contact", {"Id": "0031"})
    responded = {"CampaignId": "701", "HasResponded": True, "FirstRespondedDate": "2026-05-10"}
    crm.land("CampaignMember", *({"Id": lead, "LeadId": lead, "ContactId": "0031", **responded} for lead in ("00Q1", "00Q2", "00Q3", "00Q4")), {"Id": "5", "LeadId": "00Q2", **responded})  # fmt: skip
    found = {key: row["person_record_id"] for key, row in crm.table("touch").items()}
    assert found == {"00Q1": "00Q1", "00Q2": "0031", "00Q3": "00Q3", "00Q4": "0031", "5": "00Q2"}


def test_a_member_that_was_moved_to_another_contact_is_that_contacts(crm: Crm) -> None:
    """Where the contact that the lead became was merged away and is purged; while the merge is seen, both are one person."""
    crm.land("Lead", *({"Id": lead, "ConvertedContactId": contact} for lead, contact in (("00Q1", "0031"), ("00Q2", "0030"), ("00Q3", "0032"))))  # fmt: skip
    crm.land("Contact", {"Id": "0031"}, {"Id": "0032", "IsDeleted": True, "MasterRecordId": "0031"}, {"Id": "0033", "IsDeleted": True})  # fmt: skip
    members = {
        "same": ("00Q1", "0031"),
        "purged": ("00Q2", "0031"),
        "seen": ("00Q3", "0031"),
        "deleted": ("00Q2", "0033"),
    }
    responded = {"CampaignId": "701", "HasResponded": True, "FirstRespondedDate": "2026-05-10"}
    crm.land("CampaignMember", *({"Id": key, "LeadId": lead, "ContactId": contact, **responded} for key, (lead, contact) in members.items()))  # fmt: skip
    found = {key: row["person_record_id"] for key, row in crm.table("touch").items()}
    assert found == {"same": "00Q1", "purged": "0031", "seen": "00Q3", "deleted": "00Q2"}


def test_a_merged_lead_is_gone_with_its_last_survivor(crm: Crm) -> None:
    """Merged into one that was deleted, over two steps, into one that cannot be seen or in a ring: the contact responded."""
    into = {"live": "", "1": "live", "2": "1", "gone": "", "3": "gone", "4": "3", "5": "unseen", "6": "7", "7": "6"}
    leads = [{"Id": key, "IsDeleted": key != "live", "MasterRecordId": master or None} for key, master in into.items()]
    crm.land("Lead", *leads)
    crm.land("Contact", {"Id": "0031"})
    responded = {"CampaignId": "701", "ContactId": "0031", "HasResponded": True, "FirstRespondedDate": "2026-05-10"}
    crm.land("CampaignMember", *({"Id": key, "LeadId": key, **responded} for key in into))
    found = {key: row["person_record_id"] for key, row in crm.table("touch").items()}
    assert {key for key, who in found.items() if who == key} == {"live", "1", "2"}
    assert {who for key, who in found.items() if key not in ("live", "1", "2")} == {"0031"}


def test_responses_are_dated_by_their_day(crm: Crm) -> None:
    """A response is at the start of its day in the company's zone; without a day, of the day of the member's creation."""
    crm.land("Lead", {"Id": "00Q1"})
    crm.land("Contact", {"Id": "0031"})
    crm.land(
        "CampaignMember",
        {
            "Id": "1",
            "CampaignId": "701",
            "LeadId": "00Q1",
            "ContactId": "0031",
            "HasResponded": True,
            "FirstRespondedDate": "2026-05-10",
        },
        {
            "Id": "2",
            "CampaignId": "701",
            "ContactId": "0031",
            "HasResponded": True,
            "CreatedDate": "2026-05-01T22:30:00.000+0000",
        },
        {"Id": "3", "CampaignId": "701", "LeadId": "00Q1", "HasResponded": False, "FirstRespondedDate": "2026-05-10"},
        {"Id": "4", "CampaignId": "701", "LeadId": "00Q1", "HasResponded": True, "IsDeleted": True},
        {"Id": "5", "CampaignId": "701", "LeadId": "00Q1", "HasResponded": True},
    )
    crm.land("CampaignMember", deleted=(("5", "2026-06-05T00:00:00.000+0000"),))
    found = crm.table("touch")
    assert set(found) == {"1", "2"}
    assert (found["1"]["at"], found["2"]["at"]) == (utc("2026-05-09T22:00:00"), utc("2026-05-01T22:00:00"))
    assert {(row["is_day_grain"], row["is_hand_raise"], row["origin"], row["kind"]) for row in found.values()} == {
        (True, True, "marketing", "member_response")
    }
    assert (found["1"]["person_object"], found["1"]["person_record_id"], found["1"]["campaign_record_id"]) == (
        "Lead",
        "00Q1",
        "701",
    )
    assert (found["2"]["person_object"], found["2"]["person_record_id"], found["2"]["channel"]) == (
        "Contact",
        "0031",
        None,
    )


def tasks(**cases: dict[str, Any]) -> list[dict[str, Any]]:
    """Completed calls of the active user, each changed as its case says."""
    return [{"Id": key, "WhoId": "00Q1", **DONE, **changes} for key, changes in cases.items()]


def test_sales_touches_are_completed_calls_and_mails_by_active_users(crm: Crm) -> None:
    """Completed tasks of subtype Call or Email; the user must be standard, and for a touch still be there."""
    crm.land("Task", *tasks(
        call={}, mail={"TaskSubtype": "Email"}, by_flag={"Status": "Done"}, by_status={"IsClosed": None},
        open={"IsClosed": False, "Status": "Open"}, other={"TaskSubtype": "Task"}, mass={"TaskSubtype": "ListEmail"},
        left={"OwnerId": "005B"}, robot={"OwnerId": "005C"}, nobody={"OwnerId": "005X"}, deleted={"IsDeleted": True},
        series={"IsRecurrence": True}, ahead={"CompletedDateTime": "2026-07-01T00:00:00.000+0000"},
    ))  # fmt: skip
    assert set(crm.table("touch")) == {"call", "mail", "by_flag", "by_status"}
    assert set(crm.table("attempt")) == {"call", "mail", "by_flag", "by_status", "left"}
    touch, attempt = crm.table("touch")["mail"], crm.table("attempt")["mail"]
    assert (touch["origin"], touch["kind"], touch["channel"], touch["is_hand_raise"], touch["person_object"]) == (
        "sales",
        "email",
        "outbound",
        False,
        "Lead",
    )
    assert touch["at"] == attempt["at"] == utc("2026-06-02T08:00:00")
    assert (attempt["kind"], attempt["owner_id"], attempt["person_record_id"]) == ("email", "005A", "00Q1")


def test_a_task_without_an_instant_counts_by_its_day(crm: Crm) -> None:
    """A completed task of which only the day is known is at the start of that day, and says so."""
    crm.land(
        "Task", *tasks(day={"CompletedDateTime": None, "ActivityDate": "2026-06-02"}, never={"CompletedDateTime": None})
    )
    found = crm.table("touch")
    assert set(found) == {"day"}
    assert (found["day"]["at"], found["day"]["is_day_grain"]) == (utc("2026-06-01T22:00:00"), True)


def test_meetings_are_parents_past_or_coming_and_touches_only_past(crm: Crm) -> None:
    """An invitee's copy is no second meeting; a meeting to come is one, but neither a touch nor an attempt yet."""
    start = {
        "OwnerId": "005A",
        "WhoId": "0031",
        "AccountId": "001",
        "StartDateTime": "2026-06-03T09:00:00.000+0000",
        "EndDateTime": "2026-06-03T10:00:00.000+0000",
    }
    crm.land(
        "Event",
        {"Id": "past", **start},
        {"Id": "child", **start, "IsChild": True},
        {"Id": "coming", **start, "StartDateTime": "2026-07-03T09:00:00.000+0000"},
        {"Id": "deleted", **start, "IsDeleted": True},
        {"Id": "left", **start, "OwnerId": "005B"},
    )
    assert set(crm.table("meeting")) == {"past", "coming", "left"}
    assert set(crm.table("touch")) == {"past"}
    assert set(crm.table("attempt")) == {"past", "left"}
    meeting = crm.table("meeting")["past"]
    assert (meeting["starts_at"], meeting["ends_at"]) == (utc("2026-06-03T09:00:00"), utc("2026-06-03T10:00:00"))
    assert (meeting["owner_id"], meeting["person_record_id"], meeting["account_record_id"]) == ("005A", "0031", "001")
    assert crm.table("touch")["past"]["person_object"] == "Contact"
