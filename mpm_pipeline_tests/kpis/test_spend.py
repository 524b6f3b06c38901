"""Spend by day and channel, who claims a campaign, and what a lead costs (inputs, Spend; readings 9, 34, 35, 42)."""

import pytest


def cost(cost_id, campaign_id, start, end, amount, source="salesforce", currency="USD"):
    return {"source": source, "cost_id": cost_id, "campaign_id": campaign_id, "start_date": start, "end_date": end, "amount_minor": amount, "currency_code": currency}  # fmt: skip


def campaign(campaign_id, name, channel, source="salesforce", **rest):
    return {
        "source": source,
        "campaign_id": campaign_id,
        "name": name,
        "channel": channel,
        "is_known_type": True,
        **rest,
    }


@pytest.fixture
def today(world):
    return world("2026-03-16 00:00")


def daily(home):
    return {
        (row["date"].isoformat(), row["source"], row["campaign_id"]): row["spend_minor"]
        for row in home.table("kpis.fct_spend")
    }


def test_a_cost_is_spread_by_cumulative_rounding(today):
    """10 cents over four days: 2, 3, 3, 2 (cumulated 2.5 -> 2, 5, 7.5 -> 8, 10)."""
    today.stage("cost", cost("1", "P1", "2026-03-01", "2026-03-04", 10))
    assert [spent for _, spent in sorted(daily(today).items())] == [2, 3, 3, 2]


def test_days_after_as_of_are_served_but_not_counted(today):
    """A month of 3,100 at mid-March: all 31 days are rows, 16 of them are spend."""
    today.stage("cost", cost("1", "P1", "2026-03-01", "2026-03-31", 3_100))
    assert len(daily(today)) == 31
    (row,) = [
        row
        for row in today.table("kpis.part_spend")
        if (row["kpi_id"], row["period_grain"], row["segment_kind"]) == ("spend", "month", "all")
    ]
    assert row["numerator"] == 1_600


def test_a_campaign_without_an_end_stays_small(today):
    """Until the year 9999: rows for a year after as-of, each day its share of the whole span."""
    today.stage("cost", cost("1", "P1", "2026-03-14", "9999-12-31", 10**9))
    spent = daily(today)
    assert len(spent) == 2 + 366 and set(spent.values()) == {343, 344}


def test_a_campaign_is_paid_once(today):
    """CRM costs count only where no programme declares the campaign, and no programme or ads campaign bears its name."""
    today.stage("campaign", campaign("701", "Fair", "event"), campaign("702", " Spring ", "email"), campaign("703", "ads", "paid_social"), campaign("704", "Own", "event"))  # fmt: skip
    today.stage(
        "campaign",
        campaign("P1", "Other name", "event", "marketo", crm_campaign_id="701"),
        campaign("P2", "SPRING", "email", "marketo"),
    )
    today.stage("campaign", campaign("9", "Ads", "paid_social", "linkedin"))
    today.stage("cost", *(cost(one, one, "2026-03-01", "2026-03-01", 100) for one in ("701", "702", "703", "704")))
    today.stage(
        "cost",
        cost("P1", "P1", "2026-03-01", "2026-03-01", 7, "marketo"),
        cost("9", "9", "2026-03-01", "2026-03-01", 8, "linkedin"),
    )
    assert daily(today) == {
        ("2026-03-01", "salesforce", "704"): 100, ("2026-03-01", "marketo", "701"): 7, ("2026-03-01", "linkedin", "9"): 8,
    }  # fmt: skip


def test_a_programme_that_declares_a_campaign_claims_no_other_by_name(today):
    """P1 declares 701, so its name, which is that of 702, claims nothing."""
    today.stage("campaign", campaign("701", "Fair", "event"), campaign("702", "Spring", "email"))
    today.stage("campaign", campaign("P1", "Spring", "event", "marketo", crm_campaign_id="701"))
    today.stage("cost", cost("702", "702", "2026-03-01", "2026-03-01", 100))
    assert list(daily(today).values()) == [100]


@pytest.mark.parametrize("declared", ["701000000000ABC", "701000000000ABCAAY"])
def test_a_declared_campaign_is_told_by_fifteen_characters(today, declared):
    """The last three of eighteen only guard against a change of case; another system may write them otherwise, or not at all."""
    today.stage("campaign", campaign("701000000000ABCAAA", "Fair", "event"))
    today.stage("campaign", campaign("P1", "Spring", "event", "marketo", crm_campaign_id=declared))
    today.stage("cost", cost("701", "701000000000ABCAAA", "2026-03-01", "2026-03-01", 100))
    assert daily(today) == {}


