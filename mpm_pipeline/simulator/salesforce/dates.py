"""SOQL's date literals (TODAY, LAST_N_DAYS:30, THIS_QUARTER...) as half-open ranges of UTC instants.

Weeks start on Sunday and quarters are calendar quarters, as in an org with default settings; the org's zone is UTC.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

Range = tuple[datetime, datetime]


def literal_range(name: str, today: date) -> Range | None:
    """Return the range that a date literal means on that day; None for an unknown one."""
    word, _, count = name.partition(":")
    if count:
        return _counted(word, int(count), today) if count.isdigit() else None
    if word in ("YESTERDAY", "TODAY", "TOMORROW"):
        return _span(*_days(today, ("YESTERDAY", "TODAY", "TOMORROW").index(word) - 1))
    if word in ("LAST_90_DAYS", "NEXT_90_DAYS"):
        return _counted(word.replace("90", "N"), 90, today)
    for prefix, steps in (("LAST_", -1), ("THIS_", 0), ("NEXT_", 1)):
        unit = _UNITS.get(word.removeprefix(prefix)) if word.startswith(prefix) else None
        if unit:
            return _span(*unit(today, steps))
    return None


def _counted(word: str, count: int, today: date) -> Range | None:
    if word == "N_DAYS_AGO":
        return _span(*_days(today, -count))
    for prefix, sign in (("LAST_N_", -1), ("NEXT_N_", 1)):
        if not word.startswith(prefix):
            continue
        name = word.removeprefix(prefix).removesuffix("S")
        if name == "DAY":
            first, last = (
                (today - timedelta(count), today) if sign < 0 else (today + timedelta(1), today + timedelta(count))
            )
            return _span(first, last + timedelta(1))
        unit = _UNITS.get(name)
        if unit:
            near, far = unit(today, sign), unit(today, sign * count)
            return _span(min(near[0], far[0]), max(near[1], far[1]))
    return None


def _days(today: date, steps: int) -> tuple[date, date]:
    start = today + timedelta(steps)
    return start, start + timedelta(1)


def _weeks(today: date, steps: int) -> tuple[date, date]:
    start = today - timedelta((today.weekday() + 1) % 7) + timedelta(weeks=steps)
    return start, start + timedelta(7)


def _months(today: date, steps: int, length: int = 1) -> tuple[date, date]:
    first = (today.year * 12 + today.month - 1) // length * length + steps * length
    return _month(first), _month(first + length)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _span(start: date, end: date) -> Range:
    return datetime.combine(start, time(), UTC), datetime.combine(end, time(), UTC)


_UNITS: dict[str, Callable[[date, int], tuple[date, date]]] = {
    "DAY": _days,
    "WEEK": _weeks,
    "MONTH": _months,
    "QUARTER": lambda today, steps: _months(today, steps, 3),
    "YEAR": lambda today, steps: _months(today, steps, 12),
}
