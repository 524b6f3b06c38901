"""Each source switched off in turn: what cannot be known without it is not covered, the page says so, the rest stays as it was.

Which figure needs which source is written here by hand, from the definitions of the KPIs, not read from the catalogue. Figures
to which several sources add go on with the others; they must equal the independent computation on a world without the source.
"""

import html
import re
import shutil
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from mpm_pipeline_tests.e2e.company import Company, windows
from mpm_pipeline_tests.e2e.comparison import KEY, differences, persons
from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.e2e.river import flow
from mpm_pipeline_tests.independent import compute

pytestmark = pytest.mark.slow

FOLDERS = ("finance", "hr", "service", "partners", "enablement", "standards")
SOURCES = ("salesforce", "marketo", "linkedin", "stripe", "files")
BY_COMMAND = "stripe"
"""This one is switched off for a whole `mpm run` in a home that had read it, the others for a fresh home."""

FUNNEL = {
    "inquiries", "mqls", "sals", "sqls", "conversion_inquiry_mql", "conversion_mql_sal", "conversion_sal_sql", "velocity_inquiry_mql",
    "velocity_mql_sal", "velocity_sal_sql", "lead_source_unknown_rate", "rejection_rate", "recycle_rate",
    "scorecard_8_lead_management_score",
}  # fmt: skip
DEALS = {
    "opportunities_won", "opportunities_lost", "opportunities_open", "win_rate_count", "win_rate_amount", "revenue_won", "average_deal",
    "sales_cycle_days", "sales_velocity", "pipeline_created", "pipeline_open", "forecast_won",
}  # fmt: skip
BY_MARKETING = {
    "pipeline_sourced_marketing", "pipeline_influenced_marketing", "revenue_sourced_marketing", "roi_attributed",
}  # fmt: skip
ROUTING = {
    "conversion_sql_won", "velocity_sql_won", "speed_to_lead_hours", "sla_attainment", "follow_up_rate",
}  # fmt: skip
COST = {"spend", "cost_per_lead", "cost_per_mql", "cost_per_acquisition"}
BILLING = {
    "mrr", "arr", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churn", "mrr_reactivation", "mrr_fx", "nrr", "grr",
    "logo_churn_rate", "revenue_churn_rate", "ltv_historic", "ltv_predicted_12m",
}  # fmt: skip
BOTH = {"ltv_to_cac", "payback_months"}
LEDGER = {
    "scorecard_1_marketing_sales_cost_to_revenue", "scorecard_2_sales_to_marketing_cost", "scorecard_3_marketing_cost_per_sales_head",
    "scorecard_4_quota_bearing_to_field_marketing", "scorecard_5_program_share", "scorecard_6_operations_share", "cac",
    "budget_plan", "budget_actual", "budget_variance", "budget_used_rate", "csat", "nps", "response_rate",
}  # fmt: skip
TARGETS = {"pipeline_coverage", "goal_attainment"}

LOST = {
    "salesforce": DEALS | BY_MARKETING | ROUTING | {"pipeline_coverage"},
    "marketo": set(),
    "linkedin": set(),
    "stripe": BILLING | BOTH,
    "files": LEDGER | BOTH | TARGETS,
}
"""Figures that nobody else can tell: not covered, in every period and segment."""

LESS = {
    "salesforce": FUNNEL | COST | {"new_customers", "cac", "goal_attainment", "scorecard_7_sales_enablement_score"},
    "marketo": FUNNEL | COST | BY_MARKETING | {"goal_attainment"},
    "linkedin": FUNNEL | COST | BY_MARKETING | {"goal_attainment"},
    "stripe": {
        "new_customers", "cac", "cost_per_acquisition", "recognised_revenue", "goal_attainment",
        "scorecard_1_marketing_sales_cost_to_revenue",
    },
    "files": COST | BILLING | DEALS | BY_MARKETING | {"recognised_revenue", "scorecard_7_sales_enablement_score"},
}  # fmt: skip
"""Figures to which other sources add too (files: rates, referrals): made from what is left."""

SAYS = {
    "salesforce": {"inquiries", "new_customers", "spend"},
    "marketo": {"inquiries", "spend", "pipeline_influenced_marketing"},
    "linkedin": {"inquiries", "spend", "roi_attributed"},
    "stripe": {"new_customers", "cost_per_acquisition"},
    "files": {"spend", "mrr", "revenue_won"},
}
"""Some of them that do change in this world, lest the comparison be of nothing."""