def test_each_day_is_converted_on_its_own(today):
    """Three days of 1 cent at 1.5 are 2 each (half to even), 6 and not 4; a day without a rate has none."""
    today.stage(
        "fx_rate",
        {"rate_id": "1", "rate_date": "2026-03-01", "base": "EUR", "quote": "USD", "rate": "1.5"},
        source="finance",
    )
    today.stage(
        "cost",
        cost("1", "P1", "2026-03-01", "2026-03-03", 3, currency="EUR"),
        cost("2", "P1", "2026-03-12", "2026-03-12", 9, currency="EUR"),
    )
    rows = sorted(today.table("kpis.fct_spend"), key=lambda row: row["date"])
    assert [row["spend_reporting_minor"] for row in rows] == [2, 2, 2, None]
    (part,) = [
        row
        for row in today.table("kpis.part_spend")
        if (row["kpi_id"], row["period_grain"], row["segment_kind"]) == ("spend", "month", "all")
    ]
    assert (part["numerator"], part["rows_used"], part["rows_all"]) == (6, 3, 4)


@pytest.fixture
def paid(today):
    """Two inquiries, one by an event and one by itself; 300 spent on the event, 50 on ads that brought nobody."""
    today.stage("campaign", campaign("701", "Fair", "event"), campaign("702", "Ads", "paid_social"))
    today.stage(
        "cost", cost("1", "701", "2026-03-01", "2026-03-01", 300), cost("2", "702", "2026-03-01", "2026-03-01", 50)
    )
    today.stage(
        "person",
        *({"object": "Lead", "record_id": f"L{n}", "email": f"{n}@x.com", "created_at": "2026-03-05"} for n in (1, 2)),
    )
    today.stage("lead", *({"lead_id": f"L{n}", "created_at": "2026-03-05", "status_stage": "inquiry"} for n in (1, 2)))
    return today.stage("touch", {"object": "CampaignMember", "record_id": "m1", "at": "2026-03-05 08:00", "origin": "marketing", "kind": "member_response",
                                 "is_hand_raise": True, "campaign_record_id": "701", "person_object": "Lead", "person_record_id": "L1"})  # fmt: skip


def test_cost_per_lead_for_all_and_by_channel(paid):
    """For all 350 / 2 with the organic one in; by channel the event's 300 / 1, and ads 50 / 0 kept."""
    rows = [
        row
        for row in paid.table("kpis.part_spend")
        if (row["kpi_id"], row["period_grain"]) == ("cost_per_lead", "month")
    ]
    found = {(row["segment_kind"], row["segment"]): (row["numerator"], row["denominator"]) for row in rows}
    assert found == {("all", "all"): (350, 2), ("channel", "event"): (300, 1), ("channel", "paid_social"): (50, 0)}


def test_return_counts_the_credits_of_channels_with_spend(paid):
    """A deal of 1,000 whose one touch is the event's: (1,000 - 350) / 350 by every model."""
    paid.stage("account", {"record_id": "A1", "domain": "x.com", "created_at": "2025-01-01"})
    paid.stage("opportunity", {"opportunity_id": "O1", "account_record_id": "A1", "stage": "Won", "is_closed": True, "is_won": True, "amount_minor": 1_000,
                               "created_at": "2026-03-06", "close_date": "2026-03-10", "currency_code": "USD", "sales_process": "default"})  # fmt: skip
    rows = [row for row in paid.table("kpis.part_roi") if row["period_grain"] == "month"]
    found = {(row["segment_kind"], row["segment"]): (row["numerator"], row["denominator"]) for row in rows}
    assert found["all", "all"] == found["model", "first"] == found["model", "full_path"] == (650, 350)
    assert len(found) == 9


def test_return_without_any_deal_is_the_loss_of_the_spend(paid):
    """Nothing was ever won: (0 - 350) / 350 by every model, not by one alone."""
    rows = [row for row in paid.table("kpis.part_roi") if row["period_grain"] == "month"]
    found = {(row["segment_kind"], row["segment"]): (row["numerator"], row["denominator"]) for row in rows}
    assert len(found) == 9 and set(found.values()) == {(-350, 350)}
