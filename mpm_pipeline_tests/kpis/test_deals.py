"""Deals: pipeline dates, wins and losses, open pipeline (inputs, Opportunity; readings 7-9, 12, 17, 19-23, 26, 52)."""

import pytest

STAGES = (
    {"stage": "Prospecting", "sort_order": 1},
    {"stage": "Qualification", "sort_order": 2, "is_qualified": True},
    {"stage": "Proposal", "sort_order": 3, "is_qualified": True},
    {"stage": "Won", "sort_order": 4, "is_closed": True, "is_won": True, "is_qualified": True},
    {"stage": "Lost", "sort_order": 5, "is_closed": True},
)


def deal(
    opportunity_id, stage="Prospecting", amount=None, *, close=None, created="2026-03-01 10:00", currency="USD", **rest
):
    return {"opportunity_id": opportunity_id, "stage": stage, "is_closed": stage in ("Won", "Lost"), "is_won": stage == "Won", "amount_minor": amount,
            "close_date": close, "created_at": created, "currency_code": currency, "sales_process": "default", **rest}  # fmt: skip


def history(event_id, opportunity_id, at, stage, amount=None, currency="USD"):
    return {
        "event_id": event_id,
        "opportunity_id": opportunity_id,
        "at": at,
        "stage": stage,
        "amount_minor": amount,
        "currency_code": currency,
    }


@pytest.fixture
def today(world):
    return world("2026-07-01 00:00").stage("stage", *STAGES)


def parts(home, table, kind="all", grain="month"):
    found = [row for row in home.table(table) if (row["segment_kind"], row["period_grain"]) == (kind, grain)]
    return {(row["kpi_id"], row["period_start"].isoformat()[:7], row["segment"]): row for row in found}


def test_pipeline_begins_at_the_qualified_stage_or_a_later_one(today):
    """Prospecting is none; Proposal without Qualification is; amount as of that row."""
    today.stage("opportunity", deal("O1", "Proposal", 900))
    today.stage("opportunity_event", history("1", "O1", "2026-03-01 10:00", "Prospecting", 100), history("2", "O1", "2026-03-05 10:00", "Proposal", 500), history("3", "O1", "2026-03-09 10:00", "Proposal", 900))  # fmt: skip
    (row,) = today.table("kpis.fct_opportunity")
    assert (row["pipeline_date"].isoformat(), row["pipeline_amount_minor"], row["amount_minor"]) == (
        "2026-03-05",
        500,
        900,
    )


def test_an_amount_that_comes_later_is_the_first_known_afterwards(today):
    """The entry has no amount; the next row that has one tells it."""
    today.stage("opportunity", deal("O1", "Proposal", 900))
    today.stage("opportunity_event", history("1", "O1", "2026-03-01 10:00", "Qualification"), history("2", "O1", "2026-03-05 10:00", "Proposal", 700), history("3", "O1", "2026-03-09 10:00", "Proposal", 900))  # fmt: skip
    (row,) = today.table("kpis.fct_opportunity")
    assert row["pipeline_amount_minor"] == 700


def test_a_lost_stage_makes_no_pipeline_a_won_one_does(today):
    """Straight from Prospecting to Lost was never pipeline, straight to Won was, at that instant."""
    today.stage("opportunity", deal("O1", "Lost", 100, close="2026-03-08"), deal("O2", "Won", 100, close="2026-03-08"))
    for one in ("O1", "O2"):
        today.stage("opportunity_event", history(f"{one}a", one, "2026-03-01 10:00", "Prospecting", 100), history(f"{one}b", one, "2026-03-07 10:00", "Lost" if one == "O1" else "Won", 100))  # fmt: skip
    rows = {row["opportunity_id"]: row["pipeline_date"] for row in today.table("kpis.fct_opportunity")}
    assert rows["O1"] is None and rows["O2"].isoformat() == "2026-03-07"


