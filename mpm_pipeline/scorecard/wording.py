"""How numbers are written for people: money, rates, counts and, where there is no number, the reason in words.

Undefined is never 0: a figure without a value reads "no figure" and says why.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from mpm_pipeline.vocabulary import CURRENCY_EXPONENTS

Row = Mapping[str, Any]

NO_FIGURE = "no figure"
THIN = "\u202f"
FIRM = "\u00a0"
MINUS = "\u2212"
MILLION = 1_000_000

LATER = "this version does not compute it yet"
REASONS = {
    "not_covered": "a source that it needs is off, was not read for this period, or does not show what is counted",
    "immature_cohort": "too early to tell, not watched for the full window yet",
    "mixed_currency": "it would add up several currencies",
    "fx_missing": "there is no exchange rate that is fresh enough",
    "zero_denominator": "there is nothing to divide by in this period",
    "below_min_n": "there are too few cases to say",
}
NOTHING = {
    "scorecard_1": "no revenue was recognised in this period",
    "scorecard_2": "marketing has no expense in this period",
    "scorecard_3": "nobody worked in sales in this period",
    "scorecard_4": "there is no field marketer",
    "scorecard_5": "there is no expense for programs or people",
    "scorecard_6": "nobody worked in sales or marketing in this period",
    "win_rate": "no deal was decided in this period",
    "average_deal": "no deal was won in this period",
    "sales_cycle": "no deal was won in this period",
    "conversion": "nobody entered the stage before in this period",
    "cost_per_lead": "nobody inquired in this period",
    "cost_per_mql": "no lead was qualified in this period",
    "cac": "no customer was won in this period",
    "roi": "nothing was spent in this period",
    "budget_used": "nothing was planned for this period",
    "nrr": "there was no customer a year before",
    "grr": "there was no customer a year before",
    "logo_churn": "there was no customer at the start",
}
"""What a zero denominator means, by the beginning of the KPI's id."""


def count(value: float) -> str:
    """Write a count, 12,345."""
    return _sign(value) + f"{abs(value):,.0f}"


def rate(value: float, digits: int = 1) -> str:
    """Write a share of 1 as a percentage, 24.1 %."""
    return _sign(round(value * 100, digits)) + f"{abs(value) * 100:,.{digits}f}{THIN}%"


def money(minor: int, currency: str | None) -> str:
    """Write exact minor units as money: in full below a million, USD 4.21 M above."""
    exponent = CURRENCY_EXPONENTS.get(currency or "", 2)
    major = abs(minor) / 10**exponent
    if major >= 1000 * MILLION:
        text = f"{major / MILLION / 1000:,.2f}{THIN}bn"
    elif major >= MILLION:
        text = f"{major / MILLION:,.2f}{THIN}M"
    else:
        text = f"{major:,.{0 if major >= 100 or not minor else exponent}f}"
    return f"{_sign(minor)}{currency or ''}{FIRM}{text}".strip(FIRM)


def short(minor: int, currency: str | None) -> str:
    """Write an amount for a chart, without currency: 812 k, 4.21 M."""
    amount = abs(major(minor, currency))
    if amount >= MILLION:
        text = f"{amount / MILLION:,.2f}{THIN}M"
    elif amount >= 1000:
        text = f"{amount / 1000:,.{1 if amount < 100_000 else 0}f}{THIN}k"
    else:
        text = f"{amount:,.0f}"
    return _sign(minor) + text


def major(minor: int, currency: str | None) -> float:
    """Turn minor units into a number to draw."""
    return minor / 10 ** CURRENCY_EXPONENTS.get(currency or "", 2)


def value(row: Row | None) -> str:
    """Write a figure's value by its unit; `no figure` where there is none."""
    if row is None or row["value"] is None:
        return NO_FIGURE
    number: float = row["value"]
    if row["unit"] == "money":
        exponent = CURRENCY_EXPONENTS.get(row["currency_code"] or "", 2)
        minor = row["value_minor"] if row.get("value_minor") is not None else round(number * 10**exponent)
        return money(minor, row["currency_code"])
    written = {
        "rate": lambda: rate(number),
        "ratio": lambda: f"{_sign(number)}{abs(number):,.1f} : 1",
        "days": lambda: f"{number:,.1f} days",
        "hours": lambda: f"{number:,.1f} hours",
        "points": lambda: f"{_sign(number)}{abs(number):,.0f} points",
    }
    return written.get(row["unit"], lambda: count(number))()


def reason(row: Row | None) -> str:
    """Say why a figure has no value; empty when it has one."""
    if row is None:
        return "nothing was published for this period"
    if row["value"] is not None:
        return ""
    if row["null_reason"] == "zero_denominator":
        found = [words for start, words in NOTHING.items() if row["kpi_id"].startswith(start)]
        return found[0] if found else REASONS["zero_denominator"]
    return REASONS.get(row["null_reason"] or "", "the reason is not known")


def note(row: Row | None) -> str:
    """Say what a reader should know beside the value: why it is missing, the estimate, the interval, what is left out."""
    if row is None or row["value"] is None:
        said = reason(row)
        if row is not None and row["estimate"] is not None:
            said += f"; estimate so far {value({**row, 'value': row['estimate'], 'value_minor': None})}"
        return said
    parts = []
    if row["low"] is not None and row["high"] is not None and row["unit"] == "rate":
        parts.append(f"between {rate(row['low'], 0)} and {rate(row['high'], 0)} with 95{THIN}% certainty")
    if row["coverage"] is not None and row["coverage"] < 1:
        parts.append(f"{rate(1 - row['coverage'], 0)} of the records are left out, they have no exchange rate")
    return "; ".join(parts)


def change(now: Row | None, before: Row | None) -> str:
    """Say how a figure moved against the one before, in its own unit; empty when one of them has no value."""
    if now is None or before is None or now["value"] is None or before["value"] is None:
        return ""
    step = now["value"] - before["value"]
    if _size(now, step) == _size(now, 0.0):
        return "unchanged"
    return f"{'up' if step > 0 else 'down'} {_size(now, abs(step))}"


def _size(row: Row, step: float) -> str:
    if row["unit"] == "rate":
        return f"{step * 100:,.1f} percentage points"
    if row["unit"] == "ratio":
        return f"{step:,.1f}"
    return value({**row, "value": step, "value_minor": None})


def moment(at: datetime) -> str:
    """Write an instant, 10 Apr 2026 06:00 UTC."""
    return f"{at.day} {at:%b %Y %H:%M} UTC"


def day(on: date) -> str:
    """Write a date, 10 Apr 2026."""
    return f"{on.day} {on:%b %Y}"


def span(start: date, end: date) -> str:
    """Write a half-open period by its months, Jan-Mar 2026."""
    last = date.fromordinal(end.toordinal() - 1)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start:%b %Y}"
    return f"{start:%b}{'' if start.year == last.year else f' {start.year}'}\u2013{last:%b %Y}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 deal, 2 deals."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _sign(number: float) -> str:
    return MINUS if number < 0 else ""
