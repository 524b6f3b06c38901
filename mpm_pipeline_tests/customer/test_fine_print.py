"""Small rules of the pipeline's customer that nothing else would miss: each is one line of SQL or Python and one wrong answer without it."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from mpm_pipeline.warehouse.ledger_decisions import decide, decisions
from mpm_pipeline.warehouse.ledger_tables import META
from mpm_pipeline_tests.customer.test_gates import LATER, contact, decided, people, say, verdicts

NAMES = ("customer.id_registry", "customer.id_redirect", "customer.crosswalk_history")


@pytest.fixture
def today(world: Any) -> Any:
    return world("2026-07-01 00:00")


def again(home: Any, *records: dict[str, Any]) -> None:
    """Go on to the next day with other records."""
    home.table("customer.id_redirect")
    home.table("customer.crosswalk_history")
    home.again(*NAMES)
    home.at(LATER)
    home.warehouse.given.pop("staged.person")
    home.stage("person", *records)


def test_a_persons_no_beats_a_merge_at_the_source(today: Any) -> None:
    """The CRM merged C2 into C1 and somebody said that they are two: a person's word comes last and counts."""
    today.stage("person", contact("C1", "a@x.com"), contact("C2", "b@x.com", merged_into_id="C1", is_deleted=True))
    assert len(set(people(today).values())) == 1
    today.again()
    say(today, decided("no"))
    found = {row["record_id"]: row["cluster_id"] for row in today.table("customer.person_cluster")}
    assert found["C1"] != found["C2"]


def test_an_older_record_that_arrives_late_is_no_change_without_need(today: Any) -> None:
    """C1 was alone; a day later C0, which is older, comes with its mailbox: whichever id they bear, no gate stops the run."""
    today.stage("person", contact("C1", "a@x.com", "2026-02-01"))
    again(today, contact("C0", "a@x.com"), contact("C1", "a@x.com", "2026-02-01"))
    assert verdicts(today)["ids_changed_without_need"].figure == 0
    rows = today.warehouse.given["customer.id_registry"].to_pylist()
    fresh = next(row["own_id"] for row in rows if row["record_id"] == "C0")
    moved = [row | ({"id": fresh, "previous_id": row["id"], "recorded_from_at": today.warehouse.as_of} if row["record_id"] == "C1" else {"id": fresh}) for row in rows]  # fmt: skip
    table = today.warehouse.given["customer.id_registry"]
    today.warehouse.given["customer.id_registry"] = table.from_pylist(moved, schema=table.schema)
    assert verdicts(today)["ids_changed_without_need"].figure == 0


@pytest.mark.parametrize("names", [3, 2])
def test_names_of_deleted_records_make_no_giant(world: Any, names: int) -> None:
    """Three names are declared to be one contact where two may be; when one of the records is deleted, two are left."""
    home = world("2026-07-01 00:00", identity_max_names=2)
    records = [contact(f"L{n}", last_name=name, crm_contact_id="003C") | {"object": "Lead", "is_deleted": n >= names} for n, name in enumerate(("Adams", "Baker", "Clark"))]  # fmt: skip
    home.stage("person", *records)
    assert verdicts(home)["names_of_one_person"].figure == names


def test_a_decision_on_a_deleted_record_is_nobodys_to_keep(today: Any) -> None:
    """Somebody said that C1 and C2 are one, then C2 was deleted: there is nothing to keep, and nothing stops."""
    today.stage("person", contact("C1", "a@x.com"), contact("C2", "b@x.com", is_deleted=True))
    say(today, decided("yes"))
    found = verdicts(today)["decisions_not_kept"]
    assert found.figure is None and found.holds


def test_ids_of_deleted_records_are_free_to_move(today: Any) -> None:
    """A deleted record that goes to whom it shares a mailbox with changes its id without any living customer's change: no gate stops it."""
    today.stage("person", contact("C1", "a@x.com", is_deleted=True), contact("C2", "b@x.com"))
    today.table("customer.id_registry")
    today.at(LATER)
    table = today.warehouse.given["customer.id_registry"]
    moved = [row | ({"id": "p_other", "previous_id": row["id"], "recorded_from_at": today.warehouse.as_of} if row["record_id"] == "C1" else {}) for row in table.to_pylist()]  # fmt: skip
    today.warehouse.given["customer.id_registry"] = table.from_pylist(moved, schema=table.schema)
    assert verdicts(today)["ids_changed_without_need"].figure == 0


@pytest.mark.parametrize(("domain", "found"), [("acme.com", 1), ("globex.com", 2)])
def test_a_shared_mailbox_still_tells_its_company(today: Any, domain: str, found: int) -> None:
    """Ursula at info@acme.com and at us@acme.com are one: the mailbox is nobody's own, its company is hers; another company's is not."""
    name = {"first_name": "Ursula", "last_name": "Sharpe"}
    today.stage("person", contact("C1", "us@acme.com", **name), contact("C2", f"info@{domain}", **name))
    assert len(set(people(today).values())) == found


@pytest.mark.parametrize(("records", "found"), [(6, 1), (7, 7)])
def test_six_records_of_one_name_may_be_one_person(today: Any, records: int, found: int) -> None:
    """Six leads of one rare name and one company, no mailbox, are one person; with seven nobody can tell."""
    given = {"first_name": "Zelda", "last_name": "Quick", "company": "Acme"}
    today.stage("person", *(contact(f"L{n}", **given) | {"object": "Lead"} for n in range(records)))
    assert len(set(people(today).values())) == found


def test_a_decision_counts_from_when_it_was_made() -> None:
    """A run that looks back to before a decision does not know it; one at its very instant does."""
    engine = sa.create_engine("sqlite://")
    META.create_all(engine)
    made = datetime(2026, 7, 2, tzinfo=UTC)
    decide(engine, decided("yes") | {"decided_at": made})
    assert [decisions(engine, datetime(2026, 7, day, tzinfo=UTC)).num_rows for day in (1, 2, 3)] == [0, 1, 1]


def test_a_record_that_begins_otherwise_is_another_row_of_history(today: Any) -> None:
    """Nothing but the instant from which a row holds differs from what was recorded: the old row is closed, a new one opened."""
    today.stage("person", contact("C1", "a@x.com"))
    history = today.table("customer.crosswalk_history")
    told = today.warehouse.given["customer.crosswalk_history"]
    other = [row | {"valid_from_at": datetime(2025, 1, 1, tzinfo=UTC)} for row in history]
    today.warehouse.given["customer.crosswalk_history"] = told.from_pylist(other, schema=told.schema)
    again(today, contact("C1", "a@x.com"))
    rows = today.table("customer.crosswalk_history")
    assert sorted((row["valid_from_at"].year, row["recorded_to_at"] is None) for row in rows) == [(2025, False), (2026, True)]  # fmt: skip
