"""Contracts of the staged tables about people, companies and deals, in our shape and still one row per source record.

Vendor words are gone, vendor ids stay (`*_record_id`, `opportunity_id`, `owner_id`); nothing is joined across vendors and
nobody is resolved yet. Deleted records are out unless `is_deleted` says otherwise. Money is in minor units of its currency.
"""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import REGIONS, SEGMENTS

SOURCE = "vendor or file folder that the record came from"


class StagedAccount(Table):
    """One company record of a CRM, deleted and merged-away ones included and flagged."""

    source: Text = key(SOURCE)
    record_id: Text = key("the vendor's id of the company")
    name: Text = may("company name as written")
    website: Text = may("website as written")
    domain: Text = may("registrable domain of the website, lower case; null for free-mail and unreadable ones")
    phone: Text = may("phone as written")
    parent_record_id: Text = may("the vendor's id of the parent company")
    owner_id: Text = may("user who owns the company")
    segment: Text = must("smb, mid, enterprise or unknown, by inputs.md section 3", isin=SEGMENTS)
    region: Text = must("AMER, EMEA, APAC or unknown, by inputs.md section 3", isin=REGIONS)
    product_line: Text = may("product line where the vendor holds one")
    country: Text = may("country as written")
    is_deleted: Flag = must("deleted at the source")
    merged_into_id: Text = may("survivor of the merge in which this record was lost")
    created_at: Instant = may("creation at the source")
    modified_at: Instant = may("newest change at the source")
    Config = describe("staged.account", ["source", "record_id"])


class StagedPerson(Table):
    """One record of a person in one system: lead, contact, marketing lead, lead-form response or billing contact."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object: Lead, Contact, leads, leadFormResponses")
    record_id: Text = key("the vendor's id")
    first_name: Text = may("given name")
    last_name: Text = may("family name")
    name: Text = may("full name")
    email: Text = may("e-mail, trimmed and lower case, otherwise as written")
    phone: Text = may("phone as written")
    mobile_phone: Text = may("mobile phone as written")
    title: Text = may("job title as written")
    company: Text = may("company name as written")
    country: Text = may("country as written")
    account_record_id: Text = may("CRM id of the company: Contact.AccountId, ConvertedAccountId, Marketo sfdcAccountId")
    crm_lead_id: Text = may("declared id of the same person's CRM lead (18 characters)")
    crm_contact_id: Text = may("declared id of the same person's CRM contact (18 characters)")
    member_id: Text = may("the member of a network that the record is about, by the network's own id")
    owner_id: Text = may("user or queue that owns the record")
    segment: Text = must("the record's own segment", isin=SEGMENTS)
    region: Text = must("the record's own region", isin=REGIONS)
    product_line: Text = may("Product_Line__c, else the first solution interest")
    solution_interest: Text = may("interests, `a;b`")
    lead_source: Text = may("declared lead source as written; null when it is a placeholder (inputs.md, lead source)")
    can_email: Flag = may("false after an opt-out; null when the system does not say")
    is_do_not_contact: Flag = may("true when nobody may contact the person by any channel")
    is_do_not_call: Flag = may("true after an opt-out from calls")
    urgent_channel: Text = may("declared channel for urgent notices")
    urgent_address: Text = may("declared address for urgent notices")
    is_deleted: Flag = must("deleted at the source")
    merged_into_id: Text = may("survivor of the merge in which this record was lost")
    created_at: Instant = may("creation at the source")
    modified_at: Instant = may("newest change at the source")
    Config = describe("staged.person", ["source", "object", "record_id"])


class StagedLead(Table):
    """One lead record with its life-cycle fields (Salesforce Lead; Marketo lead, used only while Salesforce is off)."""

    source: Text = key(SOURCE)
    lead_id: Text = key("the vendor's id of the lead")
    status: Text = may("status of today as written")
    status_stage: Text = may(
        "inquiry, mql, sal, sql, recycled or rejected by the status map; null when the status is not in it"
    )
    is_converted: Flag = must("converted to contact and opportunity")
    converted_date: Day = may("day of the conversion, company zone not applied: as the vendor says")
    converted_account_id: Text = may("account that the lead became")
    converted_contact_id: Text = may("contact that the lead became")
    converted_opportunity_id: Text = may("opportunity that the lead became")
    owner_id: Text = may("owner of today, a user or a queue")
    lead_source: Text = may("declared lead source as written; null when it is a placeholder")
    rejection_reason: Text = may("reason of a rejection where the vendor holds one")
    is_deleted: Flag = must("deleted at the source")
    merged_into_id: Text = may("surviving lead of a merge")
    created_at: Instant = must("creation at the source")
    modified_at: Instant = may("newest change at the source")
    Config = describe("staged.lead", ["source", "lead_id"])


class StagedLeadEvent(Table):
    """One change of a lead's status or owner, or its conversion, at its instant."""

    source: Text = key(SOURCE)
    event_id: Text = key("the vendor's id of the history row or activity")
    lead_id: Text = must("lead that changed")
    at: Instant = must("instant of the change")
    field: Text = must("what changed", isin=("status", "owner", "converted"))
    old_value: Text = may("value before, as written")
    new_value: Text = may("value after, as written")
    old_stage: Text = may("stage of the old status by the status map")
    new_stage: Text = may("stage of the new status by the status map")
    Config = describe("staged.lead_event", ["source", "event_id"])


