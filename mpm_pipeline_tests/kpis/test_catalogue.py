"""The catalogue names every KPI that is promised, in plain words, and nothing that is not."""

import re

import pytest

from mpm_pipeline.contracts.registry import streams
from mpm_pipeline.kpis.catalogue import entries
from mpm_pipeline.kpis.models import FOLDER
from mpm_pipeline.vocabulary import FILE_FOLDERS

PROMISED = re.findall(
    r"\w+",
    """
inquiries mqls sals sqls conversion_inquiry_mql conversion_mql_sal conversion_sal_sql conversion_sql_won velocity_inquiry_mql velocity_mql_sal
velocity_sal_sql velocity_sql_won win_rate_count win_rate_amount opportunities_won opportunities_lost opportunities_open revenue_won average_deal
sales_cycle_days sales_velocity pipeline_created pipeline_open pipeline_sourced_marketing pipeline_influenced_marketing revenue_sourced_marketing
speed_to_lead_hours sla_attainment follow_up_rate lead_source_unknown_rate rejection_rate recycle_rate pipeline_coverage forecast_won
scorecard_1_marketing_sales_cost_to_revenue scorecard_2_sales_to_marketing_cost scorecard_3_marketing_cost_per_sales_head
scorecard_4_quota_bearing_to_field_marketing scorecard_5_program_share scorecard_6_operations_share scorecard_7_sales_enablement_score
scorecard_8_lead_management_score spend cost_per_lead cost_per_mql cost_per_acquisition cac new_customers mrr arr mrr_new mrr_expansion mrr_contraction
mrr_churn mrr_reactivation mrr_fx nrr grr logo_churn_rate revenue_churn_rate ltv_historic ltv_predicted_12m ltv_to_cac payback_months roi_attributed
csat nps response_rate recognised_revenue budget_plan budget_actual budget_variance budget_used_rate goal_attainment
""",
)


def test_every_promised_kpi_stands_in_the_catalogue_and_no_other():
    """The outside contract lists them; the catalogue has exactly these."""
    assert sorted(entries()) == sorted(PROMISED)


@pytest.mark.parametrize("kpi_id", PROMISED)
def test_an_entry_is_complete_and_plain(kpi_id):
    """Title, sentence, formula, owner; needs are known roles or folders; nobody is left to guess."""
    entry = entries()[kpi_id]
    assert entry["title"] and entry["formula"] and entry["owner"] and entry["good"] in ("up", "down", "neither")
    assert entry["sentence"].endswith(".") and len(entry["sentence"]) < 130
    needs = {need.split(".")[0] for need in re.split(r"[;|]", f"{entry['needs_all']};{entry['needs_any']}") if need}
    assert needs and needs <= {"crm", "marketing", "social", "billing", "later", *FILE_FOLDERS}
    counted = {one for one in entry["counts"].split(";") if one}
    assert counted <= {f"crm/{stream.name}" for stream in streams("salesforce")} and (not counted or "crm" in needs)


def test_every_measure_has_an_entry(world):
    """What the SQL files deliver stands in the catalogue; a misspelt id would vanish from the figures."""
    told = set()
    for file in FOLDER.glob("part_*.sql"):
        told |= set(re.findall(r"'([a-z][a-z0-9_]+)' AS kpi_id", file.read_text()))
    assert told and told <= set(PROMISED)
    home = world("2026-05-11 00:00")
    assert {row["kpi_id"] for row in home.table("kpis.part")} <= set(PROMISED)


def test_needs_are_told_as_sources(world):
    """In the served catalogue the roles are the systems that have them."""
    rows = {row["kpi_id"]: row for row in world("2026-05-11 00:00").table("kpis.catalogue")}
    assert rows["mrr"]["needs_all"] == "stripe"
    assert rows["cost_per_acquisition"]["needs_any"] == "linkedin;marketo;salesforce|salesforce;stripe"