def test_without_history_todays_stage_holds_since_creation(today):
    """A deal without history in a qualified stage is pipeline since its creation."""
    today.stage("opportunity", deal("O1", "Proposal", 300))
    (row,) = today.table("kpis.fct_opportunity")
    assert (row["pipeline_date"].isoformat(), row["pipeline_amount_minor"]) == ("2026-03-01", 300)


def test_a_stage_that_the_list_does_not_name_means_what_the_record_says(today):
    """No stage list knows `Signed`: the won record of today makes its history row a win and pipeline."""
    today.stage("opportunity", {**deal("O1", "Signed", 300, close="2026-03-09"), "is_closed": True, "is_won": True})
    today.stage(
        "opportunity_event",
        history("1", "O1", "2026-03-01 10:00", "Talks", 300),
        history("2", "O1", "2026-03-09 10:00", "Signed", 300),
    )
    (row,) = today.table("kpis.fct_opportunity")
    assert (row["pipeline_date"].isoformat(), f"{row['won_at']:%m-%d %H}") == ("2026-03-09", "03-09 10")


def test_won_at_is_the_history_row_else_the_start_of_the_close_date(world):
    """With history its row; without, midnight of the close date in the company's zone, marked as known by its day."""
    today = world("2026-07-01 00:00", company_time_zone="Asia/Tokyo").stage("stage", *STAGES)
    today.stage("opportunity", deal("O1", "Won", 100, close="2026-03-09"), deal("O2", "Won", 100, close="2026-03-09"))
    today.stage("opportunity_event", history("1", "O1", "2026-03-08 10:00", "Won", 100))
    rows = {row["opportunity_id"]: row for row in today.table("kpis.fct_opportunity")}
    assert (f"{rows['O1']['won_at']:%m-%d %H}", rows["O1"]["is_won_day_grain"]) == ("03-08 10", False)
    assert (f"{rows['O2']['won_at']:%m-%d %H}", rows["O2"]["is_won_day_grain"]) == ("03-08 15", True)


def test_amount_changes_are_no_stage_entries(today):
    """Three history rows, two stages: two entries, the first left when the second began."""
    today.stage("opportunity", deal("O1", "Proposal", 900))
    today.stage("opportunity_event", history("1", "O1", "2026-03-01 10:00", "Qualification", 1), history("2", "O1", "2026-03-05 10:00", "Qualification", 2), history("3", "O1", "2026-03-09 10:00", "Proposal", 3))  # fmt: skip
    rows = sorted(today.table("kpis.fct_opportunity_stage"), key=lambda row: row["entered_at"])
    assert [(row["stage"], row["amount_minor"], row["left_at"] and row["left_at"].day) for row in rows] == [("Qualification", 1, 9), ("Proposal", 3, None)]  # fmt: skip


def test_wins_and_losses_by_close_date(today):
    """Two won (100 and no amount), one lost (300) in March: counts keep all, sums leave out the null."""
    today.stage(
        "opportunity",
        deal("O1", "Won", 10_000, close="2026-03-31", owner_id="U1", product_line="Data"), deal("O2", "Won", None, close="2026-03-10", owner_id="U2"),
        deal("O3", "Lost", 30_000, close="2026-03-11", owner_id="U1"), deal("O4", "Proposal", 99, close="2026-03-12"),
    )  # fmt: skip
    found = parts(today, "kpis.part_deal")
    figures = {key[0]: (row["numerator"], row["denominator"], row["n"]) for key, row in found.items()}
    assert figures == {
        "opportunities_won": (2, None, 2), "opportunities_lost": (1, None, 1), "win_rate_count": (2, 3, 3), "win_rate_amount": (10_000, 40_000, 3),
        "revenue_won": (10_000, None, 2), "average_deal": (10_000, 1, 2), "sales_cycle_days": (None, None, 2),
    }  # fmt: skip
    assert found["sales_cycle_days", "2026-03", "all"]["value"] == 19.5
    by_rep = parts(today, "kpis.part_deal", "rep")
    assert (
        by_rep["win_rate_count", "2026-03", "U1"]["numerator"] == 1
        and by_rep["win_rate_count", "2026-03", "U1"]["denominator"] == 2
    )
    assert {key[2] for key in parts(today, "kpis.part_deal", "product_line")} == {"Data", "unknown"}


