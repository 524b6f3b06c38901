"""Contracts of what publishing itself adds: changed figures, what is shown and as of when, and the KPIs in words.

The record of changed figures is the one served table that grows instead of being rebuilt.
"""

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


class MetaPublication(Table):
    """The one state that all served tables show: as of when, in which calendar and currency."""

    publication_id: Text = key("fingerprint of the published figures and of their history")
    as_of_at: Instant = must("nothing that became known later is in any table")
    as_of_date: Day = must("its day in the company's zone")
    time_zone: Text = must("zone of days, months and business hours")
    reporting_currency: Text = must("currency of every figure that is not shown by currency")
    fiscal_year_start_month: Whole = must("month in which the fiscal year starts, 1-12", ge=1, le=12)
    package_version: Text = must("version of the package that published it")
    Config = describe(
        "publish.meta_publication",
        ["publication_id"],
        questions=("What am I looking at, and as of when?",),
        served=True,
    )


class MetaKpi(Table):
    """One KPI: what it is called, what it says and how it is computed."""

    kpi_id: Text = key("KPI")
    kpi_version: Whole = must("version of the definition")
    title: Text = must("plain title")
    sentence: Text = must("what it says, in one sentence for a non-specialist")
    formula: Text = must("numerator and denominator in words")
    unit: Text = must("unit of value")
    needs_all: Text = must(
        "sources without which it is not covered, `a;b.kind of record`; `later`: nothing computes it yet"
    )
    needs_any: Text = must("groups of sources, `a;b|c;d`: of each group one is enough; empty: no such need")
    owner: Text = must("who answers for it")
    good: Text = must("which direction is good: up, down or neither")
    benchmark: Real = may("published benchmark")
    benchmark_text: Text = may("benchmark as a person reads it")
    benchmark_source: Text = may("where the benchmark comes from, dated")
    benchmark_grain: Text = may("period of the benchmark; null: any")
    Config = describe(
        "publish.meta_kpi", ["kpi_id"], questions=("What does a KPI mean, and how is it made?",), served=True
    )


TABLES = (KpiRestatement, MetaPublication, MetaKpi)
