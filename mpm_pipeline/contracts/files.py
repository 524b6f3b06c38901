"""What the files of plans, money, people and service must hold: one contract a file, columns in the file's order.

The first column is the key. A file is a snapshot: a row that is gone is deleted. Required columns are those declared by
`need`; a file that lacks one is refused whole (`missing_column`). `FILES` and `columns` describe the files to people who
write them (templates, documentation).
"""

from dataclasses import dataclass
from typing import Any

from mpm_pipeline.contracts.fields import fields
from mpm_pipeline.contracts.record import Day, Flag, Instant, Real, Record, Rule, Text, Whole, need, opt, stream

LARGEST = 10**14
FUNCTIONS = ("sales", "marketing", "other")
ROLES = ("quota_bearing", "field_marketing", "sales_ops", "marketing_ops", "sdr", "manager", "other")
RESOURCES = ("portal", "sme", "community", "peer", "mentor", "training", "collateral")

NO_SPAN = "TRY_CAST(split_part(trim(span), '/', 1) AS DATE) IS NULL OR TRY_CAST(split_part(trim(span), '/', 2) AS DATE) IS NULL"
BAD_ABSENCE = f"len(list_filter(string_split(t.absent, ';'), lambda span: trim(span) <> '' AND ({NO_SPAN}))) > 0"
OFF_SCALE = "t.score > t.scale_max OR t.score < CASE t.kind WHEN 'csat' THEN 1 ELSE 0 END"
NO_MONTH = r"NOT regexp_full_match(t.month, '\d{4}-\d{2}') OR TRY_CAST(t.month || '-01' AS DATE) IS NULL"


def _file(folder: str, name: str, key: str, *rules: Rule) -> Any:
    return stream(folder, name, key, "snapshot", rules=rules)


def _amount(description: str) -> Any:
    return need("decimal", description, ge=-LARGEST, le=LARGEST)


class Actuals(Record):
    """One ledger line; expense is positive, a reversal negative."""

    line_id: Text = need("text", "id of the line")
    booked_on: Day = need("day", "booking date")
    function: Text = need("word", "who spent it", isin=FUNCTIONS)
    kind: Text = need(
        "word", "what for; revenue is recognised revenue", isin=("program", "people", "tooling", "revenue", "other")
    )
    amount: Text = _amount("amount in major units, such as 1234.50")
    currency: Text = need("currency", "currency")
    budget_line_id: Text = opt("text", "line of finance/budget")
    campaign: Text = opt("text", "the vendor's campaign id, else its name")
    channel: Text = opt("text", "channel")
    region: Text = opt("text", "region")
    cost_center: Text = opt("text", "cost centre")
    owner: Text = opt("text", "owner")
    is_shadow_marketing: Flag = opt("flag", "marketing paid by sales")
    reversal_of: Text = opt("text", "line that this one reverses")
    Config = _file("finance", "actuals", "line_id")


class Budget(Record):
    """One amount of one view of one budget line and month."""

    entry_id: Text = need("text", "id of the entry")
    budget_line_id: Text = need("text", "budget line")
    parent_line_id: Text = opt("text", "parent line")
    level: Text = need("word", "level of the line", isin=("company", "department", "team", "campaign"))
    name: Text = need("text", "name of the line")
    owner: Text = need("text", "owner of the line")
    month: Text = need("text", "month as YYYY-MM")
    view: Text = need("word", "view", isin=("target", "plan", "forecast", "committed"))
    amount: Text = _amount("amount in major units")
    currency: Text = need("currency", "currency")
    Config = _file("finance", "budget", "entry_id", Rule("bad_type", "month", NO_MONTH))


class FxRates(Record):
    """One exchange rate."""

    rate_id: Text = need("text", "id of the rate")
    date: Day = need("day", "day of the rate")
    base: Text = need("currency", "currency of which one unit is priced")
    quote: Text = need("currency", "currency in which it is priced")
    rate: Text = need("decimal", "1 base = rate quote", le=LARGEST)
    Config = _file("finance", "fx_rates", "rate_id", Rule("bad_value", "rate", "CAST(t.rate AS DECIMAL(38, 10)) <= 0"))


class Goals(Record):
    """One goal on a KPI."""

    goal_id: Text = need("text", "id of the goal")
    parent_goal_id: Text = opt("text", "goal that this one serves")
    name: Text = need("text", "name")
    kpi_id: Text = need("text", "KPI that it is about")
    baseline: Text = need("decimal", "value at the start", ge=-LARGEST, le=LARGEST)
    target: Text = need("decimal", "value to reach", ge=-LARGEST, le=LARGEST)
    period_start: Day = need("day", "first day")
    period_end: Day = need("day", "day after the last")
    owner: Text = need("text", "owner")
    consequence: Text = opt("text", "what follows from reaching or missing it")
    level: Text = opt("text", "level")
    Config = _file("finance", "goals", "goal_id")


