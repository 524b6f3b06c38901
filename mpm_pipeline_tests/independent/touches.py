"""Campaigns with their channels, and touches: one per person, campaign and day, of several the earliest.

A Marketo programme that names a Salesforce campaign is that campaign. Without a campaign: one per person, channel, day.

AMBIGUITIES (readings taken here)
T1. readings 48: Salesforce's Type gives the channel of a campaign that is also a programme; a blank or unknown Type: the programme's,
    of several programmes with a known one the lowest id's, for one campaign is one row with one channel.
T2. inputs 3: "by vendor" = the source of the campaign: Salesforce's Advertisement is paid_other. Types are compared
    without case; a blank one is other.
T3. inputs 3: completed = IsClosed or Status Completed; a call without CompletedDateTime is at the start of ActivityDate.
T4. A task or event without a visible person (WhoId) is no touch, though it may name an account.
T5. A touch after as-of (a meeting to come) is none yet.
T6. readings 48: one per person, campaign and day whatever the origin; ties by (source, record id). It speaks of persons: a
    touch of a company alone stands for itself.
T7. inputs 3: a user without a served UserType is standard; active = today's IsActive.
T8. readings 48: a programme or campaign id that cannot be seen stays a campaign of its own, channel other; a programme that names a
    campaign that cannot be seen stands under that campaign's id.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.identity import People, Person, short
from mpm_pipeline_tests.independent.lifecycle import response_at
from mpm_pipeline_tests.independent.mailbox import registrable
from mpm_pipeline_tests.independent.world import Record, Snapshot, instant

CHANNELS = {
    "email": "Email",
    "webinar": "Webinar",
    "event": "Trade Show|Event|Conference|Tradeshow",
    "paid": "Advertisement|Paid Social|Online Advertising",
    "web": "Web|Website|Web Form|Web Content",
    "content": "Content",
    "partner": "Referral Program|Partner|Partners",
    "outbound": "Telemarketing|SDR",
}
WORDS = {word.casefold(): channel for channel, words in CHANNELS.items() for word in words.split("|")}
PAID = {"linkedin": "paid_social", "google_ads": "paid_search"}
FORM, LINK, EMAIL_CLICK, PROGRESSION = 2, 3, 11, 104


def channel_of(word: Any, vendor: str) -> str:
    """The agreed channel of a campaign type or programme channel."""
    found = WORDS.get(str(word or "").strip().casefold(), "other")
    return PAID.get(vendor, "paid_other") if found == "paid" else found


@dataclass(slots=True)
class Campaign:
    """One campaign of any source, under its Salesforce id where it has one."""

    campaign_id: str
    source: str
    name: str
    channel: str


class Campaigns:
    """All campaigns of a snapshot and the ways to find one."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.crm = {short(c["Id"]): c for c in snapshot.records("salesforce", "Campaign")}
        self.programs = {str(p["id"]): p for p in snapshot.records("marketo", "programs")}
        told = sorted(self.programs.values(), key=lambda p: str(p["id"]), reverse=True)
        named = [(short(p["sfdcId"]), channel_of(p.get("channel"), "marketo")) for p in told if p.get("sfdcId")]
        self.by_crm = {key: channel for key, channel in named if channel != "other"}
        self.social = {str(c["id"]).rsplit(":", 1)[-1]: c for c in snapshot.records("linkedin", "adCampaigns")}
        self.smart = {str(c["id"]): str(c.get("programId") or "") for c in snapshot.records("marketo", "campaigns")}

    def of_crm(self, identifier: Any) -> Campaign | None:
        """The campaign behind a Salesforce id."""
        if not identifier:
            return None
        record = self.crm.get(short(identifier))
        if record is None:
            return Campaign(str(identifier), "salesforce", "", "other")
        own = channel_of(record.get("Type"), "salesforce")
        channel = own if own != "other" else self.by_crm.get(short(record["Id"]), own)
        return Campaign(str(record["Id"]), "salesforce", str(record.get("Name") or ""), channel)

    def of_program(self, identifier: Any) -> Campaign | None:
        """The campaign behind a Marketo programme id."""
        key = str(identifier or "")
        if not key:
            return None
        program = self.programs.get(key)
        if program is None:
            return Campaign(f"marketo:{key}", "marketo", "", "other")
        own = channel_of(program.get("channel"), "marketo")
        if short(program.get("sfdcId")) in self.crm:
            return self.of_crm(program["sfdcId"])
        named = str(program.get("sfdcId") or "").strip()
        channel = self.by_crm.get(short(named), own) if named else own
        return Campaign(named or f"marketo:{key}", "marketo", str(program.get("name") or ""), channel)

    def of_social(self, urn: Any) -> Campaign | None:
        """The campaign behind a LinkedIn campaign URN or number."""
        key = str(urn or "").rsplit(":", 1)[-1]
        return (
            Campaign(f"linkedin:{key}", "linkedin", str(self.social.get(key, {}).get("name") or ""), "paid_social")
            if key
            else None
        )

    def of_activity(self, activity: Record) -> Campaign | None:
        """The programme of an activity: its own for a progression, else that of the smart campaign."""
        if activity["activityTypeId"] == PROGRESSION and activity.get("primaryAttributeValueId"):
            return self.of_program(activity["primaryAttributeValueId"])
        return self.of_program(self.smart.get(str(activity.get("campaignId") or "")))


