"""What the page is made of: one version of the served tables, read in one snapshot and no more of it than is shown.

Sums over large tables are made by the database; names of people and companies are read only for the leads that are listed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mpm_pipeline.publish.reader import opened
from mpm_pipeline.scorecard.figures import Figures, Period, Row
from mpm_pipeline.warehouse.home import Home

LEADS_SHOWN = 200
CHANGES_SHOWN = 40

EIGHT = (
    "scorecard_1_marketing_sales_cost_to_revenue", "scorecard_2_sales_to_marketing_cost",
    "scorecard_3_marketing_cost_per_sales_head", "scorecard_4_quota_bearing_to_field_marketing", "scorecard_5_program_share",
    "scorecard_6_operations_share", "scorecard_7_sales_enablement_score", "scorecard_8_lead_management_score",
)  # fmt: skip
FUNNEL = ("inquiries", "mqls", "sals", "sqls")
CONVERSIONS = ("conversion_inquiry_mql", "conversion_mql_sal", "conversion_sal_sql", "conversion_sql_won")
SALES = (
    "win_rate_count", "win_rate_amount", "opportunities_won", "opportunities_lost", "revenue_won", "average_deal",
    "sales_cycle_days", "pipeline_created", "pipeline_open", "pipeline_sourced_marketing", "pipeline_influenced_marketing",
)  # fmt: skip
MONEY = (
    "spend", "cost_per_lead", "cost_per_mql", "cac", "new_customers", "roi_attributed", "mrr", "arr", "nrr", "grr",
    "logo_churn_rate", "budget_plan", "budget_actual", "budget_variance", "budget_used_rate",
)  # fmt: skip
BRIDGE = ("mrr_new", "mrr_expansion", "mrr_reactivation", "mrr_contraction", "mrr_churn", "mrr_fx")
SHOWN = (*EIGHT, *FUNNEL, *CONVERSIONS, *SALES, *MONEY, *BRIDGE)


@dataclass(frozen=True)
class Facts:
    """Rows of the served tables that the page shows; each list may be empty."""

    publication: Row
    figures: list[Row] = field(default_factory=list)
    scorecard: list[Row] = field(default_factory=list)
    kpis: list[Row] = field(default_factory=list)
    freshness: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    violations: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    credits: list[Row] = field(default_factory=list)
    budget: list[Row] = field(default_factory=list)
    leads: list[Row] = field(default_factory=list)
    lead_counts: list[Row] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)

    def calendar(self) -> Figures:
        """Return the figures with the calendar of the publication."""
        return Figures(self.figures, self.publication["as_of_date"], self.publication["fiscal_year_start_month"])


def read(home: Home, url: str) -> Facts:
    """Read what is published; errors as `publish.reader.opened`."""
    with opened(home, url) as served:
        publication = served.rows("meta_publication")[0]
        figures = served.rows(
            "fct_kpi", kpi_id=list(SHOWN), period_grain=["month", "quarter"], segment_kind=["all", "channel"]
        )
        quarter = Figures(figures, publication["as_of_date"], publication["fiscal_year_start_month"]).shown()
        leads = served.rows("lead_distribution", order=["-score"], limit=LEADS_SHOWN, outcome="assigned")
        return Facts(
            publication=publication,
            figures=figures,
            scorecard=served.rows("kpi_scorecard"),
            kpis=served.rows("meta_kpi"),
            freshness=served.rows("meta_freshness"),
            quarantine=served.sums("meta_quarantine", by=["source", "stream", "reason_code"], resolved_at=None),
            violations=served.sums("meta_violation", by=["rule"], exception_id=None),
            changes=_final_first(served.sums("fct_kpi_restatement", by=["cause", "changed_at"]), served),
            credits=_credits(served, quarter),
            budget=_budget(served, quarter),
            leads=leads,
            lead_counts=served.sums(
                "lead_distribution", by=["outcome", "outcome_reason", "rep_id", "rep_name"], of=["value_minor", "score"]
            ),
            people=_names(served, "dim_person", "person_id", leads),
            accounts=_names(served, "dim_account", "account_id", leads),
        )


def _credits(served: Any, quarter: Period | None) -> list[Row]:
    if quarter is None:
        return []
    return served.sums(
        "fct_attribution", by=["measure", "channel"], of=["credit_reporting_minor"], model="linear",
        within=("event_date", quarter.start, quarter.end),
    )  # fmt: skip


def _budget(served: Any, quarter: Period | None) -> list[Row]:
    if quarter is None:
        return []
    return served.sums(
        "fct_budget", by=["budget_line_id", "parent_line_id", "level", "name", "owner"], of=["plan_minor", "actual_minor"],
        within=("month", quarter.start, quarter.end),
    )  # fmt: skip


def _final_first(known: Iterable[Row], served: Any) -> list[Row]:
    """Return the newest changes of figures whose period had ended; a running period changes by itself."""
    causes = sorted({row["cause"] for row in known if not row["cause"].startswith("running:")})
    if not causes:
        return []
    return served.rows(
        "fct_kpi_restatement",
        order=["-changed_at", "-period_start"],
        limit=CHANGES_SHOWN,
        cause=causes,
        segment_kind="all",
    )


def _names(served: Any, table: str, key: str, leads: Iterable[Row]) -> dict[str, str]:
    wanted = sorted({row[key] for row in leads if row[key]})
    return {row[key]: row["name"] for row in served.rows(table, **{key: wanted}) if row["name"]} if wanted else {}
