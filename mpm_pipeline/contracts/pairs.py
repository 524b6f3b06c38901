"""Contracts of pairs of records: those on which a person should decide, and those on which somebody did."""

from mpm_pipeline.contracts.table import Real, Table, Text, describe, key, may, must

PAIR = ["source", "object", "record_id", "other_source", "other_object", "other_record_id"]


class Pair(Table):
    """Two records."""

    source: Text = key("vendor or file folder that the record came from")
    object: Text = key("the vendor's object")
    record_id: Text = key("the vendor's id")
    other_source: Text = key("source of the other record")
    other_object: Text = key("object of the other record")
    other_record_id: Text = key("id of the other record")


class ReviewQueue(Pair):
    """One pair of records that evidence would join and a contradiction keeps apart: somebody may decide."""

    bits: Real = must("weight of the evidence for one person")
    expected_pairs: Real = must(
        "pairs of records that are at risk, times how likely the evidence makes it that they are one"
    )
    reason: Text = must("what contradicts it")
    decision: Text = may("what was decided on the pair: yes, no or unsure; null: nothing yet")
    Config = describe(
        "customer.review_queue",
        PAIR,
        questions=("Which records may be one person, and nobody has decided?",),
    )


class PersonDecision(Pair):
    """One pair of records on which somebody decided before they were compared: the newest word."""

    decision: Text = must("yes, no or unsure", isin=("yes", "no", "unsure"))
    Config = describe("customer.person_decision", PAIR)
