"""Recurring revenue: what an item is worth at a month's end, the bridge, retention and churn (readings 29-32, 52, 56)."""

import pytest

UTC = " 00:00"


def billing(world, *, as_of="2026-06-10 00:00", price=("p", 1_200, "month", 1), currency="USD", **settings):
    """One customer c of account A with one subscription s, item i, price p."""
    home = world(as_of, **settings).measuring("mrr", "retention")
    home.stage("customer.account_of", {"object": "customers", "record_id": "c", "account_id": "A"}, source="stripe")
    home.stage("price", {"price_id": price[0], "currency_code": currency, "unit_amount_decimal": str(price[1]), "interval": price[2], "interval_count": price[3]}, source="stripe")  # fmt: skip
    home.stage(
        "subscription_item",
        {"item_id": "i", "subscription_id": "s", "price_id": price[0], "quantity": 1},
        source="stripe",
    )
    return home


def subscription(home, **changes):
    row = {"subscription_id": "s", "customer_id": "c", "status": "active", "currency_code": "USD", "started_at": "2026-01-01", "created_at": "2026-01-01"}  # fmt: skip
    return home.stage("subscription", row | changes, source="stripe")


def line(home, line_id, start, end, amount, *, currency="USD", status="paid", **changes):
    """Stage one line with an invoice of its own."""
    home.stage("invoice", {"invoice_id": f"in_{line_id}", "customer_id": "c", "status": status, "currency_code": currency, "created_at": start, "finalized_at": None if status == "draft" else start}, source="stripe")  # fmt: skip
    row = {"line_id": line_id, "invoice_id": f"in_{line_id}", "subscription_id": "s", "subscription_item_id": "i", "price_id": "p", "quantity": 1, "amount_minor": amount, "period_start_at": start, "period_end_at": end}  # fmt: skip
    return home.stage("invoice_line", row | changes, source="stripe")


def worth(home):
    """Return what the item is worth by month."""
    return {row["month_date"].isoformat()[:7]: row["mrr_minor"] for row in home.table("kpis.mrr_item")}


@pytest.mark.parametrize(
    ("interval", "count", "monthly"),
    [("month", 3, 400), ("year", 1, 100), ("week", 1, 5_200), ("day", 30, 1_217), ("month", 7, 171)],
)
def test_prices_are_brought_to_a_month(world, interval, count, monthly):
    """12.00 per 3 months, a year, a week (x 52 / 12), 30 days (x 365 / 360), 7 months (171.43, half-even 171)."""
    home = subscription(billing(world, price=("p", 1_200, interval, count)))
    assert worth(line(home, "1", "2026-01-01", "2027-01-01", 1_200))["2026-03"] == monthly


def test_the_latest_starting_line_counts_and_only_negative_ones_count_nothing(world):
    """From March a line of 24.00; from May only a credit."""
    home = subscription(billing(world))
    line(home, "1", "2026-01-01", "2026-06-01", 1_200)
    line(home, "2", "2026-03-15", "2026-06-01", 2_000, quantity=2, is_proration=True)
    line(home, "3", "2026-05-02", "2026-06-01", -500)
    assert worth(home) == {"2026-01": 1_200, "2026-02": 1_200, "2026-03": 2_400, "2026-04": 2_400}


def test_a_line_that_names_no_item_belongs_to_the_item_of_its_price(world):
    """The later line of the same price replaces the first, it does not come on top."""
    home = subscription(billing(world))
    line(home, "1", "2026-01-01", "2026-06-01", 1_200)
    line(home, "2", "2026-02-01", "2026-06-01", 3_600, quantity=3, subscription_item_id=None)
    assert worth(home)["2026-02"] == 3_600 and len(home.table("kpis.mrr_item")) == 5


def test_a_discount_lowers_what_an_item_is_worth_but_not_on_prorations(world):
    """12.00 less 3.00; the proration line of March counts 12.00."""
    home = subscription(billing(world))
    line(home, "1", "2026-01-01", "2026-06-01", 1_200, discount_minor=300)
    line(home, "2", "2026-03-01", "2026-06-01", 800, discount_minor=300, is_proration=True)
    assert [worth(home)[month] for month in ("2026-02", "2026-03")] == [900, 1_200]


@pytest.mark.parametrize(
    ("changes", "months"),
    [
        ({"ended_at": "2026-03-10"}, ["2026-01", "2026-02"]),
        ({"status": "canceled", "canceled_at": "2026-02-10"}, ["2026-01"]),
        ({"status": "active", "canceled_at": "2026-02-10"}, ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]),
        ({"trial_start_at": "2026-01-01", "trial_end_at": "2026-03-31 12:00"}, ["2026-03", "2026-04", "2026-05"]),
        ({"trial_end_at": "2026-03-05"}, ["2026-03", "2026-04", "2026-05"]),
        ({"status": "incomplete_expired"}, []),
    ],
)
def test_a_subscription_that_is_over_on_trial_or_never_began_counts_nothing(world, changes, months):
    """Ended by `ended_at`, cancelled only when the status says so, trial until its end, incomplete never."""
    home = subscription(billing(world), **changes)
    line(home, "1", "2026-01-01", "2026-06-01", 1_200)
    assert sorted(worth(home)) == months


def test_a_pause_counts_from_the_instant_from_which_it_is_known(world):
    """Paused on 20 March, on again on 2 May; an unpaid spell likewise."""
    home = subscription(billing(world))
    line(home, "1", "2026-01-01", "2026-06-01", 1_200)
    states = [("2026-03-20", "active", True), ("2026-05-02", "active", False), ("2026-05-30", "unpaid", False)]
    home.stage("subscription_state", *({"subscription_id": "s", "at": at, "status": status, "is_paused": paused} for at, status, paused in states), source="stripe")  # fmt: skip
    assert sorted(worth(home)) == ["2026-01", "2026-02"]


