"""Contracts of the unified customer: many source records, one person and one account, under ids that stay.

`id_registry` is an input of its own next run: an id that was given is kept. Tables without `served` are steps on the way,
kept because each answers "why are these two records one customer?".
"""

from mpm_pipeline.contracts.pairs import PersonDecision, ReviewQueue
from mpm_pipeline.contracts.provenance import SOURCE, AccountSource, GoldenFieldProvenance, PersonSource
from mpm_pipeline.contracts.table import Flag, Instant, Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import REGIONS, SEGMENTS

KINDS = ("person", "account")


class IdentityRecord(Table):
    """One source record that stands for a person or a company, with its features made comparable."""

    kind: Text = key("person or account", isin=KINDS)
    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    own_id: Text = must("the id that a customer gets when this is its first record")
    created_at: Instant = may("creation at the source")
    is_deleted: Flag = must("deleted at the source")
    merged_into_id: Text = may("survivor of the merge in which the record was lost")
    name_key: Text = may("name without case, spaces and punctuation")
    email: Text = may("e-mail as staged")
    email_key: Text = may("mailbox without tags and dots that do not count; null when it identifies nobody")
    mail_domain: Text = may("domain of the mailbox")
    website_domain: Text = may("registrable domain of the website")
    crm_lead_id: Text = may("declared CRM lead")
    crm_contact_id: Text = may("declared CRM contact")
    crm_account_id: Text = may("declared CRM account")
    member_id: Text = may("member of a network that the record is about")
    parent_record_id: Text = may("the vendor's id of the parent company")
    Config = describe("customer.identity_record", ["kind", "source", "object", "record_id"])


class MailDomain(Table):
    """One domain of a mailbox or a company and what it can tell."""

    mail_domain: Text = key("domain as it stands behind the @")
    registrable_domain: Text = may("the part that somebody registered; null when there is none")
    is_free_mail: Flag = must("anybody may have a mailbox there: never tells the company")
    is_internal: Flag = must("one of our own domains")
    Config = describe("customer.mail_domain", ["mail_domain"])


class IdentityKey(Table):
    """One feature by which one record may be the same customer as another."""

    kind: Text = key("person or account", isin=KINDS)
    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    key_type: Text = key(
        "what kind of feature",
        isin=("record", "crm_lead", "crm_contact", "crm_account", "member", "email", "domain", "company_name"),
    )
    key_value: Text = key("the feature; never null or blank")
    own_id: Text = must("the record's own id")
    Config = describe("customer.identity_key", ["kind", "source", "object", "record_id", "key_type", "key_value"])


class KeyGuard(Table):
    """One feature that joins nobody, because too many different names stand behind it."""

    kind: Text = key("person or account", isin=KINDS)
    key_type: Text = key("what kind of feature")
    key_value: Text = key("the feature")
    records: Whole = must("records that carry it")
    names: Whole = must("different names among them")
    reason: Text = must("why it was set aside")
    Config = describe("customer.key_guard", ["kind", "key_type", "key_value"])


class PersonRecord(Table):
    """One record of a person as resolution compares it: declared ids, mailbox, names, telephone, employer."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    own_id: Text = must("the record's own id")
    first_name: Text = may("given name")
    last_name: Text = may("family name")
    full_name: Text = may("whole name")
    email: Text = may("mailbox; null when it identifies nobody or is set aside")
    phone: Text = may("mobile phone, else phone")
    company: Text = may("employer's name: the account's, else as written")
    domain: Text = may("employer's domain: the account's website, else that of a mailbox which is shared")
    title: Text = may("job title")
    country: Text = may("country as written")
    person_keys: Text = may("declared ids as `type:id`, a unit separator (U+001F) between them")
    account_key: Text = may("account to which the source links the record")
    merged_into_id: Text = may("survivor of the merge in which the record was lost")
    is_deleted: Flag = must("deleted at the source")
    created_at: Instant = may("creation at the source")
    updated_at: Instant = may("last change at the source")
    Config = describe("customer.person_record", ["source", "object", "record_id"])


class PersonCluster(Table):
    """One record of a person that lives and the records with which it is one, by the id that is free of any past."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    own_id: Text = must("the record's own id")
    cluster_id: Text = must("the same for all records of one person in this run")
    joined_by: Text = must("strongest kind of key that it shares with another record of the person; `alone`: none")
    Config = describe("customer.person_cluster", ["source", "object", "record_id"])


