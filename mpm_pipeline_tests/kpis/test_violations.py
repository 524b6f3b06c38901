"""Breaches of the standards: named record by record, served all the same, allowed by registered exceptions (readings 47, 55)."""

import pytest


def deal(opportunity_id, product_line, account=None):
    return {"opportunity_id": opportunity_id, "product_line": product_line, "account_record_id": account, "stage": "x", "created_at": "2026-03-01", "currency_code": "USD", "sales_process": "d"}  # fmt: skip


@pytest.fixture
def today(world):
    return world("2026-07-01 00:00")


def broken(home):
    return {(row["rule"], row["record_id"]): row for row in home.table("kpis.meta_violation")}


def test_a_product_that_the_list_does_not_know(today):
    """GTXPro is not GTX Pro; a family counts as known, case and outer blanks do not matter, and no product is no breach."""
    today.stage("product", {"product_id": "P1", "name": "GTX Pro", "family": "GTX"})
    today.stage("opportunity", deal("O1", "GTXPro"), deal("O2", "gtx pro "), deal("O3", "GTX"), deal("O4", None))
    found = broken(today)
    assert set(found) == {("unknown_product", "O1")}
    assert found["unknown_product", "O1"]["value"] == "GTXPro"
    assert len(today.table("kpis.fct_opportunity")) == 4


def test_without_a_product_list_nothing_is_unknown(today):
    """A CRM that has no list of products breaks no standard by it."""
    assert broken(today.stage("opportunity", deal("O1", "GTXPro"))) == {}


def test_words_that_the_taxonomy_does_not_know(today):
    """A status and a campaign type of their own kind, today's and in history; the records are served."""
    today.stage("person", {"object": "Lead", "record_id": "L1"})
    today.stage("lead", {"lead_id": "L1", "status": "Warm", "created_at": "2026-03-01"}, {"lead_id": "L2", "status": "New", "status_stage": "inquiry", "created_at": "2026-03-01"})  # fmt: skip
    today.stage("lead_event", {"event_id": "h1", "lead_id": "L1", "at": "2026-03-02", "field": "status", "old_value": "New", "old_stage": "inquiry", "new_value": "Warm"})  # fmt: skip
    today.stage("campaign", {"campaign_id": "701", "type": "Skywriting", "channel": "other", "is_known_type": False})
    assert set(broken(today)) == {("unknown_status", "L1"), ("unknown_status", "h1"), ("unknown_channel", "701")}


def test_a_person_without_a_status_breaks_nothing(today):
    """Most people whom marketing knows are no leads of sales yet and have none."""
    today.stage("lead", {"lead_id": "7", "status": None, "created_at": "2026-03-01"}, source="marketo")
    assert broken(today) == {}


def test_a_breach_names_the_object_as_its_vendor_does(today):
    """A programme of Marketo and a campaign of Salesforce, both of a type that nobody agreed on."""
    unknown = {"type": "Skywriting", "channel": "other", "is_known_type": False}
    today.stage("campaign", {"campaign_id": "701", **unknown})
    today.stage("campaign", {"campaign_id": "1001", **unknown}, source="marketo")
    assert {key: row["object"] for key, row in broken(today).items()} == {("unknown_channel", "701"): "Campaign", ("unknown_channel", "1001"): "programs"}  # fmt: skip


def test_what_points_at_nothing(today):
    """A deal of an unknown account is served with a breach; history of an unknown lead is a breach and in no figure."""
    today.stage("opportunity", deal("O1", None, "A404"))
    today.stage(
        "lead_event",
        {
            "event_id": "h1",
            "lead_id": "L404",
            "at": "2026-03-02",
            "field": "status",
            "new_value": "MQL",
            "new_stage": "mql",
        },
    )
    assert set(broken(today)) == {("dangling_parent", "O1"), ("lead_history_orphan", "h1")}
    assert len(today.table("kpis.fct_opportunity")) == 1 and today.table("kpis.fct_lead_stage") == []


def test_a_closed_deal_without_a_day(today):
    """It is served and in no month's figure, and a breach says so; an open one need not know its day."""
    closed = {"is_closed": True, "is_won": True}
    today.stage(
        "opportunity",
        deal("O1", None) | closed,
        deal("O2", None) | closed | {"close_date": "2026-03-31"},
        deal("O3", None),
    )
    assert set(broken(today)) == {("closed_without_date", "O1")}
    assert len(today.table("kpis.fct_opportunity")) == 3