def test_each_record_is_converted_and_rounded_then_summed(today):
    """Three deals of 1 cent at 0.5 are 0 each (half to even), not 2 together; without a rate a deal is left out."""
    today.stage(
        "fx_rate",
        {"rate_id": "1", "rate_date": "2026-03-10", "base": "EUR", "quote": "USD", "rate": "0.5"},
        source="finance",
    )
    today.stage("opportunity", *(deal(f"O{n}", "Won", 1, close="2026-03-10", currency="EUR") for n in range(3)))
    today.stage(
        "opportunity",
        deal("O8", "Won", 700, close="2026-03-10"),
        deal("O9", "Won", 500, close="2026-03-18", currency="EUR"),
    )
    found = parts(today, "kpis.part_deal")
    revenue, average = found["revenue_won", "2026-03", "all"], found["average_deal", "2026-03", "all"]
    assert (revenue["numerator"], revenue["rows_used"], revenue["rows_all"]) == (700, 4, 5)
    assert (average["numerator"], average["denominator"]) == (700, 4)
    own = parts(today, "kpis.part_deal", "currency")
    assert {key[2]: (row["numerator"], row["currency_code"]) for key, row in own.items()} == {
        "EUR": (503, "EUR"),
        "USD": (700, "USD"),
    }


def test_open_deals_and_pipeline_at_the_periods_end(today):
    """O1 is open pipeline of 500 at the end of March and lost in April; O2 is open, but never pipeline."""
    today.stage("opportunity", deal("O1", "Lost", 900, close="2026-04-09"), deal("O2", "Prospecting", 77))
    today.stage(
        "opportunity_event",
        history("1", "O1", "2026-03-02 10:00", "Prospecting", 400), history("2", "O1", "2026-03-20 10:00", "Proposal", 500),
        history("3", "O1", "2026-04-01 00:00", "Proposal", 900), history("4", "O1", "2026-04-09 10:00", "Lost", 900),
    )  # fmt: skip
    found = parts(today, "kpis.part_open")
    deals = {key[1]: row["numerator"] for key, row in found.items() if key[0] == "opportunities_open"}
    money = {key[1]: row["numerator"] for key, row in found.items() if key[0] == "pipeline_open"}
    assert deals == {"2026-03": 2, "2026-04": 1, "2026-05": 1, "2026-06": 1, "2026-07": 1}
    assert money == {"2026-03": 500, "2026-04": 0, "2026-05": 0, "2026-06": 0, "2026-07": 0}


def test_open_pipeline_takes_the_rate_of_the_last_day(today):
    """100 euro at the end of March at the rate of 31 March; the rate of the day of creation plays no part."""
    today.stage("fx_rate", {"rate_id": "1", "rate_date": "2026-03-02", "base": "EUR", "quote": "USD", "rate": "9"}, {"rate_id": "2", "rate_date": "2026-03-30", "base": "EUR", "quote": "USD", "rate": "2"}, source="finance")  # fmt: skip
    today.stage("opportunity", deal("O1", "Proposal", 100, created="2026-03-02 10:00", currency="EUR"))
    assert parts(today, "kpis.part_open")["pipeline_open", "2026-03", "all"]["numerator"] == 200
    assert parts(today, "kpis.part_pipeline")["pipeline_created", "2026-03", "all"]["numerator"] == 900