class IdentityEvidence(Table):
    """One key that a record shares with another record of the same person."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    key_type: Text = key("what kind of key")
    key_value: Text = key("the key")
    bits: Real = must("weight of the evidence: 2 to this power is how much likelier one person is than two")
    records: Whole = must("records of the person that share it")
    other_source: Text = must("source of the other record")
    other_object: Text = must("object of the other record")
    other_record_id: Text = must("id of the other record")
    Config = describe("customer.identity_evidence", ["source", "object", "record_id", "key_type", "key_value"])


class KeyGuardReport(Table):
    """One key that joins nobody in this run, and why."""

    kind: Text = key("person or account", isin=KINDS)
    key_type: Text = key("what kind of key")
    key_value: Text = key("the key")
    records: Whole = must("records that carry it")
    names: Whole = must("different names among them")
    reason: Text = must("why it was set aside")
    Config = describe("customer.key_guard_report", ["kind", "key_type", "key_value"])


class IdRegistry(Table):
    """One source record ever seen and the customer id that it bears, also after it vanished."""

    kind: Text = key("person or account", isin=KINDS)
    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    own_id: Text = must("the id that a customer gets when this is its first record")
    id: Text = must("customer id of today")
    first_id: Text = must("customer id that the record got at first sight")
    previous_id: Text = may("customer id before the one of today; null: never another")
    created_at: Instant = may("creation at the source as first told; orders who was first")
    first_seen_at: Instant = must("as-of of the run that first saw the record")
    recorded_from_at: Instant = must("as-of of the run that gave the id of today")
    is_present: Flag = must("the source shows the record today")
    is_merged: Flag = must("merged away into a record that lives")
    is_deleted: Flag = must("deleted at the source and without a survivor that lives: in no figure")
    survivor_record_id: Text = must("the record itself, or the one into which it was merged in the end")
    Config = describe("customer.id_registry", ["kind", "source", "object", "record_id"])


class IdRedirect(Table):
    """One customer id that is no longer in use and where its records are now."""

    old_id: Text = key("id that was retired")
    new_id: Text = must("id that stands in its place")
    kind: Text = must("why it was retired", isin=("merge", "older_record_arrived"))
    reason: Text = must("the same in words")
    at: Instant = must("as-of of the run that first recorded it")
    Config = describe("customer.id_redirect", ["old_id"], served=True, questions=("Where did an old customer id go?",))


class AccountOf(Table):
    """One record of a company in a CRM or a billing system and the account that it is."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    role: Text = must("what such an object is to us: company, payer")
    record_id: Text = key("the vendor's id")
    account_id: Text = must("account")
    survivor_record_id: Text = must("the record itself, or the one into which it was merged")
    is_merged: Flag = must("merged away")
    is_deleted: Flag = must("deleted without a survivor: in no figure")
    Config = describe("customer.account_of", ["source", "object", "record_id"])


class AccountDomain(Table):
    """One domain of a company's website and the account that it tells."""

    domain: Text = key("registrable domain")
    account_id: Text = must("account")
    Config = describe("customer.account_domain", ["domain"])


class PersonAccount(Table):
    """One stretch of time in which a person belongs to an account."""

    person_id: Text = key("person")
    from_at: Instant = key("first instant; far in the past for the first stretch")
    to_at: Instant = must("instant after the last; far in the future for the stretch that lasts")
    account_id: Text = must("account")
    evidence: Text = must("what says so", isin=("contact", "converted_lead", "declared", "domain"))
    Config = describe("customer.person_account", ["person_id", "from_at"])


class PersonOf(Table):
    """One record of a person and who it is, with the account of today."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    role: Text = must("what such an object is to us: lead, contact, form_answer, other")
    record_id: Text = key("the vendor's id")
    person_id: Text = must("person")
    account_id: Text = may("account to which the person belongs today; null: none known")
    survivor_record_id: Text = must("the record itself, or the one into which it was merged")
    is_internal: Flag = must("one of our own people: in no funnel, no touch")
    is_merged: Flag = must("merged away")
    is_deleted: Flag = must("deleted without a survivor: in no figure")
    Config = describe("customer.person_of", ["source", "object", "record_id"])


class Crosswalk(Table):
    """One source record and the person or account that it is, as known today."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    person_id: Text = may("person; null for records of companies")
    account_id: Text = may("account; null for persons without one")
    confidence: Real = must("0-1: how sure the weakest link to the others is", ge=0, le=1)
    reason: Text = must("what links the record to the others, in words")
    valid_from_at: Instant = key("creation at the source; 1970 when it is not told")
    valid_to_at: Instant = may("end of its validity; null: valid")
    recorded_from_at: Instant = key("as-of of the run that gave this id")
    recorded_to_at: Instant = may("as-of of the run that took it away; null: still so")
    Config = describe(
        "customer.crosswalk",
        ["source", "object", "record_id", "valid_from_at", "recorded_from_at"],
        questions=("Which records are one customer?", "Why?"),
        served=True,
    )


