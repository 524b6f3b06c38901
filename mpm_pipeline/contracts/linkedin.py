"""Contracts of LinkedIn's raw records: the fields that staging relies on, of each stream that it reads.

Ids stand as numbers or as URNs. An ads row has no stamp, so the row that landed last counts. Figures of organisations are
landed for later use; no measure reads them yet.
"""

from mpm_pipeline.contracts.record import Flag, Instant, Record, Rule, Text, need, opt, stream

CHANGES = {"created": {"time": "unix_ms"}, "lastModified": {"time": "unix_ms"}}
DAY = {"year": "whole*", "month": "whole*", "day": "whole*"}
QUESTIONS = [{"questionId": "text", "id": "text", "predefinedField": "text"}]
ANSWERS = [{"questionId": "text", "answerDetails": {"textQuestionAnswer": {"answer": "text"}}}]
SPAN = {"start": "unix_ms*", "end": "unix_ms"}

NO_DAY = """TRY_CAST(printf('%s-%s-%s', json_extract_string(t."dateRange", '$.start.year'),
  json_extract_string(t."dateRange", '$.start.month'), json_extract_string(t."dateRange", '$.start.day')) AS DATE) IS NULL"""

MORE_DAYS = """coalesce(json_extract_string(t."dateRange", '$.end') IS NOT NULL AND row(
  json_extract_string(t."dateRange", '$.end.year'), json_extract_string(t."dateRange", '$.end.month'),
  json_extract_string(t."dateRange", '$.end.day')) <> row(json_extract_string(t."dateRange", '$.start.year'),
  json_extract_string(t."dateRange", '$.start.month'), json_extract_string(t."dateRange", '$.start.day')), false)"""
NO_CAMPAIGN = """NOT (json_array_length(t."pivotValues") = 1
  AND regexp_full_match(json_extract_string(t."pivotValues", '$[0]'), 'urn:li:sponsoredCampaign:[^:\\s]+'))"""


class AdAccount(Record):
    """One ad account; it alone knows the currency of what its campaigns cost."""

    id: Text = need("text", "id")
    name: Text = opt("text", "name")
    currency: Text = opt("currency", "currency of all its figures")
    Config = stream("linkedin", "adAccounts", "id", "thing", stamp="lastModified", clock="unix_ms")


class AdCampaign(Record):
    """One campaign of an ad account."""

    id: Text = need("text", "id")
    account: Text = opt("text", "ad account")
    name: Text = opt("text", "name")
    type: Text = opt("text", "kind of advertisement")
    runSchedule: Text = opt("json", "when it runs", nested={"start": "unix_ms", "end": "unix_ms"})
    created: Instant = opt("unix_ms", "creation")
    changeAuditStamps: Text = opt("json", "creation and newest change, as the vendor also writes them", nested=CHANGES)
    Config = stream("linkedin", "adCampaigns", "id", "thing", stamp="lastModified", clock="unix_ms")


class AdAnalytics(Record):
    """What one campaign did and cost on one day."""

    pivotValues: Text = need("json", "URN of the campaign", nested=["text"])
    dateRange: Text = need("json", "the day", nested={"start": DAY})
    costInLocalCurrency: Text = need("decimal", "cost in the currency of the ad account")
    Config = stream(
        "linkedin", "adAnalytics", ("pivotValues", "dateRange.start"), "fact", instant="dateRange.start", clock="day",
        rules=(
            Rule("bad_value", "dateRange", NO_DAY), Rule("bad_value", "dateRange", MORE_DAYS),
            Rule("bad_value", "pivotValues", NO_CAMPAIGN),
        ),
    )  # fmt: skip


class LeadForm(Record):
    """One form; it tells what the questions of its answers mean."""

    id: Text = need("text", "id")
    content: Text = opt("json", "questions", nested={"questions": QUESTIONS})
    Config = stream("linkedin", "leadForms", "id", "thing", stamp="lastModified", clock="unix_ms")


class LeadFormResponse(Record):
    """One member's answers to a form."""

    id: Text = need("text", "id")
    submittedAt: Instant = need("unix_ms", "instant")
    testLead: Flag = opt("flag", "made for a test")
    submitter: Text = opt("text", "URN of the member")
    versionedLeadGenFormUrn: Text = opt("text", "form and its version")
    form: Text = opt("json", "form, as the vendor also writes it", nested={"leadGenFormUrn": "text"})
    leadMetadata: Text = opt("json", "what led there", nested={"sponsoredLeadMetadata": {"campaign": "text"}})
    formResponse: Text = opt("json", "answers", nested={"answers": ANSWERS})
    Config = stream("linkedin", "leadFormResponses", "id", "fact", instant="submittedAt", clock="unix_ms")


class ShareStatistics(Record):
    """What an organisation's posts did on one day."""

    organizationalEntity: Text = need("text", "URN of the organisation")
    timeRange: Text = need("json", "the day", nested=SPAN)
    totalShareStatistics: Text = opt("json", "impressions, clicks, reactions")
    Config = stream(
        "linkedin", "organizationalEntityShareStatistics", ("organizationalEntity", "timeRange.start"), "fact",
        instant="timeRange.start", clock="unix_ms",
    )  # fmt: skip


class FollowerStatistics(Record):
    """How many followers an organisation won on one day."""

    organizationalEntity: Text = need("text", "URN of the organisation")
    timeRange: Text = need("json", "the day", nested=SPAN)
    followerGains: Text = opt("json", "organic and paid gains")
    Config = stream(
        "linkedin", "organizationalEntityFollowerStatistics", ("organizationalEntity", "timeRange.start"), "fact",
        instant="timeRange.start", clock="unix_ms",
    )  # fmt: skip


RECORDS = (AdAccount, AdCampaign, AdAnalytics, LeadForm, LeadFormResponse, ShareStatistics, FollowerStatistics)
