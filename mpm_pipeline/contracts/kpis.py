"""Contracts of the KPI layer: periods, exchange rates, the parts that measures deliver, and the figures made from them.

A measure writes parts (`part_*` models, all of them keep the contract `kpis.part`); one model turns all parts into `fct_kpi`:
periods end where they end, empty periods become 0 or null with a reason, sums become values.
"""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import FIGURE_STATES, NULL_REASONS, PERIOD_GRAINS, SEGMENT_KINDS


class Period(Table):
    """One period of the company's calendar that overlaps the data."""

    period_grain: Text = key("month, quarter or fiscal_year (fiscal quarters and years)", isin=PERIOD_GRAINS)
    period_start: Day = key("first day")
    period_end: Day = must("day after the last")
    starts_at: Instant = must("start of the first day in the company's zone")
    ends_at: Instant = must("start of the day after the last in the company's zone")
    days: Whole = must("days in the period")
    is_complete: Flag = must("the period has ended at as-of")
    label: Text = must("as a person reads it: Mar 2026, Q1 FY2026, FY2026")
    Config = describe("kpis.period", ["period_grain", "period_start"])


class FxRate(Table):
    """The rate from one currency to the reporting currency that counts on one day; no row: no fresh rate."""

    currency_code: Text = key("currency to convert from")
    rate_date: Day = key("day on which it counts")
    multiply: Text = must("whole number as text: reporting minor units = amount_minor x multiply / divide, half-even")
    divide: Text = must("whole number as text")
    source_date: Day = must("day of the oldest rate that it rests on")
    method: Text = must("same, direct, inverse or cross")
    Config = describe("kpis.fx_rate", ["currency_code", "rate_date"])


class Catalogue(Table):
    """One KPI: what it is called, how it is computed, what it needs."""

    kpi_id: Text = key("id")
    kpi_version: Whole = must("version of the definition")
    title: Text = must("plain title")
    sentence: Text = must("what it says, in one sentence for a non-specialist")
    formula: Text = must("numerator and denominator in words")
    unit: Text = must("unit of value", isin=("count", "rate", "money", "days", "hours", "points", "ratio"))
    kind: Text = must("how parts become a figure", isin=("count", "sum", "ratio", "median", "mean", "stock", "score"))
    needs_all: Text = must(
        "sources without which it is not covered, `a;b.kind of record`; `later`: nothing computes it yet"
    )
    needs_any: Text = must("groups of sources, `a;b|c;d`: of each group one is enough; empty: no such need")
    counts: Text = must(
        "objects of a source of which it counts, `a/object;b/object`; what one does not show, is not covered"
    )
    owner: Text = must("who answers for it")
    good: Text = must("which direction is good: up, down or neither")
    benchmark: Real = may("published benchmark")
    benchmark_text: Text = may("benchmark as a person reads it")
    benchmark_source: Text = may("where the benchmark comes from, dated")
    benchmark_grain: Text = may("period of the benchmark; null: any")
    horizon_days: Whole = must("days after a period's end in which late records still change it")
    Config = describe("kpis.catalogue", ["kpi_id"])


class KpiPeriod(Table):
    """One KPI and period that it must have a figure for, and whether its sources let it."""

    kpi_id: Text = key("KPI")
    period_grain: Text = key("grain", isin=PERIOD_GRAINS)
    period_start: Day = key("first day")
    is_covered: Flag = must(
        "every source that it needs is on, had begun before the period ended, and shows what is counted"
    )
    is_settled: Flag = must("the period has ended and every source is read beyond the time in which late records come")
    missing: Text = may(
        "groups of sources that are off, empty or begin later, `a;b|c`, and `a/object` not shown; null: none"
    )
    read_to_at: Instant = may("instant up to which all sources that it uses were read; null: none was")
    lost_at: Instant = may("oldest record of an open loss at a source that it uses, if the period reaches so far")
    Config = describe("kpis.kpi_period", ["kpi_id", "period_grain", "period_start"])


