"""The pure part of the lead points, version 1: a rep, a lead, a pair, and what one fact is worth.

Where the facts come from (accounts, meetings, touches) stands in leads.

AMBIGUITIES (readings taken here; the others of lead distribution stand in leads)
D5. A rep's segment list: exact beats adjacent. Ramp goes before the 730 days.
D7. Meetings go by company date: today 0 (also one that is over already), 1..14: 18; 15..28: 10; -1..-14: 4.
D9. Titles of authority: the words chief, vp, vice president, director, head, owner, president; C-level = c?o, c-level,
    chro, ciso, in the golden title.
D11. Rounded half-even to 0.1 per dimension.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from mpm_pipeline_tests.independent.identity import Person
from mpm_pipeline_tests.independent.segments import UNKNOWN

AUTHORITY = re.compile(r"\b(chief|vp|vice president|director|head|owner|president|c[a-z]o|c-level|chro|ciso)\b", re.I)
ADJACENT = {frozenset(("smb", "mid")), frozenset(("mid", "enterprise"))}
RAMPING = {"smb": 0, "enterprise": -6}
SEASONED = {"smb": 0, "enterprise": 6}
SEASONED_DAYS = 730


@dataclass(slots=True)
class Rep:
    """One rep who may get leads."""

    rep_id: str
    regions: set[str]
    segments: set[str]
    product_lines: set[str]
    start_on: date
    ramp_days: int
    per_week: Decimal
    absent: list[tuple[date, date]]


@dataclass(slots=True)
class Lead:
    """One lead to distribute, or held with its reason."""

    lead_id: str
    person: Person
    account_id: str | None
    segment: str
    region: str
    product_line: str | None
    held: str | None = None


@dataclass(slots=True)
class Pair:
    """One eligible pair: points by dimension, their sum, the value in reporting minor units."""

    lead_id: str
    rep_id: str
    points: dict[str, Decimal] = field(default_factory=dict)
    value_minor: int = 0

    @property
    def score(self) -> Decimal:
        """Sum of the points."""
        return sum(self.points.values(), Decimal(0))


def tenths(points: Fraction) -> Decimal:
    """Round to one decimal, half-even."""
    return (Decimal(points.numerator) / Decimal(points.denominator)).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def listed(value: str | None, served: set[str], unknown: str | None, full: int, half: int) -> int:
    """Give full points for a value in the rep's list, half where either says nothing, else 0."""
    if value == unknown or not served:
        return half
    return full if str(value).casefold() in served else 0


def segment_points(segment: str, served: set[str]) -> int:
    """Give 12 for a segment served, 6 for a neighbour of one or where either is unknown, else 0."""
    if segment == UNKNOWN or not served:
        return 6
    if segment in served:
        return 12
    return 6 if any(frozenset((segment, other)) in ADJACENT for other in served) else 0


def tenure_points(segment: str, days: int, ramp_days: int) -> int:
    """Take points from a ramping rep, give them to a seasoned one, by the lead's weight."""
    if days < ramp_days:
        return RAMPING.get(segment, -3)
    return SEASONED.get(segment, 3) if days >= SEASONED_DAYS else 0


def meeting_points(days: Iterable[int]) -> int:
    """Give the best of a rep's meetings with the account, by days from today."""
    worth = [18 if 0 <= d <= 14 else 10 if 15 <= d <= 28 else 4 if -14 <= d < 0 else 0 for d in days]
    return max(worth, default=0)


def has_authority(title: str) -> bool:
    """Say whether a title is one of authority."""
    return AUTHORITY.search(title) is not None
