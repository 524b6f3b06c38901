"""Ids that stay: the registry of one run is an input of the next (identity 7)."""

import random
from datetime import UTC, datetime

import pyarrow as pa
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
    """C2 joins C1, then leaves under a new id, for the retired one leads to C1: the rows open at each run's as-of are exactly what that run showed."""
    home, shown = world("2026-07-01 00:00"), {}
    columns = ("record_id", "person_id", "account_id", "confidence", "reason")
    for day, mailbox in (("2026-07-02", "b@x.com"), ("2026-07-03", "a@x.com"), ("2026-07-04", "b@x.com"), ("2026-07-05", "b@x.com")):  # fmt: skip
        home.at(f"{day} 00:00")
        home.warehouse.given.pop("staged.person", None)
        home.stage("person", contact("C1", "a@x.com"), contact("C2", mailbox, "2026-02-01"))
        rows, now = home.table("customer.crosswalk_history"), home.table("customer.crosswalk")
        home.table("customer.id_redirect")
        shown[home.warehouse.as_of] = {tuple(row[name] for name in columns) for row in now}  # fmt: skip
        home.again(*NAMES, "customer.crosswalk_history")
    assert len({frozenset(one) for one in shown.values()}) == 3
    for moment, then in shown.items():
        read = {tuple(row[name] for name in columns) for row in rows if row["recorded_from_at"] <= moment and (row["recorded_to_at"] is None or row["recorded_to_at"] > moment)}  # fmt: skip
        assert read == then
    assert len(rows) == 6
    assert {row["valid_from_at"] for row in rows} == {datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)}  # fmt: skip


@pytest.mark.parametrize(("mailbox", "later"), [("a@x.com", "b@x.com"), ("c@x.com", "b@x.com"), ("c@x.com", None)])
def test_a_run_that_looks_back_forgets_nothing_later(world, mailbox, later):
    """C2 was alone, joined C1 and left, or was lost; a run of the day between says what it says of that day, and the days before and after are as they were."""
    home, shown = world("2026-07-01 00:00"), {}

    def run(day: str, email: str | None) -> list[dict]:
        home.at(f"{day} 00:00")
        home.warehouse.given.pop("staged.person", None)
        home.stage("person", contact("C1", "a@x.com"), *([contact("C2", email, "2026-02-01")] if email else []))
        rows, now = home.table("customer.crosswalk_history"), home.table("customer.crosswalk")
        home.table("customer.id_redirect")
        shown[home.warehouse.as_of] = {(row["record_id"], row["person_id"], row["reason"]) for row in now}
        assert {row["recorded_to_at"] for row in now} == {None}
        home.again(*NAMES, "customer.crosswalk_history")
        return rows

    for day, email in (("2026-07-02", "b@x.com"), ("2026-07-03", "a@x.com"), ("2026-07-05", later), ("2026-07-04", mailbox)):  # fmt: skip
        rows = run(day, email)
    keys = [(row["record_id"], row["valid_from_at"], row["recorded_from_at"]) for row in rows]
    assert len(keys) == len(set(keys))
    for moment, then in shown.items():
        read = [(row["record_id"], row["person_id"], row["reason"]) for row in rows if row["recorded_from_at"] <= moment and (row["recorded_to_at"] is None or row["recorded_to_at"] > moment)]  # fmt: skip
        assert sorted(read) == sorted(then), moment


def test_a_run_that_looks_back_ends_nothing_that_a_later_run_found_again(world):
    """C2 is alone on the 2nd, which runs of the 4th and 5th found to be still so; a run of the 3rd joins it to C1 for that day."""
    home, shown = world("2026-07-01 00:00"), {}
    days = [datetime(2026, 7, day, tzinfo=UTC) for day in (2, 3, 4, 5)]
    for day, email in ((2, "b@x.com"), (3, "a@x.com")):
        home.at(f"2026-07-0{day} 00:00")
        home.warehouse.given.pop("staged.person", None)
        home.stage("person", contact("C1", "a@x.com"), contact("C2", email, "2026-02-01"))
        home.table("customer.crosswalk_run")
        rows, now = home.table("customer.crosswalk_history"), home.table("customer.crosswalk")
        home.table("customer.id_redirect")
        shown[home.warehouse.as_of] = sorted((row["record_id"], row["person_id"], row["reason"]) for row in now)
        home.again(*NAMES, "customer.crosswalk_history")
        home.warehouse.given["customer.crosswalk_run"] = pa.table({"as_of": [days[0], *days[2:]]})
    assert shown[days[0]] != shown[days[1]]
    for moment in days:
        read = [(row["record_id"], row["person_id"], row["reason"]) for row in rows if row["recorded_from_at"] <= moment and (row["recorded_to_at"] is None or row["recorded_to_at"] > moment)]  # fmt: skip
        assert sorted(read) == shown[days[1] if moment == days[1] else days[0]], moment
    assert {row["recorded_from_at"] for row in rows} == set(days[:3])