class Part(Table):
    """One contribution to one figure: sums and counts of one measure for one period and segment."""

    kpi_id: Text = key("KPI")
    period_grain: Text = key("grain", isin=PERIOD_GRAINS)
    period_start: Day = key("first day of the period")
    segment_kind: Text = key("kind of segment", isin=SEGMENT_KINDS)
    segment: Text = key("segment; `all` for the whole")
    numerator: Whole = may("count, sum in minor units, or thousandths of FTE-days; null for medians")
    denominator: Whole = may("the same; null where the KPI has none")
    value: Real = may("only where numerator and denominator do not give it (medians, scores); else null")
    value_minor: Whole = may("exact money where it is not the numerator; else null")
    n: Whole = may("observations behind it")
    low: Real = may("lower end of an interval")
    high: Real = may("upper end")
    estimate: Real = may("estimate while the value is withheld")
    null_reason: Text = may("why there is no value, when the measure knows", isin=NULL_REASONS)
    currency_code: Text = may("currency where it is not the reporting currency")
    rows_used: Whole = may("records that could be used (with a rate)")
    rows_all: Whole = may("records that should count")
    maturity: Real = may("share of the cohort observed for the full window, 0-1; null: not a cohort")
    basis: Text = may("basis where there are several: revenue or margin, invoices or finance")
    Config = describe("kpis.part", ["kpi_id", "period_grain", "period_start", "segment_kind", "segment"], sparse=True)


class FctKpi(Table):
    """One figure of one KPI for one period and segment."""

    kpi_id: Text = key("KPI, see kpi catalogue")
    kpi_version: Whole = key("version of the definition")
    period_grain: Text = key("day, week, month, quarter or fiscal_year", isin=PERIOD_GRAINS)
    period_start: Day = key("first day of the period in the company's zone")
    period_end: Day = must("day after the last")
    segment_kind: Text = key("what the figure is cut by; `all`: not cut", isin=SEGMENT_KINDS)
    segment: Text = key("the segment's value; `all`: not cut")
    numerator: Whole = may("count, money in minor units or thousandths of FTE-days")
    denominator: Whole = may("the same; null where the KPI has none")
    value: Real = may("number to chart; money in major units")
    value_minor: Whole = may("money, exact, in minor units")
    unit: Text = must("unit of value")
    currency_code: Text = may("currency of money figures")
    null_reason: Text = may("why value is null", isin=NULL_REASONS)
    n: Whole = may("observations behind the figure")
    low: Real = may("lower end of the interval")
    high: Real = may("upper end of the interval")
    estimate: Real = may("estimate while the value is withheld")
    coverage: Real = may("share of the records that could be used, 0-1", ge=0, le=1)
    maturity: Real = may("share of the cohort observed for the full window, 0-1", ge=0, le=1)
    basis: Text = may("basis where there are several")
    state: Text = must("provisional until every source is covered beyond its horizon", isin=FIGURE_STATES)
    as_of_at: Instant = must("as-of of the run that computed it")
    Config = describe(
        "kpis.fct_kpi",
        ["kpi_id", "kpi_version", "period_grain", "period_start", "segment_kind", "segment"],
        owner="marketing operations",
        questions=("What was a KPI in a period?", "Why is it empty?", "Can it still change?"),
        served=True,
    )


class KpiScorecard(Table):
    """One scorecard KPI for the newest complete fiscal quarter, flat, for beginners."""

    kpi_id: Text = key("KPI")
    title: Text = must("plain title")
    sentence: Text = must("what it says")
    period: Text = must("period as a person reads it")
    value: Real = may("number to chart")
    value_text: Text = must("value as a person reads it")
    unit: Text = must("unit")
    benchmark: Real = may("benchmark where its period is the same")
    benchmark_source: Text = may("where the benchmark comes from")
    trend: Real = may("change against the period before: value minus value")
    state: Text = must("provisional, final or restated", isin=FIGURE_STATES)
    trust_text: Text = must("can I trust this number, in words")
    Config = describe(
        "kpis.kpi_scorecard",
        ["kpi_id"],
        owner="marketing operations",
        questions=("How do we stand today?",),
        served=True,
    )


TABLES = (Period, FxRate, Catalogue, KpiPeriod, Part, FctKpi, KpiScorecard)
