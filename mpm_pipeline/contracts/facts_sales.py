"""Contracts of the facts about leads, deals, touches and what marketing spent, all about resolved persons and accounts.

The steps on the way to them are in `facts_steps`, whose tables are listed here too.
"""

from mpm_pipeline.contracts.facts_steps import SOURCE
from mpm_pipeline.contracts.facts_steps import TABLES as STEPS
from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import ATTRIBUTION_MODELS, CHANNELS, LEAD_STAGES, ORIGINS, REGIONS, SEGMENTS, SIDE_STAGES

SOURCED = ("marketing", "sales", "partner", "unknown")


class DimRep(Table):
    """One user of the CRM, who may own leads and deals."""

    rep_id: Text = key("the CRM's id of the user")
    source: Text = must(SOURCE)
    name: Text = may("name")
    email: Text = may("e-mail")
    is_active: Flag = must("may log in today")
    is_standard: Flag = must("a human user")
    time_zone: Text = must("time zone; the company's when the user has none")
    manager_id: Text = may("manager")
    function: Text = may("function by the head-count file")
    role: Text = may("role by the head-count file")
    region: Text = may("region by the head-count file, as written")
    is_in_rep_file: Flag = must("may get leads: stands in the file of reps")
    regions: Text = may("regions served `a;b`; empty: all")
    segments: Text = may("segments served; empty: all")
    product_lines: Text = may("product lines served; empty: all")
    start_date: Day = may("first day as a rep")
    ramp_days: Whole = may("days until fully ramped")
    capacity_per_week: Real = may("leads per week that the rep can take")
    appetite_low: Real = may("fewest leads per week that the rep wants")
    appetite_high: Real = may("most leads per week that the rep wants")
    quota_minor: Whole = may("yearly quota")
    currency_code: Text = may("currency of the quota")
    absent: Text = may("absences as half-open day spans")
    is_a_rep: Flag = may("an A-rep: one of the best, with whom others are compared; says nothing about getting leads")
    Config = describe("kpis.dim_rep", ["rep_id"], owner="sales operations", questions=("Who sells?",), served=True)


class DimCampaign(Table):
    """One campaign of any source; a programme and the CRM campaign that it declares are one."""

    campaign_id: Text = key("the vendor's id; the CRM's where a programme declares it")
    source: Text = must(SOURCE)
    name: Text = may("name")
    channel: Text = must("channel", isin=CHANNELS)
    type: Text = may("type as written")
    parent_campaign_id: Text = may("parent campaign")
    start_date: Day = may("first day")
    end_date: Day = may("last day")
    Config = describe("kpis.dim_campaign", ["campaign_id"], questions=("Which campaigns were there?",), served=True)


class FctTouch(Table):
    """One touch: of all contacts of a person with a campaign on one day the earliest."""

    touch_id: Text = key("source, object and vendor's id")
    person_id: Text = may("person; null for a referral that names only a company")
    account_id: Text = may("account to which the person belonged then")
    at: Instant = must("instant; start of the day when only a day is known")
    origin: Text = must("marketing, sales or partner", isin=ORIGINS)
    channel: Text = must("channel", isin=CHANNELS)
    campaign_id: Text = may("campaign; null: none")
    source: Text = must(SOURCE)
    record_id: Text = must("the vendor's id")
    kind: Text = must("what it was: form, link_click, email_click, member_response, call and so on")
    touch_date: Day = must("day in the company's zone")
    is_day_grain: Flag = must("only the day is known")
    is_direct: Flag = must("web without a campaign")
    owner_id: Text = may("user who acted, for sales touches")
    Config = describe(
        "kpis.fct_touch", ["touch_id"], owner="marketing operations", questions=("What touched whom?",), served=True
    )


class FctLeadStage(Table):
    """One entry of one person's life cycle into one stage."""

    person_id: Text = key("person")
    account_id: Text = may("account to which the person belonged then")
    lead_id: Text = may("lead; null when the person has none")
    cycle_no: Whole = key("life cycle, from 1")
    stage: Text = key("inquiry, mql, sal, sql, recycled or rejected", isin=(*LEAD_STAGES, *SIDE_STAGES))
    entered_at: Instant = key("instant of the first entry in the cycle")
    is_imputed: Flag = must("nothing says so itself; a later stage or the lead's creation does")
    is_day_grain: Flag = must("only the day is known")
    region: Text = must("region", isin=REGIONS)
    segment: Text = must("segment", isin=SEGMENTS)
    product_line: Text = may("product line")
    lead_source: Text = may("declared lead source; null: unknown")
    inferred_source: Text = may("channel of the first touch in the look-back before the cycle began; null: no touch")
    inferred_method: Text = may("how it was inferred")
    inferred_confidence: Real = may("0-1")
    owner_id: Text = may("owner of the lead at that instant")
    source: Text = may("system of the lead; null when the person has none")
    Config = describe(
        "kpis.fct_lead_stage",
        ["person_id", "cycle_no", "stage", "entered_at"],
        owner="marketing operations",
        questions=("How many leads got how far?", "What happened to a lead?"),
        served=True,
    )