class CrosswalkHistory(Crosswalk):
    """One source record and the person or account that it was held to be, from one run to another."""

    Config = describe(
        "customer.crosswalk_history",
        ["source", "object", "record_id", "valid_from_at", "recorded_from_at"],
        questions=("Which records were one customer, as a run of the past knew it?",),
    )


class CrosswalkRun(Table):
    """One run that told who is who, whether or not that was new."""

    as_of: Instant = key("as-of of the run")
    Config = describe("customer.crosswalk_run", ["as_of"])


class DimAccount(Table):
    """One account: the golden record of a company."""

    account_id: Text = key("account")
    name: Text = may("name")
    email: Text = may("mailbox of the company, from billing")
    phone: Text = may("phone")
    domain: Text = may("registrable domain")
    parent_account_id: Text = may("parent account")
    region: Text = must("region", isin=REGIONS)
    segment: Text = must("segment", isin=SEGMENTS)
    product_line: Text = may("product line")
    country: Text = may("country as written")
    owner_id: Text = may("CRM user who owns it")
    confidence: Real = must("0-1: how sure the weakest link among its records is")
    records: Whole = must("records that it is made of")
    created_at: Instant = may("creation of its oldest record")
    first_seen_at: Instant = must("as-of of the run that first saw it")
    last_seen_at: Instant = must("as-of of the newest run that saw it")
    Config = describe(
        "customer.dim_account", ["account_id"], questions=("Who are our customers and prospects?",), served=True
    )


class DimPerson(Table):
    """One person: the golden record of somebody at a customer or prospect."""

    person_id: Text = key("person")
    name: Text = may("name")
    email: Text = may("e-mail")
    phone: Text = may("phone")
    title: Text = may("job title")
    domain: Text = may("registrable domain of the mailbox; null for free mail")
    account_id: Text = may("account to which the person belongs today")
    region: Text = must("region: the account's, without one the person's own", isin=REGIONS)
    segment: Text = must("segment: the account's, without one the person's own", isin=SEGMENTS)
    product_line: Text = may("product line of interest: the account's, without one the person's own")
    solution_interest: Text = may("interests, `a;b`")
    preferred_channel: Text = may(
        "how to reach the person first (email, phone, text, social): the declared channel, else telephone, else e-mail, none that was refused; why not: `preferred_reason`",
        isin=("email", "phone", "text", "social"),
    )
    preferred_address: Text = may("address of the preferred channel")
    preferred_reason: Text = must(
        "declared, first allowed, or why there is none: do_not_contact, no_allowed_channel, no_address",
        isin=("declared", "first allowed", "do_not_contact", "no_allowed_channel", "no_address"),
    )
    urgent_channel: Text = may("channel for urgent notices")
    urgent_address: Text = may("address for urgent notices")
    can_email: Flag = may("consent to e-mail: false after an opt-out anywhere; null: nobody says")
    can_call: Flag = may("consent to calls and texts: false after an opt-out anywhere; null: nobody says")
    is_do_not_contact: Flag = may("true when nobody may contact the person by any channel")
    is_do_not_call: Flag = may("true after an opt-out from calls")
    is_internal: Flag = must("one of our own people")
    confidence: Real = must("0-1: how sure the weakest link among the records is")
    records: Whole = must("records that it is made of")
    created_at: Instant = may("creation as a lead, else as a contact, else elsewhere")
    first_seen_at: Instant = must("as-of of the run that first saw the person")
    last_seen_at: Instant = must("as-of of the newest run that saw the person")
    Config = describe("customer.dim_person", ["person_id"], questions=("Who is this person?",), served=True)


TABLES = (
    IdentityRecord, MailDomain, IdentityKey, KeyGuard, PersonRecord, PersonCluster, IdentityEvidence, KeyGuardReport, ReviewQueue, PersonDecision, IdRegistry, IdRedirect, AccountOf, AccountDomain, PersonAccount,
    PersonOf, CrosswalkRun, CrosswalkHistory, Crosswalk, PersonSource, AccountSource, DimAccount, DimPerson, GoldenFieldProvenance,
)  # fmt: skip
