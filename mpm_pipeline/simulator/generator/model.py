"""What a generated world really consists of, before any system records it: companies, people, reps, leads, deals.

These objects are the truth from which the vendors' records are made and to which `truth/` testifies. Plain data: how
they come about stands in the module of their subject.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from mpm_pipeline.simulator.generator.ids import Ids
from mpm_pipeline.simulator.generator.timeline import Timeline
from mpm_pipeline.simulator.generator.writer import Book, Record

INTERNAL_DOMAIN = "northlode.example"


@dataclass(slots=True, eq=False)
class Rep:
    """A user of the CRM; a rep who may get leads where `is_rep`."""

    user_id: str
    first: str
    last: str
    email: str
    region: str
    zone: str
    role: str
    started: date
    ended: date | None = None
    is_rep: bool = False
    segments: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    ramp_days: int = 180
    capacity: int = 4
    absent: str = ""
    skill: float = 0.0
    line_skill: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.first} {self.last}"

    def works_on(self, day: date) -> bool:
        """Tell whether the rep is employed on a day."""
        return self.started <= day and (self.ended is None or day <= self.ended)


@dataclass(slots=True, eq=False)
class Company:
    """One real company, with or without an account in the CRM."""

    key: str
    name: str
    domain: str
    country: str
    region: str
    currency: str
    industry: str
    employees: int | None
    segment: str
    line: str
    switchboard: str
    created: datetime
    owner: Rep
    account_id: str | None = None
    parent: "Company | None" = None
    other_account_ids: list[str] = field(default_factory=list)
    people: list["Person"] = field(default_factory=list)
    deals: list["Deal"] = field(default_factory=list)
    account: Record = field(default_factory=dict)
    customer_since: datetime | None = None


@dataclass(slots=True, eq=False)
class Person:
    """One real person; the ids are those of the records that systems keep of them."""

    key: str
    first: str
    last: str
    email: str
    title: str
    company: Company
    mobile: str
    interests: tuple[str, ...]
    known_since: datetime
    opted_out: bool = False
    do_not_call: bool = False
    do_not_contact: bool = False
    contact_id: str | None = None
    contact_since: datetime | None = None
    contact: Record = field(default_factory=dict)
    earlier: list[tuple[Company, str, str | None]] = field(default_factory=list)
    lead_ids: list[str] = field(default_factory=list)
    marketing_id: int | None = None
    marketing_since: datetime | None = None
    touches: list["Touch"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Campaign:
    """One campaign with the ids that it has in the CRM, the marketing and the social system."""

    key: str
    name: str
    kind: str
    starts: date
    ends: date
    monthly_cost: int
    pull: float
    crm_id: str | None = None
    program_id: int | None = None
    smart_id: int | None = None
    email_id: int | None = None
    social_id: int | None = None
    parent: "Campaign | None" = None

    def runs_on(self, day: date) -> bool:
        """Tell whether a day lies in the campaign."""
        return self.starts <= day <= self.ends


@dataclass(slots=True, eq=False)
class Touch:
    """One real contact of a person with our marketing; `refs` are the records that tell of it."""

    at: datetime
    kind: str
    person: Person
    campaign: Campaign | None
    lead: "Lead | None" = None
    refs: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Step:
    """One change in the life of a lead: `status`, `owner` or `convert`."""

    at: datetime
    what: str
    old: str | None = None
    new: str | None = None
    reason: str | None = None


@dataclass(slots=True, eq=False)
class Lead:
    """One lead record of the CRM and what really happened to it."""

    lead_id: str
    person: Person
    created: datetime
    first_status: str
    first_owner: str | None
    line: str | None
    source: str | None
    email: str
    steps: list[Step] = field(default_factory=list)
    attempts: list[tuple[datetime, str, Rep]] = field(default_factory=list)
    owner: Rep | None = None
    converted_at: datetime | None = None
    deal: "Deal | None" = None
    is_waiting: bool = False
    is_internal: bool = False
    has_conversion_row: bool = True


@dataclass(slots=True, eq=False)
class StageRow:
    """The state of a deal from an instant on."""

    at: datetime
    stage: str
    amount: float | None
    close_date: date


@dataclass(slots=True, eq=False)
class Deal:
    """One opportunity with its whole course, also the part that lies after the world's end."""

    opportunity_id: str
    company: Company
    owner: Rep
    created: datetime
    line: str
    is_new_business: bool
    seats: int
    is_annual: bool
    currency: str
    rows: list[StageRow] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    lead: Lead | None = None
    cause: Touch | None = None
    campaign: Campaign | None = None

    @property
    def won_at(self) -> datetime | None:
        """Return when the deal was won, if it was."""
        return self.rows[-1].at if self.rows[-1].stage == "Closed Won" else None

    @property
    def closed_at(self) -> datetime | None:
        """Return when the deal was won or lost, if it was."""
        return self.rows[-1].at if self.rows[-1].stage.startswith("Closed") else None


@dataclass
class World:
    """All that one generation knows."""

    line: Timeline
    book: Book
    ids: Ids
    staff: list[Rep] = field(default_factory=list)
    queues: dict[str, str] = field(default_factory=dict)
    companies: list[Company] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    flaws: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    marketing_twins: list[tuple[int, Person]] = field(default_factory=list)
    social_people: list[tuple[str, Person]] = field(default_factory=list)

    def rng(self, subject: str) -> Random:
        """Return the random stream of a subject."""
        return self.line.rng(subject)

    def reps(self) -> list[Rep]:
        """Return those who may own leads and deals, also those who have left."""
        return [member for member in self.staff if member.is_rep]

    def crm_companies(self) -> Iterator[Company]:
        """Yield the companies that have an account."""
        return (company for company in self.companies if company.account_id)
