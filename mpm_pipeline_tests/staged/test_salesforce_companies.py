"""Accounts and people of Salesforce as staged: regions, segments, domains, sources, consent, deletes and merges."""

from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline_tests.staged.crm import STAMP, Crm


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """An empty org."""
    return Crm(tmp_path)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"NumberOfEmployees": 199}, "smb"),
        ({"NumberOfEmployees": 200.0}, "mid"),
        ({"NumberOfEmployees": 1999}, "mid"),
        ({"NumberOfEmployees": 2000}, "enterprise"),
        ({}, "unknown"),
        ({"Segment__c": "Mid-Market", "NumberOfEmployees": 5}, "mid"),
        ({"Segment__c": "SMB"}, "smb"),
        ({"Segment__c": "", "NumberOfEmployees": 5}, "smb"),
    ],
)
def test_segment(crm: Crm, fields: dict[str, Any], expected: str) -> None:
    """Below 200 employees smb, below 2,000 mid, else enterprise; the company's own segment first, unless it is empty."""
    crm.land("Account", {"Id": "1", **fields})
    assert crm.table("account")["1"]["segment"] == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"BillingCountry": "United States"}, "AMER"),
        ({"BillingCountry": " brazil "}, "AMER"),
        ({"BillingCountry": "U.S.A."}, "AMER"),
        ({"BillingCountry": "DE"}, "EMEA"),
        ({"BillingCountry": "ZAF"}, "EMEA"),
        ({"BillingCountry": "Israel"}, "EMEA"),
        ({"BillingCountry": "India"}, "APAC"),
        ({"BillingCountry": "New Zealand"}, "APAC"),
        ({"BillingCountry": "Côte d'Ivoire"}, "EMEA"),
        ({"BillingCountry": "Narnia"}, "unknown"),
        ({}, "unknown"),
        ({"Region__c": "emea", "BillingCountry": "US"}, "EMEA"),
        ({"Region__c": " ", "BillingCountry": "US"}, "AMER"),
    ],
)
def test_region(crm: Crm, fields: dict[str, Any], expected: str) -> None:
    """ISO codes and English names in any spelling; Western Asia is EMEA; the company's own region first."""
    crm.land("Account", {"Id": "1", **fields})
    assert crm.table("account")["1"]["region"] == expected


@pytest.mark.parametrize(
    ("website", "expected"),
    [
        ("https://www.Acme.co.uk/about?x=1", "acme.co.uk"),
        ("acme.example", "acme.example"),
        ("http://shop.acme.com:8080", "acme.com"),
        ("info@acme.com", "acme.com"),
        ("gmail.com", None),
        ("n/a", None),
        ("192.168.1.1", None),
        ("co.uk", None),
        ("", None),
    ],
)
def test_domain(crm: Crm, website: str, expected: str | None) -> None:
    """The part of the website that somebody registered; free mail and what is no address have none."""
    crm.land("Account", {"Id": "1", "Website": website})
    assert crm.table("account")["1"]["domain"] == expected


def test_deleted_and_merged_companies_stay_and_say_so(crm: Crm) -> None:
    """A deleted company keeps its fields under the flag; an id of which nothing but the delete is known is no row."""
    crm.land(
        "Account", {"Id": "1", "Name": "Gone", "IsDeleted": True, "MasterRecordId": "2"}, {"Id": "3", "Name": "Purged"}
    )
    crm.land("Account", deleted=(("3", "2026-06-02T00:00:00.000+0000"), ("4", STAMP)))
    found = crm.table("account")
    assert set(found) == {"1", "3"}
    assert (found["1"]["is_deleted"], found["1"]["merged_into_id"]) == (True, "2")
    assert (found["3"]["is_deleted"], found["3"]["name"]) == (True, "Purged")


def test_people_are_leads_and_contacts(crm: Crm) -> None:
    """Both objects become people with one shape: declared links, a cleaned e-mail, the name put together if need be."""
    crm.land(
        "Lead",
        {
            "Id": "L",
            "FirstName": "Ada",
            "LastName": "Ng",
            "Email": " Ada@X.Example ",
            "ConvertedContactId": "C",
            "ConvertedAccountId": "A",
            "Country": "JP",
            "NumberOfEmployees": 10,
            "LeadSource": "N / A",
        },
    )
    crm.land(
        "Contact",
        {
            "Id": "C",
            "Name": "Ada Ng",
            "AccountId": "A",
            "MailingCountry": "DE",
            "LeadSource": "Web",
            "Solution_Interest__c": "Data; CRM",
        },
    )
    found = crm.table("person")
    lead, contact = found["L"], found["C"]
    assert (lead["object"], lead["name"], lead["email"], lead["segment"], lead["region"]) == (
        "Lead",
        "Ada Ng",
        "ada@x.example",
        "smb",
        "APAC",
    )
    assert (lead["crm_contact_id"], lead["account_record_id"], lead["lead_source"]) == ("C", "A", None)
    assert (contact["object"], contact["account_record_id"], contact["region"], contact["segment"]) == (
        "Contact",
        "A",
        "EMEA",
        "unknown",
    )
    assert (contact["lead_source"], contact["product_line"], contact["solution_interest"]) == (
        "Web",
        "Data",
        "Data; CRM",
    )


@pytest.mark.parametrize("word", ["", "-", "n/a", "None", "OTHER", "unknown", "Select", "test", "Please Select", None])
def test_placeholders_are_no_lead_source(crm: Crm, word: str | None) -> None:
    """What people type to get past a form is no source."""
    crm.land("Lead", {"Id": "L", "LeadSource": word})
    assert crm.table("lead")["L"]["lead_source"] is None


def test_consent_is_unknown_unless_the_org_says(crm: Crm) -> None:
    """An opt-out is false, its absence true, and a field that the org does not have is null."""
    crm.land(
        "Contact",
        {"Id": "1", "HasOptedOutOfEmail": True, "DoNotCall": True, "Do_Not_Contact__c": True},
        {"Id": "2", "HasOptedOutOfEmail": False},
        {"Id": "3"},
    )
    found = crm.table("person")
    assert [found[key]["can_email"] for key in "123"] == [False, True, None]
    assert [found[key]["is_do_not_contact"] for key in "123"] == [True, None, None]
    assert [found[key]["is_do_not_call"] for key in "123"] == [True, None, None]


def test_the_newest_version_counts(crm: Crm) -> None:
    """Of all landed versions the one with the newest stamp is staged, whatever landed last."""
    crm.land("Account", {"Id": "1", "Name": "New", "SystemModstamp": "2026-06-20T00:00:00.000+0000"})
    crm.land("Account", {"Id": "1", "Name": "Old", "SystemModstamp": "2026-06-10T00:00:00.000+0000"})
    assert crm.table("account")["1"]["name"] == "New"
