"""Deals of Salesforce as staged: money, stages and their meaning, history, roles, products."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline_tests.staged.crm import Crm, utc


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """An empty org."""
    return Crm(tmp_path)


def stages(*rows: tuple[str, int | None, bool, bool]) -> list[dict[str, Any]]:
    """Stages as (name, order, closed, won)."""
    return [
        {"Id": f"01J{name}", "ApiName": name, "MasterLabel": name, "SortOrder": order, "IsClosed": closed, "IsWon": won, "IsActive": True}
        for name, order, closed, won in rows
    ]  # fmt: skip


USUAL = stages(
    ("Prospecting", 1, False, False), ("Qualification", 2, False, False), ("Proposal", 3, False, False), ("Won", 4, True, True), ("Lost", 5, True, False),
)  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "code"),
    [
        (48000.0, None, 4_800_000, "USD"),
        (0.1 + 0.2, None, 30, "USD"),
        (1.005, "EUR", 100, "EUR"),
        (1.015, "eur", 102, "EUR"),
        (1234.5, "JPY", 1234, "JPY"),
        (1235.5, "JPY", 1236, "JPY"),
        (1.2345, "KWD", 1234, "KWD"),
        (-2.5, None, -250, "USD"),
        (1e6, None, 100_000_000, "USD"),
        (None, "GBP", None, "GBP"),
    ],
)
def test_amounts_become_minor_units(
    crm: Crm, amount: float | None, currency: str | None, minor: int | None, code: str
) -> None:
    """By decimal text, half-even at the currency's own exponent; without a currency in the reporting currency."""
    crm.land("Opportunity", {"Id": "1", "StageName": "Won", "Amount": amount, "CurrencyIsoCode": currency})
    crm.land("OpportunityHistory", {"Id": "h", "OpportunityId": "1", "StageName": "Won", "Amount": amount})
    deal, event = crm.table("opportunity")["1"], crm.table("opportunity_event")["h"]
    assert (deal["amount_minor"], deal["currency_code"]) == (minor, code)
    assert (event["amount_minor"], event["currency_code"]) == (minor, code)


def test_stages_mean_what_the_org_says(crm: Crm) -> None:
    """A declared stage tells closed and won; of an undeclared one the deal's own flags do."""
    crm.land("OpportunityStage", *USUAL)
    crm.land(
        "Opportunity",
        {"Id": "declared", "StageName": "Won", "IsClosed": False, "IsWon": False},
        {"Id": "own", "StageName": "Signed", "IsClosed": True, "IsWon": True},
        {"Id": "open", "StageName": "Signed?"},
    )
    found = crm.table("opportunity")
    assert {key: (row["is_closed"], row["is_won"]) for key, row in found.items()} == {
        "declared": (True, True), "own": (True, True), "open": (False, False),
    }  # fmt: skip
    staged = crm.table("stage")
    assert (staged["Signed"]["is_won"], staged["Signed"]["is_qualified"], staged["Signed?"]["is_closed"]) == (
        True,
        True,
        False,
    )


def qualified(crm: Crm) -> set[str]:
    """Return the stages that count as pipeline."""
    return {name for name, row in crm.table("stage").items() if row["is_qualified"]}


def test_pipeline_begins_at_the_qualified_stage(crm: Crm) -> None:
    """Open stages at or after it and won ones count, a lost one never."""
    crm.land("OpportunityStage", *USUAL)
    assert qualified(crm) == {"Qualification", "Proposal", "Won"}


def test_the_qualified_stage_is_a_setting(tmp_path: Path) -> None:
    """Another stage may be named, by API name or label, in any case."""
    crm = Crm(tmp_path, funnel_qualified_stage=" proposal ")
    crm.land("OpportunityStage", *USUAL)
    assert qualified(crm) == {"Proposal", "Won"}


def test_without_such_a_stage_the_second_open_one_counts(crm: Crm) -> None:
    """An org that has no stage of that name: its second open stage by order; inactive stages are not counted."""
    rows = stages(
        ("Later", 30, False, False),
        ("First", 10, False, False),
        ("Dead", 15, False, False),
        ("Second", 20, False, False),
        ("Won", 40, True, True),
        ("Lost", 5, True, False),
    )
    rows[2]["IsActive"] = False
    crm.land("OpportunityStage", *rows)
    assert qualified(crm) == {"Second", "Later", "Won"}


