"""Marketo's records become our marketing tables: people, merges, status changes, touches, programmes and their costs."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline_tests.staged.staging import Bench, Rows


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lead(key: int, **fields: Any) -> dict[str, Any]:
    """Make a lead as the REST API answers it."""
    stamps = {"createdAt": "2026-01-10T08:00:00Z", "updatedAt": "2026-02-01T09:30:00Z"}
    return {"id": key, "email": f"p{key}@acme.example"} | stamps | fields


def activity(key: int, kind: int, lead_id: int = 1, at: str = "2026-03-05T23:30:00Z", **fields: Any) -> dict[str, Any]:
    """Make an activity; `named` values become its attributes."""
    named = [{"name": name, "value": value} for name, value in fields.pop("named", {}).items()]
    base = {"id": key, "marketoGUID": str(key), "leadId": lead_id, "activityDate": at, "activityTypeId": kind}
    return base | {"attributes": named} | fields


def by_id(rows: Rows) -> dict[str, dict[str, Any]]:
    return {row["record_id"]: row for row in rows}


def test_person(bench: Bench) -> None:
    """A lead becomes a person: mailbox in lower case, region by country, segment by head count, first interest as line."""
    told = lead(
        7, email=" Ada@ACME.example ", firstName="Ada", lastName="Byron", country="Germany", numberOfEmployees=250,
        solutionInterest="Data;Pipes", leadSource=" n/a ", unsubscribed=True, phone="", mobilePhone="+49 170 1",
    )  # fmt: skip
    bench.land("marketo", "leads", [told])
    (row,) = bench.stage("marketo", "person")
    assert (row["record_id"], row["email"], row["name"]) == ("7", "ada@acme.example", "Ada Byron")
    assert (row["region"], row["segment"], row["product_line"]) == ("EMEA", "mid", "Data")
    assert (row["lead_source"], row["can_email"], row["phone"], row["mobile_phone"]) == (None, False, None, "+49 170 1")
    assert (row["created_at"], row["modified_at"]) == (utc("2026-01-10T08:00"), utc("2026-02-01T09:30"))
    assert not row["is_deleted"] and row["merged_into_id"] is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("0015e00000AA0Dm", "0015e00000AA0DmAAL"),
        ("0035e00000AA0FFAA1", "0035e00000AA0FFAA1"),
        ("001aaaaaaaaaaaa", "001aaaaaaaaaaaaAAA"),
        ("001AAAAAAAAAAAA", "001AAAAAAAAAAAAY55"),
        ("", None),
        (None, None),
    ],
)
def test_crm_ids_have_eighteen_characters(bench: Bench, told: str | None, expected: str | None) -> None:
    """A CRM id of 15 characters gets its three signs of capitals, one of 18 stays, an empty one is none."""
    bench.land("marketo", "leads", [lead(1, sfdcLeadId=told, sfdcContactId=told, sfdcAccountId=told)])
    (row,) = bench.stage("marketo", "person")
    assert (row["crm_lead_id"], row["crm_contact_id"], row["account_record_id"]) == (expected, expected, expected)


def test_deleted_and_merged_leads(bench: Bench) -> None:
    """A deleted lead is flagged, also one that was never seen before; merged ones name their survivor, seen or not."""
    bench.land("marketo", "leads", [lead(1), lead(2), lead(3)])
    bench.land("marketo", "leads", [], deleted=[(gone, "2026-03-01T00:00:00+0000") for gone in ("2", "9", "1286861")])
    bench.land("marketo", "activities", [activity(1, 32, named={"Merge IDs": "[3, 1286861]"})])
    rows = by_id(bench.stage("marketo", "person"))
    assert {key: (row["is_deleted"], row["merged_into_id"]) for key, row in rows.items()} == {
        "1": (False, None), "2": (True, None), "3": (True, "1"), "1286861": (True, "1"), "9": (True, None),
    }  # fmt: skip
    leads = {row["lead_id"]: row["merged_into_id"] for row in bench.stage("marketo", "lead")}
    assert leads == {"1": None, "2": None, "3": "1"}


def test_merge_of_a_lead_into_itself_says_nothing(bench: Bench) -> None:
    """A survivor that names itself among the lost ones stays; of two merges of one lead the later counts."""
    bench.land("marketo", "leads", [lead(1)])
    merges = [
        activity(1, 32, named={"Merge IDs": "[1,5]"}),
        activity(2, 32, lead_id=8, at="2026-03-06T00:00:00Z", named={"Merge IDs": "5"}),
    ]
    bench.land("marketo", "activities", merges)
    rows = by_id(bench.stage("marketo", "person"))
    assert {key: row["merged_into_id"] for key, row in rows.items()} == {"1": None, "5": "8"}


def test_lead_with_its_status(bench: Bench) -> None:
    """A lead's status is read by the map; an unknown one has no stage; without a creation the newest change stands in."""
    told = [lead(1, leadStatus="Open - Not Contacted"), lead(2, leadStatus="Thinking", createdAt=None)]
    bench.land("marketo", "leads", told)
    first, second = bench.stage("marketo", "lead")
    assert (first["status"], first["status_stage"], first["is_converted"]) == ("Open - Not Contacted", "inquiry", False)
    assert (second["status_stage"], second["created_at"]) == (None, utc("2026-02-01T09:30"))


