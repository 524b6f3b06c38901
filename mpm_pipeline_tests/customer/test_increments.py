"""Increments: whatever the order of inserts, updates, deletes, merges and splits, ids stay and a rebuild says the same (identity 7)."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.matching import ids_of
from mpm_pipeline_tests.customer.increments import Change, Story, groups, name, sequences


def put(number: int, mail: str | None, day: int = 1, **fields: object) -> Change:
    return (
        "put",
        number,
        {"full_name": "Ann Lee", "email": mail, "created_at": datetime(2026, 1, day, tzinfo=UTC), **fields},
    )


LEAD = {"person_key": ["lead-1111"]}
LIFE: list[list[Change]] = [
    [put(1, "a@acme.com", 5), put(2, "a@acme.com", 6), put(3, "c@gmail.com", 7, **LEAD), put(4, "d@gmail.com", 8), put(5, "e@globex.com", 9, **LEAD), *(put(n, f"bob{n}@globex.com", 10 + n, full_name=f"Bob Ra{'yzw'[n - 6]}") for n in (6, 7, 8))],
    [put(0, "a@acme.com", 1), ("say", 3, 4, "yes")],
    [put(2, "c@gmail.com", 6), ("say", 3, 4, "no"), ("drop", 1), put(5, "e@initech.com", 9, **LEAD)],
]  # fmt: skip
"""Two mailboxes and a declared id; an older record and a yes; a move, a no, a deletion and a new employer."""


def test_a_life_of_inserts_merges_splits_and_deletions() -> None:
    """After every batch ids stay and retired ones resolve; at the end the past can be read and a rebuild says the same."""
    story = Story()
    first = groups(story.tell(LIFE[0]), "person_id")
    second = story.tell(LIFE[1])
    told = {row["old_id"]: row["kind"] for row in second.id_redirect.to_pylist() if row["customer_kind"] == "person"}
    known = {record: one for one, names in first.items() for record in names}
    assert told == {known[name(1)]: "older_record_arrived", known[name(4)]: "merge"}
    third = story.tell(LIFE[2])
    person = {record: one for one, names in groups(third, "person_id").items() for record in names}
    assert person[name(5)] == known[name(5)], "who changes the job stays who she is"
    ended = [row["evidence"] for row in third.employment.to_pylist() if row["valid_to_at"]]
    assert "no record tells it any more" in ended
    story.check_end()


def test_who_left_an_account_and_went_takes_nothing_of_it_along() -> None:
    """A record that no longer names its account is deleted: the account that it bore once is told as before."""
    story = Story()
    story.tell([put(1, "a@acme.com", full_name=None), put(2, "a@acme.com", full_name=None)])
    story.tell([put(1, None, full_name=None)])
    assert story.tell([("drop", 1)]).golden_account["domain"].to_pylist() == ["acme.com"]
    story.check_end()


@pytest.mark.long
@pytest.mark.timeout(3_600)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(sequences(numbers=12, batches=7))
def test_any_life(batches: list[list[Change]]) -> None:
    """The same for random sequences."""
    story = Story()
    for changes in batches:
        story.tell(changes)
    story.check_end(again=True)


def _frame(*rows: tuple[str, str | None, bool]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["own_id", "id", "was_present"])
    return frame.assign(is_present=True, id=frame["id"].astype("object").where(frame["id"].notna(), None))


def test_an_id_that_is_not_chosen_goes_to_its_next_claimant() -> None:
    """{a, b} bears A and {c, d} bears C; a moves to c. A stays with the older pair, so C goes to d, which no longer needs a new id."""
    every = _frame(("A", "A", True), ("B", "A", True), ("C", "C", True), ("D", "C", True))
    found = ids_of(every, pd.array([0, 1, 0, 3]).to_numpy(dtype="int64"))
    assert found.tolist() == ["A", "B", "A", "C"]


def test_who_comes_back_takes_no_id_from_who_stayed() -> None:
    """a bore A, went, and comes back alone while b has borne A all the time: b keeps it."""
    every = _frame(("A", "A", False), ("B", "A", True))
    found = ids_of(every, pd.array([0, 1]).to_numpy(dtype="int64"))
    assert found[1] == "A" and found[0] != "A"


@pytest.mark.long
def test_a_job_changer_keeps_the_id_and_has_two_employments() -> None:
    """One declared id, first at acme, then at globex: one person, two stretches of time, the later one open; what ended stays told."""
    row = {"person_key": ["lead-1111"]}
    found = Story().tell([put(1, "ann@acme.com", 5, **row), put(2, "ann@globex.com", 9, **row)])
    stays = [
        (one["valid_from_at"].day, one["valid_to_at"] and one["valid_to_at"].day)
        for one in found.employment.to_pylist()
    ]
    assert sorted(stays) == [(5, 9), (9, None)] and len(groups(found, "person_id")) == 1
    story = Story()
    story.tell([put(1, "ann@acme.com", 5), put(2, "bob@acme.com", 6, full_name="Bob Ray")])
    story.tell([put(1, "ann@globex.com", 5)])
    moved = story.tell([put(3, "cy@initech.com", 7, full_name="Cy Roe")]).employment.to_pylist()
    ann = {row["person_id"] for row in moved if row["valid_to_at"]}
    told = {one["evidence"] for one in moved if one["person_id"] in ann}
    assert told == {"told by 1 record", "no record tells it any more"}


SCRIPT = """
import hashlib, sys
import pyarrow as pa, pyarrow.parquet as pq
from mpm_pipeline.customer import resolve
table = pq.read_table(sys.argv[1])
found = resolve(table.take(pa.array(sorted(range(table.num_rows), key=lambda place: place * int(sys.argv[2]) % 101))))
print({one: hashlib.sha256(repr(getattr(found, one).to_pydict()).encode()).hexdigest() for one in found.__dataclass_fields__})
"""


@pytest.mark.long
def test_the_same_bytes_in_another_process(tmp_path: object) -> None:
    """Shuffled rows under another hash seed give the same tables."""
    import pyarrow.parquet as pq

    rows = [
        {"source": "s", "record_id": f"r{n}", "full_name": f"Ann L{'e' * (n % 5)}", "email": f"m{n % 9}@acme.com", "birth_date": f"19{50 + n % 7}-01-01", "postal_code": f"P{n % 6}"}
        for n in range(100)
    ]  # fmt: skip
    path = f"{tmp_path}/in.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    said = [
        subprocess.run([sys.executable, "-c", SCRIPT, path, turn], env={**os.environ, "PYTHONHASHSEED": turn}, capture_output=True, text=True, check=True).stdout
        for turn in ("1", "37")
    ]  # fmt: skip
    assert said[0] == said[1]


def test_rows_that_say_the_same_are_no_news() -> None:
    """A second delivery of the same records changes nothing, not even a recorded instant."""
    first = resolve(pa.table({"source": ["s"], "record_id": ["1"], "email": ["a@acme.com"]}))
    assert resolve(pa.table({"source": ["s"], "record_id": ["1"], "email": ["a@acme.com"]}), previous=first) is first
