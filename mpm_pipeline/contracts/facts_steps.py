"""Contracts of the steps on the way to the facts about leads, deals and touches; none of them is served.

The touches before the daily rule, the events of a life cycle, who owned a lead when, who reached the next stage, how fast
somebody answered, what held in a deal at an instant.
"""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import CHANNELS, ORIGINS, SIDE_STAGES

SOURCE = "vendor or file folder that it came from"


class SourceStart(Table):
    """One source and the day of its first event; master data are no events."""

    source: Text = key(SOURCE)
    first_date: Day = must("day of the first event in the company's zone")
    Config = describe("kpis.source_start", ["source"])


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
    is_hand_raise: Flag = must("counts as an inquiry")
    is_direct: Flag = must("web without a campaign")
    owner_id: Text = may("user who acted")
    Config = describe("kpis.touch_seen", ["touch_id"])


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
    SourceStart, CampaignOf, TouchSeen, LeadOwner, LifeEvent, CohortStep, LeadResponse, OpportunityState,
)  # fmt: skip
