"""Exchange rates: a random walk on working days, written as the rate file and used wherever the generator converts.

1 EUR = x USD and 1 USD = y JPY; euro against yen is left to be derived. Rates begin before the first booking.
"""

from datetime import date, timedelta

from mpm_pipeline.simulator.generator.model import World
from mpm_pipeline.simulator.generator.timeline import days_between, midnight

PAIRS = {("EUR", "USD"): 1.085, ("USD", "JPY"): 148.2}
DIGITS = {"USD": 5, "JPY": 3}


class Rates:
    """Answers what one unit of a currency was worth on a day."""

    def __init__(self, world: World) -> None:
        self._rates: dict[tuple[str, str], dict[date, str]] = {}
        rng = world.rng("rates")
        start = world.line.history_start.date() - timedelta(days=40)
        for pair, first in PAIRS.items():
            value, table = first, {}
            for day in days_between(start, world.line.horizon.date()):
                if day.weekday() < 5:
                    value = value * (1 + rng.gauss(0, 0.004)) + 0.01 * (first - value)
                    table[day] = f"{value:.{DIGITS[pair[1]]}f}"
            self._rates[pair] = table

    def on(self, day: date, base: str, quote: str) -> float:
        """Return the newest rate at or before a day."""
        if base == quote:
            return 1.0
        if (quote, base) in self._rates:
            return 1 / self.on(day, quote, base)
        if (base, quote) not in self._rates:
            return self.on(day, base, "USD") * self.on(day, "USD", quote)
        table = self._rates[base, quote]
        while day not in table:
            day -= timedelta(days=1)
            if day < min(table):
                return float(table[min(table)])
        return float(table[day])

    def put(self, world: World) -> None:
        """Put down the rate file; a day's rate is published in its afternoon."""
        for (base, quote), table in self._rates.items():
            for day, rate in table.items():
                row = {
                    "rate_id": f"{base}{quote}-{day}",
                    "date": day.isoformat(),
                    "base": base,
                    "quote": quote,
                    "rate": rate,
                }
                world.book.put("finance/fx_rates", row, midnight(day) + timedelta(hours=15))
