"""Scorecard KPIs 1 to 6 from ledger and head count, and their words for beginners (KPI definitions 2.3; readings 4, 37-39)."""

from datetime import date

import pytest

from mpm_pipeline.kpis.kpi_scorecard import trust_text, value_text

COST = "scorecard_1_marketing_sales_cost_to_revenue"
HEAD = "scorecard_3_marketing_cost_per_sales_head"
FIELD = "scorecard_4_quota_bearing_to_field_marketing"
PROGRAM = "scorecard_5_program_share"
OPERATIONS = "scorecard_6_operations_share"


def line(line_id, day, amount, function="marketing", kind="program", currency="USD"):
    return {"line_id": line_id, "booked_on": day, "amount_minor": amount, "function": function, "kind": kind, "currency_code": currency}  # fmt: skip


def job(employment_id, start, end=None, *, function="sales", role="other", fte=1000):
    return {"employment_id": employment_id, "start_date": start, "end_date": end, "function": function, "role": role, "fte_milli": fte}  # fmt: skip


def figure(home, kpi_id, start, grain="month"):
    wanted = (kpi_id, grain, date.fromisoformat(start), "all")
    return next(r for r in home.table("kpis.fct_kpi") if (r["kpi_id"], r["period_grain"], r["period_start"], r["segment_kind"]) == wanted)  # fmt: skip


def test_revenue_of_the_ledger_decides_a_whole_fiscal_year(world):
    """A revenue line in March makes finance the basis of all of 2026, so May's revenue is 0 although there are invoices."""
    home = world("2026-06-20 00:00").measuring("scorecard", "revenue")
    home.stage("ledger_line", line("1", "2026-03-05", 5_000), line("2", "2026-03-31", 20_000, "other", "revenue"), line("3", "2025-12-01", 700), source="finance")  # fmt: skip
    home.stage("invoice", *({"invoice_id": i, "status": "paid", "currency_code": "USD", "created_at": day, "finalized_at": day} for i, day in (("a", "2026-05-01"), ("b", "2025-12-01"))), source="stripe")  # fmt: skip
    home.stage("invoice_line", {"line_id": "a1", "invoice_id": "a", "amount_minor": 900, "period_start_at": "2026-05-01", "period_end_at": "2026-06-01"}, {"line_id": "b1", "invoice_id": "b", "amount_minor": 310, "period_start_at": "2025-12-01", "period_end_at": "2026-01-01"}, source="stripe")  # fmt: skip
    march, may, december = (figure(home, COST, day) for day in ("2026-03-01", "2026-05-01", "2025-12-01"))
    assert (march["numerator"], march["denominator"], march["basis"]) == (5_000, 20_000, "finance")
    assert (may["denominator"], may["null_reason"], may["basis"]) == (0, "zero_denominator", "finance")
    assert (december["numerator"], december["denominator"], december["basis"]) == (700, 310, "invoices")


def test_without_ledger_revenue_and_without_billing_revenue_is_not_covered(world):
    """2026 has no revenue line and Stripe is off: not 0, but not covered; 2025 is finance's."""
    home = world("2026-06-20 00:00", off=["stripe"]).measuring("scorecard", "revenue")
    home.stage("ledger_line", line("1", "2025-11-05", 5_000), line("2", "2025-11-30", 20_000, "other", "revenue"), line("3", "2026-02-01", 700), source="finance")  # fmt: skip
    assert figure(home, "recognised_revenue", "2025-11-01")["value_minor"] == 20_000
    for kpi_id in ("recognised_revenue", COST):
        assert figure(home, kpi_id, "2026-02-01")["null_reason"] == "not_covered"