def test_status_changes_only(bench: Bench) -> None:
    """Of logged changes of data only those of the lead status are events, with the stages of both words."""
    change = {"Old Value": "New", "New Value": "MQL", "Reason": "Synced"}
    rows = [
        activity(1, 13, primaryAttributeValueId=19, primaryAttributeValue="Lead Status", named=change),
        activity(2, 13, primaryAttributeValueId=48, primaryAttributeValue="Lead Score", named=change),
        activity(3, 13, primaryAttributeValue="Lead Status", named={"New Value": "Thinking"}),
    ]
    bench.land("marketo", "activities", rows)
    first, second = bench.stage("marketo", "lead_event")
    assert (first["event_id"], first["lead_id"], first["field"]) == ("1", "1", "status")
    assert (first["old_stage"], first["new_stage"], first["at"]) == ("inquiry", "mql", utc("2026-03-05T23:30"))
    assert (second["old_value"], second["new_value"], second["new_stage"]) == (None, "Thinking", None)


def test_touches(bench: Bench) -> None:
    """Forms, links, human clicks and successes are touches; bots, failures, changes and what lies ahead are not."""
    rows = [
        activity(1, 2, campaignId=2001),
        activity(2, 3),
        activity(3, 11, named={"Is Bot Activity": False}),
        activity(4, 11, named={"Is Bot Activity": True}),
        activity(5, 11, named={"Is Bot Activity": "true"}),
        activity(6, 11),
        activity(7, 104, campaignId=2001, primaryAttributeValueId=1107, named={"Success": True}),
        activity(8, 104, primaryAttributeValueId=1107, named={"Success": False}),
        activity(9, 104, primaryAttributeValueId=1107),
        activity(10, 13, primaryAttributeValue="Lead Status"),
        activity(11, 2, at="2026-07-01T00:00:01Z"),
    ]
    bench.land("marketo", "activities", rows)
    found = by_id(bench.stage("marketo", "touch"))
    assert {key: (row["kind"], row["channel"], row["is_hand_raise"]) for key, row in found.items()} == {
        "1": ("form", "web", True), "2": ("link_click", "web", False), "3": ("email_click", "email", False),
        "6": ("email_click", "email", False), "7": ("program_success", "other", False),
    }  # fmt: skip
    assert (found["1"]["campaign_record_id"], found["1"]["alias_record_id"]) == (None, "2001")
    assert (found["7"]["campaign_record_id"], found["7"]["person_record_id"]) == ("1107", "1")
    assert {row["object"] for row in found.values()} == {"activities"}


