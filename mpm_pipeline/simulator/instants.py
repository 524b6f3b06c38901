"""Instants as vendors write them, read into aware UTC datetimes, and durations of the control port.

Salesforce writes `+0000`, Marketo's assets write `Z+0000`, LinkedIn milliseconds, Stripe seconds, files ISO 8601: a
world holds them all as given, and only comparisons need one shape. No clock lives here.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MILLISECONDS_FROM = 100_000_000_000
"""Epoch numbers from here on are milliseconds (as seconds this would be the year 5138)."""

_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)([wdhms])")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


@lru_cache(maxsize=1 << 18)
def _from_text(text: str) -> datetime | None:
    if text.endswith("Z+0000"):
        text = text[:-5]
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def parse_instant(value: object) -> datetime | None:
    """Read a vendor's instant or date (dates at 00:00 UTC, no zone means UTC); None where it is no instant."""
    if isinstance(value, str):
        try:
            return _from_text(value)
        except OverflowError:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000 if abs(value) >= MILLISECONDS_FROM else value, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return None


def iso_z(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC with `Z`; a fraction only where there is one."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds" if instant.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def parse_duration(text: str) -> timedelta:
    """Read `1d`, `3h`, `90m`, `45s`, `1w` or a chain like `1d12h`, also with a leading minus; else ValueError."""
    body = text.strip().removeprefix("-")
    parts = _DURATION_PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        raise ValueError(f"{text!r} is no duration: write a number with w, d, h, m or s, as in 1d or 90m")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return timedelta(seconds=-seconds if text.strip().startswith("-") else seconds)
