"""Who gets the credit for a deal: sourced, influenced, and the rule models.

A journey is the touches of the deal's account in the look-back before a milestone, sorted by (at, source, record id).
Credits are minor units of the deal's own currency, by largest remainder, ties to the earlier touch.

AMBIGUITIES (readings taken here)
J1. readings 22: the end of CloseDate is the next day's start, itself left out (a day-grain touch of the next day is after
    the close); the look-back counts from it. Creation as a milestone is inclusive, as-of for open deals too.
J2. readings 23: with contact roles the touches of those persons count whatever account they belong to; roles whose
    contact cannot be seen are no roles. Without roles: the touches of the account.
J3. readings 43: no touch at or before the deal's creation (w_shaped, full_path on revenue): the first, as for lead creation.
J4. readings 43: the oldest person is found among those who were ever of the deal's account, as touches are the account's of
    their time: who leaves takes no credit of past deals along. Own people left out.
J5. readings 45: time decay by 2 ** (-age / half-life) in 40 digits, age from creation (pipeline) or the end of CloseDate.
J6. A deal without an account has no touches: unattributed, sourced by unknown.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.identity import People, Person
from mpm_pipeline_tests.independent.pipeline import Deal
from mpm_pipeline_tests.independent.touches import Touch
from mpm_pipeline_tests.independent.world import Snapshot

RULES = ("first", "last", "last_non_direct", "linear", "time_decay", "u_shaped", "w_shaped", "full_path")


@dataclass(slots=True)
class Credit:
    """A share of a deal; no touch = unattributed."""

    opportunity_id: str
    measure: str
    model: str
    touch: Touch | None
    minor: int
    currency: str

    @property
    def channel(self) -> str:
        """The touch's channel."""
        return self.touch.channel if self.touch else "unattributed"


class Journeys:
    """Touches by account and what follows from them for each deal."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, people: People, found: Sequence[Touch]) -> None:
        self.snapshot, self.calendar, self.people = snapshot, calendar, people
        self.look_back = timedelta(days=snapshot.settings["attribution"]["lookback_days"])
        self.half_life = snapshot.settings["attribution"]["half_life_days"]
        self.by_account: dict[str, list[Touch]] = defaultdict(list)
        self.by_person: dict[int, list[Touch]] = defaultdict(list)
        for touch in found:
            if touch.account_id:
                self.by_account[touch.account_id].append(touch)
            if touch.person:
                self.by_person[touch.person.number].append(touch)
        self.roles: dict[str, set[int]] = defaultdict(set)
        for role in snapshot.records("salesforce", "OpportunityContactRole"):
            person = people.person("salesforce", "Contact", role.get("ContactId"))
            if person:
                self.roles[str(role["OpportunityId"])].add(person.number)
        self.oldest = self._oldest_by_account()

    def _oldest_by_account(self) -> dict[str, datetime]:
        """Creation (Lead, else Contact, else Marketo) of each account's oldest person, those who left it included."""
        found: dict[str, datetime] = {}
        for person in self.people.persons:
            created = _created(person)
            for account in self.people.accounts_of(person) if created and not person.internal else ():
                found[account] = min(created, found.get(account, created))
        return found

    def before(self, deal: Deal, milestone: datetime, inclusive: bool = True) -> list[Touch]:
        """The account's touches from look-back before the milestone to the milestone."""
        found = self.by_account.get(deal.account_id or "", [])
        return [
            t
            for t in found
            if milestone - self.look_back <= t.at and (t.at < milestone or (inclusive and t.at == milestone))
        ]

    def to_creation(self, deal: Deal) -> list[Touch]:
        """The journey that ends at the deal's creation."""
        return self.before(deal, deal.created_at)

    def to_close(self, deal: Deal) -> list[Touch]:
        """The journey that ends with the close date (the next day's start is not in it)."""
        return self.before(deal, self.calendar.end_of(deal.close_date), inclusive=False)

    def sourced_by(self, deal: Deal) -> str:
        """Origin of the first touch before creation, else unknown."""
        journey = self.to_creation(deal)
        return journey[0].origin if journey else "unknown"

    def is_influenced(self, deal: Deal) -> bool:
        """A marketing touch of the buying group from look-back before creation to the end of the close date (or as-of)."""
        people = self.roles.get(deal.opportunity_id)
        found = (
            [t for p in people for t in self.by_person[p]] if people else self.by_account.get(deal.account_id or "", [])
        )
        end = self.calendar.end_of(deal.close_date) if deal.is_closed else self.snapshot.at + timedelta(microseconds=1)
        return any(t.origin == "marketing" and deal.created_at - self.look_back <= t.at < end for t in found)

    def credits(self, deals: Sequence[Deal], models: Sequence[str] = RULES) -> Iterator[Credit]:
        """All credits of the rule models: pipeline for deals with a pipeline date, revenue for won ones."""
        for deal in deals:
            if deal.pipeline_at and deal.pipeline_minor:
                yield from self._of(
                    deal, "pipeline", self.to_creation(deal), deal.created_at, deal.pipeline_minor, models
                )
            if deal.is_won and deal.minor:
                yield from self._of(
                    deal, "revenue", self.to_close(deal), self.calendar.end_of(deal.close_date), deal.minor, models
                )

    def _of(
        self, deal: Deal, measure: str, journey: list[Touch], milestone: datetime, minor: int, models: Sequence[str]
    ) -> Iterator[Credit]:
        for model in models:
            if model == "full_path" and measure != "revenue":
                continue
            if not journey:
                yield Credit(deal.opportunity_id, measure, model, None, minor, deal.currency)
                continue
            weights = self._weights(model, journey, deal, milestone)
            for touch, share in zip(journey, spread(minor, weights), strict=True):
                yield Credit(deal.opportunity_id, measure, model, touch, share, deal.currency)

    def _weights(self, model: str, journey: list[Touch], deal: Deal, milestone: datetime) -> list[Fraction]:
        size = len(journey)
        if model == "linear":
            return [Fraction(1)] * size
        if model == "time_decay":
            return [_decay(milestone - t.at, self.half_life) for t in journey]
        if model == "last_non_direct":
            spoken = [i for i, t in enumerate(journey) if not t.is_direct] or [size - 1]
            return _shares(size, {spoken[-1]: Fraction(1)})
        if model in ("first", "last"):
            return _shares(size, {0 if model == "first" else size - 1: Fraction(1)})
        lead, born = _last_until(journey, self.oldest.get(deal.account_id or "")), _last_until(journey, deal.created_at)
        points = {"u_shaped": [0, lead], "w_shaped": [0, lead, born], "full_path": [0, lead, born, size - 1]}[model]
        each = {"u_shaped": Fraction(40, 100), "w_shaped": Fraction(30, 100), "full_path": Fraction(225, 1000)}[model]
        return _positions(size, points, each)


