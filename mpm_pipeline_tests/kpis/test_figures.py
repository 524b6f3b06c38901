"""Parts become figures: empty periods, reasons in their order, values, intervals, states (readings 1-7; time)."""

import math
from datetime import date

import pytest

from mpm_pipeline.kpis.catalogue import entries

GRAINS = ("month", "quarter", "fiscal_year")


def deal(opportunity_id, close, amount=None, *, won=True, currency="USD"):
    return {"opportunity_id": opportunity_id, "stage": "x", "is_closed": True, "is_won": won, "amount_minor": amount, "close_date": close, "created_at": "2026-02-10",
            "currency_code": currency, "sales_process": "default"}  # fmt: skip


def figures(rows):
    return {
        (row["kpi_id"], row["period_grain"], row["period_start"].isoformat(), row["segment_kind"], row["segment"]): row
        for row in rows
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A year from April; deals in March and May; Stripe and the service files are off; as-of is 11 May."""
    from mpm_pipeline_tests.kpis.conftest import World

    home = World(
        tmp_path_factory.mktemp("home"), "2026-05-11 00:00", ["stripe", "service"], company_fiscal_year_start_month=4
    )
    home.stage("opportunity", deal("O1", "2026-03-05", 1_001), deal("O2", "2026-03-06", 2_000), deal("O3", "2026-03-07", won=False), deal("O4", "2026-05-05", 70, currency="EUR"))  # fmt: skip
    return figures(home.table("kpis.fct_kpi"))


def test_every_kpi_has_every_period(told):
    """From the first event (February) to as-of each KPI has a figure for all, at month, quarter and fiscal year."""
    for kpi_id in entries():
        for grain, starts in zip(
            GRAINS,
            (("2026-02-01", "2026-05-01"), ("2026-01-01", "2026-04-01"), ("2025-04-01", "2026-04-01")),
            strict=True,
        ):
            for start in starts:
                assert (kpi_id, grain, start, "all", "all") in told, f"{kpi_id} has no {grain} of {start}"
    assert ("opportunities_won", "month", "2026-01-01", "all", "all") not in told
    assert ("opportunities_won", "month", "2026-06-01", "all", "all") not in told


def test_an_empty_covered_period_is_zero_or_null_with_its_reason(told):
    """April: no deals, so 0 won and 0 money, and no rate, no mean and no median."""
    april = {key[0]: row for key, row in told.items() if key[1:] == ("month", "2026-04-01", "all", "all")}
    assert (april["opportunities_won"]["value"], april["opportunities_won"]["numerator"]) == (0.0, 0)
    assert (
        april["revenue_won"]["value"],
        april["revenue_won"]["value_minor"],
        april["revenue_won"]["currency_code"],
    ) == (0.0, 0, "USD")
    for kpi_id in ("win_rate_count", "average_deal", "sales_cycle_days", "sales_velocity"):
        assert (april[kpi_id]["value"], april[kpi_id]["null_reason"]) == ((None, "zero_denominator") if kpi_id != "sales_velocity" else (0.0, None)), kpi_id  # fmt: skip


def test_values_come_from_numerators_and_denominators(told):
    """March: 30.01 won in two deals, two of three won, the average of 1,500.5 cents goes to the even 1,500."""
    march = {key[0]: row for key, row in told.items() if key[1:] == ("month", "2026-03-01", "all", "all")}
    assert (march["revenue_won"]["value"], march["revenue_won"]["value_minor"], march["revenue_won"]["unit"]) == (
        30.01,
        3_001,
        "money",
    )
    assert (
        march["average_deal"]["value_minor"],
        march["average_deal"]["numerator"],
        march["average_deal"]["denominator"],
    ) == (1_500, 3_001, 2)
    assert march["average_deal"]["value"] == pytest.approx(15.005)
    assert march["win_rate_count"]["value"] == pytest.approx(2 / 3)
    assert march["sales_cycle_days"]["value"] == 23.5 and march["sales_cycle_days"]["numerator"] is None


def test_rates_of_counts_carry_their_wilson_interval(told):
    """2 of 3: 0.208 to 0.939 by Wilson's formula at 95 %; a rate of money has none."""
    row = told["win_rate_count", "month", "2026-03-01", "all", "all"]
    z, share, n = 1.959963984540054, 2 / 3, 3
    middle, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    assert (row["low"], row["high"]) == (
        pytest.approx((middle - half) / (1 + z * z / n)),
        pytest.approx((middle + half) / (1 + z * z / n)),
    )
    assert round(row["low"], 3) == 0.208 and round(row["high"], 3) == 0.939
    assert told["win_rate_amount", "month", "2026-03-01", "all", "all"]["low"] is None


def test_a_sum_without_any_rate_is_missing_one_with_some_is_partly_covered(told):
    """May's only deal is in euro without a rate: revenue is null, fx_missing, and covered by 0; the year has 2 of 3 rates."""
    may, year = (
        told["revenue_won", "month", "2026-05-01", "all", "all"],
        told["revenue_won", "fiscal_year", "2025-04-01", "all", "all"],
    )
    assert (may["value"], may["numerator"], may["null_reason"], may["coverage"]) == (None, None, "fx_missing", 0.0)
    assert (year["value_minor"], year["coverage"]) == (3_001, 1.0)
    assert told["average_deal", "month", "2026-05-01", "all", "all"]["null_reason"] == "fx_missing"
    euro = told["revenue_won", "month", "2026-05-01", "currency", "EUR"]
    assert (euro["value"], euro["currency_code"]) == (0.7, "EUR")


def test_what_needs_a_source_that_is_off_is_not_covered(told):
    """Stripe is off: no MRR; service is off: no CSAT; new customers need one of CRM and billing and are there."""
    for kpi_id in ("mrr", "nrr", "ltv_historic", "csat", "nps"):
        row = told[kpi_id, "month", "2026-03-01", "all", "all"]
        assert (row["value"], row["numerator"], row["n"], row["null_reason"]) == (None, None, None, "not_covered"), (
            kpi_id
        )
    assert told["new_customers", "month", "2026-03-01", "all", "all"]["null_reason"] is None


def test_what_nothing_computes_yet_is_not_covered(told):
    """A KPI that is promised for later has rows and a reason, never a number."""
    for kpi_id in ("scorecard_7_sales_enablement_score", "ltv_predicted_12m", "forecast_won"):
        assert told[kpi_id, "month", "2026-03-01", "all", "all"]["null_reason"] == "not_covered", kpi_id


def test_an_immature_cohort_beats_the_missing_denominator(told):
    """April's cohort is empty and immature: the first reason that applies is given."""
    assert told["conversion_mql_sal", "month", "2026-04-01", "all", "all"]["null_reason"] == "immature_cohort"


def test_a_figure_is_final_when_its_sources_are_covered_beyond_the_horizon(told):
    """Seven days after April's end deals of April are final; spend waits 90 days; the running month is provisional."""
    assert told["opportunities_won", "month", "2026-04-01", "all", "all"]["state"] == "final"
    assert told["opportunities_won", "month", "2026-05-01", "all", "all"]["state"] == "provisional"
    assert told["spend", "month", "2026-04-01", "all", "all"]["state"] == "provisional"
    assert told["mrr", "month", "2026-03-01", "all", "all"]["state"] == "provisional"


def test_segments_are_those_that_occur(told):
    """April has no deal, so no rep, no region and no product line of April is shown."""
    assert not [key for key in told if key[0] == "opportunities_won" and key[2] == "2026-04-01" and key[3] != "all"]
    assert told["opportunities_won", "month", "2026-03-01", "rep", "unknown"]["value"] == 2


def test_all_sources_off_is_not_covered(world):
    """With nothing on there is a figure for the running periods of every KPI, and each says not_covered."""
    off = [
        "salesforce",
        "marketo",
        "linkedin",
        "stripe",
        "finance",
        "hr",
        "service",
        "partners",
        "enablement",
        "standards",
    ]
    rows = world("2026-05-11 00:00", off=off).table("kpis.fct_kpi")
    assert {row["null_reason"] for row in rows} == {"not_covered"}
    assert {(row["kpi_id"], row["period_grain"]) for row in rows} == {
        (kpi_id, grain) for kpi_id in entries() for grain in GRAINS
    }


def test_periods_are_the_companys(world):
    """A fiscal year from April, as-of 31 March 23:30 UTC in Tokyo: it is April there, so FY2026/27 has begun."""
    home = world("2026-03-31 23:30", company_time_zone="Asia/Tokyo", company_fiscal_year_start_month=4)
    home.stage("opportunity", deal("O1", "2026-03-05", 1))
    rows = {(row["period_grain"], row["period_start"]): row for row in home.table("kpis.period")}
    assert rows["fiscal_year", date(2026, 4, 1)]["label"] == "FY2026/27"
    assert (
        rows["quarter", date(2026, 1, 1)]["label"] == "Q4 FY2025/26"
        and rows["quarter", date(2026, 1, 1)]["is_complete"]
    )
    assert rows["month", date(2026, 3, 1)]["ends_at"].isoformat() == "2026-03-31T15:00:00+00:00"
    assert not rows["month", date(2026, 4, 1)]["is_complete"]


def test_the_scorecard_is_the_newest_complete_quarter(world):
    """Eight rows; marketing's and sales' cost of the first quarter against revenue, in words, beside the dated benchmark."""
    home = world("2026-05-11 00:00")
    line = {"kind": "program", "function": "marketing", "currency_code": "USD"}
    home.stage(
        "ledger_line",
        {**line, "line_id": "1", "booked_on": "2026-02-01", "amount_minor": 1_000_000}, {**line, "line_id": "2", "booked_on": "2026-02-01", "amount_minor": 3_000_000, "function": "sales"},
        {**line, "line_id": "3", "booked_on": "2026-03-01", "amount_minor": 32_520_000, "kind": "revenue", "function": "other"},
        source="finance",
    )  # fmt: skip
    rows = {row["kpi_id"][:11]: row for row in home.table("kpis.kpi_scorecard")}
    assert sorted(rows) == [f"scorecard_{n}" for n in range(1, 9)]
    one = rows["scorecard_1"]
    assert (one["period"], one["value_text"], one["benchmark"]) == ("Q1 FY2026", "12.3 %", 0.106)
    assert (rows["scorecard_2"]["value_text"], rows["scorecard_2"]["value"]) == ("3.0 : 1", 3.0)
    assert "2012-13" in one["benchmark_source"]
    assert rows["scorecard_3"]["benchmark_source"] is None
    assert rows["scorecard_7"]["value"] is None and rows["scorecard_7"]["value_text"].startswith("not available")
