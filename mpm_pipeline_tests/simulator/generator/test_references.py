"""Every reference in the default world leads to a record that is there, but for the flaws that its truth names."""

import pytest

from mpm_pipeline_tests.simulator.generator.looking import Look, Record

CRM = (
    ("Account", "ParentId", ("Account",)),
    ("Account", "OwnerId", ("User",)),
    ("Contact", "AccountId", ("Account",)),
    ("Contact", "OwnerId", ("User",)),
    ("Lead", "OwnerId", ("User", "Group")),
    ("Lead", "ConvertedAccountId", ("Account",)),
    ("Lead", "ConvertedContactId", ("Contact",)),
    ("Lead", "ConvertedOpportunityId", ("Opportunity",)),
    ("LeadHistory", "LeadId", ("Lead",)),
    ("Opportunity", "AccountId", ("Account",)),
    ("Opportunity", "OwnerId", ("User",)),
    ("Opportunity", "CampaignId", ("Campaign",)),
    ("OpportunityHistory", "OpportunityId", ("Opportunity",)),
    ("OpportunityContactRole", "OpportunityId", ("Opportunity",)),
    ("OpportunityContactRole", "ContactId", ("Contact",)),
    ("Campaign", "ParentId", ("Campaign",)),
    ("CampaignMember", "CampaignId", ("Campaign",)),
    ("CampaignMember", "LeadId", ("Lead",)),
    ("CampaignMember", "ContactId", ("Contact",)),
    ("CampaignMemberStatus", "CampaignId", ("Campaign",)),
    ("Task", "WhoId", ("Lead", "Contact")),
    ("Task", "WhatId", ("Opportunity",)),
    ("Task", "OwnerId", ("User",)),
    ("Event", "WhoId", ("Lead", "Contact")),
    ("Event", "AccountId", ("Account",)),
    ("Event", "OwnerId", ("User",)),
    ("User", "UserRoleId", ("UserRole",)),
)
MONEY = (
    ("subscriptions", "customer", "customers"),
    ("invoices", "customer", "customers"),
    ("invoice_payments", "invoice", "invoices"),
    ("charges", "customer", "customers"),
    ("charges", "payment_intent", "payment_intents"),
    ("refunds", "charge", "charges"),
    ("credit_notes", "invoice", "invoices"),
    ("prices", "product", "products"),
)


def known_by_now(look: Look, name: str) -> set[str]:
    """Return the keys that the vendor has shown by now, also those that it shows no more."""
    return {version.key for version in look.all(name) if version.at <= look.now}


def test_crm_references_lead_somewhere(look: Look) -> None:
    """The only CRM references into nothing are the ones that the truth calls dangling."""
    nowhere = set()
    for name, field, targets in CRM:
        known = set().union(*(known_by_now(look, f"salesforce/{target}") for target in targets))
        assert known, targets
        for record in look.live(f"salesforce/{name}"):
            if record[field] is not None and record[field] not in known:
                nowhere.add((name, record["Id"]))
    assert nowhere == look.flaws("dangling")
    assert len(nowhere) == 8


@pytest.mark.parametrize(("name", "field", "target"), MONEY)
def test_billing_references_lead_somewhere(look: Look, name: str, field: str, target: str) -> None:
    """Every reference between billing objects leads to an object that is shown."""
    known = {record["id"] for record in look.live(f"stripe/{target}")}
    assert all(record[field] in known for record in look.live(f"stripe/{name}") if record[field] is not None)


def test_lines_and_items_name_known_prices(look: Look) -> None:
    """Prices of invoice lines and subscription items stand in the price list, at the same amount."""
    prices = {record["id"]: record for record in look.live("stripe/prices")}
    for invoice in look.live("stripe/invoices"):
        for line in invoice["lines"]["data"]:
            price = prices[line["pricing"]["price_details"]["price"]]
            assert price["currency"] == invoice["currency"]
            assert price["unit_amount_decimal"] == line["pricing"]["unit_amount_decimal"]
    for subscription in look.live("stripe/subscriptions"):
        for item in subscription["items"]["data"]:
            assert item["price"] == prices[item["price"]["id"]]


def test_converted_leads_point_to_live_records(look: Look) -> None:
    """A converted lead has an account and a contact that are there; most have a deal, at that account."""
    accounts, contacts, deals = (
        {record["Id"]: record for record in look.live(f"salesforce/{name}")}
        for name in ("Account", "Contact", "Opportunity")
    )
    converted = [lead for lead in look.live("salesforce/Lead") if lead["IsConverted"]]
    with_deal = [lead for lead in converted if lead["ConvertedOpportunityId"]]
    assert len(with_deal) > 0.8 * len(converted) > 50
    for lead in converted:
        assert lead["ConvertedAccountId"] in accounts
        assert lead["ConvertedContactId"] in contacts
        assert lead["ConvertedDate"]
    for lead in with_deal:
        assert lead["ConvertedOpportunityId"] in deals


def test_systems_know_each_other(look: Look) -> None:
    """Most people of the marketing system carry CRM ids that exist, most customers an account id; some do not."""
    leads, contacts, accounts = (known_by_now(look, f"salesforce/{name}") for name in ("Lead", "Contact", "Account"))
    people = look.live("marketo/leads")
    synced = [person for person in people if person["sfdcLeadId"] or person["sfdcContactId"]]
    assert 0.85 < len(synced) / len(people) < 0.99
    for person in synced:
        assert person["sfdcLeadId"] is None or person["sfdcLeadId"] in leads
        assert person["sfdcContactId"] is None or person["sfdcContactId"] in contacts
    declared = [_declared(customer) for customer in look.live("stripe/customers")]
    assert 0.8 < sum(found is not None for found in declared) / len(declared) < 1.0
    assert all(found in accounts for found in declared if found)
    users = {user["Email"] for user in look.live("salesforce/User")}
    assert {rep["email"] for rep in look.live("hr/reps")} <= users


def _declared(customer: Record) -> str | None:
    metadata = customer["metadata"]
    return metadata.get("sfdc_account_id") or metadata.get("salesforce_account_id")


def test_campaigns_of_touches_are_known(look: Look) -> None:
    """Activities name smart campaigns of programmes, form responses name ads campaigns, programmes CRM campaigns."""
    smart = {record["id"]: record["programId"] for record in look.live("marketo/campaigns")}
    programs = {record["id"] for record in look.live("marketo/programs")}
    assert set(smart.values()) == programs
    people = known_by_now(look, "marketo/leads")
    for activity in look.live("marketo/activities"):
        assert activity["campaignId"] is None or activity["campaignId"] in smart
        assert str(activity["leadId"]) in people
    ads = {f"urn:li:sponsoredCampaign:{record['id']}" for record in look.live("linkedin/adCampaigns")}
    for response in look.live("linkedin/leadFormResponses"):
        assert response["leadMetadata"]["sponsoredLeadMetadata"]["campaign"] in ads
    assert {row["pivotValues"][0] for row in look.live("linkedin/adAnalytics")} == ads
    linked = [record["sfdcId"] for record in look.live("marketo/programs") if "sfdcId" in record]
    assert set(linked) <= known_by_now(look, "salesforce/Campaign")
    assert 0 < len(linked) < len(programs)