def test_sales_velocity_is_open_deals_times_rates_over_days(today):
    """2 open pipeline deals x 1/2 won x 600.00 / 30 days = 20.00 a day."""
    today.stage(
        "opportunity",
        deal("O1", "Won", 60_000, close="2026-03-31"), deal("O2", "Lost", 1, close="2026-03-20"), deal("O3", "Proposal", 5), deal("O4", "Proposal", 5),
    )  # fmt: skip
    assert parts(today, "kpis.part_open")["sales_velocity", "2026-03", "all"]["value_minor"] == 2_000


@pytest.fixture
def touched(today):
    """A deal of account A1, created 1 March, won on 20 March, and two contacts of the account."""
    today.stage("account", {"record_id": "A1", "created_at": "2025-01-01", "region": "EMEA", "segment": "mid"})
    today.stage("person", *({"object": "Contact", "record_id": c, "email": f"{c}@x.com", "account_record_id": "A1", "created_at": "2025-01-01"} for c in ("C1", "C2")))  # fmt: skip
    return today.stage("opportunity", deal("O1", "Won", 100, close="2026-03-20", account_record_id="A1"))


def touch(record_id, at, origin="marketing", person="C1", **rest):
    return {"object": "Task", "record_id": record_id, "at": at, "origin": origin, "kind": "call", "channel": "email", "person_object": "Contact", "person_record_id": person, **rest}  # fmt: skip


def state(home):
    (row,) = home.table("kpis.fct_opportunity")
    return row["sourced_by"], row["is_influenced"]


@pytest.mark.parametrize(
    ("touches", "expected"),
    [
        ((), ("unknown", False)),
        ((touch("1", "2026-02-01 10:00", "sales"), touch("2", "2026-02-02 10:00")), ("sales", True)),
        ((touch("1", "2026-02-01 10:00"), touch("2", "2026-02-02 10:00", "sales")), ("marketing", True)),
        ((touch("1", "2026-03-01 10:00"),), ("marketing", True)),
        ((touch("1", "2026-03-01 10:01"),), ("unknown", True)),
        ((touch("1", "2025-09-02 10:00"),), ("marketing", True)),
        ((touch("1", "2025-09-02 09:59"),), ("unknown", False)),
        ((touch("1", "2026-03-20 23:59"),), ("unknown", True)),
        ((touch("1", "2026-03-21 00:00"),), ("unknown", False)),
    ],
)
def test_sourced_and_influenced_by_their_windows(touched, touches, expected):
    """First touch of the account up to creation, 180 x 24 hours back, edges in; marketing up to the end of the close date."""
    assert state(touched.stage("touch", *touches)) == expected
    touched.stage("contact_role", {"role_id": "R1", "opportunity_id": "O1", "person_record_id": "C1"})
    assert state(touched.again()) == expected, "the same person in a role"


def test_contact_roles_narrow_the_influence(touched):
    """With C2 in a role only C2's touches influence; the source still looks at the whole account."""
    touched.stage("contact_role", {"role_id": "R1", "opportunity_id": "O1", "person_record_id": "C2"})
    touched.stage("touch", touch("1", "2026-02-01 10:00"))
    assert state(touched) == ("marketing", False)


def test_marketings_part_of_pipeline_and_revenue(touched):
    """The deal is marketing's first: sourced pipeline and revenue are its amount, in the month of each; region from the account."""
    touched.stage("touch", touch("1", "2026-02-01 10:00"))
    touched.stage(
        "opportunity_event",
        history("1", "O1", "2026-02-28 10:00", "Proposal", 70),
        history("2", "O1", "2026-03-20 10:00", "Won", 100),
    )
    found = {(key[0], key[1]): row["numerator"] for key, row in parts(touched, "kpis.part_pipeline").items()}
    assert found == {
        ("pipeline_created", "2026-02"): 70, ("pipeline_sourced_marketing", "2026-02"): 70, ("pipeline_influenced_marketing", "2026-02"): 70,
        ("revenue_sourced_marketing", "2026-03"): 100,
    }  # fmt: skip
    assert {key[2] for key in parts(touched, "kpis.part_deal", "region")} == {"EMEA"}
