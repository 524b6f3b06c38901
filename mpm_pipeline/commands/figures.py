"""How figures look on a terminal: exact money and numbers by their unit. Shared by `kpi` and `explain`."""

from collections.abc import Mapping
from typing import Any

from mpm_pipeline.vocabulary import CURRENCY_EXPONENTS

STATE_WORDS = {
    "provisional": "provisional: the period runs, or late records may still come",
    "final": "final: the period has ended and every source was read beyond its horizon",
    "restated": "restated: it was final once, and late records have changed it since",
}


def shown(row: Mapping[str, Any], name: str = "value") -> str:
    """Write a figure's value (or another column in the same unit) as a person reads it; null as a dash."""
    value = row[name]
    if value is None:
        return "-"
    unit = row["unit"]
    if unit == "money":
        exact = row.get("value_minor") if name == "value" else None
        return (
            money(exact, row["currency_code"])
            if exact is not None
            else f"{value:,.2f} {row['currency_code'] or ''}".strip()
        )
    if unit == "rate":
        return f"{value:.1%}"
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:,.2f} {unit}" if unit in ("days", "hours", "points") else f"{value:,.3g}"


def money(minor: int, currency: str | None) -> str:
    """Write an amount in minor units."""
    exponent = CURRENCY_EXPONENTS.get(currency or "", 2)
    whole, rest = divmod(abs(minor), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{decimals} {currency or ''}".strip()
