"""Contract of provenance: which record told a field of a golden record."""

from mpm_pipeline.contracts.table import Instant, Table, Text, Whole, describe, key, may, must


class GoldenFieldProvenance(Table):
    """One field of a golden record: the record whose value stands, by which rule."""

    kind: Text = key("person or account", isin=("person", "account"))
    customer_id: Text = key("person or account")
    field: Text = key("column of dim_person or dim_account")
    value: Text = must("the value that stands")
    source: Text = must("vendor or file folder of the record that told it")
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
