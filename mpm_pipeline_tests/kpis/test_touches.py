"""Which contacts are touches, whose they are, and which of several counts (inputs, Touch; readings 15, 22, 43, 48-50, 54, 57)."""

import pytest


def touch(record_id, at, *, person="L1", kind="form", object="activities", source="marketo", **rest):
    raised = kind in ("form", "member_response", "lead_form")
    return {"source": source, "object": object, "record_id": record_id, "at": at, "person_object": "leads" if source == "marketo" else "Lead",
            "person_record_id": person, "origin": "marketing", "kind": kind, "is_hand_raise": raised, "channel": "web", **rest}  # fmt: skip


@pytest.fixture
def today(world):
    home = world("2026-07-01 00:00", company_internal_domains="our.example", company_time_zone="Europe/Berlin")
    home.stage("person", {"object": "Lead", "record_id": "L1", "email": "ada@acme.com", "created_at": "2026-01-01"})
    home.stage(
        "person",
        {"object": "leads", "record_id": "L1", "email": "ada@acme.com", "created_at": "2026-01-02"},
        source="marketo",
    )
    return home


def kept(home):
    return sorted(row["record_id"] for row in home.table("kpis.fct_touch"))


def test_one_touch_per_person_campaign_and_day(today):
    """Of three contacts with one campaign on one day the earliest counts; the next day is another touch."""
    today.stage("campaign", {"campaign_id": "P1", "channel": "webinar", "is_known_type": True}, source="marketo")
    today.stage(
        "touch",
        touch("2", "2026-05-04 10:00", campaign_record_id="P1"), touch("1", "2026-05-04 11:00", campaign_record_id="P1", kind="email_click"),
        touch("3", "2026-05-05 10:00", campaign_record_id="P1"),
    )  # fmt: skip
    assert kept(today) == ["2", "3"]
    assert {row["channel"] for row in today.table("kpis.fct_touch")} == {"webinar"}


def test_the_day_is_the_companys(today):
    """23:30 and 00:30 in Berlin lie on two days, although both are 4 May in UTC plus one hour."""
    today.stage("touch", touch("1", "2026-05-04 21:30"), touch("2", "2026-05-04 22:30"))
    assert kept(today) == ["1", "2"]


def test_without_a_campaign_the_channel_counts(today):
    """A form and an e-mail click without a programme are two touches of one day, two forms are one; web is direct."""
    today.stage("touch", touch("1", "2026-05-04 10:00"), touch("2", "2026-05-04 11:00"), touch("3", "2026-05-04 12:00", kind="email_click", channel="email"))  # fmt: skip
    assert kept(today) == ["1", "3"]
    assert {row["record_id"]: row["is_direct"] for row in today.table("kpis.fct_touch")} == {"1": True, "3": False}


def test_campaigns_that_cannot_be_seen_are_campaigns_still(today):
    """Two deleted programmes on one day are two touches, of each the earliest; no campaign is served for them."""
    today.stage(
        "touch",
        *(touch(one, f"2026-05-04 1{one}:00", campaign_record_id=gone, kind="program_success", channel="other") for one, gone in (("1", "P8"), ("2", "P9"), ("3", "P9"))),
    )  # fmt: skip
    assert kept(today) == ["1", "2"]
    assert {row["campaign_id"] for row in today.table("kpis.fct_touch")} == {None}


def test_a_programme_and_its_declared_crm_campaign_are_one(today):
    """A programme's touch and a member's response on the same day are one touch of the CRM campaign; an inner campaign too."""
    today.stage("campaign", {"campaign_id": "701", "name": "Fair", "channel": "event", "is_known_type": True})
    today.stage(
        "campaign",
        {"campaign_id": "P1", "channel": "event", "crm_campaign_id": "701", "is_known_type": True},
        source="marketo",
    )
    today.stage("campaign_alias", {"alias_id": "99", "campaign_id": "P1"}, source="marketo")
    today.stage(
        "touch",
        touch("1", "2026-05-04 10:00", campaign_record_id="P1"), touch("2", "2026-05-05 10:00", alias_record_id="99"),
        touch("3", "2026-05-04 00:00", source="salesforce", object="CampaignMember", campaign_record_id="701", kind="member_response"),
    )  # fmt: skip
    assert kept(today) == ["2", "3"]
    assert {row["campaign_id"] for row in today.table("kpis.fct_touch")} == {"701"}
    assert [(row["campaign_id"], row["name"]) for row in today.table("kpis.dim_campaign")] == [("701", "Fair")]