def test_before_finance_tells_revenue_of_its_first_year_nothing_is_known(world):
    """The ledger's costs begin in November, its revenue in January; it decides the fiscal year from July: November is no 0."""
    home = world("2025-06-20 00:00", company_fiscal_year_start_month=7).measuring("scorecard", "revenue")
    home.stage(
        "ledger_line",
        line("1", "2024-11-05", 5_000),
        line("2", "2025-01-01", 20_000, "other", "revenue"),
        source="finance",
    )
    home.stage("invoice", {"invoice_id": "a", "status": "paid", "currency_code": "USD", "created_at": "2024-11-01", "finalized_at": "2024-11-01"}, source="stripe")  # fmt: skip
    home.stage("invoice_line", {"line_id": "a1", "invoice_id": "a", "amount_minor": 900, "period_start_at": "2024-11-01", "period_end_at": "2024-12-01"}, source="stripe")  # fmt: skip
    for kpi_id in ("recognised_revenue", COST):
        assert [figure(home, kpi_id, f"{day}-01")["null_reason"] for day in ("2024-11", "2024-12", "2025-01")] == ["not_covered", "not_covered", None]  # fmt: skip
    assert figure(home, "recognised_revenue", "2025-02-01")["value_minor"] == 0


def test_a_line_booked_after_as_of_is_not_counted_yet(world):
    """As-of is 20 June: the line of the 25th is no cost yet, that of the 20th is."""
    home = world("2026-06-20 12:00").measuring("scorecard", "revenue")
    home.stage("ledger_line", line("1", "2026-06-20", 300, "sales"), line("2", "2026-06-20", 100), line("3", "2026-06-25", 900), source="finance")  # fmt: skip
    assert figure(home, "scorecard_2_sales_to_marketing_cost", "2026-06-01")["denominator"] == 100


def test_heads_are_averaged_over_the_days_before_as_of(world):
    """June up to the 11th has ten days: a seller of all ten, a half one of the last five: 12,500; 250 x 10 / 12.5 = 200."""
    home = world("2026-06-11 12:00").measuring("scorecard", "revenue")
    home.stage("employment", job("1", "2026-01-01"), job("2", "2026-06-06", fte=500), job("3", "2026-01-01", "2026-05-31"), source="hr")  # fmt: skip
    home.stage("ledger_line", line("1", "2026-06-02", 25_000), source="finance")
    row = figure(home, HEAD, "2026-06-01")
    assert (row["numerator"], row["denominator"], row["value_minor"], row["value"]) == (25_000, 12_500, 20_000, 200.0)


def test_the_last_day_employed_counts(world):
    """Employed up to and with 10 May: ten days of May; roles decide, and operations count within sales and marketing only."""
    home = world("2026-07-11 12:00").measuring("scorecard", "revenue")
    home.stage(
        "employment",
        job("1", "2026-05-01", "2026-05-10", role="quota_bearing"),
        job("2", "2026-05-01", "2026-05-20", function="marketing", role="field_marketing", fte=250),
        job("3", "2026-05-31", function="marketing", role="marketing_ops"),
        job("4", "2026-05-01", function="other", role="sales_ops"),
        source="hr",
    )
    assert [figure(home, FIELD, "2026-05-01")[name] for name in ("numerator", "denominator", "value")] == [10_000, 5_000, 2.0]  # fmt: skip
    assert [figure(home, OPERATIONS, "2026-05-01")[name] for name in ("numerator", "denominator")] == [1_000, 16_000]


def test_a_side_of_which_nothing_can_be_converted_is_missing(world):
    """All marketing is in euro without a rate: KPI 2 is fx_missing, KPI 1 goes by the half that is known."""
    home = world("2026-07-11 00:00").measuring("scorecard", "revenue")
    home.stage("ledger_line", line("1", "2026-05-01", 400, "sales", "people"), line("2", "2026-05-02", 100, currency="EUR"), line("3", "2026-05-03", 1_000, "other", "revenue"), source="finance")  # fmt: skip
    two, one = figure(home, "scorecard_2_sales_to_marketing_cost", "2026-05-01"), figure(home, COST, "2026-05-01")
    assert (two["null_reason"], two["denominator"], two["coverage"]) == ("fx_missing", None, 0.0)
    assert (one["numerator"], one["value"], one["coverage"]) == (400, 0.4, 0.5)
    program = figure(home, PROGRAM, "2026-05-01")
    assert (program["null_reason"], program["numerator"], program["denominator"]) == ("fx_missing", None, 400)


