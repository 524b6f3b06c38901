"""Contracts of what the pipeline knows about itself: quarantine, reconciliation, freshness, violations, the dictionary."""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.vocabulary import FRESHNESS_STATES, QUARANTINE_REASONS

part_of_key = key
"""The same under another name, where a column is called key."""


class Quarantine(Table):
    """One refused row; the row itself stays in the raw log, not here."""

    source: Text = key("source")
    stream: Text = key("object's name")
    key: Text = must("the record's key; empty when it has none")
    reason_code: Text = part_of_key("why it was refused", isin=list(QUARANTINE_REASONS))
    reason_text: Text = must("the reason in words, without the row's values")
    batch: Text = part_of_key("file of the raw log")
    row_no: Whole = part_of_key("place in the file")
    first_seen_at: Instant = must("as-of of the run that landed it")
    resolved_at: Instant = may("when its cause was gone")
    Config = describe("staged.meta_quarantine", ["source", "stream", "batch", "row_no", "reason_code"], served=True)


class Reconciliation(Table):
    """One stream and UTC day: distinct keys whose newest landed version lies there, and what became of them."""

    source: Text = key("source")
    stream: Text = key("object's name")
    partition: Text = key("UTC day")
    rows_in: Whole = must("keys in", ge=0)
    rows_out: Whole = must("keys that were accepted, deleted ones included", ge=0)
    rows_quarantined: Whole = must("keys that were refused", ge=0)
    rows_deleted: Whole = must("accepted keys that are deleted at the source", ge=0)
    Config = describe(
        "staged.meta_reconciliation",
        ["source", "stream", "partition"],
        questions=("Was any row lost on the way?",),
        served=True,
    )


class Freshness(Table):
    """One source and stream: how new and how complete what we hold is."""

    source: Text = key("source")
    stream: Text = key("object's name; empty for a source that is off")
    newest_event_at: Instant = may("newest instant of any record")
    newest_extracted_at: Instant = may("as-of of the newest landing")
    covered_from: Day = may("first day that was read")
    covered_to: Instant = may("instant up to which it was read")
    state: Text = must("fresh, late, failed or off", isin=FRESHNESS_STATES)
    text: Text = must("the same in words")
    Config = describe("staged.meta_freshness", ["source", "stream"], questions=("Is the data on time?",), served=True)


class Violation(Table):
    """One breach of a standard by one record, which is served all the same."""

    rule: Text = key("rule that was broken")
    source: Text = key("source")
    object: Text = key("object")
    record_id: Text = key("record")
    region: Text = may("region of the record")
    team: Text = may("team that owns it")
    value: Text = may("value that broke the rule, when it is no personal data")
    text: Text = must("what is wrong, in words")
    exception_id: Text = may("registered exception that allows it")
    Config = describe(
        "kpis.meta_violation",
        ["rule", "source", "object", "record_id"],
        questions=("Who does not keep the standard?",),
        served=True,
    )


class MetaTable(Table):
    """One served table."""

    table_name: Text = key("table")
    grain: Text = must("what one row is")
    primary_key: Text = must("columns of the primary key, `a;b`")
    owner: Text = must("who answers for it")
    questions: Text = must("questions that it answers, one a line")
    Config = describe("publish.meta_table", ["table_name"], served=True)


class MetaColumn(Table):
    """One column of one served table."""

    table_name: Text = key("table")
    column_name: Text = key("column")
    position: Whole = must("place in the table")
    type: Text = must("logical type")
    is_key: Flag = must("part of the primary key")
    is_nullable: Flag = must("may be null")
    description: Text = must("what it means")
    Config = describe("publish.meta_column", ["table_name", "column_name"], served=True)


class MetaContractVersion(Table):
    """One version of one table's contract, told by a fingerprint of its columns and checks."""

    table_name: Text = key("table")
    version: Text = key("fingerprint of the contract")
    package_version: Text = must("version of the package that published it")
    Config = describe("publish.meta_contract_version", ["table_name", "version"], served=True)


TABLES = (Quarantine, Reconciliation, Freshness, Violation, MetaTable, MetaColumn, MetaContractVersion)
