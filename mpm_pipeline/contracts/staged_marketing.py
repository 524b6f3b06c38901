"""Contracts of the staged tables about campaigns, touches and what marketing cost, one row per source record.

A touch is staged as it was seen; which of several counts, and whose it is, is decided in customer and kpis.
"""

from mpm_pipeline.contracts.staged_sales import SOURCE
from mpm_pipeline.contracts.table import Day, Flag, Instant, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import CHANNELS, ORIGINS


class StagedCampaign(Table):
    """One campaign or programme of one system; deleted ones are out."""

    source: Text = key(SOURCE)
    campaign_id: Text = key("the vendor's id")
    name: Text = may("name as written")
    type: Text = may("Salesforce Type, Marketo channel, LinkedIn campaign type, as written")
    channel: Text = must("channel by the map of inputs.md; `other` when the type is not in it", isin=CHANNELS)
    is_known_type: Flag = must("false raises a violation: the type is not in the channel map")
    parent_campaign_id: Text = may("the vendor's id of the parent campaign")
    crm_campaign_id: Text = may("declared id of the same campaign in the CRM (Marketo sfdcId)")
    start_date: Day = may("first day")
    end_date: Day = may("last day")
    created_at: Instant = may("creation")
    Config = describe("staged.campaign", ["source", "campaign_id"])


class StagedCampaignAlias(Table):
    """One inner campaign of a marketing system and the programme that it belongs to."""

    source: Text = key(SOURCE)
    alias_id: Text = key("id by which activities name it (Marketo smart campaign)")
    campaign_id: Text = must("programme")
    Config = describe("staged.campaign_alias", ["source", "alias_id"])


class StagedTouch(Table):
    """One contact between a person and us that can count as a touch or a hand-raise, as its system recorded it."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object: activities, CampaignMember, leadFormResponses, Task, Event, referrals")
    record_id: Text = key("the vendor's id")
    at: Instant = must("instant; the start of the day (company zone) when only a day is known")
    is_day_grain: Flag = must("only the day is known")
    origin: Text = must("who made it happen", isin=ORIGINS)
    kind: Text = must(
        "form, link_click, email_click, program_success, member_response, lead_form, call, email, meeting, referral"
    )
    is_hand_raise: Flag = must("counts as an inquiry")
    channel: Text = may("channel when there is no campaign to tell it (inputs.md, Touch; readings 49, 54)")
    campaign_record_id: Text = may("the vendor's campaign or programme id")
    alias_record_id: Text = may("inner campaign, when only that is known: see staged.campaign_alias")
    person_object: Text = may("object of the person record in staged.person")
    person_record_id: Text = may("person record in staged.person, same source")
    email: Text = may("e-mail when no person record is named (referrals)")
    domain: Text = may("company domain when nobody is named (referrals)")
    account_record_id: Text = may("CRM id of the company when the record names one")
    owner_id: Text = may("user who acted, for sales touches")
    Config = describe("staged.touch", ["source", "object", "record_id"])


class StagedCost(Table):
    """One cost of a campaign over a span of days, in the currency in which it was booked."""

    source: Text = key(SOURCE)
    cost_id: Text = key("campaign and first day, or the vendor's id")
    campaign_id: Text = must("the vendor's campaign id; empty when the cost names none")
    start_date: Day = must("first day that the cost covers")
    end_date: Day = must("last day that it covers, inclusive; equal to the first for ads")
    amount_minor: Whole = must("cost in minor units")
    currency_code: Text = must("currency of the cost")
    Config = describe("staged.cost", ["source", "cost_id"])


TABLES = (StagedCampaign, StagedCampaignAlias, StagedTouch, StagedCost)
