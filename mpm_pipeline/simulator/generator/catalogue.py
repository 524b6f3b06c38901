"""What the vendor sells: three product lines by the seat, monthly or yearly, in three currencies, and list prices.

Prices are integers in the minor unit of their currency; yen have none. Deals take their amount from here and billing
its price ids, so that a won deal and its subscription agree.
"""

from dataclasses import dataclass
from fractions import Fraction
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import World
from mpm_pipeline.simulator.generator.timeline import shift_months
from mpm_pipeline.simulator.generator.writer import Record, epoch

EXPONENT = {"USD": 2, "EUR": 2, "JPY": 0}
SEAT_MONTH = {
    "Data": {"USD": 4900, "EUR": 4500, "JPY": 7200},
    "Analytics": {"USD": 6900, "EUR": 6400, "JPY": 10200},
    "Platform": {"USD": 9900, "EUR": 9200, "JPY": 14800},
}
YEAR_FACTOR = 10
SEATS = {"smb": (8, 45), "mid": (45, 240), "enterprise": (220, 1300)}
ANNUAL_SHARE = {"smb": 0.35, "mid": 0.5, "enterprise": 0.65}
ONBOARDING = {"USD": 150_000, "EUR": 140_000, "JPY": 220_000}
COUPONS = {10: "welcome10", 20: "partner20"}


def round_half_even(value: Fraction) -> int:
    """Round to a whole number of minor units, halves to the even one."""
    return round(value)


def seat_price(line: str, currency: str, is_annual: bool) -> int:
    """Return the list price of one seat for one period, in minor units."""
    return SEAT_MONTH[line][currency] * (YEAR_FACTOR if is_annual else 1)


def yearly_value(line: str, currency: str, is_annual: bool, seats: int) -> int:
    """Return what a contract is worth in a year, in minor units."""
    return seat_price(line, currency, is_annual) * seats * (1 if is_annual else 12)


def monthly_value(unit: int, seats: int, is_annual: bool, discount: int = 0) -> int:
    """Return the recurring amount of a month, in minor units, for a price, its seats and a discount of the period."""
    return round_half_even(Fraction(unit * seats - discount, 12 if is_annual else 1))


def major(minor: int, currency: str) -> float:
    """Return an amount in major units as the CRM's doubles hold it."""
    return float(minor) / 10 ** EXPONENT[currency]


def decimal_text(minor: int, currency: str) -> str:
    """Return an amount in major units as decimal text, exact."""
    exponent = EXPONENT[currency]
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"


def draw_seats(rng: Random, segment: str) -> int:
    """Draw the seats of a contract for a company of this size."""
    low, high = SEATS[segment]
    return round(low * (high / low) ** rng.random())


@dataclass(frozen=True, slots=True)
class Price:
    """One price of the billing system."""

    id: str
    product: str
    currency: str
    unit: int
    interval: str | None
    created: int
    usage: str = "licensed"


class PriceList:
    """The products, prices and coupons of the billing system."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._at = shift_months(world.line.history_start, -1)
        self.prices: dict[tuple[str, str, str | None], Price] = {}
        self.coupons: dict[int, str] = {}
        for line in (*words.PRODUCT_LINES, "Onboarding", "API calls"):
            self._product(line)
        for percent, name in COUPONS.items():
            self.coupons[percent] = name
            coupon = {
                "id": name, "object": "coupon", "created": epoch(self._at), "name": f"{percent} % off",
                "percent_off": float(percent), "amount_off": None, "currency": None, "duration": "repeating",
                "duration_in_months": 12, "valid": True, "livemode": True, "metadata": {},
            }  # fmt: skip
            world.book.put("stripe/coupons", coupon, self._at)

    def get(self, line: str, currency: str, interval: str | None) -> Price:
        """Return the price of a line in a currency: `month`, `year`, or None for a price paid once."""
        return self.prices[line, currency, interval]

    def _product(self, line: str) -> None:
        product = self._world.ids.billing("prod")
        record = {
            "id": product, "object": "product", "active": True, "created": epoch(self._at), "name": f"Northlode {line}",
            "description": None, "default_price": None,
            "metadata": {"product_line": line} if line in words.PRODUCT_LINES else {}, "livemode": True,
            "type": "service", "updated": epoch(self._at),
        }  # fmt: skip
        self._world.book.put("stripe/products", record, self._at)
        for currency in EXPONENT:
            if line in words.PRODUCT_LINES:
                for interval in ("month", "year"):
                    self._price(line, product, currency, interval, seat_price(line, currency, interval == "year"))
            elif line == "Onboarding":
                self._price(line, product, currency, None, ONBOARDING[currency])
            else:
                self._price(line, product, currency, "month", 2, "metered")

    def _price(
        self, line: str, product: str, currency: str, interval: str | None, unit: int, usage: str = "licensed"
    ) -> None:
        price = Price(
            self._world.ids.billing("price"), product, currency.lower(), unit, interval, epoch(self._at), usage
        )
        self.prices[line, currency, interval] = price
        self._world.book.put("stripe/prices", price_record(price), self._at)


def price_record(price: Price) -> Record:
    """Return a price as the billing API shows it."""
    recurring = {
        "interval": price.interval,
        "interval_count": 1,
        "usage_type": price.usage,
        "meter": None,
        "trial_period_days": None,
    }
    return {
        "id": price.id, "object": "price", "active": True, "created": price.created, "product": price.product,
        "currency": price.currency, "unit_amount": price.unit, "unit_amount_decimal": str(price.unit),
        "billing_scheme": "per_unit", "type": "recurring" if price.interval else "one_time",
        "recurring": recurring if price.interval else None, "tiers_mode": None, "transform_quantity": None,
        "nickname": None, "metadata": {}, "livemode": True, "lookup_key": None, "tax_behavior": "exclusive",
    }  # fmt: skip