class StagedOpportunity(Table):
    """One deal as the CRM shows it today; deleted ones are out."""

    source: Text = key(SOURCE)
    opportunity_id: Text = key("the CRM's id of the deal")
    account_record_id: Text = may("CRM id of the company")
    owner_id: Text = may("user who owns the deal")
    name: Text = may("name as written")
    product_line: Text = may("Product_Line__c if described, else Type")
    sales_process: Text = must("record type, or `default`")
    stage: Text = may("stage of today")
    is_closed: Flag = must("closed by the stage's meaning, else by the record's own flag")
    is_won: Flag = must("won by the stage's meaning, else by the record's own flag")
    amount_minor: Whole = may("amount in minor units; null when the CRM has none")
    currency_code: Text = must("currency of the amount")
    lead_source: Text = may("declared source; null when it is a placeholder")
    campaign_record_id: Text = may("primary campaign")
    contact_record_id: Text = may("primary contact where the CRM holds one")
    close_date: Day = may("close date")
    created_at: Instant = must("creation")
    modified_at: Instant = may("newest change")
    Config = describe("staged.opportunity", ["source", "opportunity_id"])


class StagedOpportunityEvent(Table):
    """One row of a deal's history: its stage and amount from an instant on."""

    source: Text = key(SOURCE)
    event_id: Text = key("the CRM's id of the history row")
    opportunity_id: Text = must("deal")
    at: Instant = must("instant from which it holds")
    stage: Text = may("stage")
    amount_minor: Whole = may("amount in minor units of the deal's currency")
    currency_code: Text = must("currency of the amount")
    close_date: Day = may("close date as of then")
    Config = describe("staged.opportunity_event", ["source", "event_id"])


class StagedStage(Table):
    """One stage of the sales process with its order and meaning."""

    source: Text = key(SOURCE)
    stage: Text = key("the stage's API name, else its label")
    sort_order: Whole = may("place in the order of stages")
    is_closed: Flag = must("the deal is decided in this stage")
    is_won: Flag = must("the deal is won in this stage")
    is_qualified: Flag = must(
        "counts as pipeline: an open stage at or after the qualified one, or a won stage (readings 12)"
    )
    Config = describe("staged.stage", ["source", "stage"])


class StagedContactRole(Table):
    """One person's role on one deal."""

    source: Text = key(SOURCE)
    role_id: Text = key("the CRM's id of the role")
    opportunity_id: Text = must("deal")
    person_record_id: Text = must("contact")
    role: Text = may("role as written")
    is_primary: Flag = must("primary contact")
    Config = describe("staged.contact_role", ["source", "role_id"])


class StagedUser(Table):
    """One user of the CRM (queues are not users)."""

    source: Text = key(SOURCE)
    user_id: Text = key("the CRM's id of the user")
    name: Text = may("name")
    email: Text = may("e-mail, trimmed and lower case")
    is_active: Flag = must("may log in today")
    is_standard: Flag = must("a human user: UserType Standard or not stated")
    time_zone: Text = may("TimeZoneSidKey; null: the company's zone")
    manager_id: Text = may("manager")
    Config = describe("staged.user", ["source", "user_id"])


class StagedAttempt(Table):
    """One human attempt to reach a person: a completed call or e-mail task, or an event, by a standard user."""

    source: Text = key(SOURCE)
    object: Text = key("Task or Event")
    record_id: Text = key("the CRM's id")
    at: Instant = must("Task: completion; Event: start")
    kind: Text = must("what it was", isin=("call", "email", "meeting"))
    owner_id: Text = must("user who acted")
    person_record_id: Text = may("lead or contact (WhoId)")
    account_record_id: Text = may("company")
    Config = describe("staged.attempt", ["source", "object", "record_id"])


class StagedMeeting(Table):
    """One meeting with a customer: parent event, not deleted, past or coming."""

    source: Text = key(SOURCE)
    meeting_id: Text = key("the CRM's id")
    starts_at: Instant = must("start")
    ends_at: Instant = may("end")
    owner_id: Text = may("rep")
    person_record_id: Text = may("lead or contact (WhoId)")
    account_record_id: Text = may("company named by the event itself")
    created_at: Instant = may("creation")
    Config = describe("staged.meeting", ["source", "meeting_id"])


class StagedQueue(Table):
    """One queue that may own leads until a rep gets them."""

    source: Text = key(SOURCE)
    queue_id: Text = key("the CRM's id of the queue")
    name: Text = may("name")
    Config = describe("staged.queue", ["source", "queue_id"])


class StagedProduct(Table):
    """One product of the CRM's product list."""

    source: Text = key(SOURCE)
    product_id: Text = key("the CRM's id of the product")
    name: Text = must("name as written")
    family: Text = may("product family")
    is_active: Flag = must("still sold")
    Config = describe("staged.product", ["source", "product_id"])


TABLES = (
    StagedAccount, StagedPerson, StagedLead, StagedLeadEvent, StagedOpportunity, StagedOpportunityEvent, StagedStage,
    StagedContactRole, StagedUser, StagedAttempt, StagedMeeting, StagedQueue, StagedProduct,
)  # fmt: skip