SAME_TABLES = {
    "salesforce": {"fct_budget", "kpi_scorecard"},
    "marketo": {
        "dim_account", "dim_rep", "fct_budget", "fct_invoice", "fct_mrr", "fct_opportunity_stage", "fct_payment", "kpi_scorecard",
    },
    "linkedin": {
        "dim_account", "dim_rep", "fct_budget", "fct_invoice", "fct_meeting", "fct_mrr", "fct_opportunity_stage", "fct_payment",
        "kpi_scorecard", "meta_violation",
    },
    "stripe": {
        "dim_campaign", "dim_person", "dim_rep", "fct_attribution", "fct_budget", "fct_lead_stage", "fct_meeting", "fct_opportunity",
        "fct_opportunity_stage", "fct_spend", "fct_touch", "kpi_scorecard", "lead_distribution", "lead_score_point", "meta_violation",
    },
    "files": {"dim_account", "dim_campaign", "fct_invoice", "fct_lead_stage", "fct_meeting", "fct_opportunity_stage"},
}  # fmt: skip
"""Tables to which the source adds nothing."""

TITLES = {
    "salesforce": ["Salesforce (CRM)"],
    "marketo": ["Marketo (marketing)"],
    "linkedin": ["LinkedIn (social)"],
    "stripe": ["Stripe (billing)"],
    "files": ["Finance files", "Staff files", "Survey files", "Referral files", "Enablement files", "Register of exceptions"],
}  # fmt: skip
MISSED = {
    "salesforce": ["Win rate", "Revenue won", "Pipeline created"],
    "stripe": ["Monthly recurring revenue", "Gross revenue retention"],
    "files": ["Sales to marketing cost", "Customer acquisition cost", "Budget planned"],
}
WITHOUT = "a source that it needs is off, was not read for this period, or does not show what is counted"

Off = Callable[[str], Outcome]


