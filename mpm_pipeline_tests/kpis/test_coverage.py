"""Which periods a KPI has, which of them are covered, and when they are settled (readings 1, 2, 6; time)."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

LEDGER = {"currency_code": "USD", "function": "marketing", "kind": "program", "amount_minor": 100}


def periods(home, kpi_id, grain="month"):
    """Return the periods of one KPI by their first day."""
    found = [r for r in home.table("kpis.kpi_period") if (r["kpi_id"], r["period_grain"]) == (kpi_id, grain)]
    return {row["period_start"].isoformat(): row for row in found}


def change(home, source, **fields):
    """Tell of one source something else in `run.source`."""
    given = home.warehouse.given["run.source"]
    rows = [{**row, **(fields if row["source"] == source else {})} for row in given.to_pylist()]
    home.warehouse.given["run.source"] = pa.Table.from_pylist(rows, schema=given.schema)


def company(world, *, off=(), as_of="2026-05-11 00:00"):
    """Employments since January, ledger lines since March, a budget since April."""
    home = world(as_of, off=off).measuring("service")
    home.stage("employment", {"employment_id": "e", "function": "sales", "role": "other", "fte_milli": 1000, "start_date": "2026-01-10"}, source="hr")  # fmt: skip
    home.stage("ledger_line", {**LEDGER, "line_id": "l", "booked_on": "2026-03-03"}, source="finance")
    return home


def test_rows_begin_with_the_first_event_of_any_source_and_are_covered_from_the_last(world):
    """Cost per head needs people (January) and ledger (March): rows from January, covered from March."""
    found = periods(company(world), "scorecard_3_marketing_cost_per_sales_head")
    assert sorted(found) == ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]
    assert [found[day]["is_covered"] for day in sorted(found)] == [False, False, True, True, True]
    assert found["2026-02-01"]["missing"] == "finance.ledger" and found["2026-03-01"]["missing"] is None


def test_a_quarter_is_covered_as_soon_as_a_part_of_it_is(world):
    """The first quarter ends after the ledger began in March."""
    assert periods(company(world), "scorecard_3_marketing_cost_per_sales_head", "quarter")["2026-01-01"]["is_covered"]


def test_a_source_without_the_records_that_count_does_not_cover(world):
    """Finance is there, but without a budget nothing is known of one; the ledger alone opens none."""
    found = periods(company(world), "budget_plan")
    assert {row["is_covered"] for row in found.values()} == {False} and found["2026-03-01"][
        "missing"
    ] == "finance.budget"
    with_budget = company(world).stage("budget_entry", {"entry_id": "b", "budget_line_id": "x", "month_date": "2026-04-01", "view": "plan", "level": "team", "currency_code": "USD"}, source="finance")  # fmt: skip
    assert periods(with_budget, "budget_plan")["2026-03-01"]["is_covered"]


def test_while_a_source_is_off_all_periods_are_there_and_none_is_covered(world):
    """HR off: KPI 3 has the periods that the others have (the ledger's), each not covered."""
    found = periods(company(world, off=["hr"]), "scorecard_3_marketing_cost_per_sales_head")
    assert sorted(found) == ["2026-03-01", "2026-04-01", "2026-05-01"]
    assert {(row["is_covered"], row["missing"]) for row in found.values()} == {(False, "hr.employment")}


@pytest.mark.parametrize(("off", "covered"), [([], True), (["stripe"], True), (["salesforce"], True), (["salesforce", "stripe"], False)])  # fmt: skip
def test_of_alternatives_one_is_enough(world, off, covered):
    """New customers are known from deals or from invoices."""
    home = company(world, off=off)
    home.stage("opportunity", {"opportunity_id": "o", "created_at": "2026-03-01", "close_date": "2026-03-09"})
    home.stage("invoice", {"invoice_id": "i", "created_at": "2026-03-02"}, source="stripe")
    assert periods(home, "new_customers")["2026-04-01"]["is_covered"] is covered


def test_a_period_is_settled_when_it_has_ended_and_late_records_cannot_come_any_more(world):
    """April is settled from 8 May on: seven days after its end; the running month never is."""
    early, late = company(world, as_of="2026-05-07 23:59"), company(world, as_of="2026-05-08 00:00")
    kpi_id = "scorecard_2_sales_to_marketing_cost"
    assert not periods(early, kpi_id)["2026-04-01"]["is_settled"]
    assert periods(late, kpi_id)["2026-04-01"]["is_settled"] and not periods(late, kpi_id)["2026-05-01"]["is_settled"]


def test_a_part_of_a_kpi_never_told_is_dropped_before_its_first_event(world):
    """Measures speak of all periods; figures begin with the KPI's own first event, here April of the survey."""
    home = company(world).stage("survey_response", {"response_id": "r", "survey": "s", "kind": "csat", "scale_max": 5, "sent_at": "2026-04-20"}, source="service")  # fmt: skip
    rows = [r for r in home.table("kpis.fct_kpi") if r["kpi_id"] == "response_rate" and r["period_grain"] == "month"]
    assert sorted(row["period_start"] for row in rows) == [date(2026, 4, 1), date(2026, 5, 1)]


@pytest.mark.parametrize(
    ("shown_to", "covered", "settled"),
    [("1970-01-01", [False, False], [False, False]), ("2026-05-20", [True, False], [True, False])],
)
def test_an_object_that_is_not_shown_is_not_covered_from_then_on(world, shown_to, covered, settled):
    """Leads hidden always, or since 20 May: MQLs of March and June; deals of the same CRM are known all the time."""
    home = company(world, as_of="2026-09-01 00:00")
    home.stage("lead", {"lead_id": "l", "created_at": "2026-03-02"}).stage("opportunity", {"opportunity_id": "o", "created_at": "2026-03-01", "close_date": "2026-03-09"})  # fmt: skip
    hidden = [{"stream": "Lead", "shown_to_at": datetime.fromisoformat(shown_to).replace(tzinfo=UTC)}]
    change(home, "salesforce", hidden=hidden)
    mqls, won = periods(home, "mqls"), periods(home, "opportunities_won")
    assert [mqls[day]["is_covered"] for day in ("2026-03-01", "2026-06-01")] == covered
    assert [mqls[day]["is_settled"] for day in ("2026-03-01", "2026-06-01")] == settled
    assert mqls["2026-06-01"]["missing"] == "salesforce/Lead"
    assert (won["2026-06-01"]["is_covered"], won["2026-06-01"]["is_settled"], won["2026-06-01"]["missing"]) == (True, True, None)  # fmt: skip


def test_a_source_that_is_on_and_was_never_read_holds_open_what_its_alternative_tells(world):
    """New customers by invoices alone: final while the CRM is off, provisional while nobody could read it yet."""
    invoice = {"invoice_id": "i", "created_at": "2026-03-02"}
    found = {}
    for state in ("off", "failed"):
        home = company(world, off=["salesforce"], as_of="2026-09-01 00:00").stage("invoice", invoice, source="stripe")
        change(home, "salesforce", state=state)
        march = periods(home, "new_customers")["2026-03-01"]
        found[state] = (march["is_covered"], march["is_settled"])
    assert found == {"off": (True, True), "failed": (True, False)}


def test_a_loss_holds_open_the_periods_from_the_oldest_lost_record_on(world):
    """Finance lost a line of 15 April: March is settled as before, April and its quarter are not, and say since when."""
    home = company(world, as_of="2026-08-01 00:00")
    lost_at = datetime(2026, 4, 15, tzinfo=UTC)
    before = periods(home, "scorecard_5_program_share")
    assert before["2026-03-01"]["is_settled"] and before["2026-04-01"]["is_settled"]
    home = company(world, as_of="2026-08-01 00:00")
    change(home, "finance", lost_at=lost_at)
    found = periods(home, "scorecard_5_program_share")
    assert [found[day]["is_settled"] for day in ("2026-03-01", "2026-04-01", "2026-05-01")] == [True, False, False]
    assert (found["2026-03-01"]["lost_at"], found["2026-04-01"]["lost_at"]) == (None, lost_at)
    quarters = periods(home, "scorecard_5_program_share", "quarter")
    assert [quarters[day]["is_settled"] for day in ("2026-01-01", "2026-04-01")] == [True, False]
