"""What must hold among the figures whatever the data: sums that add up, bridges that close, shares that are given away whole.

Each identity is one query that lists what breaks it, with its period and both sides; an answer with rows is a defect of ours,
so nothing is published then and what was published before stays. Everything compared is a whole number: there is no tolerance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from mpm_pipeline.errors import Halt
from mpm_pipeline.warehouse import engine


@dataclass(frozen=True)
class Identity:
    """One rule about one table: its name, what it says in a sentence, and the query that lists (period, of_what, one side, other side)."""

    name: str
    table: str
    sentence: str
    sql: str


@dataclass(frozen=True)
class Breach:
    """One identity that does not hold, how often, and the first case: its period, what it is about, both sides."""

    name: str
    table: str
    sentence: str
    count: int
    period: str
    of_what: str
    here: int | None
    there: int | None

    def __str__(self) -> str:
        more = f" and {self.count - 1} more" if self.count > 1 else ""
        return f"{self.name} in {self.table}, {self.period}, {self.of_what}: {_side(self.here)} against {_side(self.there)}{more} ({self.sentence})"


IDENTITIES = (
    Identity(
        "figures_are_unique",
        "kpis.fct_kpi",
        "no two figures are of one KPI, version, period and segment",
        """SELECT period_grain || ' ' || period_start, kpi_id || ' of ' || segment, count(*), 1 FROM kpis.fct_kpi
          GROUP BY kpi_id, kpi_version, period_grain, period_start, segment_kind, segment HAVING count(*) > 1""",
    ),
    Identity(
        "no_value_without_reason",
        "kpis.fct_kpi",
        "a figure has a value or a reason why it has none, never both",
        """SELECT period_grain || ' ' || period_start, kpi_id || ' of ' || segment || ', values and reasons', count(value) + count(null_reason), 1
          FROM kpis.fct_kpi GROUP BY kpi_id, kpi_version, period_grain, period_start, segment_kind, segment
          HAVING count(value) + count(null_reason) <> count(*)""",
    ),
    Identity(
        "months_add_up",
        "kpis.fct_kpi",
        "counts and sums of a complete quarter or fiscal year of which all months are there are those of its months together",
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
            GROUP BY w.kpi_id, w.period_grain, w.period_start, w.period_end, w.numerator
            HAVING count(*) = date_diff('month', w.period_start, w.period_end)
          )
          SELECT period_grain || ' ' || period_start, kpi_id, numerator, months FROM added WHERE nulls = 0 AND numerator <> months""",
    ),
    Identity(
        "scorecard_agrees",
        "kpis.fct_kpi",
        "cost of KPI 1 = sales + marketing of KPI 2, so marketing to revenue = KPI 1 / (1 + KPI 2); marketing of KPI 3 = that of KPI 2",
        """WITH figure AS (SELECT *, left(kpi_id, 11) AS kpi FROM kpis.fct_kpi WHERE kpi_id LIKE 'scorecard%' AND segment_kind = 'all')
          , side AS (
            SELECT period_grain, period_start, kpi, numerator AS there FROM figure WHERE kpi IN ('scorecard_1', 'scorecard_3')
          )
          SELECT b.period_grain || ' ' || b.period_start, 'KPI 2 and ' || s.kpi, CASE s.kpi WHEN 'scorecard_1' THEN b.numerator + b.denominator ELSE b.denominator END AS here, s.there
          FROM figure b JOIN side s ON s.period_grain = b.period_grain AND s.period_start = b.period_start
          WHERE b.kpi = 'scorecard_2' AND here <> s.there""",
    ),
    Identity(
        "credits_are_whole",
        "kpis.fct_attribution",
        "each model gives away exactly the amount of each deal, to the minor unit",
        """WITH given AS (
            SELECT opportunity_id, measure, model, sum(credit_minor) AS credit FROM kpis.fct_attribution GROUP BY opportunity_id, measure, model
          )
          SELECT CASE g.measure WHEN 'revenue' THEN 'closed ' || coalesce(CAST(o.close_date AS VARCHAR), 'never') ELSE 'pipeline since ' || coalesce(CAST(o.pipeline_date AS VARCHAR), 'never') END,
            'deal ' || g.opportunity_id || ', ' || g.measure || ' by ' || g.model, g.credit,
            CASE g.measure WHEN 'revenue' THEN o.amount_minor ELSE o.pipeline_amount_minor END AS amount
          FROM given g
          LEFT JOIN kpis.fct_opportunity o ON o.opportunity_id = g.opportunity_id
          WHERE g.credit IS DISTINCT FROM amount""",
    ),
    Identity(
        "mrr_bridge_closes",
        "kpis.fct_mrr",
        "opening and movements give the closing, and the closing is the next month's opening",
        """WITH bridge AS (
            SELECT *, lag(closing_minor, 1, 0) OVER (PARTITION BY account_id ORDER BY month) AS closed,
              opening_minor + new_minor + expansion_minor - contraction_minor - churn_minor + reactivation_minor + fx_minor AS moved
            FROM kpis.fct_mrr
          )
          SELECT 'month ' || month, 'opening of account ' || account_id || ' and the closing before', opening_minor, closed FROM bridge WHERE opening_minor <> closed
          UNION ALL
          SELECT 'month ' || month, 'movements of account ' || account_id || ' and its closing', moved, closing_minor FROM bridge WHERE moved <> closing_minor""",
    ),
    Identity(
        "mrr_is_its_accounts",
        "kpis.fct_kpi",
        "MRR of a month is the sum of its accounts' closings",
        """WITH closing AS (SELECT month, sum(closing_minor) AS closing FROM kpis.fct_mrr GROUP BY month)
          SELECT 'month ' || f.period_start, 'mrr', f.numerator, coalesce(c.closing, 0)
          FROM kpis.fct_kpi f LEFT JOIN closing c ON c.month = f.period_start
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
          , side AS (
            SELECT b.month, b.budget_line_id, 'plan' AS view, b.plan_minor AS here, coalesce(c.plan, b.plan_minor) AS there
            FROM kpis.fct_budget b LEFT JOIN child c ON c.parent_line_id = b.budget_line_id AND c.month = b.month
            UNION ALL
            SELECT b.month, b.budget_line_id, 'forecast', b.forecast_minor, coalesce(c.forecast, b.forecast_minor)
            FROM kpis.fct_budget b LEFT JOIN child c ON c.parent_line_id = b.budget_line_id AND c.month = b.month
            UNION ALL
            SELECT b.month, b.budget_line_id, 'committed', b.committed_minor, coalesce(c.committed, b.committed_minor)
            FROM kpis.fct_budget b LEFT JOIN child c ON c.parent_line_id = b.budget_line_id AND c.month = b.month
            UNION ALL
            SELECT month, budget_line_id, 'variance', variance_minor, actual_minor - plan_minor FROM kpis.fct_budget
          )
          SELECT 'month ' || month, view || ' of line ' || budget_line_id, here, there FROM side WHERE here IS DISTINCT FROM there""",
    ),
    Identity(
        "stage_flow_conserves",
        "kpis.fct_lead_stage",
        "nobody is in a stage without having entered the one before; the funnel figures count the same entries",
        """WITH entry AS (
            SELECT e.*, date_trunc('month', local_date(e.entered_at, s.company_time_zone)) AS month, r.place
            FROM kpis.fct_lead_stage e CROSS JOIN run.setting s
            JOIN (VALUES ('inquiry', 1), ('mql', 2), ('sal', 3), ('sql', 4)) AS r(stage, place) ON r.stage = e.stage
          ), went_on AS (
            SELECT b.place - 1 AS place, coalesce(a.month, b.month) AS month, a.person_id, a.cycle_no FROM entry b
            LEFT JOIN entry a ON a.person_id = b.person_id AND a.cycle_no = b.cycle_no AND a.place = b.place - 1 AND a.entered_at <= b.entered_at
            WHERE b.place > 1
          ), stayed AS (
            SELECT a.place, a.month FROM entry a
            WHERE NOT EXISTS (SELECT 1 FROM went_on o WHERE o.place = a.place AND o.person_id = a.person_id AND o.cycle_no = a.cycle_no)
          ), flow AS (
            SELECT place, month, count(*) AS entered, 0 AS accounted FROM entry GROUP BY place, month
            UNION ALL SELECT place, month, 0, count(*) FROM went_on GROUP BY place, month
            UNION ALL SELECT place, month, 0, count(*) FROM stayed GROUP BY place, month
          ), added AS (
            SELECT place, month, sum(entered) AS entered, sum(accounted) AS accounted FROM flow GROUP BY place, month
          ), figure AS (
            SELECT period_start AS month, numerator, list_position(['inquiries', 'mqls', 'sals', 'sqls'], kpi_id) AS place
            FROM kpis.fct_kpi WHERE kpi_id IN ('inquiries', 'mqls', 'sals', 'sqls') AND segment_kind = 'all' AND period_grain = 'month' AND null_reason IS NULL
          )
          SELECT 'month ' || strftime(a.month, '%Y-%m-%d'), 'entries into ' || ['inquiry', 'mql', 'sal', 'sql'][a.place] || ' and where they went', a.entered, a.accounted
          FROM added a WHERE a.entered <> a.accounted
          UNION ALL
          SELECT 'month ' || strftime(f.month, '%Y-%m-%d'), ['inquiries', 'mqls', 'sals', 'sqls'][f.place] || ' and entries into the stage', f.numerator, coalesce(a.entered, 0)
          FROM figure f LEFT JOIN added a ON a.place = f.place AND a.month = f.month WHERE f.numerator <> coalesce(a.entered, 0)""",
    ),
    Identity(
        "sourced_shares_are_whole",
        "kpis.fct_kpi",
        "pipeline created and revenue won are what marketing sourced and what every other origin, or nobody known, did",
        """WITH other AS (
            SELECT 'pipeline' AS measure, pipeline_date AS day, pipeline_reporting_minor AS amount FROM kpis.fct_opportunity
            WHERE pipeline_at IS NOT NULL AND sourced_by <> 'marketing'
            UNION ALL
            SELECT 'revenue', close_date, amount_reporting_minor FROM kpis.fct_opportunity WHERE is_closed AND is_won AND sourced_by <> 'marketing'
          ), pair AS (
            SELECT * FROM (VALUES ('pipeline', 'pipeline_created', 'pipeline_sourced_marketing'), ('revenue', 'revenue_won', 'revenue_sourced_marketing')) AS v(measure, whole, share)
          ), told AS (
            SELECT p.measure, p.whole, w.period_grain, w.period_start, w.period_end, w.numerator, coalesce(m.numerator, 0) AS sourced
            FROM pair p
            JOIN kpis.fct_kpi w ON w.kpi_id = p.whole AND w.segment_kind = 'all' AND w.null_reason IS NULL
            JOIN kpis.fct_kpi m ON m.kpi_id = p.share AND m.segment_kind = 'all' AND m.period_grain = w.period_grain AND m.period_start = w.period_start
              AND coalesce(m.null_reason, 'fx_missing') = 'fx_missing'
          ), added AS (
            SELECT t.whole, t.period_grain, t.period_start, t.numerator, t.sourced + coalesce(sum(o.amount), 0) AS shares
            FROM told t LEFT JOIN other o ON o.measure = t.measure AND o.day >= t.period_start AND o.day < t.period_end
            GROUP BY t.whole, t.period_grain, t.period_start, t.numerator, t.sourced
          )
          SELECT period_grain || ' ' || period_start, whole || ' and its shares by origin', numerator, shares FROM added WHERE numerator <> shares""",
    ),
)
INPUTS = (
    "kpis.fct_kpi", "kpis.period", "kpis.catalogue", "kpis.fct_attribution", "kpis.fct_opportunity", "kpis.fct_mrr", "kpis.fct_budget",
    "kpis.fct_lead_stage", "run.setting",
)  # fmt: skip


def breaches(tables: Mapping[str, pa.Table]) -> list[Breach]:
    """Return the identities that do not hold among the tables of `INPUTS`, each with the number of its breaches and the first."""
    found = []
    with engine.connect() as connection:
        engine.show(connection, {name: tables[name] for name in INPUTS})
        for rule in IDENTITIES:
            rows = connection.execute(
                f"FROM ({rule.sql}) AS broken(period, of_what, here, there) ORDER BY ALL"
            ).fetchall()
            if rows:
                found.append(Breach(rule.name, rule.table, rule.sentence, len(rows), *rows[0]))
    return found


def hold(tables: Mapping[str, pa.Table]) -> None:
    """Raise Halt naming every identity that does not hold among the tables of `INPUTS`."""
    found = breaches(tables)
    if found:
        raise Halt(
            f"figures contradict each other, so nothing is published and what was published before stays: {'; '.join(map(str, found))}. "
            "This is a defect of mpm, not of your data: look at the table, report it with this text, or publish with the version before"
        )


def _side(value: int | None) -> str:
    return "nothing" if value is None else f"{value:,}"
