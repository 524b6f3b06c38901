"""Contracts of the facts about leads, deals, touches and what marketing spent, all about resolved persons and accounts.

Tables without `served` are steps on the way to figures: the touches before the daily rule, the events of a life cycle, who
owned a lead when, who reached the next stage, how fast somebody answered.
"""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import ATTRIBUTION_MODELS, CHANNELS, LEAD_STAGES, ORIGINS, REGIONS, SEGMENTS, SIDE_STAGES

SOURCE = "vendor or file folder that it came from"
SOURCED = ("marketing", "sales", "partner", "unknown")


class SourceStart(Table):
    """One source and the day of its first event; master data are no events."""

    source: Text = key(SOURCE)
    first_date: Day = must("day of the first event in the company's zone")
    Config = describe("kpis.source_start", ["source"])


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
    is_a_rep: Flag = may("one of the best reps")
    Config = describe("kpis.dim_rep", ["rep_id"], owner="sales operations", questions=("Who sells?",), served=True)


class CampaignOf(Table):
    """One id by which a system names a campaign and the campaign that is meant."""

    source: Text = key(SOURCE)
    record_id: Text = key("id of a campaign, a programme or an inner campaign")
    campaign_id: Text = must("campaign in dim_campaign")
    is_alias: Flag = must("an inner campaign of a programme")
    Config = describe("kpis.campaign_of", ["source", "record_id", "is_alias"])


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


class TouchSeen(Table):
    """One contact between somebody and us as its system recorded it, resolved, before the daily rule."""

    touch_id: Text = key("source, object and vendor's id")
    source: Text = must(SOURCE)
    object: Text = must("the vendor's object")
    record_id: Text = must("the vendor's id")
    person_id: Text = may("person; null for a referral that names only a company")
    account_id: Text = may("account to which the person belonged then")
    lead_id: Text = may("lead record that was touched, its survivor where it was merged away")
    at: Instant = must("instant; start of the day when only a day is known")
    touch_date: Day = must("day in the company's zone")
    is_day_grain: Flag = must("only the day is known")
    origin: Text = must("who made it happen", isin=ORIGINS)
    kind: Text = must("what it was")
    channel: Text = must("channel", isin=CHANNELS)
    campaign_id: Text = may("campaign")
    is_hand_raise: Flag = must("counts as an inquiry")
    is_direct: Flag = must("web without a campaign")
    owner_id: Text = may("user who acted")
    Config = describe("kpis.touch_seen", ["touch_id"])


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


class LeadOwner(Table):
    """One stretch of time in which a user or queue owned a lead."""

    source: Text = key(SOURCE)
    lead_id: Text = key("lead")
    from_at: Instant = key("first instant")
    to_at: Instant = must("instant after the last; far in the future for today's owner")
    owner_id: Text = may("user or queue; null: nobody")
    is_user: Flag = must("a user, not a queue")
    Config = describe("kpis.lead_owner", ["source", "lead_id", "from_at"])


class LifeEvent(Table):
    """One thing that moves a person's life cycle: a hand-raise, a status that means a stage, a conversion, a creation."""

    person_id: Text = key("person")
    event_id: Text = key("kind of record and the vendor's id")
    at: Instant = must("instant")
    kind: Text = must(
        "what it is", isin=("hand_raise", "created", "inquiry", "mql", "sal", "sql", *SIDE_STAGES)
    )  # fmt: skip
    lead_id: Text = may("lead on which it happened, its survivor where it was merged away")
    source: Text = must(SOURCE)
    is_day_grain: Flag = must("only the day is known")
    opportunity_id: Text = may("deal that a conversion made")
    cycle_no: Whole = must("life cycle of the person, from 1")
    place: Whole = must("place among the person's events")
    Config = describe("kpis.life_event", ["person_id", "event_id"])


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


class CohortStep(Table):
    """One life cycle in a stage and when it reached what a cohort KPI asks for."""

    kpi_id: Text = key("cohort KPI")
    person_id: Text = key("person")
    cycle_no: Whole = key("life cycle")
    entered_at: Instant = must("entry into the first stage")
    entered_date: Day = must("its day in the company's zone")
    reached_at: Instant = may("entry into the second; null: not yet")
    is_clean: Flag = must("neither end is imputed or known only by its day: counts for velocity")
    Config = describe("kpis.cohort_step", ["kpi_id", "person_id", "cycle_no"])


class LeadResponse(Table):
    """One life cycle at mql that was routed to a user, and how it was answered."""

    person_id: Text = key("person")
    cycle_no: Whole = key("life cycle")
    lead_id: Text = must("lead")
    mql_at: Instant = must("entry into mql")
    routed_at: Instant = must("the later of mql and the first owner that is a user")
    routed_date: Day = must("its day in the company's zone")
    owner_id: Text = may("user who owned it then")
    due_at: Instant = must("instant by which a first attempt is due")
    first_attempt_at: Instant = may("first human attempt at or after routing; null: none yet")
    business_hours: Real = may("business hours of the owner from routing to the first attempt")
    follow_up_until_at: Instant = must("end of the time for follow-up")
    attempts: Whole = must("attempts within it")
    Config = describe("kpis.lead_response", ["person_id", "cycle_no"])


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


class OpportunityState(Table):
    """One row of a deal's history with the meaning of its stage: what held from an instant on."""

    opportunity_id: Text = key("deal")
    place: Whole = key("place in the deal's history, from 1")
    source: Text = must(SOURCE)
    at: Instant = must("instant from which it holds")
    to_at: Instant = must("instant until which it holds; far in the future for the newest")
    stage: Text = may("stage")
    amount_minor: Whole = may("amount")
    currency_code: Text = must("currency of the amount")
    close_date: Day = may("close date as of then")
    is_closed: Flag = must("decided in this stage")
    is_won: Flag = must("won in this stage")
    is_qualified: Flag = must("counts as pipeline")
    is_history: Flag = must("told by the history; false: only today's stage is known")
    Config = describe("kpis.opportunity_state", ["opportunity_id", "place"])


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
    SourceStart, DimRep, CampaignOf, DimCampaign, TouchSeen, FctTouch, LeadOwner, LifeEvent, FctLeadStage, CohortStep,
    LeadResponse, FctOpportunity, FctOpportunityStage, OpportunityState, FctAttribution, FctSpend, FctMeeting,
)  # fmt: skip