def test_without_any_final_line_the_current_items_count_from_the_start(world):
    """A draft says nothing; with one final line the items say nothing any more."""
    home = subscription(billing(world), started_at="2026-03-10")
    line(home, "1", "2026-03-10", "2026-04-10", 1_200, status="draft")
    assert worth(home) == {"2026-03": 1_200, "2026-04": 1_200, "2026-05": 1_200, "2026-06": 1_200}
    line(again := subscription(billing(world), started_at="2026-03-10"), "1", "2026-03-10", "2026-04-10", 1_200)
    assert worth(again) == {"2026-03": 1_200}


def moving(world, *, rates=(("2026-01-28", "1.00"), ("2026-02-26", "1.10"), ("2026-04-28", "1.25"))):
    """Euro: 12.00 from January, 24.00 from April, nothing from May; the rate of the end of March is missing."""
    home = subscription(billing(world, currency="EUR"))
    line(home, "1", "2026-01-01", "2026-04-01", 1_200, currency="EUR")
    line(home, "2", "2026-04-01", "2026-05-01", 2_400, currency="EUR", quantity=2)
    return home.stage("fx_rate", *({"rate_id": day, "rate_date": day, "base": "EUR", "quote": "USD", "rate": rate} for day, rate in rates), source="finance")  # fmt: skip


def test_the_bridge_closes_through_rates_and_a_missing_one(world):
    """January new 12.00; February fx 1.20; March has no rate, -13.20 by fx; April 12.00 x 1.25 back by fx, then + 15.00; May all gone."""
    names = ("opening", "new", "expansion", "contraction", "churn", "reactivation", "fx", "closing")
    rows = {
        r["month"].isoformat()[:7]: tuple(r[f"{name}_minor"] for name in names)
        for r in moving(world).table("kpis.fct_mrr")
    }
    assert rows["2026-01"] == (0, 1_200, 0, 0, 0, 0, 0, 1_200)
    assert rows["2026-02"] == (1_200, 0, 0, 0, 0, 0, 120, 1_320)
    assert rows["2026-03"] == (1_320, 0, 0, 0, 0, 0, -1_320, 0)
    assert rows["2026-04"] == (0, 0, 1_500, 0, 0, 0, 1_500, 3_000)
    assert rows["2026-05"] == (3_000, 0, 0, 0, 0, 0, -3_000, 0)


def figures(home, *names, grain="month"):
    return {(r["kpi_id"], r["period_start"].isoformat()[:7]): r for r in home.table("kpis.fct_kpi") if r["kpi_id"] in names and r["period_grain"] == grain}  # fmt: skip


def test_mrr_of_accounts_without_any_rate_is_missing_not_nothing(world):
    """At the end of March nothing could be converted; of none in May there is nothing to convert."""
    found = figures(moving(world), "mrr", "mrr_fx", "logo_churn_rate", "revenue_churn_rate")
    assert (found["mrr", "2026-03"]["null_reason"], found["mrr", "2026-03"]["coverage"]) == ("fx_missing", 0.0)
    assert (found["mrr", "2026-05"]["value"], found["mrr", "2026-05"]["null_reason"]) == (0.0, None)
    assert found["mrr_fx", "2026-03"]["value_minor"] == -1_320
    assert (found["logo_churn_rate", "2026-03"]["numerator"], found["logo_churn_rate", "2026-03"]["denominator"]) == (
        0,
        1,
    )
    assert found["revenue_churn_rate", "2026-03"]["null_reason"] == "fx_missing"
    assert found["logo_churn_rate", "2026-05"]["value"] == 1.0


def test_churn_of_a_quarter_is_between_its_ends_not_the_sum_of_months(world):
    """Gone in February, back in March: the quarter lost nobody, February lost one of one."""
    home = subscription(billing(world, as_of="2026-05-10 00:00"), started_at="2025-12-01")
    line(home, "1", "2025-12-01", "2026-02-15", 1_200)
    line(home, "2", "2026-03-15", "2026-06-01", 600, unit_amount_decimal="600")
    months, quarters = figures(home, "logo_churn_rate", "mrr_reactivation"), figures(home, "logo_churn_rate", "revenue_churn_rate", "mrr_churn", grain="quarter")  # fmt: skip
    assert (months["logo_churn_rate", "2026-02"]["value"], months["mrr_reactivation", "2026-03"]["value_minor"]) == (
        1.0,
        600,
    )
    assert (
        quarters["logo_churn_rate", "2026-01"]["value"] == 0.0
        and quarters["mrr_churn", "2026-01"]["value_minor"] == 1_200
    )
    assert quarters["revenue_churn_rate", "2026-01"]["value"] == 0.5


def test_retention_waits_for_twelve_months_and_then_says_nothing_of_nobody(world):
    """Billing began in June 2025: May 2026 is not covered; June 2026 compares with June 2025, when a trial was free."""
    home = subscription(billing(world, as_of="2026-07-10 00:00"), started_at="2025-06-10", trial_start_at="2025-06-10", trial_end_at="2025-07-10")  # fmt: skip
    line(home, "1", "2025-06-10", "2026-08-01", 1_200)
    found = figures(home, "nrr", "grr")
    assert found["nrr", "2026-05"]["null_reason"] == "not_covered" and found["nrr", "2026-06"]["null_reason"] == "zero_denominator"  # fmt: skip
    assert (found["grr", "2026-07"]["numerator"], found["grr", "2026-07"]["value"]) == (1_200, 1.0)
