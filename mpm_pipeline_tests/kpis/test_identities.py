"""Identities among figures hold in a sound warehouse, and each one that is broken is named with its count."""

from datetime import date
from itertools import pairwise

import pyarrow as pa
import pytest

from mpm_pipeline.errors import Halt
from mpm_pipeline.kpis.identities import IDENTITIES, INPUTS, breaches, hold


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A deal won, one lost in the first month of the fiscal year, MRR in two currencies, a budget of two levels, a ledger, four leads in the funnel."""
    from mpm_pipeline_tests.kpis.conftest import World

    home = World(tmp_path_factory.mktemp("home"), "2026-08-11 00:00", company_fiscal_year_start_month=7)
    home.stage("opportunity", {"opportunity_id": "O", "stage": "x", "is_closed": True, "is_won": True, "amount_minor": 101, "close_date": "2026-05-05", "created_at": "2026-04-10", "currency_code": "USD", "sales_process": "d"})  # fmt: skip
    home.stage("opportunity", {"opportunity_id": "L", "stage": "y", "is_closed": True, "is_won": False, "close_date": "2025-07-20", "created_at": "2025-07-02", "currency_code": "USD", "sales_process": "d"})  # fmt: skip
    home.stage("price", {"price_id": "p", "currency_code": "EUR", "unit_amount_decimal": "1000", "interval": "month", "interval_count": 1}, source="stripe")  # fmt: skip
    home.stage(
        "subscription_item", {"item_id": "i", "subscription_id": "s", "price_id": "p", "quantity": 1}, source="stripe"
    )
    home.stage("subscription", {"subscription_id": "s", "customer_id": "c", "status": "active", "currency_code": "EUR", "started_at": "2026-03-01", "created_at": "2026-03-01"}, source="stripe")  # fmt: skip
    home.stage("fx_rate", *({"rate_id": day, "rate_date": day, "base": "EUR", "quote": "USD", "rate": rate} for day, rate in (("2026-03-30", "1.1"), ("2026-05-30", "1.3"))), source="finance")  # fmt: skip
    home.stage("budget_entry", *({"entry_id": f"{line} {view}", "budget_line_id": line, "parent_line_id": parent, "level": "team", "month_date": "2026-05-01", "view": view, "amount_minor": 50, "currency_code": "USD"} for line, parent in (("a", None), ("b", "a")) for view in ("plan", "forecast", "committed")), source="finance")  # fmt: skip
    home.stage("employment", {"employment_id": "e", "function": "sales", "role": "quota_bearing", "fte_milli": 1000, "start_date": "2026-01-01"}, source="hr")  # fmt: skip
    home.stage("ledger_line", *({"line_id": str(n), "booked_on": "2026-05-02", "amount_minor": amount, "function": function, "kind": kind, "currency_code": "USD", "budget_line_id": "b"} for n, (amount, function, kind) in enumerate([(10, "sales", "people"), (5, "marketing", "program"), (60, "other", "revenue")])), source="finance")  # fmt: skip
    for lead, *stages in (("L1", "inquiry", "mql", "sal", "sql"), ("L2", "inquiry", "mql", "recycled", "mql"), ("L3", "inquiry", "mql"), ("L4", "inquiry", "rejected")):  # fmt: skip
        home.stage("person", {"object": "Lead", "record_id": lead, "email": f"{lead}@acme.com", "created_at": "2026-05-01 09:00"})  # fmt: skip
        home.stage("lead", {"lead_id": lead, "created_at": "2026-05-01 09:00", "modified_at": "2026-05-20 09:00", "status": stages[-1], "status_stage": stages[-1]})  # fmt: skip
        home.stage("lead_event", *({"event_id": f"{lead}{n}", "lead_id": lead, "field": "status", "at": f"2026-05-0{n} 10:00", "old_stage": before, "new_stage": after} for n, (before, after) in enumerate(pairwise(stages), start=2)))  # fmt: skip
    return {name: home.arrow(name) for name in [*INPUTS[:-1]]} | {"run.setting": home.warehouse.given["run.setting"]}


def changed(table: pa.Table, add: dict[str, int], **where: object) -> pa.Table:
    """Add to columns in the rows that have these values; at least one must."""
    rows = table.to_pylist()
    hits = [
        row
        for row in rows
        if all(row[name] == value for name, value in where.items()) and all(row[name] is not None for name in add)
    ]
    assert hits, f"no row with {where}"
    for row in hits:
        row |= {name: row[name] + more for name, more in add.items()}
    return pa.Table.from_pylist(rows, schema=table.schema)


def test_a_sound_warehouse_breaks_no_identity(sound):
    """There are figures, credits, bridges and budget lines, and everything agrees."""
    assert all(sound[name].num_rows for name in INPUTS)
    assert breaches(sound) == []


ALL = {"segment_kind": "all"}
QUARTER = {**ALL, "period_grain": "quarter", "period_start": date(2026, 4, 1)}
YEAR = {**ALL, "period_grain": "fiscal_year", "period_start": date(2025, 7, 1)}
APRIL, MAY = ({**ALL, "period_grain": "month", "period_start": date(2026, month, 1)} for month in (4, 5))
SOURCED = {"kpi_id": "pipeline_sourced_marketing", **APRIL}
LINE = {"budget_line_id": "b"}
ONE = {"numerator": 1}
PLANTED = [
    ("months_add_up", "kpis.fct_kpi", ONE, {"kpi_id": "opportunities_won", **QUARTER}),
    ("months_add_up", "kpis.fct_kpi", ONE, {"kpi_id": "opportunities_won", **YEAR}),
    ("scorecard_agrees", "kpis.fct_kpi", ONE, {"kpi_id": "scorecard_1_marketing_sales_cost_to_revenue", **QUARTER}),
    ("scorecard_agrees", "kpis.fct_kpi", ONE, {"kpi_id": "scorecard_3_marketing_cost_per_sales_head", **QUARTER}),
    ("credits_are_whole", "kpis.fct_attribution", {"credit_minor": 1}, {"opportunity_id": "O", "measure": "revenue", "model": "linear"}),
    ("credits_are_whole", "kpis.fct_attribution", {"credit_minor": 1}, {"opportunity_id": "O", "measure": "pipeline", "model": "linear"}),
    ("mrr_bridge_closes", "kpis.fct_mrr", {"fx_minor": 1}, {"month": date(2026, 5, 1)}),
    ("mrr_bridge_closes", "kpis.fct_mrr", {"opening_minor": 1, "fx_minor": -1}, {"month": date(2026, 5, 1)}),
    ("mrr_is_its_accounts", "kpis.fct_kpi", ONE, {"kpi_id": "mrr", **MAY}),
    *(("budget_parents_are_their_children", "kpis.fct_budget", {f"{view}_minor": 1, **more}, LINE)
      for view, more in (("plan", {"variance_minor": -1}), ("forecast", {}), ("committed", {}), ("variance", {}))),
    ("stage_flow_conserves", "kpis.fct_lead_stage", {"cycle_no": 1}, {"lead_id": "L3", "stage": "mql"}),
    *(("stage_flow_conserves", "kpis.fct_kpi", ONE, {"kpi_id": kpi_id, **MAY}) for kpi_id in ("inquiries", "mqls", "sals", "sqls")),
    ("sourced_shares_are_whole", "kpis.fct_kpi", ONE, SOURCED),
    ("sourced_shares_are_whole", "kpis.fct_kpi", ONE, {"kpi_id": "revenue_sourced_marketing", **MAY}),
]  # fmt: skip
"""What is moved to break an identity: every comparison that one makes is moved alone."""


@pytest.mark.parametrize(("rule", "name", "add", "where"), PLANTED)
def test_each_broken_identity_is_named(sound, rule, name, add, where):
    """One number moved by one (or two that make up for each other elsewhere): that identity is in the answer."""
    broken = changed(sound[name], add, **where)
    found = {breach.name: breach for breach in breaches(sound | {name: broken})}
    assert rule in found and found[rule].count >= 1 and found[rule].table in (name, "kpis.fct_lead_stage")


def test_a_figure_twice_or_without_value_and_reason_is_named(sound):
    """A row twice; a value without its null reason; both at once."""
    name = "kpis.fct_kpi"
    rows = sound[name].to_pylist()
    won = next(n for n, row in enumerate(rows) if row["kpi_id"] == "opportunities_won" and row["value"] is not None)
    for rule, other in (
        ("figures_are_unique", [*rows, rows[won]]),
        ("no_value_without_reason", [row | ({"value": None} if n == won else {}) for n, row in enumerate(rows)]),
        ("no_value_without_reason", [row | ({"null_reason": "no_rows"} if n == won else {}) for n, row in enumerate(rows)]),
    ):  # fmt: skip
        assert rule in {
            one.name for one in breaches(sound | {name: pa.Table.from_pylist(other, schema=sound[name].schema)})
        }


def test_every_identity_is_broken_once_by_these_tests():
    """Who adds an identity plants a breach of it."""
    assert {one.name for one in IDENTITIES} == {rule for rule, *_ in PLANTED} | {
        "figures_are_unique", "no_value_without_reason",
    }  # fmt: skip


FLOW = "entries into {} and where they went"


@pytest.mark.parametrize(("gone", "sides"), [("inquiry", (FLOW.format("inquiry"), 4, 5)), ("mql", (FLOW.format("mql"), 3, 4))])  # fmt: skip
def test_an_entry_that_nothing_led_to_breaks_the_flow(sound, gone, sides):
    """L1 reached SQL in May; without its entry into one stage more went on or stayed than entered: the month and both sides are named."""
    stages = sound["kpis.fct_lead_stage"].to_pylist()
    kept = [row for row in stages if (row["lead_id"], row["stage"]) != ("L1", gone)]
    assert len(kept) == len(stages) - 1
    table = pa.Table.from_pylist(kept, schema=sound["kpis.fct_lead_stage"].schema)
    (broken,) = breaches(sound | {"kpis.fct_lead_stage": table})
    assert (broken.name, broken.period, broken.of_what, broken.here, broken.there) == (
        "stage_flow_conserves", "month 2026-05-01", *sides,
    )  # fmt: skip


def test_a_breach_stops_with_words_that_name_rule_period_and_both_sides(sound):
    """Pipeline sourced by marketing is one cent more than it should be in April: 101 against 102, and what to do."""
    with pytest.raises(Halt) as stopped:
        hold(sound | {"kpis.fct_kpi": changed(sound["kpis.fct_kpi"], ONE, **SOURCED)})
    said = str(stopped.value)
    assert (
        "sourced_shares_are_whole in kpis.fct_kpi, month 2026-04-01, pipeline_created and its shares by origin: 101 against 102"
        in said
    )
    assert stopped.value.exit_code == 4 and "nothing is published" in said and "report it with this text" in said


def test_a_conversion_dated_before_the_lead_opens_the_periods(world):
    """The lead came over from an older CRM in March, its conversion is dated January: January has a month of its own and all agrees."""
    home = world("2026-08-11 00:00")
    home.stage("person", {"object": "Lead", "record_id": "L", "email": "l@acme.com", "created_at": "2026-03-10"})
    home.stage("lead", {"lead_id": "L", "created_at": "2026-03-10", "modified_at": "2026-03-10", "is_converted": True, "converted_date": "2026-01-15"})  # fmt: skip
    sqls = [row for row in home.arrow("kpis.fct_kpi").to_pylist() if row["kpi_id"] == "sqls"]
    months = {row["period_start"]: row["numerator"] for row in sqls if row["period_grain"] == "month"}
    assert months[date(2026, 1, 1)] == 1
    assert breaches({name: home.arrow(name) for name in INPUTS[:-1]} | {"run.setting": home.warehouse.given["run.setting"]}) == []  # fmt: skip


def test_a_date_before_the_first_month_is_no_contradiction(world):
    """A deal closed in December 1989, before the first month that is served, in a fiscal year from April: the year has no such months."""
    home = world("2026-08-11 00:00", company_fiscal_year_start_month=4)
    home.stage("opportunity", {"opportunity_id": "O", "stage": "x", "is_closed": True, "is_won": True, "amount_minor": 101, "close_date": "1989-12-15", "created_at": "2026-01-05", "currency_code": "USD", "sales_process": "d"})  # fmt: skip
    assert breaches({name: home.arrow(name) for name in INPUTS[:-1]} | {"run.setting": home.warehouse.given["run.setting"]}) == []  # fmt: skip
