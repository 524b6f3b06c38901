"""Contracts of provenance: what golden records are read off, and which record told a field of them."""

from mpm_pipeline.contracts.table import Flag, Instant, Table, Text, Whole, describe, key, may, must

SOURCE = "vendor or file folder that the record came from"


class PersonSource(Table):
    """One record of a person that lives, with what it tells and its places in the orders of survivorship."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    person_id: Text = must("person")
    account_id: Text = may("account to which the person belongs today; null: none known")
    is_merged: Flag = must("merged away")
    place: Whole = may("1 is taken first; null where the record tells a mailbox alone")
    mail_place: Whole = may("1 tells the e-mail; null without a mailbox")
    name: Text = may("name")
    email: Text = may("e-mail")
    domain: Text = may("registrable domain of the mailbox; null for free mail")
    phone: Text = may("phone")
    mobile_phone: Text = may("mobile phone")
    title: Text = may("job title")
    region: Text = may("region; null: unknown")
    segment: Text = may("segment; null: unknown")
    product_line: Text = may("product line of interest")
    solution_interest: Text = may("interests, `a;b`")
    urgent_channel: Text = may("channel that the person declared for urgent notices")
    urgent_address: Text = may("address for it")
    can_email: Flag = may("consent to e-mail; null: nobody says")
    is_do_not_contact: Flag = may("nobody may contact the person")
    is_do_not_call: Flag = may("opt-out from calls")
    created_at: Instant = may("creation at the source")
    modified_at: Instant = may("last change at the source")
    Config = describe("customer.person_source", ["source", "object", "record_id"])


class AccountSource(Table):
    """One record of a company that lives, with what it tells and its place in the order of survivorship."""

    source: Text = key(SOURCE)
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    account_id: Text = must("account")
    place: Whole = must("1 is taken first")
    name: Text = may("name")
    email: Text = may("mailbox of the company, from billing")
    phone: Text = may("phone")
    domain: Text = may("registrable domain")
    parent_account_id: Text = may("account of the record's parent; null: none, or its own")
    region: Text = may("region; null: unknown")
    segment: Text = may("segment; null: unknown")
    product_line: Text = may("product line")
    country: Text = may("country as written")
    owner_id: Text = may("CRM user who owns it")
    created_at: Instant = may("creation at the source")
    first_seen_at: Instant = must("as-of of the run that first saw the record")
    Config = describe("customer.account_source", ["source", "object", "record_id"])


class GoldenFieldProvenance(Table):
    """One field of a golden record: the record whose value stands, by which rule."""

    kind: Text = key("person or account", isin=("person", "account"))
    customer_id: Text = key("person or account")
    field: Text = key("column of dim_person or dim_account")
    value: Text = must("the value that stands")
    source: Text = must(SOURCE)
    object: Text = must("the vendor's object")
    record_id: Text = must("the vendor's id")
    told_at: Instant = may("newest change of that record, of a company its creation; null: the source does not say")
    rule: Text = must("why this value and no other")
    beaten: Whole = must("other values that were told")
    Config = describe(
        "customer.golden_field_provenance",
        ["kind", "customer_id", "field"],
        questions=("Which record does this field of the customer come from?",),
    )