@pytest.fixture(scope="module")
def off(world: Path, copy: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Off:
    """Take the small world through all stages with one source switched off, when that is first asked for."""

    @cache
    def run(source: str) -> Outcome:
        switch = {f"MPM_{source.upper()}__ENABLED": "false"}
        if source != BY_COMMAND:
            return flow(tmp_path_factory.mktemp(source) / "home", world, **switch)
        with Company(world) as company:
            return company.mpm(copy(), "run", "--json", **switch)

    return run


def figures(outcome: Outcome) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return the figures as text by key, without what depends on when they were made."""
    frame = outcome.table("fct_kpi").drop(columns=["as_of_at", "state"]).astype(object)
    values = frame.where(frame.notna(), None)
    keys = values[[*KEY, "kpi_version"]].astype(str).itertuples(index=False, name=None)
    return dict(zip(keys, values.drop(columns=KEY).map(_cell).itertuples(index=False, name=None), strict=True))


def _cell(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def members(source: str) -> tuple[str, ...]:
    """Return the sources that one switch turns off, as the tables name them."""
    return FOLDERS if source == "files" else (source,)


def page_text(outcome: Outcome) -> str:
    """Return the words of the page."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", (outcome.home / "scorecard.html").read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def test_plain_calls_and_a_dagster_run_make_the_same_bytes(
    world: Path, undisturbed: Outcome, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`flow`, which most of these tests use, serves in every table what `mpm run` serves."""
    mine, theirs = flow(tmp_path_factory.mktemp("plain") / "home", world).export(), undisturbed.export()
    assert {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)} == set()
    assert len(mine) > 20


def test_a_run_with_a_source_off_succeeds(off: Off, undisturbed: Outcome) -> None:
    """A source that is switched off is no failure: `mpm run` ends with 0 and calls it off, and asks nothing of it."""
    outcome = off(BY_COMMAND)
    assert outcome.exit_code == 0, outcome.err[-2000:]
    assert outcome.document["status"] == "done"
    told = outcome.document["sources"][BY_COMMAND]
    assert (told["state"], told["rows_in"], told["error"]) == ("off", 0, None)
    assert len(windows(outcome.home, BY_COMMAND)) == len(windows(undisturbed.home, BY_COMMAND))
    assert len(windows(outcome.home, "salesforce")) > len(windows(undisturbed.home, "salesforce"))


def test_the_hand_written_tables_know_every_kpi(undisturbed: Outcome) -> None:
    """Every KPI that is served needs some source, and no source is said to both lose and lessen one."""
    known = set().union(*LOST.values(), *LESS.values())
    assert set(undisturbed.table("fct_kpi")["kpi_id"]) == known
    assert all(LOST[source].isdisjoint(LESS[source]) for source in SOURCES)


@pytest.mark.parametrize("source", SOURCES)
def test_what_nobody_else_can_tell_is_not_covered(off: Off, undisturbed: Outcome, source: str) -> None:
    """Each such figure that was there is there still, without a number and with its reason."""
    frame = off(source).table("fct_kpi").query("kpi_id in @LOST[@source]")
    assert (frame["null_reason"] == "not_covered").all()
    assert frame[["numerator", "denominator", "value", "value_minor", "n"]].isna().all(axis=None)
    before = undisturbed.table("fct_kpi").query("kpi_id in @LOST[@source] and segment_kind == 'all'")
    kept = set(frame.query("segment_kind == 'all'")[KEY].itertuples(index=False, name=None))
    assert set(before[KEY].itertuples(index=False, name=None)) <= kept
    assert before["value"].notna().any() or not LOST[source]


@pytest.mark.parametrize("source", SOURCES)
def test_what_others_tell_too_is_made_from_what_is_left(off: Off, undisturbed: Outcome, world: Path, source: str, tmp_path: Path) -> None:  # fmt: skip
    """Such a figure equals the independent computation on a world in which the source has no folder."""
    without = Path(shutil.copytree(world, tmp_path / "world"))
    for folder in members(source):
        shutil.rmtree(without / folder)
    computed = compute.figures(without, persons=persons(off(source).table("crosswalk"))).query(
        "kpi_id in @LESS[@source]"
    )
    kinds = set(zip(computed["kpi_id"], computed["segment_kind"], strict=True))
    served = off(source).table("fct_kpi")
    mask = [pair in kinds for pair in zip(served["kpi_id"], served["segment_kind"], strict=True)]
    assert differences(served[pd.Series(mask)], computed) == []
    before, after = figures(undisturbed), figures(off(source))
    assert SAYS[source] <= {key[0] for key in before.keys() & after.keys() if before[key] != after[key]}


@pytest.mark.parametrize("source", SOURCES)
def test_every_other_figure_is_the_same(off: Off, undisturbed: Outcome, source: str) -> None:
    """No row of any other KPI is changed, lost or new."""
    touched = LOST[source] | LESS[source]
    before, after = (
        {key: row for key, row in figures(one).items() if key[0] not in touched} for one in (undisturbed, off(source))
    )
    assert len({key[0] for key in before}) > 10
    assert after == before


@pytest.mark.parametrize("source", SOURCES)
def test_other_tables_are_the_same(off: Off, undisturbed: Outcome, source: str) -> None:
    """Tables to which the source adds nothing keep their bytes; those of what came in lose its rows and no other."""
    before, after = undisturbed.export(), off(source).export()
    assert {name for name in SAME_TABLES[source] if after[name] != before[name]} == set()
    assert all(before[name] for name in SAME_TABLES[source])
    for name in ("meta_reconciliation", "meta_quarantine"):
        assert after[name] == [row for row in before[name] if row[0] not in members(source)]
    for name in after:
        frame = off(source).table(name)
        if "source" in frame:
            assert set(frame["source"]).isdisjoint(members(source)), name


@pytest.mark.parametrize("source", SOURCES)
def test_freshness_says_which_source_is_off(off: Off, source: str) -> None:
    """Each source that is switched off has one row of state off and no other; the others are fresh as before."""
    frame = off(source).table("meta_freshness")
    assert Counter(frame.query("state == 'off'")["source"]) == Counter(members(source))
    assert set(frame.query("source not in @members(@source)")["state"]) == {"fresh"}
    assert set(frame["source"]) == {*FOLDERS, *SOURCES} - {"files"}


@pytest.mark.parametrize("source", SOURCES)
def test_the_page_says_what_is_missing(off: Off, source: str) -> None:
    """The banner names what is switched off, what has no figure for it, and that others are made without it."""
    text = page_text(off(source))
    assert f"Switched off: {', '.join(TITLES[source])}." in text
    assert "Figures that need it are missing, those that others add to are made without it." in text
    for title in TITLES[source]:
        assert re.search(rf"{re.escape(title)} switched off", text), title
    reason = next((part for part in re.split(r"(?<=\.) ", text) if part.endswith(f": {WITHOUT}.")), "")
    assert [title for title in MISSED.get(source, []) if title not in reason.partition(":")[0].split(", ")] == []