@dataclass(slots=True)
class Touch:
    """One contact of a person with us, or of an account where the person is unknown."""

    at: datetime
    source: str
    record_id: str
    origin: str
    channel: str
    campaign_id: str | None
    person: Person | None
    account_id: str | None

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Sort key of a journey."""
        return self.at, self.source, self.record_id

    @property
    def is_direct(self) -> bool:
        """Web without a campaign."""
        return self.channel == "web" and self.campaign_id is None


def touches(snapshot: Snapshot, calendar: Calendar, people: People, campaigns: Campaigns) -> list[Touch]:
    """All touches up to the instant, deduplicated, in order; own people left out."""
    kept: dict[tuple[Any, ...], Touch] = {}
    makers = (
        _marketo(snapshot, people, campaigns),
        _responses(snapshot, calendar, people, campaigns),
        _social(snapshot, people, campaigns),
    )
    found = (
        [t for maker in makers for t in maker]
        + list(_sales(snapshot, calendar, people))
        + list(_referrals(snapshot, calendar, people))
    )
    for touch in sorted(found, key=lambda t: t.order):
        if touch.at > snapshot.at or (touch.person and touch.person.internal):
            continue
        if touch.person:
            touch.account_id = people.account_of(touch.person, touch.at)
        who = ("person", touch.person.number) if touch.person else ("nobody", touch.source, touch.record_id)
        what = ("campaign", touch.campaign_id) if touch.campaign_id else ("channel", touch.channel)
        kept.setdefault((*who, *what, calendar.date_of(touch.at)), touch)
    return sorted(kept.values(), key=lambda t: t.order)


def _true(value: Any) -> bool:
    return str(value).strip().casefold() in ("true", "1", "1.0", "yes")


def _marketo(snapshot: Snapshot, people: People, campaigns: Campaigns) -> Iterator[Touch]:
    bare = {FORM: "web", LINK: "web", EMAIL_CLICK: "email", PROGRESSION: "other"}
    for activity in snapshot.records("marketo", "activities"):
        kind = activity.get("activityTypeId")
        if kind not in bare:
            continue
        values = {a.get("name"): a.get("value") for a in activity.get("attributes") or []}
        if kind == EMAIL_CLICK and _true(values.get("Is Bot Activity")):
            continue
        if kind == PROGRESSION and not _true(values.get("Success")):
            continue
        person, at = people.person("marketo", "leads", activity["leadId"]), instant(activity["activityDate"])
        if person and at:
            campaign = campaigns.of_activity(activity)
            channel = campaign.channel if campaign else bare[kind]
            yield Touch(
                at,
                "marketo",
                str(activity["marketoGUID"]),
                "marketing",
                channel,
                campaign.campaign_id if campaign else None,
                person,
                None,
            )


def _responses(snapshot: Snapshot, calendar: Calendar, people: People, campaigns: Campaigns) -> Iterator[Touch]:
    for member in snapshot.records("salesforce", "CampaignMember"):
        person = people.who(member.get("ContactId")) or people.who(member.get("LeadId"))
        at = response_at(member, calendar)
        if member.get("HasResponded") and person and at:
            campaign = campaigns.of_crm(member.get("CampaignId"))
            channel = campaign.channel if campaign else "other"
            yield Touch(
                at,
                "salesforce",
                str(member["Id"]),
                "marketing",
                channel,
                campaign.campaign_id if campaign else None,
                person,
                None,
            )


def _social(snapshot: Snapshot, people: People, campaigns: Campaigns) -> Iterator[Touch]:
    for response in snapshot.records("linkedin", "leadFormResponses"):
        person, at = (
            people.person("linkedin", "leadFormResponses", response["id"]),
            instant(response.get("submittedAt")),
        )
        if person and at:
            meta = (response.get("leadMetadata") or {}).get("sponsoredLeadMetadata") or {}
            campaign = campaigns.of_social(meta.get("campaign"))
            yield Touch(
                at,
                "linkedin",
                str(response["id"]),
                "marketing",
                "paid_social",
                campaign.campaign_id if campaign else None,
                person,
                None,
            )


def users(snapshot: Snapshot) -> dict[str, Record]:
    """Salesforce users by short id."""
    return {short(user["Id"]): user for user in snapshot.records("salesforce", "User")}


def is_standard(user: Record | None) -> bool:
    """A standard user (a user whose type is not served counts as one)."""
    return user is not None and str(user.get("UserType") or "Standard") == "Standard"


def completed_at(task: Record, calendar: Calendar) -> datetime | None:
    """When a call or mail was completed: its own instant, else the start of its day; None = not a completed one."""
    if not (task.get("IsClosed") or str(task.get("Status") or "").casefold() == "completed"):
        return None
    if task.get("TaskSubtype") not in ("Call", "Email"):
        return None
    if task.get("CompletedDateTime"):
        return instant(task["CompletedDateTime"])
    return calendar.start_of(date.fromisoformat(task["ActivityDate"][:10])) if task.get("ActivityDate") else None


def _sales(snapshot: Snapshot, calendar: Calendar, people: People) -> Iterator[Touch]:
    everyone = users(snapshot)
    acts = [(task, completed_at(task, calendar)) for task in snapshot.records("salesforce", "Task")]
    acts += [
        (e, instant(e.get("StartDateTime"))) for e in snapshot.records("salesforce", "Event") if not e.get("IsChild")
    ]
    for record, at in acts:
        owner, person = everyone.get(short(record.get("OwnerId"))), people.who(record.get("WhoId"))
        if at and person and owner and is_standard(owner) and owner.get("IsActive", True):
            yield Touch(at, "salesforce", str(record["Id"]), "sales", "outbound", None, person, None)


def _referrals(snapshot: Snapshot, calendar: Calendar, people: People) -> Iterator[Touch]:
    for referral in snapshot.records("partners", "referrals"):
        at = calendar.start_of(date.fromisoformat(referral["referred_on"]))
        person = people.person("partners", "referrals", referral["referral_id"])
        account = None if person else people.by_domain.get(registrable(referral.get("domain")) or "")
        if person or account:
            yield Touch(at, "partners", str(referral["referral_id"]), "partner", "partner", None, person, account)
