"""Contracts of lead distribution: which leads, which reps, what each pair scores and why, and who gets which lead."""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import OUTCOMES, REGIONS, SEGMENTS


class OpenLead(Table):
    """One person whose current cycle is at mql and whom no user owns yet, with what scoring needs to know."""

    lead_id: Text = key("newest live Salesforce lead, else `marketo:<id>` or `linkedin:<id>`")
    person_id: Text = must("person")
    account_id: Text = may("account")
    account_name: Text = may("name of the account")
    segment: Text = must("segment of the account, without one the person's own", isin=SEGMENTS)
    region: Text = must("region, likewise", isin=REGIONS)
    product_line: Text = may("product line, likewise")
    solution_interest: Text = may("interests of the person, `a;b`")
    mql_at: Instant = must("entry into mql in the current cycle")
    held_reason: Text = may("why nobody may get the lead: do_not_contact, opted_out, consent_unknown, no_rep_data")
    Config = describe("leads.open_lead", ["lead_id"])


class FreeRep(Table):
    """One rep who may get leads, with the places that are free over the horizon."""

    rep_id: Text = key("CRM user id")
    rep_name: Text = may("name")
    regions: Text = must("regions served `a;b`; empty: all")
    segments: Text = must("segments served; empty: all")
    product_lines: Text = must("product lines served; empty: all")
    tenure_days: Whole = must("days since the start as a rep")
    is_ramping: Flag = must("not yet fully ramped")
    capacity: Whole = must("leads that the rep can take over the horizon", ge=0)
    recently_routed: Whole = must("leads routed to the rep over the last horizon", ge=0)
    free_places: Whole = must("places that are left", ge=0)
    Config = describe("leads.free_rep", ["rep_id"])


class LeadScorePoint(Table):
    """One dimension of one scored pair; the points of a pair sum to its score."""

    lead_id: Text = key("lead")
    rep_id: Text = key("rep")
    dimension: Text = key("base, segment, product_line, region, tenure, account, meeting, connected, shared_interest")
    points: Real = must("signed points, to 0.1")
    text: Text = must("why, in words")
    evidence_at: Instant = may("instant of the record that it rests on")
    Config = describe(
        "leads.lead_score_point",
        ["lead_id", "rep_id", "dimension"],
        owner="sales operations",
        questions=("Why does this rep score so for this lead?",),
        served=True,
    )


class SegmentValue(Table):
    """What a won deal of one segment was worth on average over the last 365 days, in reporting minor units."""

    segment: Text = key("segment")
    mean_won_minor: Real = must("mean amount of won deals, of the segment when it has ten, else of all, else 1")
    basis: Text = must("segment, all or none")
    as_of_date: Day = must("day up to which deals count")
    Config = describe("leads.segment_value", ["segment"])


class LeadDistribution(Table):
    """One lead to distribute and what became of it: assigned to a rep, left to nurture, or held."""

    lead_id: Text = key("lead")
    person_id: Text = must("person")
    account_id: Text = may("account")
    as_of_at: Instant = must("as-of of the run")
    outcome: Text = must("assigned, nurture or held", isin=OUTCOMES)
    outcome_reason: Text = must("best_value, no_capacity, below_reserve, no_eligible_rep, or why it is held")
    rep_id: Text = may("rep who gets it; null unless assigned")
    rep_name: Text = may("name of the rep")
    score: Real = may("points of the pair, 0-100 before fit; null unless assigned")
    fit_points: Real = may("learned fit, -20..20; 0 until it is earned")
    value_minor: Whole = may("expected value in reporting minor units; null unless assigned")
    currency_code: Text = must("reporting currency")
    reason_text: Text = must("why, in words")
    runner_up_rep_id: Text = may("best other eligible rep by score")
    runner_up_gap: Real = may("score minus the runner-up's; negative when the runner-up is full")
    capacity_price_minor: Whole = may("what one more place of the rep would be worth; 0 while places are free")
    Config = describe(
        "leads.lead_distribution",
        ["lead_id"],
        owner="sales operations",
        questions=("Which rep gets which lead, and why?", "Which leads wait, and for what?"),
        served=True,
    )


TABLES = (OpenLead, FreeRep, LeadScorePoint, SegmentValue, LeadDistribution)