MAILBOX = {"email": "meyers@gmail.com", "last_name": "Meyer"}


@pytest.mark.parametrize("gone", ["C0", "C1"])
def test_a_deleted_record_takes_nobodys_place(run, gone):
    """Anna and Bernd share a mailbox and are two people; when either is deleted, both keep their ids."""

    def couple(deleted=None):
        names = (("C0", "Anna", "2026-01-01"), ("C1", "Bernd", "2026-01-02"))
        return [contact(one, first_name=first, created=day, is_deleted=one == deleted, **MAILBOX) for one, first, day in names]  # fmt: skip

    before, _ = run(*couple())
    assert before["C0"] != before["C1"]
    after, redirects = run(*couple(gone))
    assert after == before and not redirects
    again, _ = run(*couple())
    assert again == before


@pytest.mark.parametrize("gone", [{"C1"}, {"C2"}, {"C1", "C2"}])
def test_the_living_keep_the_id_when_a_record_is_deleted(run, gone):
    """One telephone and name join three records with three mailboxes elsewhere; whatever is deleted, nobody's id moves."""

    def three(deleted=frozenset()):
        names = (("C1", "a@one.example"), ("C2", "b@two.example"), ("C3", "c@three.example"))
        rest = {"first_name": "Ursula", "last_name": "Sharpe", "phone": "+49 171 3920097"}
        return [contact(one, mail, f"2026-01-0{n}", is_deleted=one in deleted, **rest) for n, (one, mail) in enumerate(names, 1)]  # fmt: skip

    before, _ = run(*three())
    assert len(set(before.values())) == 1
    after, redirects = run(*three(gone))
    assert after == before and not redirects


def test_a_deleted_record_goes_to_whom_a_later_record_declares(run, world):
    """A deleted lead stands alone until marketing, which was down, names it: then it is as if marketing had been there at once."""
    lead, other = contact("L1", None, is_deleted=True) | {"object": "Lead"}, contact("L2", "b@x.com", is_deleted=True)
    run(lead, other)
    late = [{"object": "leads", "record_id": "7", "crm_lead_id": "L1", "created_at": "2026-01-01"}, {"object": "leads", "record_id": "8", "email": "b@x.com", "created_at": "2026-01-01"}]  # fmt: skip
    after, _ = run(lead, other, *late)
    assert after["L1"] == after["7"] and after["L2"] == after["8"]
    fresh = world("2026-07-09 00:00").stage("person", lead, other, *late).table("customer.person_of")
    assert {row["record_id"]: row["person_id"] for row in fresh} == after


def test_a_new_deleted_record_joins_no_split_mailbox(run):
    """A deleted lead with a mailbox that two people share belongs to neither; one with a mailbox of one person is that person."""
    couple = [contact("C0", first_name="Anna", **MAILBOX), contact("C1", first_name="Bernd", **MAILBOX), contact("C2", "u@x.com")]  # fmt: skip
    after, _ = run(*couple, contact("C8", is_deleted=True, **MAILBOX), contact("C9", "u@x.com", is_deleted=True))
    assert len({after["C0"], after["C1"], after["C8"]}) == 3 and after["C9"] == after["C2"]


def test_living_ids_stay_through_deletions_and_returns(run):
    """Twelve records on few mailboxes and telephones, deleted and restored at random: who lives with the same others keeps the id."""
    dice = random.Random(3)
    given = [
        {"record_id": f"C{n}", "email": f"{dice.randrange(5)}@x.com", "created": f"2026-01-{n + 1:02d}", "first_name": ("Anna", "Bernd")[n % 2],
         "last_name": "Meyer", "phone": f"+49 171 392009{dice.randrange(4)}"} for n in range(12)
    ]  # fmt: skip
    before, lived = run(*(contact(**row) for row in given))[0], {row["record_id"] for row in given}
    for turn in range(6):
        gone = set(dice.sample(sorted(before), 4)) if turn % 2 == 0 else set()
        after, _ = run(*(contact(is_deleted=row["record_id"] in gone, **row) for row in given))
        both = lived - gone
        then, now = ({one: name for one, name in ids.items() if one in both} for ids in (before, after))
        mates = [{one: {other for other in ids if ids[other] == ids[one]} for one in ids} for ids in (then, now)]
        kept = [one for one in both if mates[0][one] == mates[1][one]]
        assert len(kept) > 4 and [one for one in kept if now[one] != then[one]] == []
        before, lived = after, {row["record_id"] for row in given} - gone
