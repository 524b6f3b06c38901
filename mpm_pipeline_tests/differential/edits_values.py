"""Edits of one field: a record takes the value that another one of its stream has, null, or one of a few awkward values.

`FIELDS` names by stream the fields that people at a vendor can change, `?` behind those that may be null; what needs several
records at once (history rows, conversions, merges, billing) is in the other modules of edits. Left out, since no vendor
shows it: other parents of campaign members and history rows (they cannot be moved), other amounts of finalised invoices, two
stages at one place of their order, two programmes of one name (names are unique), a programme without its smart campaigns or a
campaign without its members (they go with it). Left out because nothing says what is right: two users of one address, and
whether an inactive stage is the second one. Who is one company is identity's: nobody gets the
account, website, billing mailbox or name of another company.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from mpm_pipeline_tests.differential.book import Book, Edit, Line

FIELDS = {
    "salesforce/Account": "BillingCountry? NumberOfEmployees? OwnerId ParentId? Type? Website?",
    "salesforce/Contact": "AccountId? Title? HasOptedOutOfEmail DoNotCall Do_Not_Contact__c Solution_Interest__c? Email? OwnerId",
    "salesforce/Lead": "Status LeadSource? Country? NumberOfEmployees? Product_Line__c? Solution_Interest__c? OwnerId Email? Title?"
    " HasOptedOutOfEmail DoNotCall Do_Not_Contact__c Rejection_Reason__c? ConvertedOpportunityId?",
    "salesforce/Opportunity": "Amount? CloseDate OwnerId AccountId? CampaignId? Product_Line__c? Type? LeadSource? RecordTypeId",
    "salesforce/OpportunityContactRole": "ContactId",
    "salesforce/Campaign": "Type? ActualCost? StartDate? EndDate? ParentId? Name CurrencyIsoCode",
    "salesforce/CampaignMember": "Status HasResponded FirstRespondedDate?",
    "salesforce/Task": "Status IsClosed CompletedDateTime? ActivityDate? OwnerId WhoId?",
    "salesforce/Event": "StartDateTime OwnerId WhoId? AccountId? IsAllDayEvent",
    "salesforce/User": "IsActive Email TimeZoneSidKey UserType",
    "marketo/leads": "unsubscribed leadStatus? leadSource? sfdcAccountId? solutionInterest? title? country? numberOfEmployees? email?",
    "marketo/programs": "channel costs sfdcId?",
    "linkedin/adCampaigns": "name status",
    "linkedin/adAnalytics": "costInLocalCurrency",
    "stripe/customers": "metadata email? name?",
    "finance/actuals": "booked_on function kind amount currency budget_line_id? channel? campaign? is_shadow_marketing",
    "finance/budget": "parent_line_id? level name owner month view amount currency",
    "finance/fx_rates": "rate",
    "finance/goals": "kpi_id baseline target period_start period_end",
    "hr/headcount": "email? function role fte start_on end_on? region?",
    "hr/reps": "regions segments product_lines start_on ramp_days? capacity_per_week absent?",
    "service/survey": "score? answered_at? email? account? sent_at",
    "partners/referrals": "referred_on email? domain?",
}
AWKWARD: dict[str, list[Any]] = {
    "Amount": [0, -1500.5, 0.005, 1234567.89],
    "ActualCost": [0, 100.01],
    "amount": ["0", "-250.00", "0.01", "1234.56"],
    "costInLocalCurrency": ["0", "0.0049999999999", "1234.5650000000000"],
    "CloseDate": ["2026-06-30", "2026-07-01", "2026-07-02", "2026-07-03", "2026-12-31", "2025-12-31", "2026-04-01"],
    "booked_on": ["2026-06-30", "2026-07-01", "2026-07-03", "2026-03-31", "2025-12-31"],
    "FirstRespondedDate": ["2026-06-30", "2026-07-01", "2026-07-02", "2026-05-31"],
    "StartDateTime": ["2026-06-30T23:30:00.000+0000", "2026-07-01T00:00:00.000+0000", "2026-03-29T01:30:00.000+0000"],
    "CompletedDateTime": ["2026-06-30T23:59:59.000+0000", "2026-07-01T00:00:00.000+0000", "2026-06-26T17:00:00.000+0000"],
    "Status": ["MQL", "mql", "Recycled", "Nurture", "Unqualified", "Working", "SQL", "New", "Completed", "Something else"],
    "LeadSource": ["", "-", "n/a", "Other", " please select "],
    "NumberOfEmployees": [0, 199, 200, 1999, 2000],
    "Country": ["DE", "Japan", "Atlantis", "brazil"],
    "BillingCountry": ["DE", "Japan", "Atlantis", "brazil"],
    "Type": ["Webinar", "Trade Show", "Advertisement", "Email", "Partner", "Telemarketing", "Curling"],
    "channel": ["Webinar", "Content", "Online Advertising", "Email"],
    "absent": ["2026-07-03/2026-07-04", "2026-07-01/2026-07-10;2026-07-20/2026-07-21"],
    "capacity_per_week": ["0", "1.5", "40"],
    "function": ["marketing", "sales", "other"],
    "kind": ["program", "people", "tooling", "revenue", "other"],
    "currency": ["EUR", "JPY", "GBP", "USD"],
    "fte": ["0.5", "0", "0.25"],
    "role": ["quota_bearing", "field_marketing", "sales_ops", "marketing_ops", "sdr", "manager", "other"],
    "score": ["1", "4", "8", "9", "10"],
    "UserType": ["Standard", "PowerPartner"],
    "TimeZoneSidKey": ["America/New_York", "Asia/Kolkata", "Australia/Sydney", "Pacific/Kiritimati"],
    "HasOptedOutOfEmail": [True], "DoNotCall": [True], "IsActive": [False],
    "status": ["PAUSED", "ARCHIVED"],
}  # fmt: skip
NOT_OF_OTHERS = {
    ("salesforce/Account", "Website"),
    ("stripe/customers", "metadata"),
    ("stripe/customers", "name"),
    ("stripe/customers", "email"),
    ("salesforce/User", "Email"),
    ("finance/goals", "kpi_id"),
}
OTHERWISE: dict[tuple[str, str], list[Any]] = {
    ("salesforce/Task", "Status"): ["Completed", "Not Started"],
    ("salesforce/CampaignMember", "Status"): ["Sent", "Responded"],
    ("salesforce/Account", "Type"): ["Customer", "Prospect"],
    ("salesforce/Opportunity", "Type"): ["New Business", "Renewal"],
    ("service/survey", "score"): ["1", "5", "3"],
    ("salesforce/Account", "Website"): [None],
    ("stripe/customers", "metadata"): [{}],
    ("stripe/customers", "name"): [None],
    ("stripe/customers", "email"): [None, "payables.office@gmail.com"],
    ("finance/goals", "kpi_id"): ["revenue_won", "pipeline_created", "opportunities_won", "average_deal"],
    ("salesforce/User", "Email"): ["moved@northlode.example"],
    ("salesforce/Account", "Region__c"): ["AMER", "EMEA", "APAC", None],
    ("salesforce/Account", "Segment__c"): ["smb", "mid", "enterprise", None],
}


ASKED_DAILY = timedelta(days=28)
"""Younger ads days are asked for anew each day (time, Late: 30 days), older ones weekly: a home that watches may not know them yet."""


def other_value(book: Book, rng: Random) -> Edit | None:
    """Give a record a value of another one, null, or an awkward one."""
    stream = rng.choice(list(FIELDS))
    line = book.pick(stream, rng)
    if line is None:
        return None
    wanted = rng.choice(FIELDS[stream].split())
    name = wanted.rstrip("?")
    value = _value(book, rng, stream, name, wanted.endswith("?"))
    if value == line["record"].get(name) or (name not in line["record"] and value is None):
        return None
    if book.is_watched and stream == "linkedin/adAnalytics" and _ads_day(line) < book.now - ASKED_DAILY:
        return None
    at = book.moment(line, rng)
    return Edit(f"{stream} {name}", (book.changed(stream, line, at, **{name: value}),))


def custom_field(book: Book, rng: Random) -> Edit | None:
    """Let an administrator add region and segment to accounts, and somebody fill them in."""
    line = book.pick("salesforce/Account", rng)
    if line is None:
        return None
    name = rng.choice(["Region__c", "Segment__c"])
    value = rng.choice(OTHERWISE["salesforce/Account", name])
    return Edit(f"salesforce/Account {name}", (book.changed("salesforce/Account", line, book.moment(line, rng), **{name: value}),))  # fmt: skip


def _ads_day(line: Line) -> datetime:
    day = line["record"]["dateRange"]["start"]
    return datetime(day["year"], day["month"], day["day"], tzinfo=UTC)


def deletion(book: Book, rng: Random) -> Edit | None:
    """Delete a record where its vendor lets people delete and tells of it; a file just lacks the row from then on."""
    stream = rng.choice(DELETED)
    line = book.pick(stream, rng)
    if line is None:
        return None
    fields = {"IsDeleted": True} if stream.startswith("salesforce/") else {}
    at = book.moment(line, rng, timedelta(days=27) if stream.startswith("stripe/") else None)
    return Edit(f"{stream} deleted", (book.changed(stream, line, at, deleted=True, **fields),))


def campaign_deletion(book: Book, rng: Random) -> Edit | None:
    """Delete a campaign with its members, or a programme with its smart campaigns.

    None whose member still changes after the world's end: it would outlive its campaign. No programme before a home that watches: it
    vanishes without a word, so a home that saw it keeps it (readings 46).
    """
    stream, child, key, name = rng.choice(PARTS)
    line = book.pick(stream, rng)
    if line is None or (book.is_watched and stream == "marketo/programs"):
        return None
    if any(one["record"].get(name) == line["record"][key] for one in book.to_come(child)):
        return None
    children = [one for one in book.live(child) if one["record"].get(name) == line["record"][key]]
    at = book.moment(max([line, *children], key=lambda one: str(one["at"])), rng)
    fields = {"IsDeleted": True} if key == "Id" else {}
    lines = [book.changed(stream, line, at, deleted=True, **fields)]
    lines += [book.changed(child, one, at, deleted=True, **fields) for one in children]
    return Edit(f"{stream} deleted", tuple(lines))


PARTS = (
    ("salesforce/Campaign", "salesforce/CampaignMember", "Id", "CampaignId"),
    ("marketo/programs", "marketo/campaigns", "id", "programId"),
)
DELETED = (
    "salesforce/Account", "salesforce/Contact", "salesforce/Lead", "salesforce/Opportunity", "salesforce/OpportunityContactRole",
    "salesforce/CampaignMember", "salesforce/Task", "salesforce/Event", "marketo/leads",
    "stripe/customers", "finance/actuals", "finance/budget", "finance/fx_rates", "finance/goals", "hr/headcount", "hr/reps",
    "service/survey", "partners/referrals",
)  # fmt: skip


def _value(book: Book, rng: Random, stream: str, name: str, may_be_null: bool) -> Any:
    chance = rng.random()
    if may_be_null and chance < 0.25:
        return None
    awkward = OTHERWISE.get((stream, name)) or AWKWARD.get(name)
    if awkward and (chance < 0.6 or (stream, name) in NOT_OF_OTHERS):
        return rng.choice(awkward)
    values = [one["record"].get(name) for one in book.live(stream)]
    values = [one for one in values if one is not None or may_be_null]
    return rng.choice(values) if values else None