def _positions(size: int, points: list[int], each: Fraction) -> list[Fraction]:
    """Milestones get `each` (coinciding ones add), the middle the rest; without a middle it is scaled away."""
    shares: dict[int, Fraction] = defaultdict(Fraction)
    for point in points:
        shares[point] += each
    middle = [place for place in range(size) if place not in shares]
    rest = 1 - each * len(points)
    shares.update({place: rest / len(middle) for place in middle})
    return _shares(size, shares)


def _shares(size: int, shares: dict[int, Fraction]) -> list[Fraction]:
    return [shares.get(place, Fraction(0)) for place in range(size)]


def _last_until(journey: list[Touch], at: datetime | None) -> int:
    """Place of the last touch at or before an instant, else the first."""
    return max([i for i, t in enumerate(journey) if at is not None and t.at <= at], default=0)


def _decay(age: timedelta, half_life: int) -> Fraction:
    """2 ** (-age in days / half-life), to 40 digits."""
    with localcontext() as context:
        context.prec = 40
        seconds = Decimal(age // timedelta(microseconds=1)) / 1_000_000
        return Fraction(Decimal(2) ** (-seconds / 86_400 / Decimal(half_life)))


def spread(minor: int, weights: Sequence[Fraction]) -> list[int]:
    """Split by largest remainder so that the parts sum to the whole; ties to the earlier; of a negative sum the mirror image."""
    if minor < 0:
        return [-part for part in spread(-minor, weights)]
    total = sum(weights)
    exact = [minor * weight / total for weight in weights]
    parts = [share.__floor__() for share in exact]
    order = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for place in order[: minor - sum(parts)]:
        parts[place] += 1
    return parts


def _created(person: Person) -> datetime | None:
    kinds: list[Callable[[], list[datetime | None]]] = [
        lambda: [s.created for s in person.of("salesforce", "Lead")],
        lambda: [s.created for s in person.of("salesforce", "Contact")],
        lambda: [s.created for s in person.of("marketo", "leads")],
    ]
    for kind in kinds:
        known = [created for created in kind() if created]
        if known:
            return min(known)
    return None