class FctOpportunity(Table):
    """One deal with its pipeline date, source and influence."""

    opportunity_id: Text = key("the CRM's id")
    source: Text = must(SOURCE)
    account_id: Text = may("account")
    owner_id: Text = may("user who owns the deal")
    name: Text = may("name")
    product_line: Text = may("product line")
    sales_process: Text = must("sales process")
    stage: Text = may("stage of today")
    is_won: Flag = must("won")
    is_closed: Flag = must("decided")
    amount_minor: Whole = may("amount in the deal's currency")
    currency_code: Text = must("currency of the deal")
    amount_reporting_minor: Whole = may(
        "amount in the reporting currency, at the rate of the close date (open: of as-of)"
    )
    created_at: Instant = must("creation")
    created_date: Day = must("its day in the company's zone")
    pipeline_at: Instant = may("first entry into the qualified stage or a later one; null: never pipeline")
    pipeline_date: Day = may("its day in the company's zone")
    pipeline_amount_minor: Whole = may("amount then, else the first known afterwards")
    pipeline_reporting_minor: Whole = may("the same in the reporting currency at that day's rate")
    close_date: Day = may("close date")
    closed_at: Instant = may("end of the close date in the company's zone")
    won_at: Instant = may("first history row in a won stage, else start of the close date; null: not won")
    is_won_day_grain: Flag = must("only the day of winning is known")
    sourced_by: Text = must("origin of the first touch of the account in the look-back", isin=SOURCED)
    is_influenced: Flag = must("a marketing touch of a person of the deal lies in the window")
    region: Text = must("region of the account", isin=REGIONS)
    segment: Text = must("segment of the account", isin=SEGMENTS)
    lead_source: Text = may("declared source; null: unknown")
    campaign_id: Text = may("primary campaign")
    Config = describe(
        "kpis.fct_opportunity",
        ["opportunity_id"],
        owner="sales operations",
        questions=("What is in the pipeline?", "What was won, and who brought it?"),
        served=True,
    )


class FctOpportunityStage(Table):
    """One entry of one deal into one stage."""

    opportunity_id: Text = key("deal")
    stage: Text = key("stage; empty when the CRM has none")
    entered_at: Instant = key("instant of the entry")
    left_at: Instant = may("instant of the next entry; null: still there")
    amount_minor: Whole = may("amount at the entry")
    currency_code: Text = must("currency of the amount")
    close_date: Day = may("close date as of then")
    is_closed: Flag = must("the deal is decided in this stage")
    is_won: Flag = must("the deal is won in this stage")
    is_qualified: Flag = must("counts as pipeline")
    Config = describe(
        "kpis.fct_opportunity_stage",
        ["opportunity_id", "stage", "entered_at"],
        owner="sales operations",
        questions=("How does a deal move?",),
        served=True,
    )


class FctAttribution(Table):
    """One share of one deal's amount that one model gives to one touch."""

    opportunity_id: Text = key("deal")
    measure: Text = key("pipeline or revenue", isin=("pipeline", "revenue"))
    model: Text = key("model", isin=ATTRIBUTION_MODELS)
    channel: Text = key("channel of the touch; unattributed when there was none")
    touch_id: Text = key("touch; empty when there was none, or when the model gives to channels")
    credit_minor: Whole = must("share in the deal's currency")
    currency_code: Text = must("currency of the deal")
    credit_reporting_minor: Whole = may("share in the reporting currency at the rate of the measure's date")
    event_date: Day = must("day of the measure: pipeline date or close date")
    campaign_id: Text = may("campaign of the touch")
    Config = describe(
        "kpis.fct_attribution",
        ["opportunity_id", "measure", "model", "channel", "touch_id"],
        owner="marketing operations",
        questions=("Which touches earn the credit for a deal?",),
        served=True,
    )


class FctSpend(Table):
    """What one campaign of one source cost on one day; days after as-of are planned."""

    date: Day = key("day")
    source: Text = key(SOURCE)
    campaign_id: Text = key("campaign; empty when the cost names none")
    channel: Text = key("channel")
    spend_minor: Whole = must("cost in its currency")
    currency_code: Text = must("currency of the cost")
    spend_reporting_minor: Whole = may("cost in the reporting currency; null: no fresh rate")
    Config = describe(
        "kpis.fct_spend",
        ["date", "source", "campaign_id", "channel"],
        owner="marketing operations",
        questions=("What did a campaign cost?",),
        served=True,
    )


class FctMeeting(Table):
    """One meeting with a customer or prospect, past or coming."""

    meeting_id: Text = key("the CRM's id")
    source: Text = must(SOURCE)
    person_id: Text = may("person who was met")
    account_id: Text = may("account: named by the event, else the person's")
    rep_id: Text = may("user who owns the event")
    starts_at: Instant = must("start")
    ends_at: Instant = may("end")
    created_at: Instant = may("creation")
    Config = describe("kpis.fct_meeting", ["meeting_id"], questions=("Who meets whom?",), served=True)


TABLES = (
    *STEPS, DimRep, DimCampaign, FctTouch, FctLeadStage, FctOpportunity, FctOpportunityStage, FctAttribution, FctSpend,
    FctMeeting,
)  # fmt: skip
