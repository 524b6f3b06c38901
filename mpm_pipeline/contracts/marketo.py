"""Contracts of Marketo's raw records: the fields that staging relies on, of each stream that it reads.

Leads are asked for by the fields that the subscription describes; what it does not know stays null here. Activities carry
what matters in a list of named values. Deleted leads come as tombstones of `leads`, from the stream of deletions.
"""

from mpm_pipeline.contracts.record import Flag, Instant, Record, Text, Whole, need, opt, stream

ATTRIBUTES = [{"name": "text", "value": "json"}]
MERGED = (
    "CASE WHEN json_extract_string(payload, '$.activityTypeId') = '32' "
    r"THEN regexp_extract_all(value_named(json_extract(payload, '$.attributes'), 'Merge IDs'), '\d+') END"
)
"""Leads that a merge took away: they vanish, without a word among the deleted ones."""
COSTS = [{"startDate": "instant*", "cost": "decimal"}]


class Lead(Record):
    """One person in the marketing system."""

    id: Text = need("text", "id, a whole number")
    email: Text = opt("text", "e-mail")
    firstName: Text = opt("text", "given name")
    lastName: Text = opt("text", "family name")
    phone: Text = opt("text", "phone")
    mobilePhone: Text = opt("text", "mobile phone")
    title: Text = opt("text", "job title")
    company: Text = opt("text", "company name")
    country: Text = opt("text", "country, tells the region")
    numberOfEmployees: Whole = opt("whole", "head count of the company, tells the segment")
    leadSource: Text = opt("text", "declared source")
    leadStatus: Text = opt("text", "status of today")
    solutionInterest: Text = opt("text", "interests, `a;b`, where the company keeps them")
    unsubscribed: Flag = opt("flag", "wants no e-mail")
    doNotCall: Flag = opt("flag", "wants no calls")
    sfdcLeadId: Text = opt("text", "CRM lead, 15 or 18 characters")
    sfdcContactId: Text = opt("text", "CRM contact, 15 or 18 characters")
    sfdcAccountId: Text = opt("text", "CRM account, 15 or 18 characters")
    sfdcLeadOwnerId: Text = opt("text", "owner in the CRM, 15 or 18 characters")
    createdAt: Instant = opt("instant", "creation")
    updatedAt: Instant = opt("instant", "newest change; orders the versions")
    Config = stream(
        "marketo", "leads", "id", "thing", stamp="updatedAt", created="createdAt", merged_by=("activities", MERGED)
    )


class Activity(Record):
    """One thing that a person did or that happened to a person; only the types that count are fetched."""

    marketoGUID: Text = need("text", "id")
    leadId: Text = need("text", "person")
    activityDate: Instant = need("instant", "instant")
    activityTypeId: Whole = need("whole", "type: 2 form, 3 link, 11 click in a mail, 13 change, 32 merge, 104 progress")
    campaignId: Text = opt("text", "smart campaign that caused it")
    primaryAttributeValueId: Text = opt("text", "what it is about: programme, field, link, mail")
    primaryAttributeValue: Text = opt("text", "the same by name")
    attributes: Text = opt("json", "named values", nested=ATTRIBUTES)
    Config = stream("marketo", "activities", "marketoGUID", "fact", instant="activityDate", parent=("leadId", "leads"))


class Program(Record):
    """One programme with its period costs."""

    id: Text = need("text", "id")
    name: Text = opt("text", "name")
    channel: Text = opt("text", "channel as the company names it")
    sfdcId: Text = opt("text", "the same campaign in the CRM, 15 or 18 characters")
    startDate: Text = opt("text", "start, a day or an instant")
    endDate: Text = opt("text", "end, a day or an instant")
    costs: Text = opt("json", "cost of one month each, in the reporting currency", nested=COSTS)
    createdAt: Instant = opt("instant", "creation")
    updatedAt: Instant = opt("instant", "newest change; orders the versions")
    Config = stream("marketo", "programs", "id", "thing", stamp="updatedAt")


class Campaign(Record):
    """One smart campaign: activities name it, and it names its programme."""

    id: Text = need("text", "id")
    programId: Text = opt("text", "programme to which it belongs")
    updatedAt: Instant = opt("instant", "newest change; orders the versions")
    Config = stream("marketo", "campaigns", "id", "thing", stamp="updatedAt")


RECORDS = (Lead, Activity, Program, Campaign)