def test_equal_ids_of_two_systems_stay_apart(today):
    """Campaign 7 of the CRM and programme 7 are two campaigns, so each is named with its system."""
    today.stage("campaign", {"campaign_id": "7", "channel": "event"})
    today.stage("campaign", {"campaign_id": "7", "channel": "email"}, source="marketo")
    assert {row["campaign_id"] for row in today.table("kpis.dim_campaign")} == {"salesforce:7", "marketo:7"}


def test_own_people_deleted_people_and_the_future_are_no_touches(today):
    """Somebody of ours, a deleted lead and a meeting of next week leave no touch; nor does a call that names nobody."""
    today.stage(
        "person",
        {"object": "Lead", "record_id": "L2", "email": "me@our.example", "created_at": "2026-01-01"},
        {"object": "Lead", "record_id": "L3", "email": "gone@acme.com", "created_at": "2026-01-01", "is_deleted": True},
    )
    crm = {"source": "salesforce", "object": "Event", "origin": "sales", "kind": "meeting", "channel": "outbound"}
    today.stage(
        "touch",
        touch("1", "2026-05-04 10:00", person="L2", **crm), touch("2", "2026-05-04 10:00", person="L3", **crm),
        touch("3", "2026-07-08 10:00", **crm), touch("4", "2026-05-04 10:00", person=None, **crm), touch("5", "2026-05-04 10:00", **crm),
    )  # fmt: skip
    assert kept(today) == ["5"]


def test_a_merged_leads_touches_count_under_the_survivor(today):
    """The responses of L2, merged into L1, are L1's: two on one day in one campaign are one touch."""
    today.stage("person", {"object": "Lead", "record_id": "L2", "email": "x@y.com", "created_at": "2026-01-01", "is_deleted": True, "merged_into_id": "L1"})  # fmt: skip
    today.stage("campaign", {"campaign_id": "701", "channel": "event"})
    member = {
        "source": "salesforce",
        "object": "CampaignMember",
        "campaign_record_id": "701",
        "kind": "member_response",
    }
    today.stage(
        "touch", touch("1", "2026-05-04 00:00", **member), touch("2", "2026-05-04 00:00", person="L2", **member)
    )
    assert kept(today) == ["1"]


def test_a_referral_names_a_person_or_only_a_company(today):
    """By mailbox it is the person's touch, by domain the account's with nobody; our own domain refers nobody."""
    today.stage("account", {"record_id": "A1", "domain": "acme.com", "created_at": "2025-01-01"})
    referral = {
        "source": "partners",
        "object": "referrals",
        "origin": "partner",
        "kind": "referral",
        "channel": "partner",
        "is_day_grain": True,
    }
    for number, named in enumerate(({"email": "ada@acme.com"}, {"domain": "mail.acme.com"}, {"domain": "our.example"})):
        today.stage("referral", {"referral_id": f"R{number}", "referred_on": "2026-05-04", **named}, source="partners")
        today.stage("touch", {**referral, "record_id": f"R{number}", "at": "2026-05-03 22:00", **named})
    rows = {row["record_id"]: row for row in today.table("kpis.fct_touch")}
    assert sorted(rows) == ["R0", "R1"]
    assert rows["R0"]["person_id"] and rows["R1"]["person_id"] is None
    assert rows["R0"]["account_id"] == rows["R1"]["account_id"] is not None


def test_a_touch_belongs_to_the_account_of_then(today):
    """Ada was a contact of A1 until she became one of A2 in March: each touch goes to the company of its day."""
    today.stage(
        "account", {"record_id": "A1", "created_at": "2025-01-01"}, {"record_id": "A2", "created_at": "2025-01-02"}
    )
    today.stage(
        "person",
        {
            "object": "Contact",
            "record_id": "C1",
            "email": "ada@acme.com",
            "account_record_id": "A1",
            "created_at": "2026-01-01",
        },
        {
            "object": "Contact",
            "record_id": "C2",
            "email": "ada@acme.com",
            "account_record_id": "A2",
            "created_at": "2026-03-01",
        },
    )
    today.stage("touch", touch("1", "2026-02-04 10:00"), touch("2", "2026-04-04 10:00"))
    ids = {row["record_id"]: row["account_id"] for row in today.table("customer.account_of")}
    assert {row["record_id"]: row["account_id"] for row in today.table("kpis.fct_touch")} == {
        "1": ids["A1"],
        "2": ids["A2"],
    }