@pytest.mark.parametrize(
    ("value", "unit", "currency", "text"),
    [
        (0.1234, "rate", None, "12.3 %"),
        (4.06, "ratio", None, "4.1 : 1"),
        (52_300.4, "money", "USD", "$ 52,300"),
        (1_500_000.0, "money", "JPY", "¥ 1,500,000"),
        (99.0, "money", "CHF", "CHF 99"),
        (47.2, "points", None, "47 of 100"),
        (None, "rate", None, "not available"),
    ],
)
def test_values_are_told_as_a_person_reads_them(value, unit, currency, text):
    """Percent, ratio, money with its sign, points."""
    assert value_text(value, unit, currency) == text


QUARTER = {"is_complete": True, "ends_at": None}
FIGURE = {"value": 0.5, "null_reason": None, "state": "final", "coverage": 1.0}


@pytest.mark.parametrize(
    ("figure", "quarter", "known", "text"),
    [
        ({}, {}, {}, "Final."),
        ({"coverage": 0.9}, {}, {}, "Final. Based on 90 % of the records; the others have no exchange rate."),
        ({"state": "provisional"}, {}, {}, "Provisional: records that come late can still change it."),
        ({"state": "provisional"}, {"is_complete": False}, {}, "Provisional: the quarter is not over yet."),
        ({"value": None, "null_reason": "zero_denominator"}, {}, {}, "No figure: there is nothing to divide by."),
        ({"value": None, "null_reason": "not_covered"}, {}, {"missing": "hr.employment"}, "Not covered: nothing was read from the HR file."),
        ({"value": None, "null_reason": "not_covered"}, {}, {"missing": "finance.ledger|finance.revenue;stripe.revenue"}, "Not covered: nothing was read from the finance file."),
        ({"value": None, "null_reason": "not_covered"}, {}, {"missing": "later|salesforce"}, "Not covered: nothing computes it yet."),
        ({"value": None, "null_reason": "not_covered"}, {}, {"missing": "hr|salesforce;stripe"}, "Not covered: nothing was read from the HR file and the CRM or the billing system."),
    ],
)  # fmt: skip
def test_trust_is_told_in_plain_words(figure, quarter, known, text):
    """Final, provisional and why, or what is missing."""
    roles = {"stripe": "billing", "salesforce": "crm"}
    entry = {"benchmark_source": "IDC 2012-13"}
    assert trust_text(entry, FIGURE | figure, QUARTER | quarter, known, roles) == text


def test_an_own_index_says_that_its_benchmark_is_another(world):
    """KPIs 7 and 8 are shown beside a benchmark of another recipe."""
    rows = {
        row["kpi_id"][:11]: row
        for row in world("2026-05-11 00:00").measuring("scorecard", "revenue").table("kpis.kpi_scorecard")
    }
    assert rows["scorecard_8"]["trust_text"].endswith("Own index; the benchmark uses another recipe.")
    assert (rows["scorecard_7"]["benchmark"], rows["scorecard_8"]["benchmark"]) == (47.0, 52.0)
    assert rows["scorecard_1"]["period"] == "Q2 FY2026" and rows["scorecard_1"]["state"] == "provisional"


def test_the_trend_is_against_the_quarter_before(world):
    """Sales to marketing went from 2 to 3: the trend is 1; the running quarter is not shown."""
    home = world("2026-08-11 00:00").measuring("scorecard", "revenue")
    lines = [("1", "2026-01-05", 200, "sales"), ("2", "2026-01-05", 100, "marketing"), ("3", "2026-04-05", 300, "sales"), ("4", "2026-04-05", 100, "marketing"), ("5", "2026-07-05", 9, "marketing")]  # fmt: skip
    home.stage("ledger_line", *(line(*one) for one in lines), source="finance")
    row = next(r for r in home.table("kpis.kpi_scorecard") if r["kpi_id"].startswith("scorecard_2"))
    assert (row["period"], row["value"], row["trend"], row["state"]) == ("Q2 FY2026", 3.0, 1.0, "final")
