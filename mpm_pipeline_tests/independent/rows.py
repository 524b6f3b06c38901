"""The shape of one figure and the few ways in which figures come: count, sum, ratio, mean, median.

Undefined is null with a reason, never 0. Numerators and denominators are integers (counts or minor units).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import pandas as pd

from mpm_pipeline_tests.independent.calendar import Period

KEY = ["kpi_id", "period_grain", "period_start", "segment_kind", "segment"]


@dataclass(slots=True)
class Row:
    """One row as fct_kpi would hold it; `value` exact."""

    kpi_id: str
    period_grain: str
    period_start: Any
    segment_kind: str
    segment: str
    numerator: int | None = None
    denominator: int | None = None
    value: Fraction | None = None
    value_minor: int | None = None
    null_reason: str | None = None
    unit: str = "count"
    currency_code: str | None = None
    n: int | None = None
    coverage: Fraction | None = None


def row(kpi_id: str, period: Period, segment: tuple[str, str] = ("all", "all"), **fields: Any) -> Row:
    """A row of a period and a segment."""
    return Row(kpi_id, period.grain, period.start, segment[0], segment[1], **fields)


def count(kpi_id: str, period: Period, number: int, segment: tuple[str, str] = ("all", "all")) -> Row:
    """A count: numerator = count, denominator null."""
    return row(kpi_id, period, segment, numerator=number, value=Fraction(number), n=number)


def rate(
    kpi_id: str,
    period: Period,
    part: int,
    whole: int,
    segment: tuple[str, str] = ("all", "all"),
    reason: str | None = None,
    **fields: Any,
) -> Row:
    """A ratio of two integers; without denominator null, a given reason beats `zero_denominator`."""
    reason = reason or (None if whole else "zero_denominator")
    value = None if reason else Fraction(part, whole)
    fields = {"unit": "rate", "n": whole, **fields}
    if reason == "not_covered":
        return row(kpi_id, period, segment, null_reason=reason, **{**fields, "n": None})
    return row(kpi_id, period, segment, numerator=part, denominator=whole, value=value, null_reason=reason, **fields)


def money(
    kpi_id: str,
    period: Period,
    minor: Sequence[int | None],
    currency: str,
    exponent: int,
    segment: tuple[str, str] = ("all", "all"),
) -> Row:
    """A sum of converted amounts; None = no rate: left out, and if none could be converted null with `fx_missing`."""
    known = [amount for amount in minor if amount is not None]
    total = sum(known)
    fields: dict[str, Any] = {"unit": "money", "currency_code": currency, "n": len(known)}
    if minor and not known:
        return row(kpi_id, period, segment, null_reason="fx_missing", coverage=Fraction(0), **fields)
    share = Fraction(len(known), len(minor)) if minor else Fraction(1)
    value = Fraction(total, 10**exponent)
    return row(kpi_id, period, segment, numerator=total, value=value, value_minor=total, coverage=share, **fields)


def money_ratio(
    kpi_id: str,
    period: Period,
    minor: int,
    whole: int,
    currency: str,
    exponent: int,
    segment: tuple[str, str] = ("all", "all"),
    reason: str | None = None,
) -> Row:
    """Money per something: value in major units, value_minor rounded half-even."""
    found = rate(kpi_id, period, minor, whole, segment, reason, unit="money", currency_code=currency)
    if found.value is not None:
        found.value_minor = round(found.value)
        found.value = found.value / 10**exponent
    return found


def median(
    kpi_id: str,
    period: Period,
    values: Sequence[Fraction | int],
    segment: tuple[str, str] = ("all", "all"),
    unit: str = "days",
    reason: str | None = None,
) -> Row:
    """A median: numerator and denominator null, n = observations; of even n the mean of the middle two."""
    reason = reason or (None if values else "zero_denominator")
    return row(
        kpi_id, period, segment, value=None if reason else middle(values), n=len(values), null_reason=reason, unit=unit
    )


def middle(values: Sequence[Fraction | int]) -> Fraction:
    """The median itself."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return Fraction(ordered[half]) if len(ordered) % 2 else (Fraction(ordered[half - 1]) + Fraction(ordered[half])) / 2


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """The rows as a table sorted by key, `value` as float."""
    table = pd.DataFrame([asdict(one) for one in rows], columns=list(Row.__dataclass_fields__), dtype=object)
    for column in ("value", "coverage"):
        table[column] = [None if v is None else float(v) for v in table[column]]
    return table.sort_values(KEY, ignore_index=True)
