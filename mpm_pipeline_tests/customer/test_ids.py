"""Ids that stay: the registry of one run is an input of the next (identity 7)."""

import random

import pytest

NAMES = ("customer.id_registry", "customer.id_redirect")


def contact(record_id, email, created="2026-01-01", **rest):
    return {"object": "Contact", "record_id": record_id, "email": email, "created_at": created, **rest}


@pytest.fixture
def run(world):
    """Return a function that runs one home again and again with other records and returns person ids by record."""
    home = world("2026-07-01 00:00")
    days = iter(range(1, 29))

    def once(*records):
        home.at(f"2026-07-{next(days):02d} 00:00")
        home.warehouse.given.pop("staged.person", None)
        home.stage("person", *records)
        ids = {row["record_id"]: row["person_id"] for row in home.table("customer.person_of")}
        redirects = {row["old_id"]: (row["new_id"], row["kind"]) for row in home.table("customer.id_redirect")}
        home.again(*NAMES)
        return ids, redirects

    return once


def test_a_second_run_gives_the_same_ids(run):
    """Nothing changed at the source, nothing changes here."""
    records = [contact("C1", "a@x.com"), contact("C2", "a@x.com", "2026-02-01"), contact("C3", "b@x.com")]
    assert run(*records) == run(*records)


def test_new_records_take_the_id_of_those_that_are_there(run):
    """A younger record of a known person changes no id."""
    before, _ = run(contact("C1", "a@x.com"))
    after, redirects = run(contact("C1", "a@x.com"), contact("C2", "a@x.com", "2026-02-01"))
    assert after["C1"] == after["C2"] == before["C1"]
    assert not redirects


def test_when_two_customers_merge_the_oldest_id_survives(run):
    """C1 and C3 turn out to be one: C3's id is retired and leads to C1's."""
    before, _ = run(contact("C1", "a@x.com"), contact("C3", "b@x.com", "2026-03-01"))
    after, redirects = run(contact("C1", "a@x.com"), contact("C3", "a@x.com", "2026-03-01"))
    assert after["C3"] == before["C1"]
    assert redirects == {before["C3"]: (before["C1"], "merge")}


def test_an_older_record_that_arrives_late_brings_its_own_id(run):
    """The id is then the one that an on-time delivery would have given, and the old one leads to it."""
    before, _ = run(contact("C2", "a@x.com", "2026-02-01"))
    after, redirects = run(contact("C1", "a@x.com", "2026-01-01"), contact("C2", "a@x.com", "2026-02-01"))
    assert after["C1"] == after["C2"] != before["C2"]
    assert redirects == {before["C2"]: (after["C1"], "older_record_arrived")}


def test_when_a_customer_splits_the_heavier_part_keeps_the_id(run):
    """Of three records one leaves: the two others keep the id although the oldest left."""
    one = [
        contact("C1", "a@x.com", "2026-01-01"),
        contact("C2", "a@x.com", "2026-02-01"),
        contact("C3", "a@x.com", "2026-03-01"),
    ]
    before, _ = run(*one)
    after, redirects = run(contact("C1", "b@x.com", "2026-01-01"), *one[1:])
    assert after["C2"] == after["C3"] == before["C1"]
    assert after["C1"] != before["C1"]
    assert not redirects
    again, _ = run(contact("C1", "b@x.com", "2026-01-01"), *one[1:])
    assert again == after


def test_an_id_outlives_its_first_record(run):
    """The oldest record vanishes from the source; the customer keeps the id that it gave."""
    before, _ = run(contact("C1", "a@x.com"), contact("C2", "a@x.com", "2026-02-01"))
    after, _ = run(contact("C2", "a@x.com", "2026-02-01"))
    assert after["C2"] == before["C1"]
    back, _ = run(contact("C1", "a@x.com"), contact("C2", "a@x.com", "2026-02-01"))
    assert back == before


def test_a_corrected_creation_changes_no_id(run):
    """The order of first sight is what was told first: a date that is corrected later moves nothing."""
    before, _ = run(contact("C1", "a@x.com", "2026-01-01"), contact("C2", "a@x.com", "2026-02-01"))
    after, _ = run(contact("C1", "a@x.com", "2026-03-01"), contact("C2", "a@x.com", "2026-02-01"))
    assert after == before


def test_ids_do_not_depend_on_the_order_of_delivery_and_retired_ones_resolve(world):
    """Whatever the batches, the ids end as from one delivery, and every id ever given is in use or leads to one that is."""
    dice = random.Random(7)
    everything = [contact(f"C{n}", f"{dice.randrange(9)}@x.com", f"2026-01-{n + 1:02d}", **({"crm_contact_id": f"C{dice.randrange(20)}"} if n % 4 == 0 else {})) for n in range(20)]  # fmt: skip
    for record in everything:
        if record.pop("crm_contact_id", None):
            record["merged_into_id"] = f"C{dice.randrange(20)}"
    whole = world("2026-07-01 00:00").stage("person", *everything)
    expected = {row["record_id"]: row["id"] for row in whole.table("customer.id_registry")}
    for turn in range(2):
        home, seen, arrived = world("2026-07-01 00:00"), set(), []
        for record in dice.sample(everything, len(everything)):
            arrived.append(record)
            if len(arrived) % 5:
                continue
            home.warehouse.given.pop("staged.person", None)
            home.stage("person", *arrived)
            ids = {row["record_id"]: row["id"] for row in home.table("customer.id_registry")}
            seen |= set(ids.values())
            redirects = {row["old_id"]: row["new_id"] for row in home.table("customer.id_redirect")}
            home.again(*NAMES)
        assert ids == expected, f"delivery {turn}"
        assert {redirects.get(one, one) for one in seen} <= set(ids.values())


def test_what_a_past_run_knew_can_be_read_again(world):
    """Three runs, C2 joins C1, then leaves: the rows open at each run's as-of are exactly what that run showed."""
    home, shown = world("2026-07-01 00:00"), {}
    columns = ("record_id", "person_id", "account_id", "confidence", "reason")
    for day, mailbox in (("2026-07-02", "b@x.com"), ("2026-07-03", "a@x.com"), ("2026-07-04", "b@x.com"), ("2026-07-05", "b@x.com")):  # fmt: skip
        home.at(f"{day} 00:00")
        home.warehouse.given.pop("staged.person", None)
        home.stage("person", contact("C1", "a@x.com"), contact("C2", mailbox, "2026-02-01"))
        rows = home.table("customer.crosswalk")
        home.table("customer.id_redirect")
        shown[home.warehouse.as_of] = {tuple(row[name] for name in columns) for row in rows if row["recorded_to_at"] is None}  # fmt: skip
        home.again(*NAMES, "customer.crosswalk")
    assert len({frozenset(one) for one in shown.values()}) == 3
    for moment, then in shown.items():
        read = {tuple(row[name] for name in columns) for row in rows if row["recorded_from_at"] <= moment and (row["recorded_to_at"] is None or row["recorded_to_at"] > moment)}  # fmt: skip
        assert read == then
    assert len(rows) == 6