def test_deals_may_name_a_stage_by_its_label(crm: Crm) -> None:
    """A stage that deals name by its label has the meaning and the place of that stage."""
    renamed = USUAL[2] | {"ApiName": "Proposal_v2"}
    crm.land("OpportunityStage", *USUAL[:2], renamed)
    crm.land("Opportunity", {"Id": "1", "StageName": "Proposal"})
    found = crm.table("stage")
    assert found["Proposal"]["sort_order"] == found["Proposal_v2"]["sort_order"] == 3
    assert qualified(crm) == {"Qualification", "Proposal", "Proposal_v2"}


def test_a_deal_keeps_its_fields(crm: Crm) -> None:
    """Product line is the company's own field, else the type; the sales process is the record type, else one for all."""
    crm.land(
        "Opportunity",
        {
            "Id": "1",
            "StageName": "Won",
            "Product_Line__c": "Data",
            "Type": "New",
            "RecordTypeId": "012",
            "CloseDate": "2026-05-31",
            "LeadSource": "other",
            "CampaignId": "701",
            "ContactId": "003",
            "AccountId": "001",
            "OwnerId": "005",
        },
        {"Id": "2", "StageName": "Won", "Product_Line__c": " ", "Type": "New", "LeadSource": "Web"},
    )
    found = crm.table("opportunity")
    one, two = found["1"], found["2"]
    assert (one["product_line"], one["sales_process"], one["close_date"], one["lead_source"]) == (
        "Data",
        "012",
        date(2026, 5, 31),
        None,
    )
    assert (one["campaign_record_id"], one["contact_record_id"], one["account_record_id"], one["owner_id"]) == (
        "701",
        "003",
        "001",
        "005",
    )
    assert (two["product_line"], two["sales_process"], two["close_date"], two["lead_source"]) == (
        "New",
        "default",
        None,
        "Web",
    )
    assert one["created_at"] == utc("2026-05-01T10:00:00")


def test_deleted_deals_are_out_with_their_history_and_roles(crm: Crm) -> None:
    """Neither a deal in the recycle bin nor a purged one is staged, and nothing that hangs on it."""
    crm.land(
        "Opportunity",
        {"Id": "1", "StageName": "Won"},
        {"Id": "2", "StageName": "Won", "IsDeleted": True},
        {"Id": "3", "StageName": "Won"},
    )
    crm.land("Opportunity", deleted=(("3", "2026-06-02T00:00:00.000+0000"),))
    crm.land("OpportunityHistory", *({"Id": f"h{deal}", "OpportunityId": deal} for deal in "1234"))
    crm.land(
        "OpportunityContactRole",
        *({"Id": f"r{deal}", "OpportunityId": deal, "ContactId": "C", "Role": "Buyer"} for deal in "123"),
    )
    assert set(crm.table("opportunity")) == {"1"}
    assert set(crm.table("opportunity_event")) == {"h1", "h4"}
    assert set(crm.table("contact_role")) == {"r1"}


def test_a_deal_that_was_restored_is_back(crm: Crm) -> None:
    """A version newer than the delete takes the deal out of the bin again."""
    crm.land("Opportunity", {"Id": "1", "StageName": "Won"}, deleted=(("1", "2026-06-02T00:00:00.000+0000"),))
    assert crm.table("opportunity") == {}
    crm.land("Opportunity", {"Id": "1", "StageName": "Won", "SystemModstamp": "2026-06-03T00:00:00.000+0000"})
    assert set(crm.table("opportunity")) == {"1"}


def test_products(crm: Crm) -> None:
    """Products keep their name and family, and say whether they are still sold."""
    crm.land("Product2", {"Id": "1", "Name": "GTX Pro", "Family": "GTX", "IsActive": False}, {"Id": "2", "Name": "MG"})
    found = crm.table("product")
    assert (found["1"]["name"], found["1"]["family"], found["1"]["is_active"], found["2"]["is_active"]) == (
        "GTX Pro",
        "GTX",
        False,
        True,
    )
