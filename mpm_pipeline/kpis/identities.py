"""What must hold among the figures whatever the data: sums that add up, bridges that close, credits that are given away whole.

Each identity is one query that counts what breaks it; an answer other than 0 is a defect of ours, so nothing is published
then. Everything compared is a whole number, so there is no tolerance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from mpm_pipeline.warehouse import engine


@dataclass(frozen=True)
class Identity:
    """One rule about one table: its name, what it says in a sentence, and the query that counts breaches."""

    name: str
    table: str
    sentence: str
    sql: str


@dataclass(frozen=True)
class Breach:
    """One identity that does not hold, and how often."""

    name: str
    table: str
    sentence: str
    count: int


IDENTITIES = (
    Identity(
        "figures_are_unique",
        "kpis.fct_kpi",
        "no two figures are of one KPI, version, period and segment",
        """SELECT count(*) - count(DISTINCT (kpi_id, kpi_version, period_grain, period_start, segment_kind, segment)) FROM kpis.fct_kpi""",
    ),
    Identity(
        "no_value_without_reason",
        "kpis.fct_kpi",
        "a figure has a value or a reason why it has none, never both",
        """SELECT count(*) FROM kpis.fct_kpi WHERE (value IS NULL) <> (null_reason IS NOT NULL)""",
    ),
    Identity(
        "months_add_up",
        "kpis.fct_kpi",
        "counts and sums of a complete quarter or fiscal year are those of its months together",
        """WITH whole AS (
            SELECT f.* FROM kpis.fct_kpi f
            JOIN kpis.period p ON p.period_grain = f.period_grain AND p.period_start = f.period_start AND p.is_complete
            JOIN kpis.catalogue c ON c.kpi_id = f.kpi_id AND c.kind IN ('count', 'sum')
            WHERE f.segment_kind = 'all' AND f.period_grain <> 'month' AND f.null_reason IS NULL
          ), added AS (
            SELECT w.kpi_id, w.period_grain, w.period_start, w.numerator, sum(m.numerator) AS months, count(m.null_reason) AS nulls
            FROM whole w
            JOIN kpis.fct_kpi m ON m.kpi_id = w.kpi_id AND m.segment_kind = 'all' AND m.period_grain = 'month'
              AND m.period_start >= w.period_start AND m.period_end <= w.period_end
            GROUP BY w.kpi_id, w.period_grain, w.period_start, w.numerator
          )
          SELECT count(*) FROM added WHERE nulls = 0 AND numerator <> months""",
    ),
    Identity(
        "scorecard_agrees",
        "kpis.fct_kpi",
        "cost of KPI 1 = sales + marketing of KPI 2, so marketing to revenue = KPI 1 / (1 + KPI 2); marketing of KPI 3 = that of KPI 2",
        """WITH figure AS (SELECT *, left(kpi_id, 11) AS kpi FROM kpis.fct_kpi WHERE kpi_id LIKE 'scorecard%' AND segment_kind = 'all')
          SELECT count(*) FROM figure b
          LEFT JOIN figure a ON a.kpi = 'scorecard_1' AND a.period_grain = b.period_grain AND a.period_start = b.period_start
          LEFT JOIN figure c ON c.kpi = 'scorecard_3' AND c.period_grain = b.period_grain AND c.period_start = b.period_start
          WHERE b.kpi = 'scorecard_2' AND (a.numerator <> b.numerator + b.denominator OR c.numerator <> b.denominator)""",
    ),
    Identity(
        "credits_are_whole",
        "kpis.fct_attribution",
        "each model gives away exactly the amount of each deal, to the minor unit",
        """WITH given AS (
            SELECT opportunity_id, measure, model, sum(credit_minor) AS credit FROM kpis.fct_attribution GROUP BY opportunity_id, measure, model
          )
          SELECT count(*) FROM given g
          LEFT JOIN kpis.fct_opportunity o ON o.opportunity_id = g.opportunity_id
          WHERE g.credit IS DISTINCT FROM CASE g.measure WHEN 'revenue' THEN o.amount_minor ELSE o.pipeline_amount_minor END""",
    ),
    Identity(
        "mrr_bridge_closes",
        "kpis.fct_mrr",
        "opening and movements give the closing, and the closing is the next month's opening",
        """SELECT count(*) FROM (
            SELECT *, lag(closing_minor, 1, 0) OVER (PARTITION BY account_id ORDER BY month) AS closed FROM kpis.fct_mrr
          ) WHERE opening_minor <> closed
            OR opening_minor + new_minor + expansion_minor - contraction_minor - churn_minor + reactivation_minor + fx_minor <> closing_minor""",
    ),
    Identity(
        "mrr_is_its_accounts",
        "kpis.fct_kpi",
        "MRR of a month is the sum of its accounts' closings",
        """WITH closing AS (SELECT month, sum(closing_minor) AS closing FROM kpis.fct_mrr GROUP BY month)
          SELECT count(*) FROM kpis.fct_kpi f LEFT JOIN closing c ON c.month = f.period_start
          WHERE f.kpi_id = 'mrr' AND f.period_grain = 'month' AND f.null_reason IS NULL AND f.numerator <> coalesce(c.closing, 0)""",
    ),
    Identity(
        "budget_parents_are_their_children",
        "kpis.fct_budget",
        "plan, forecast and committed of a parent are the sums of its children where they have any; variance = actual - plan",
        """WITH child AS (
            SELECT parent_line_id, month, sum(plan_minor) AS plan, sum(forecast_minor) AS forecast, sum(committed_minor) AS committed
            FROM kpis.fct_budget WHERE NOT is_top GROUP BY parent_line_id, month
          )
          SELECT count(*) FROM kpis.fct_budget b
          LEFT JOIN child c ON c.parent_line_id = b.budget_line_id AND c.month = b.month
          WHERE coalesce(c.plan, b.plan_minor) IS DISTINCT FROM b.plan_minor OR coalesce(c.forecast, b.forecast_minor) IS DISTINCT FROM b.forecast_minor
            OR coalesce(c.committed, b.committed_minor) IS DISTINCT FROM b.committed_minor
            OR b.variance_minor IS DISTINCT FROM b.actual_minor - b.plan_minor""",
    ),
)
INPUTS = (
    "kpis.fct_kpi", "kpis.period", "kpis.catalogue", "kpis.fct_attribution", "kpis.fct_opportunity", "kpis.fct_mrr", "kpis.fct_budget",
)  # fmt: skip


def breaches(tables: Mapping[str, pa.Table]) -> list[Breach]:
    """Return the identities that do not hold among the tables of `INPUTS`, each with the number of its breaches."""
    found = []
    with engine.connect() as connection:
        connection.execute("CREATE SCHEMA kpis")
        for name in INPUTS:
            plain = name.replace(".", "_")
            connection.register(plain, tables[name])
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {plain}")  # noqa: S608
        for rule in IDENTITIES:
            count = int(connection.execute(rule.sql).fetchall()[0][0])
            if count:
                found.append(Breach(rule.name, rule.table, rule.sentence, count))
    return found