def test_a_campaign_that_cannot_be_seen(today):
    """A member and a deal that name it are served, each with a breach; without a campaign there is none."""
    today.stage("touch", *({"record_id": key, "object": "CampaignMember", "at": "2026-03-01", "origin": "outbound", "kind": "member", "channel": "other", "campaign_record_id": campaign} for key, campaign in (("00v1", "701X"), ("00v2", None))))  # fmt: skip
    today.stage("opportunity", deal("O1", None, None) | {"campaign_record_id": "701X"}, deal("O2", None, None))
    assert set(broken(today)) == {("dangling_parent", "00v1"), ("dangling_parent", "O1")}


def test_a_record_that_names_several_that_cannot_be_seen_is_one_breach(today):
    """A member whose person and campaign are gone, a deal whose company and campaign are: one row each, and both are told."""
    today.stage("touch", {"record_id": "00v1", "object": "CampaignMember", "at": "2026-03-01", "origin": "outbound", "kind": "member", "channel": "other", "campaign_record_id": "701X", "person_object": "Lead", "person_record_id": "00QX"})  # fmt: skip
    today.stage("opportunity", deal("O1", None, None) | {"campaign_record_id": "701X", "account_record_id": "001X"})
    found = {row["record_id"]: row["text"] for row in today.table("kpis.meta_violation")}
    assert found == {"00v1": "the campaign cannot be seen, the person cannot be seen", "O1": "the campaign cannot be seen, the company cannot be seen"}  # fmt: skip


def test_what_a_payer_who_cannot_be_seen_was_billed(today):
    """Subscription, paid invoice, charge and credit note of a customer that is not there: each a breach, all served and in the money figures."""
    here, gone = {"customer_id": "cus_1"}, {"customer_id": "cus_404"}
    money = {"currency_code": "USD", "created_at": "2026-05-01"}
    today.stage("billing_customer", here | {"created_at": "2026-05-01"}, source="stripe")
    today.stage("price", {"price_id": "p", "currency_code": "USD", "unit_amount_decimal": "1000", "interval": "month", "interval_count": 1}, source="stripe")  # fmt: skip
    today.stage("subscription_item", *({"item_id": f"i{n}", "subscription_id": f"s{n}", "price_id": "p", "quantity": 1} for n in (1, 2)), source="stripe")  # fmt: skip
    today.stage("subscription", *({"subscription_id": f"s{n}", "status": "active", "started_at": "2026-05-01", **who, **money} for n, who in ((1, here), (2, gone))), source="stripe")  # fmt: skip
    today.stage("invoice", *({"invoice_id": f"in{n}", "status": "paid", "amount_paid_minor": 1000, "total_minor": 1000, "finalized_at": "2026-05-01", "paid_at": "2026-05-02", **who, **money} for n, who in ((1, here), (2, gone))), source="stripe")  # fmt: skip
    today.stage("payment", *({"payment_id": f"ch{n}", "status": "succeeded", "amount_minor": 1000, **who, **money} for n, who in ((1, here), (2, gone))), source="stripe")  # fmt: skip
    today.stage("credit_note", *({"credit_note_id": f"cn{n}", "invoice_id": f"in{n}", "status": "issued", **who, **money} for n, who in ((1, here), (2, gone))), source="stripe")  # fmt: skip
    found = broken(today)
    assert {(row["object"], key) for key, row in found.items()} == {
        ("subscriptions", ("dangling_parent", "s2")), ("invoices", ("dangling_parent", "in2")),
        ("charges", ("dangling_parent", "ch2")), ("credit_notes", ("dangling_parent", "cn2")),
    }  # fmt: skip
    assert {row["invoice_id"] for row in today.table("kpis.fct_invoice")} == {"in1", "in2"}
    assert {row["payment_id"] for row in today.table("kpis.fct_payment")} == {"ch1", "ch2"}
    assert {row["account_id"]: row["closing_minor"] for row in today.table("kpis.fct_mrr") if row["month"].month == 5}["cus_404"] == 1000  # fmt: skip
    assert {row["account_id"] for row in today.table("kpis.new_customer")} >= {"cus_404"}


def test_an_exception_allows_where_it_holds(today):
    """China may: the exception for APAC marks the breach there, not the one in EMEA; an expired one marks nothing."""
    today.stage("account", {"record_id": "A1", "region": "APAC"}, {"record_id": "A2", "region": "EMEA"})
    today.stage("product", {"product_id": "P1", "name": "GTX Pro"})
    today.stage("opportunity", deal("O1", "GTXPro", "A1"), deal("O2", "GTXPro", "A2"))
    today.stage(
        "standard_exception",
        {"exception_id": "E1", "rule": "unknown_product", "scope": "APAC", "expires_on": "2026-07-01"},
        {"exception_id": "E2", "rule": "unknown_product", "scope": "*", "expires_on": "2026-06-30"},
        source="standards",
    )
    found = broken(today)
    assert (found["unknown_product", "O1"]["exception_id"], found["unknown_product", "O2"]["exception_id"]) == (
        "E1",
        None,
    )
