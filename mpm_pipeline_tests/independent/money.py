"""Money of the independent computation: currency exponents, vendor amounts to minor units, exchange rates.

Integers in minor units go in and out; between them only exact fractions, rounded half-even once per record.
Nothing here knows an object of a vendor beyond the way Stripe writes its integers.

AMBIGUITIES (readings taken here)
M1. Exponents are those of ISO 4217 (ISK, UGX 0; MGA 2; CLF, UYW 4; BHD, IQD, JOD, KWD, LYD, OMR, TND 3). Stripe's
    integers are re-scaled where the wire differs: ISK and UGX are sent times 100, MGA is sent without decimals.
M2. "Newest rate at or before the date" picks by date; of two rows for one pair and day the greater rate_id counts.
M3. A direct rate that is fresh wins over an inverse one that is newer. Legs of a cross: direct, else inverse.
M4. A rate that is no number above zero is a bad row and does not exist.
M5. The date of an instant, for the rate, is its day in the company's zone.
"""

from bisect import bisect_right
from collections import defaultdict
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any

DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
STRIPE_WIRE_EXPONENT = {"ISK": 2, "UGX": 2, "MGA": 0}
FRESH_DAYS = 7


@lru_cache
def exponent(currency: str) -> int:
    """Say how many decimals the currency has."""
    return next((digits for digits, codes in DECIMALS.items() if currency in codes.split()), 2)


def half_even(exact: Fraction | Decimal | int) -> int:
    """Round to the nearest integer, ties to the even one."""
    return round(Fraction(exact))


def decimal_or_none(text: Any) -> Decimal | None:
    """Read a finite decimal number, else None."""
    if text is None or isinstance(text, bool):
        return None
    try:
        number = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def to_minor(amount: Any, currency: str) -> int | None:
    """Turn an amount in major units (decimal text or a JSON number) into minor units."""
    number = decimal_or_none(amount)
    return None if number is None else half_even(Fraction(number) * 10 ** exponent(currency))


def to_major(minor: Fraction | int | None, currency: str) -> float | None:
    """Give the number to chart for an amount in minor units."""
    return None if minor is None else float(Fraction(minor) / 10 ** exponent(currency))


def stripe_scale(currency: str) -> Fraction:
    """Give the factor from an integer on Stripe's wire to ISO minor units."""
    return Fraction(10) ** (exponent(currency) - STRIPE_WIRE_EXPONENT.get(currency, exponent(currency)))


def stripe_minor(amount: int | None, currency: str) -> int:
    """Turn an integer on Stripe's wire into ISO minor units; null is nothing."""
    return half_even((amount or 0) * stripe_scale(currency))


class Rates:
    """The exchange rates that a world's finance/fx_rates shows."""

    def __init__(self, rows: list[dict], reporting_currency: str) -> None:
        self.reporting = reporting_currency
        by_pair: dict[tuple[str, str], dict[date, tuple[str, Fraction]]] = defaultdict(dict)
        for row in rows:
            number = decimal_or_none(row.get("rate"))
            if number is None or number <= 0 or not row.get("date"):
                continue
            pair = (str(row["base"]).strip().upper(), str(row["quote"]).strip().upper())
            day, rate_id = date.fromisoformat(str(row["date"])[:10]), str(row["rate_id"])
            if day not in by_pair[pair] or by_pair[pair][day][0] < rate_id:
                by_pair[pair][day] = (rate_id, Fraction(number))
        self._days = {pair: sorted(days) for pair, days in by_pair.items()}
        self._rate = {pair: {day: rate for day, (_, rate) in days.items()} for pair, days in by_pair.items()}
        self._currencies = sorted({currency for pair in by_pair for currency in pair})
        self._memo: dict[tuple, Fraction | None] = {}

    @property
    def digits(self) -> int:
        """Give the exponent of the reporting currency."""
        return exponent(self.reporting)

    def _direct(self, base: str, quote: str, on: date, max_age: int | None) -> Fraction | None:
        days = self._days.get((base, quote), [])
        place = bisect_right(days, on)
        if place == 0:
            return None
        newest = days[place - 1]
        if max_age is not None and (on - newest).days > max_age:
            return None
        return self._rate[(base, quote)][newest]

    def _leg(self, base: str, quote: str, on: date, max_age: int | None) -> Fraction | None:
        direct = self._direct(base, quote, on, max_age)
        if direct is not None:
            return direct
        inverse = self._direct(quote, base, on, max_age)
        return None if inverse is None else 1 / inverse

    def rate(self, base: str, quote: str, on: date, max_age: int | None = FRESH_DAYS) -> Fraction | None:
        """Give what one base is worth in quote on a day, or None where no fresh rate says so (readings 36)."""
        if base == quote:
            return Fraction(1)
        key = (base, quote, on, max_age)
        if key not in self._memo:
            self._memo[key] = self._search(base, quote, on, max_age)
        return self._memo[key]

    def _search(self, base: str, quote: str, on: date, max_age: int | None) -> Fraction | None:
        found = self._leg(base, quote, on, max_age)
        if found is not None:
            return found
        for third in self._currencies:
            if third in (base, quote):
                continue
            first, second = self._leg(base, third, on, max_age), self._leg(third, quote, on, max_age)
            if first is not None and second is not None:
                return first * second
        return None

    def to_reporting(self, minor: int, currency: str, on: date, max_age: int | None = FRESH_DAYS) -> int | None:
        """Convert one record's amount to reporting minor units, half-even; None is fx_missing."""
        if currency == self.reporting:
            return minor
        rate = self.rate(currency, self.reporting, on, max_age)
        if rate is None:
            return None
        return half_even(minor * rate * Fraction(10) ** (exponent(self.reporting) - exponent(currency)))


def load(snapshot: Any) -> Rates:
    """Open the rates of a snapshot in its reporting currency; without the file only that currency counts."""
    return Rates(snapshot.records("finance", "fx_rates"), snapshot.settings["company"]["reporting_currency"])