class Headcount(Record):
    """One employment of one person in one role."""

    employment_id: Text = need("text", "id of the employment")
    email: Text = opt("text", "e-mail")
    function: Text = need("word", "function", isin=FUNCTIONS)
    role: Text = need("word", "role", isin=ROLES)
    fte: Text = need("decimal", "full-time equivalents, such as 0.8", ge=0, le=1000)
    start_on: Day = need("day", "first day employed")
    end_on: Day = opt("day", "last day employed; empty: still employed; the day before the first: never began")
    region: Text = opt("text", "region")
    Config = _file("hr", "headcount", "employment_id", Rule("bad_value", "end_on", "t.end_on < t.start_on - 1"))


class Reps(Record):
    """One rep who may get leads."""

    email: Text = need("text", "e-mail, as in the CRM")
    regions: Text = opt("text", "regions a;b; empty: all")
    segments: Text = opt("text", "segments a;b; empty: all")
    product_lines: Text = opt("text", "product lines a;b; empty: all")
    start_on: Day = need("day", "first day as a rep")
    ramp_days: Whole = opt("whole", "days until fully ramped; empty: 180", ge=0)
    capacity_per_week: Real = need("real", "leads per week", ge=0)
    appetite_low: Real = opt("real", "fewest leads per week that the rep wants")
    appetite_high: Real = opt("real", "most leads per week that the rep wants")
    quota: Text = opt("decimal", "yearly quota in major units", ge=0, le=LARGEST)
    currency: Text = opt("currency", "currency of the quota")
    absent: Text = opt("text", "absences as half-open spans 2026-03-02/2026-03-09;...")
    is_a_rep: Flag = opt(
        "flag", "an A-rep: one of the best, with whom others are compared; says nothing about getting leads"
    )
    Config = _file("hr", "reps", "email", Rule("bad_type", "absent", BAD_ABSENCE))


class Survey(Record):
    """One answer or non-answer to a survey."""

    response_id: Text = need("text", "id of the response")
    survey: Text = need("text", "survey")
    kind: Text = need("word", "csat or nps", isin=("csat", "nps"))
    scale_max: Whole = need("whole", "highest score of the scale", ge=1)
    sent_at: Instant = need("instant", "when it was sent")
    answered_at: Instant = opt("instant", "when it was answered; empty: not")
    score: Real = opt("real", "score, from 1 (csat) or 0 (nps) to the scale's highest")
    email: Text = opt("text", "e-mail")
    account: Text = opt("text", "CRM account id or domain")
    Config = _file("service", "survey", "response_id", Rule("bad_value", "score", OFF_SCALE))


class Referrals(Record):
    """One referral of a person or a company."""

    referral_id: Text = need("text", "id of the referral")
    referred_on: Day = need("day", "day")
    referrer: Text = need("text", "who referred")
    referrer_kind: Text = need("word", "kind of referrer", isin=("partner", "customer", "employee"))
    email: Text = opt("text", "e-mail of the person")
    domain: Text = opt("text", "domain of the company")
    Config = _file("partners", "referrals", "referral_id")


class Usage(Record):
    """One use of an enablement resource by a rep."""

    usage_id: Text = need("text", "id of the use")
    email: Text = need("text", "rep")
    resource: Text = need("text", "resource")
    kind: Text = need("word", "kind of resource", isin=RESOURCES)
    at: Instant = need("instant", "instant")
    minutes: Real = opt("real", "length")
    opportunity_id: Text = opt("text", "deal for which it was used")
    rating: Real = opt("real", "rating")
    Config = _file("enablement", "usage", "usage_id")


class Exceptions(Record):
    """One registered exception from a standard."""

    exception_id: Text = need("text", "id of the exception")
    rule: Text = need("text", "rule that does not hold")
    scope: Text = need("text", "where")
    business_case: Text = need("text", "why")
    owner: Text = need("text", "who answers for it")
    expires_on: Day = need("day", "last day")
    Config = _file("standards", "exceptions", "exception_id")


RECORDS = (Actuals, Budget, FxRates, Goals, Headcount, Reps, Survey, Referrals, Usage, Exceptions)


@dataclass(frozen=True)
class Column:
    """One column of a file as people are told of it."""

    name: str
    is_required: bool
    wire: str
    description: str
    allowed: tuple[str, ...] = ()


FILES: dict[str, type[Record]] = {
    contract.Config.name.removeprefix("raw.").replace(".", "/"): contract for contract in RECORDS
}
"""The files by `folder/name`."""


def columns(contract: type[Record]) -> list[Column]:
    """Return the columns of a file in their order."""
    found = []
    for name, field in fields(contract).items():
        allowed = [check.statistics["allowed_values"] for check in field.checks if check.name == "isin"]
        wire, words = str(field.metadata["wire"]), str(field.description)
        found.append(Column(str(name), not field.nullable, wire, words, tuple(*allowed)))
    return found
