"""Finds published figures by KPI, period and segment, and decides which quarter the page shows.

That is the newest fiscal quarter that has ended by the company's date of as-of, else the running one, as in `kpi_scorecard`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Period:
    """One period as a person reads it; `end` is the day after the last."""

    grain: str
    start: date
    end: date
    label: str
    is_complete: bool


class Figures:
    """Rows of `fct_kpi`, the newest version of each definition, and the calendar that they come from."""

    def __init__(self, rows: Iterable[Row], as_of: date, fiscal_start: int = 1) -> None:
        self.as_of = as_of
        self._fiscal_start = fiscal_start
        self._rows: dict[tuple[str, str, str, str], dict[date, Row]] = {}
        for row in sorted(rows, key=lambda row: (row["period_start"], row["kpi_version"])):
            place = (row["kpi_id"], row["period_grain"], row["segment_kind"], row["segment"])
            self._rows.setdefault(place, {})[row["period_start"]] = row

    def at(self, kpi_id: str, period: Period | None, kind: str = "all", segment: str = "all") -> Row | None:
        """Return one figure, None where nothing was published."""
        if period is None:
            return None
        return self._rows.get((kpi_id, period.grain, kind, segment), {}).get(period.start)

    def series(self, kpi_id: str, grain: str, last: int = 18) -> list[Row]:
        """Return the newest `last` figures of the whole company in time order."""
        return list(self._rows.get((kpi_id, grain, "all", "all"), {}).values())[-last:]

    def segments(self, kind: str) -> list[str]:
        """Return the segments of one kind that any figure has, sorted."""
        return sorted({place[3] for place in self._rows if place[2] == kind})

    def total(self, kpi_id: str, periods: Iterable[Period], kind: str, segment: str) -> Row | None:
        """Sum numerators and denominators over periods, from which a ratio is made anew; None where nothing has a value."""
        found = [row for row in (self.at(kpi_id, period, kind, segment) for period in periods) if row is not None]
        numerators = [row["numerator"] for row in found if row["numerator"] is not None]
        denominators = [row["denominator"] for row in found if row["denominator"] is not None]
        if not numerators:
            return None
        return {**found[-1], "numerator": sum(numerators), "denominator": sum(denominators) if denominators else None}

    def periods(self, grain: str) -> list[Period]:
        """Return the periods of one grain for which any figure stands, in time order."""
        ends = {
            row["period_start"]: row["period_end"]
            for by in self._rows.values()
            for row in by.values()
            if row["period_grain"] == grain
        }
        return [self._period(grain, start, end) for start, end in sorted(ends.items())]

    def shown(self) -> Period | None:
        """Return the quarter that the page shows, None before any figure."""
        quarters = self.periods("quarter")
        complete = [quarter for quarter in quarters if quarter.is_complete]
        found = complete or quarters
        return found[-1] if found else None

    def before(self, period: Period) -> Period | None:
        """Return the period just before, None at the beginning."""
        earlier = [one for one in self.periods(period.grain) if one.end == period.start]
        return earlier[0] if earlier else None

    def months_of(self, period: Period) -> list[Period]:
        """Return the months within a period."""
        return [month for month in self.periods("month") if period.start <= month.start < period.end]

    def _period(self, grain: str, start: date, end: date) -> Period:
        if grain == "month":
            label = f"{start:%b %Y}"
        else:
            month = (start.month - self._fiscal_start) % 12
            year = start.year if start.month >= self._fiscal_start else start.year - 1
            name = f"FY{year}" if self._fiscal_start == 1 else f"FY{year}/{(year + 1) % 100:02d}"
            label = f"Q{month // 3 + 1} {name}" if grain == "quarter" else name
        return Period(grain, start, end, label, end <= self.as_of)