def test_programs(bench: Bench) -> None:
    """A programme's channel goes by the map; its instants become days in the company's zone, its CRM id has 18 signs."""
    rows = [
        {"id": 1, "name": "Fair", "channel": "Trade Show", "sfdcId": "7015e00000AA0Dm", "startDate": "2026-03-01T23:30:00Z+0000",
         "endDate": "2026-03-04", "createdAt": "2026-02-21T22:45:13Z+0000", "updatedAt": "2026-02-21T22:45:13Z+0000"},
        {"id": 2, "name": "Pod", "channel": "Podcast"}, {"id": 3, "channel": "Online Advertising", "costs": None},
    ]  # fmt: skip
    bench.land("marketo", "programs", rows)
    fair, pod, ads = bench.stage("marketo", "campaign")
    assert (fair["campaign_id"], fair["channel"], fair["is_known_type"]) == ("1", "event", True)
    assert (fair["start_date"], fair["end_date"]) == (date(2026, 3, 2), date(2026, 3, 4))
    assert (fair["crm_campaign_id"], fair["created_at"]) == ("7015e00000AA0DmAAL", utc("2026-02-21T22:45:13"))
    assert (pod["channel"], pod["is_known_type"], pod["type"]) == ("other", False, "Podcast")
    assert (ads["channel"], ads["is_known_type"]) == ("paid_other", True)


def test_smart_campaigns_lead_to_programs(bench: Bench) -> None:
    """A smart campaign is another name of its programme; one that belongs to none is left out."""
    bench.land("marketo", "campaigns", [{"id": 2001, "programId": 1107}, {"id": 2002, "programId": None}])
    assert [(row["alias_id"], row["campaign_id"]) for row in bench.stage("marketo", "campaign_alias")] == [
        ("2001", "1107")
    ]


@pytest.mark.parametrize(("currency", "expected"), [("USD", 200_000), ("JPY", 2_000), ("KWD", 2_000_000)])
def test_period_costs(tmp_path: Path, currency: str, expected: int) -> None:
    """A period cost covers its month, in the reporting currency; two of one month stay apart, zero and none are left out."""
    costs = [
        {"startDate": "2026-02-01", "cost": 2000, "note": "AdWords"}, {"startDate": "2026-02-01", "cost": 2000},
        {"startDate": "2026-03-15", "cost": "2000"}, {"startDate": "2026-04-01", "cost": 0},
        {"startDate": "2026-05-01", "cost": None},
    ]  # fmt: skip
    bench = Bench(tmp_path / "home", currency)
    bench.land("marketo", "programs", [{"id": 1, "costs": costs}, {"id": 2, "costs": []}])
    rows = bench.stage("marketo", "cost")
    assert [(row["start_date"], row["end_date"]) for row in rows] == [
        (date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 3, 1), date(2026, 3, 31)),
    ]  # fmt: skip
    assert {(row["campaign_id"], row["amount_minor"], row["currency_code"]) for row in rows} == {
        ("1", expected, currency)
    }
    assert len({row["cost_id"] for row in rows}) == 3


def test_newest_version_counts(bench: Bench) -> None:
    """Of two versions of a lead the later stamp counts whatever the order of landing; of two alike the later landing."""
    bench.land("marketo", "leads", [lead(1, title="new", updatedAt="2026-03-01T00:00:00Z")], at=utc("2026-06-01T00:00"))
    bench.land("marketo", "leads", [lead(1, title="old"), lead(2, title="a")], at=utc("2026-06-02T00:00"))
    bench.land("marketo", "leads", [lead(2, title="b")], at=utc("2026-06-03T00:00"))
    assert [row["title"] for row in bench.stage("marketo", "person")] == ["new", "b"]


def test_refused_rows(bench: Bench) -> None:
    """What cannot be read is refused with its field, and nothing of it shows."""
    bench.land("marketo", "leads", [lead(1, numberOfEmployees="many"), lead(2, updatedAt="yesterday"), {"email": "x"}])
    bench.land(
        "marketo", "activities", [activity(1, 2, at="soon"), {"marketoGUID": "2", "activityTypeId": 2, "leadId": 1}]
    )
    bench.land("marketo", "programs", [{"id": 1, "costs": [{"startDate": "2026-02-01", "cost": "much"}]}])
    refused = {key: code for key, (code, _) in bench.refused("marketo", "leads").items()}
    assert refused == {"1": "bad_type", "2": "bad_type", "": "missing_key"}
    assert {key: code for key, (code, _) in bench.refused("marketo", "activities").items()} == {
        "1": "bad_type", "2": "missing_field",
    }  # fmt: skip
    assert bench.refused("marketo", "programs")["1"][0] == "bad_type"
    assert bench.stage("marketo", "person") == bench.stage("marketo", "touch") == bench.stage("marketo", "cost") == []
