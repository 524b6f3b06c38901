"""Contracts of the staged tables that come from files: plans, ledgers, people, service, partners, enablement, standards.

One row per line of the newest snapshot of a file, columns as `inputs.md` section 2 names them, amounts in minor units.
"""

from mpm_pipeline.contracts.staged_sales import SOURCE
from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole, describe, key, may, must


class StagedLedgerLine(Table):
    """One line of the finance ledger (finance/actuals)."""

    source: Text = key(SOURCE)
    line_id: Text = key("id of the line")
    booked_on: Day = must("booking date")
    function: Text = must("who spent it", isin=("marketing", "sales", "other"))
    kind: Text = must("what for", isin=("program", "people", "tooling", "revenue", "other"))
    amount_minor: Whole = must("amount; expense positive, reversal negative")
    currency_code: Text = must("currency")
    budget_line_id: Text = may("budget line")
    campaign: Text = may("vendor's campaign id, else its name")
    channel: Text = may("channel as written")
    region: Text = may("region as written")
    cost_center: Text = may("cost centre")
    owner: Text = may("owner")
    is_shadow_marketing: Flag = must("marketing paid by sales; counted under sales")
    reversal_of: Text = may("line that this one reverses")
    Config = describe("staged.ledger_line", ["source", "line_id"])


class StagedBudgetEntry(Table):
    """One amount of one view of one budget line and month (finance/budget)."""

    source: Text = key(SOURCE)
    entry_id: Text = key("id of the entry")
    budget_line_id: Text = must("budget line")
    parent_line_id: Text = may("parent line")
    level: Text = must("level of the line", isin=("company", "department", "team", "campaign"))
    name: Text = must("name of the line")
    owner: Text = must("owner of the line")
    month_date: Day = must("first day of the month")
    view: Text = must("view", isin=("target", "plan", "forecast", "committed"))
    amount_minor: Whole = must("amount")
    currency_code: Text = must("currency")
    Config = describe("staged.budget_entry", ["source", "entry_id"])


class StagedFxRate(Table):
    """One exchange rate: 1 base = rate quote (finance/fx_rates)."""

    source: Text = key(SOURCE)
    rate_id: Text = key("id of the rate")
    rate_date: Day = must("day of the rate")
    base: Text = must("currency of which one unit is priced, upper case")
    quote: Text = must("currency in which it is priced, upper case")
    rate: Text = must("decimal text, positive")
    Config = describe("staged.fx_rate", ["source", "rate_id"])


class StagedGoal(Table):
    """One goal on a KPI for a span of days (finance/goals)."""

    source: Text = key(SOURCE)
    goal_id: Text = key("id of the goal")
    parent_goal_id: Text = may("goal that this one serves")
    name: Text = must("name")
    kpi_id: Text = must("KPI that the goal is about")
    baseline: Text = must("value at the start, decimal text")
    target: Text = must("value to reach, decimal text")
    start_date: Day = must("first day")
    end_date: Day = must("day after the last (exclusive)")
    owner: Text = must("owner")
    consequence: Text = may("what follows from reaching or missing it")
    level: Text = may("level")
    Config = describe("staged.goal", ["source", "goal_id"])


class StagedEmployment(Table):
    """One employment of one person in one role (hr/headcount)."""

    source: Text = key(SOURCE)
    employment_id: Text = key("id of the employment")
    email: Text = may("e-mail, trimmed and lower case")
    function: Text = must("function", isin=("sales", "marketing", "other"))
    role: Text = must("role: quota_bearing, field_marketing, sales_ops, marketing_ops, sdr, manager, other")
    fte_milli: Whole = must("thousandths of a full-time equivalent", ge=0)
    start_date: Day = must("first day employed")
    end_date: Day = may("last day employed; null: still employed")
    region: Text = may("region as written")
    Config = describe("staged.employment", ["source", "employment_id"])


class StagedRep(Table):
    """One rep who may get leads (hr/reps)."""

    source: Text = key(SOURCE)
    email: Text = key("e-mail, trimmed and lower case; joins the CRM user")
    regions: Text = must("regions served `a;b`; empty: all")
    segments: Text = must("segments served `a;b`; empty: all")
    product_lines: Text = must("product lines served `a;b`; empty: all")
    start_date: Day = must("first day as a rep")
    ramp_days: Whole = must("days until fully ramped; 180 when not stated")
    capacity_per_week: Real = must("leads per week that the rep can take", ge=0)
    appetite_low: Real = may("fewest leads per week that the rep wants")
    appetite_high: Real = may("most leads per week that the rep wants")
    quota_minor: Whole = may("yearly quota")
    currency_code: Text = may("currency of the quota")
    absent: Text = must("absences as half-open day spans `2026-03-02/2026-03-09;...`; empty: none")
    is_a_rep: Flag = may(
        "an A-rep: one of the best, with whom others are compared, as the file says; says nothing about getting leads"
    )
    Config = describe("staged.rep", ["source", "email"])


class StagedSurveyResponse(Table):
    """One answer or non-answer to a survey (service/survey)."""

    source: Text = key(SOURCE)
    response_id: Text = key("id of the response")
    survey: Text = must("survey wave")
    kind: Text = must("kind", isin=("csat", "nps"))
    scale_max: Whole = must("highest score of the scale")
    sent_at: Instant = must("when it was sent")
    answered_at: Instant = may("when it was answered; null: not")
    score: Real = may("score; null: not answered")
    email: Text = may("e-mail, trimmed and lower case")
    account: Text = may("CRM account id or domain")
    Config = describe("staged.survey_response", ["source", "response_id"])


class StagedReferral(Table):
    """One referral of a person or company (partners/referrals)."""

    source: Text = key(SOURCE)
    referral_id: Text = key("id of the referral")
    referred_on: Day = must("day of the referral")
    referrer: Text = must("who referred")
    referrer_kind: Text = must("kind of referrer", isin=("partner", "customer", "employee"))
    email: Text = may("e-mail of the person, trimmed and lower case")
    domain: Text = may("domain of the company, lower case")
    Config = describe("staged.referral", ["source", "referral_id"])


class StagedResourceUse(Table):
    """One use of an enablement resource by a rep (enablement/usage)."""

    source: Text = key(SOURCE)
    usage_id: Text = key("id of the use")
    email: Text = must("rep")
    resource: Text = must("resource")
    kind: Text = must("portal, sme, community, peer, mentor, training or collateral")
    at: Instant = must("instant")
    minutes: Real = may("length in minutes")
    opportunity_id: Text = may("deal for which it was used")
    rating: Real = may("rating")
    Config = describe("staged.resource_use", ["source", "usage_id"])


class StagedStandardException(Table):
    """One registered exception from a standard (standards/exceptions)."""

    source: Text = key(SOURCE)
    exception_id: Text = key("id of the exception")
    rule: Text = must("rule that does not hold")
    scope: Text = must("where it does not hold")
    business_case: Text = must("why")
    owner: Text = must("who answers for it")
    expires_on: Day = must("last day")
    Config = describe("staged.standard_exception", ["source", "exception_id"])


TABLES = (
    StagedLedgerLine, StagedBudgetEntry, StagedFxRate, StagedGoal, StagedEmployment, StagedRep, StagedSurveyResponse,
    StagedReferral, StagedResourceUse, StagedStandardException,
)  # fmt: skip
