"""A made-up company as literal rows of the served tables: eighteen months, two of them running, one source late, one off.

Numbers are plain and round on purpose, so that what the page must say can be worked out by hand.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from mpm_pipeline.kpis import catalogue
from mpm_pipeline.scorecard.facts import EIGHT, Facts
from mpm_pipeline.vocabulary import SOURCES

entries = cache(catalogue.entries)
AS_OF = datetime(2026, 5, 12, 6, tzinfo=UTC)
Row = dict[str, Any]

QUARTER = date(2026, 1, 1)
MONTHS = [date(2024 + (10 + n) // 12, (10 + n) % 12 + 1, 1) for n in range(19)]
QUARTERS = [date(2024, 10, 1), *(date(2025, month, 1) for month in (1, 4, 7, 10)), QUARTER, date(2026, 4, 1)]


def after(start: date, months: int) -> date:
    """Return the first day `months` later."""
    place = start.month - 1 + months
    return date(start.year + place // 12, place % 12 + 1, 1)


def figure(kpi_id: str, start: date, value: float | None, grain: str = "month", **more: Any) -> Row:
    """Return one row of fct_kpi; money is in USD with cents unless said otherwise."""
    unit = entries()[kpi_id]["unit"]
    end = after(start, 3 if grain == "quarter" else 1)
    minor = round(value * 100) if unit == "money" and value is not None else None
    plain = {
        "kpi_id": kpi_id, "kpi_version": 1, "period_grain": grain, "period_start": start, "period_end": end, "segment_kind": "all",
        "segment": "all", "numerator": minor, "denominator": None, "value": value, "value_minor": minor, "unit": unit,
        "currency_code": "USD" if unit == "money" else None, "null_reason": None, "n": None, "low": None, "high": None,
        "estimate": None, "coverage": 1.0, "maturity": None, "basis": None,
        "state": "final" if end + timedelta(30) <= AS_OF.date() else "provisional", "as_of_at": AS_OF,
    }  # fmt: skip
    return plain | more


def none(kpi_id: str, start: date, reason: str, grain: str = "quarter", **more: Any) -> Row:
    """Return a figure without a value and why."""
    return figure(kpi_id, start, None, grain, null_reason=reason, **more)


def _scorecard() -> Iterable[Row]:
    fte = 1000 * 90
    for place, start in enumerate(QUARTERS):
        drift = place * 0.002
        yield figure(EIGHT[0], start, 0.148 - drift, "quarter", numerator=131_904_000, denominator=921_820_000)
        yield figure(EIGHT[1], start, 3.1 + place * 0.08, "quarter", numerator=102_804_000, denominator=29_100_000)
        yield figure(EIGHT[2], start, 11_190 + 240 * place, "quarter", numerator=29_100_000, denominator=26 * fte)
        yield figure(EIGHT[3], start, 6.0 + place * 0.1, "quarter", numerator=18 * fte, denominator=3 * fte)
        yield figure(EIGHT[4], start, 0.221 + drift * 2, "quarter", numerator=28_900_000, denominator=118_400_000)
        yield figure(EIGHT[5], start, 0.062 - drift, "quarter", numerator=2 * fte, denominator=34 * fte)
        yield none(EIGHT[6], start, "not_covered")
        yield none(EIGHT[7], start, "not_covered")


def _monthly() -> Iterable[Row]:
    wave = (0, 3, 5, 2, -2, 4, 6, 1, -3, -1, 4, 7, 3, 5, 8, 6, 9, 7, 3)
    for start, up in zip(MONTHS, wave, strict=True):
        won, lost = 14 + up, 40 + up % 5
        revenue, plan = 2_900_000 + 110_000 * up, 118_000.0
        yield figure("win_rate_count", start, won / (won + lost), numerator=won, denominator=won + lost)
        yield figure("win_rate_amount", start, 0.21 + up * 0.011, numerator=revenue, denominator=revenue * 4)
        yield figure("opportunities_lost", start, lost, numerator=lost)
        yield figure("revenue_won", start, revenue / 10)
        yield figure("pipeline_created", start, 1_150_000 + 42_000.0 * up)
        yield figure("pipeline_sourced_marketing", start, 410_000 + 25_000.0 * up)
        yield figure("budget_plan", start, plan)
        yield figure("budget_actual", start, plan * (0.94 + up * 0.013))
        for channel, spend, leads in (
            ("paid_social", 41_200, 152),
            ("event", 28_500, 64),
            ("email", 4_100, 88),
            ("webinar", 9_800, 71),
        ):
            minor = (spend + 150 * up) * 100
            yield figure("spend", start, minor / 100, segment_kind="channel", segment=channel)
            yield figure(
                "cost_per_lead",
                start,
                minor / 100 / leads,
                segment_kind="channel",
                segment=channel,
                numerator=minor,
                denominator=leads,
            )


def _quarterly() -> Iterable[Row]:
    counts = {
        "inquiries": 1284,
        "mqls": 512,
        "sals": 371,
        "sqls": 148,
        "opportunities_won": 61,
        "opportunities_lost": 124,
        "new_customers": 38,
    }
    moneys = {
        "revenue_won": 1_098_000.0, "average_deal": 18_000.0, "pipeline_created": 4_212_000.0, "pipeline_sourced_marketing": 1_630_000.0,
        "pipeline_influenced_marketing": 2_480_000.0, "pipeline_open": 6_925_000.0, "spend": 258_300.0, "cost_per_lead": 201.17,
        "cost_per_mql": 504.49, "cac": 34_711.0, "mrr": 812_450.0, "arr": 9_749_400.0, "budget_plan": 354_000.0,
        "budget_actual": 371_220.0, "budget_variance": 17_220.0, "mrr_new": 41_200.0, "mrr_expansion": 22_800.0,
        "mrr_reactivation": 3_100.0, "mrr_contraction": 9_400.0, "mrr_churn": 18_900.0, "mrr_fx": -1_350.0,
    }  # fmt: skip
    for start, share in ((date(2025, 10, 1), 0.93), (QUARTER, 1.0)):
        for kpi_id, number in counts.items():
            yield figure(kpi_id, start, round(number * share), "quarter", numerator=round(number * share))
        for kpi_id, amount in moneys.items():
            yield figure(
                kpi_id, start, 775_000.0 if kpi_id == "mrr" and share < 1 else round(amount * share, 2), "quarter"
            )
        yield figure(
            "win_rate_count", start, 61 / 185 * share, "quarter", numerator=61, denominator=185, low=0.266, high=0.4
        )
        yield figure("win_rate_amount", start, 0.287 * share, "quarter", numerator=109_800_000, denominator=382_600_000)
        yield figure("sales_cycle_days", start, 74.0, "quarter")
        yield figure("roi_attributed", start, 1.84, "quarter")
        yield figure("nrr", start, 1.043 * share, "quarter")
        yield figure("grr", start, 0.921, "quarter")
        yield figure("logo_churn_rate", start, 0.031, "quarter")
        yield figure("budget_used_rate", start, 1.0486 * share, "quarter")
    yield figure("conversion_inquiry_mql", date(2025, 10, 1), 0.388, "quarter")
    yield none("conversion_inquiry_mql", QUARTER, "immature_cohort", estimate=0.402)
    yield figure("conversion_mql_sal", date(2025, 10, 1), 0.71, "quarter")
    yield none("conversion_mql_sal", QUARTER, "immature_cohort", estimate=0.69)
    yield none("conversion_sal_sql", QUARTER, "immature_cohort")
    yield none("conversion_sql_won", QUARTER, "zero_denominator")


def _freshness(late: Iterable[str], off: Iterable[str]) -> Iterable[Row]:
    for source in SOURCES:
        state = "late" if source in late else "off" if source in off else "fresh"
        ends = None if state == "off" else AS_OF - timedelta(days=4 if state == "late" else 0)
        yield {
            "source": source, "stream": "" if state == "off" else "Things", "state": state, "text": "in words", "covered_to": ends,
            "covered_from": None if state == "off" else date(2025, 11, 1), "newest_event_at": ends, "newest_extracted_at": ends,
        }  # fmt: skip


def _flat() -> Iterable[Row]:
    words = {
        EIGHT[0]: "13.8 %", EIGHT[1]: "3.5 : 1", EIGHT[2]: "USD 12,390", EIGHT[3]: "6.5 : 1", EIGHT[4]: "24.1 %", EIGHT[5]: "5.2 %",
        EIGHT[6]: "not available", EIGHT[7]: "not available",
    }  # fmt: skip
    for kpi_id, text in words.items():
        entry = entries()[kpi_id]
        compared = not entry.get("benchmark_grain")
        yield {
            "kpi_id": kpi_id, "title": entry["title"], "sentence": entry["sentence"], "period": "Q1 FY2026", "value": None,
            "value_text": text, "unit": entry["unit"], "benchmark": entry.get("benchmark") if compared else None, "trend": None,
            "benchmark_source": entry.get("benchmark_source") if compared else None, "state": "final",
            "trust_text": "Complete: every source is read beyond the time in which late records come.",
        }  # fmt: skip


def _leads() -> tuple[list[Row], list[Row], dict[str, str], dict[str, str]]:
    reps = [("r1", "Ana Okafor", 14), ("r2", "Jonas Weber", 11), ("r3", "Mei Tanaka", 9), ("r4", "Priya Nair", 6)]
    leads, counts, people, accounts = [], [], {}, {}
    reason = (
        "{rep}: owns {company} (+15); meets {company} on 21 May (+18); works in mid (+12); sells Data (+12); three others there are "
        "engaged, one a director (+9.2). Next best: Jonas Weber, 11.4 points behind."
    )
    for rep_id, name, number in reps:
        for place in range(min(number, 4)):
            key = f"{rep_id}-{place}"
            people[key], accounts[key] = f"Person {key.upper()}", f"Company {chr(65 + place)} Industries"
            leads.append(
                {
                    "lead_id": f"00Q{key}",
                    "person_id": key,
                    "account_id": key,
                    "outcome": "assigned",
                    "rep_id": rep_id,
                    "rep_name": name,
                    "score": 83.9 - 7 * place,
                    "value_minor": 1_510_000 - 90_000 * place,
                    "currency_code": "USD",
                    "reason_text": reason.format(rep=name, company=accounts[key]),
                }  # fmt: skip
            )
        counts.append(
            {
                "outcome": "assigned",
                "outcome_reason": "best_value",
                "rep_id": rep_id,
                "rep_name": name,
                "value_minor": number * 1_310_000,
                "score": number * 61.4,
                "n": number,
            }
        )
    blank = {"rep_id": None, "rep_name": None, "value_minor": None, "score": None}
    counts.append(blank | {"outcome": "nurture", "outcome_reason": "no_capacity", "n": 23})
    counts.append(blank | {"outcome": "held", "outcome_reason": "opted_out", "n": 4})
    return leads, counts, people, accounts


def _budget() -> Iterable[Row]:
    for key, parent, name, plan, actual in (
        ("b1", None, "Marketing", 35_400_000, 37_122_000), ("b2", "b1", "Demand generation", 19_800_000, 21_600_000),
        ("b3", "b1", "Events", 9_000_000, 8_910_000), ("b4", "b1", "Brand", 6_600_000, 6_612_000), ("b5", None, "Sandbox", None, 120_000),
    ):  # fmt: skip
        yield {
            "budget_line_id": key,
            "parent_line_id": parent,
            "level": "team",
            "name": name,
            "owner": "M. Rossi",
            "plan_minor": plan,
            "actual_minor": actual,
            "n": 3,
        }


def _change(before: float | None, after_: float | None) -> Row:
    return {
        "kpi_id": "revenue_won", "kpi_version": 1, "period_grain": "month", "period_start": date(2026, 2, 1), "segment_kind": "all",
        "segment": "all", "value_before": before, "value_after": after_, "changed_at": AS_OF - timedelta(days=2),
        "cause": "late: records of the period arrived or changed after it was published",
    }  # fmt: skip


def facts(late: Iterable[str] = (), off: Iterable[str] = (), **more: Any) -> Facts:
    """Return the whole company; `more` replaces lists of rows."""
    leads, counts, people, accounts = _leads()
    given = {
        "publication": {
            "publication_id": "0123456789abcdef", "as_of_at": AS_OF, "as_of_date": AS_OF.date(), "time_zone": "UTC",
            "reporting_currency": "USD", "fiscal_year_start_month": 1, "package_version": "0.1.0",
        },
        "figures": [*_scorecard(), *_monthly(), *_quarterly()],
        "scorecard": list(_flat()),
        "kpis": [
            {name: entry.get(name) for name in ("kpi_id", "title", "sentence", "formula", "unit", "needs_all", "benchmark", "benchmark_text", "benchmark_source", "benchmark_grain")}
            for entry in entries().values()
        ],
        "freshness": list(_freshness(late, off)),
        "quarantine": [{"source": "salesforce", "stream": "Lead", "reason_code": "bad_type", "n": 3}],
        "violations": [{"rule": "unknown_product", "n": 148}, {"rule": "unknown_channel", "n": 12}],
        "changes": [_change(296_000.0, 301_250.0)],
        "credits": [
            {"measure": measure, "channel": channel, "credit_reporting_minor": amount, "n": 9}
            for measure, scale in (("pipeline", 1.0), ("revenue", 0.27))
            for channel, amount in ((c, round(a * scale)) for c, a in (("paid_social", 61_200_000), ("event", 74_500_000), ("email", 22_100_000), ("webinar", 38_400_000), ("outbound", 81_000_000), ("unattributed", 143_000_000)))
        ],
        "budget": list(_budget()),
        "leads": leads,
        "lead_counts": counts,
        "people": people,
        "accounts": accounts,
    }  # fmt: skip
    return Facts(**(given | more))


def empty() -> Facts:
    """Return a publication without a single row."""
    return Facts(facts().publication)
