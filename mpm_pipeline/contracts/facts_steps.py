"""Contracts of the steps on the way to the facts about leads, deals and touches; none of them is served.

The touches before the daily rule, the events of a life cycle, who owned a lead when, who reached the next stage, how fast
somebody answered, what held in a deal at an instant.
"""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import CHANNELS, ORIGINS, SIDE_STAGES

SOURCE = "vendor or file folder that it came from"


class SourceStart(Table):
    """One source and kind of record and the day of the first one; master data are no events."""

    source: Text = key(SOURCE)
    records: Text = key(
        "kind of record: ledger, budget, goal, revenue, employment or survey; `any`: the source as a whole"
    )
    first_date: Day = must("day of the first event in the company's zone")
    Config = describe("kpis.source_start", ["source", "records"])


class CampaignOf(Table):
    """One id by which a system names a campaign and the campaign that is meant."""

    source: Text = key(SOURCE)
    record_id: Text = key("id of a campaign, a programme or an inner campaign")
    campaign_id: Text = must("campaign in dim_campaign")
    is_alias: Flag = must("an inner campaign of a programme")
    Config = describe("kpis.campaign_of", ["source", "record_id", "is_alias"])


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
    named_campaign_id: Text = may("campaign, also one that cannot be seen, by the id that the touch names")
    is_hand_raise: Flag = must("counts as an inquiry")
    is_direct: Flag = must("web without a campaign")
    owner_id: Text = may("user who acted")
    Config = describe("kpis.touch_seen", ["touch_id"])


class LeadOf(Table):
    """One lead record that counts, merged-away ones under their survivor; own people and deleted ones are out."""

    source: Text = key(SOURCE)
    lead_id: Text = key("lead")
    person_id: Text = must("person")
    survivor_id: Text = must("the lead itself, or the one into which it was merged")
    is_merged: Flag = must("merged away: its history counts, itself it is no lead")
    created_at: Instant = must("creation")
    owner_id: Text = may("owner of today, a user or a queue")
    status_stage: Text = may("stage of today's status; null: the status means none")
    is_converted: Flag = must("converted")
    converted_date: Day = may("day of the conversion as the vendor says")
    converted_contact_id: Text = may("contact that it became")
    converted_opportunity_id: Text = may("deal that it became")
    lead_source: Text = may("declared lead source; null: unknown")
    modified_at: Instant = may("newest change")
    Config = describe("kpis.lead_of", ["source", "lead_id"])


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


class JourneyTouch(Table):
    """One touch inside the look-back of one deal's milestone, with its place among the deal's touches."""

    opportunity_id: Text = key("deal")
    measure: Text = key("pipeline or revenue", isin=("pipeline", "revenue"))
    touch_id: Text = key("touch")
    place: Whole = must("place in time, from 1")
    touches: Whole = must("touches of the journey")
    at: Instant = must("instant of the touch")
    milestone_at: Instant = must("creation of the deal, or end of its close date")
    channel: Text = must("channel")
    campaign_id: Text = may("campaign")
    is_direct: Flag = must("web without a campaign")
    lead_place: Whole = must("place of the touch that made the account's oldest person known")
    creation_place: Whole = must("place of the last touch at or before the deal's creation")
    last_non_direct_place: Whole = must("place of the last touch that is not direct; the last when all are")
    Config = describe("kpis.journey_touch", ["opportunity_id", "measure", "touch_id"])


class CohortStep(Table):
    """One life cycle in a stage and when it reached what a cohort KPI asks for."""

    step: Text = key("inquiry_mql, mql_sal, sal_sql, sql_won, rejection or recycle")
    person_id: Text = key("person")
    cycle_no: Whole = key("life cycle")
    entered_at: Instant = must("entry into the first stage")
    entered_date: Day = must("its day in the company's zone")
    reached_at: Instant = may("entry into the second; null: not yet")
    is_clean: Flag = must("neither end is imputed or known only by its day: counts for velocity")
    Config = describe("kpis.cohort_step", ["step", "person_id", "cycle_no"])


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


TABLES = (
    SourceStart, CampaignOf, TouchSeen, LeadOf, LeadOwner, LifeEvent, JourneyTouch, CohortStep, LeadResponse, OpportunityState,
)  # fmt: skip
