"""Contract of the record of changed figures, the one served table that grows instead of being rebuilt."""

from mpm_pipeline.contracts.table import Day, Instant, Real, Table, Text, Whole, describe, key, may, must


class KpiRestatement(Table):
    """One change of a published figure."""

    kpi_id: Text = key("KPI")
    kpi_version: Whole = key("version of the definition")
    period_grain: Text = key("grain of the figure")
    period_start: Day = key("first day of the figure's period")
    segment_kind: Text = key("kind of segment")
    segment: Text = key("segment")
    value_before: Real = may("value published before; null: there was none")
    value_after: Real = may("value published now; null: there is none")
    changed_at: Instant = key("as-of of the run that changed it")
    cause: Text = must("why it changed, in words; the word before the colon is the kind")
    Config = describe(
        "publish.fct_kpi_restatement",
        ["kpi_id", "kpi_version", "period_grain", "period_start", "segment_kind", "segment", "changed_at"],
        questions=("Which published numbers changed, and why?",),
        served=True,
    )


TABLES = (KpiRestatement,)
