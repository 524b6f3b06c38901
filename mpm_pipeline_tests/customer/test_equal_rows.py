"""Rows that are equal in everything but their record id: one customer where they tell enough, apart where they do not, however many there are."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution import on_spark, similar
from mpm_pipeline.customer.resolution.explanation import explained, in_words
from mpm_pipeline.customer.resolution.tables import Resolution

AT_HOME = {"first_name": "Ann", "last_name": "Lee", "street": "Main St 1", "city": "Berlin", "postal_code": "10115"}
KINDS: dict[str, tuple[dict[str, Any], int, int]] = {
    "name, street, birth": (AT_HOME | {"birth_date": "1980-02-03"}, 1, 0),
    "name and street": (AT_HOME, 1, 0),
    "name and birth": ({"first_name": "Ann", "last_name": "Lee", "birth_date": "1980-02-03"}, 1, 0),
    "mailbox": ({"first_name": "Ann", "last_name": "Lee", "email": "ann@acme.com"}, 1, 1),
    "company at its place": ({"company": "Acme", "street": "Main St 1", "postal_code": "10115", "is_company": True}, 0, 1),
    "a first name alone": ({"first_name": "Ann"}, -1, 0),
    "name and town": ({"first_name": "Ann", "last_name": "Lee", "city": "Berlin"}, -1, 0),
    "nothing": ({}, -1, 0),
}  # fmt: skip
"""What each row tells, how many people that is (-1: as many as rows), how many companies."""


def equal(number: int, told: dict[str, Any], *others: dict[str, Any]) -> Resolution:
    """Resolve so many equal rows, and others after them."""
    rows = [told] * number + list(others)
    names = sorted({name for row in rows for name in row})
    return resolve(pa.table({"source": ["s"] * len(rows), "record_id": [f"r{n:07}" for n in range(len(rows))]} | {name: [row.get(name) for row in rows] for name in names}))  # fmt: skip


@pytest.mark.parametrize("number", [100, pytest.param(20_000, marks=pytest.mark.long)])
def test_equal_rows_are_one_where_they_tell_enough(number: int) -> None:
    """With a name and a birth date, an address at home or a mailbox they are one; with less each stays by itself."""
    rows = [told | {"source": kind} | ({"last_name": f"{told['last_name']} {kind}"} if "last_name" in told else {}) for kind, (told, _, _) in KINDS.items() for _ in range(number)]  # fmt: skip
    names = sorted({name for row in rows for name in row})
    found = resolve(pa.table({"record_id": [f"r{n}" for n in range(len(rows))]} | {name: [row.get(name) for row in rows] for name in names}))  # fmt: skip
    customers = {kind: (set(), set()) for kind in KINDS}
    for row in found.crosswalk.to_pylist():
        for place, name in enumerate(("person_id", "account_id")):
            customers[row["source"]][place].update([row[name]] if row[name] else [])
    expected = {kind: (number if people < 0 else people, companies) for kind, (_, people, companies) in KINDS.items()}
    assert {kind: tuple(map(len, both)) for kind, both in customers.items()} == expected


def test_equal_rows_say_why() -> None:
    """The crosswalk says that they tell the very same, with the certainty of a key, and the words name the other row but no address."""
    found = equal(3, AT_HOME)
    assert set(found.crosswalk["joined_by"].to_pylist()) == {"same_home"}
    assert set(found.crosswalk["confidence"].to_pylist()) == {round(1 - 2**-12, 6)}
    assert found.evidence["records"].to_pylist() == [3, 3, 3]
    words = " ".join(in_words(explained(found, "s::r0000000")))
    assert (
        "tells the very same of somebody at home as s::r0000001 (same_home ann lee|...; 12 bits, borne by 3)" in words
    )
    assert "main st" not in words


def test_who_differs_in_one_telling_thing_is_not_of_the_equal() -> None:
    """Father and son of one name at one address, born in other years, two hundred records each: two people."""
    father, son = (AT_HOME | {"birth_date": f"{year}-02-03"} for year in (1950, 1980))
    assert equal(200, father, *[son] * 200).golden_person.num_rows == 2


def test_an_address_at_work_is_no_home() -> None:
    """Many of one common name at one office, with nothing of their own, are not one by the office's address."""
    employers = [{"company": "Globex"}, {"website": "acme.com"}, {"email": "info@initech.com"}]
    crowd = [{"first_name": "Ann", "last_name": "Lee", "email": f"ann{n}@firm{n}.com"} for n in range(60)]
    found = equal(0, {}, *(AT_HOME | employer for employer in employers for _ in range(100)), *crowd)
    assert found.golden_person.num_rows == 360


def test_a_no_keeps_two_equal_rows_apart() -> None:
    """Somebody said that two of five equal rows are two people: so they are, and the review queue does not call it a contradiction."""
    rows = pa.table({"source": ["s"] * 5, "record_id": [f"r{n}" for n in range(5)]} | {name: [value] * 5 for name, value in AT_HOME.items()})  # fmt: skip
    said = pa.table({"source": ["s"], "record_id": ["r1"], "other_source": ["s"], "other_record_id": ["r3"], "decision": ["no"]})  # fmt: skip
    found = resolve(rows, decisions=said)
    ids = dict(zip(found.crosswalk["record_id"].to_pylist(), found.crosswalk["person_id"].to_pylist(), strict=True))
    assert ids["r1"] != ids["r3"] and len(set(ids.values())) == 2


def test_an_equal_row_joins_whom_the_oldest_is_like() -> None:
    """What is alike to one of the equal is alike to all: a slip in the street, and three rows are one person."""
    others = [{"first_name": f"Per{n}", "last_name": f"Son{n}", "street": f"Side Rd {n}", "city": "Rome", "postal_code": f"{2000 + n}", "birth_date": f"19{50 + n}-04-05"} for n in range(40)]  # fmt: skip
    told = AT_HOME | {"birth_date": "1980-02-03"}
    found = equal(2, told, told | {"street": "Main Str 1"}, *others)
    assert len(set(found.crosswalk["person_id"].to_pylist()[:3])) == 1


def test_equal_rows_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty equal rows and a stranger are two candidates, of which one stands for fifty."""
    seen, sizes, weigh, linked = [], [], on_spark.Here.weigh, similar._linked

    def counted(connection: Any, count: int) -> pa.Table:
        seen.append(count)
        return weigh(connection, count)

    monkeypatch.setattr(on_spark.Here, "weigh", staticmethod(counted))
    monkeypatch.setattr(similar, "_linked", lambda size, *rest: (sizes.extend(size.tolist()), linked(size, *rest))[1])
    equal(50, AT_HOME, AT_HOME | {"first_name": "Bo"})
    assert (seen, sizes) == ([2], [50, 1])


@pytest.mark.parametrize(("records", "labels"), [(1, [0, 0, 0]), (3, [0, 0, 2])])
def test_who_stands_for_many_weighs_as_many(records: int, labels: list[int]) -> None:
    """A and B: 5 bits for it; B and C: 4. Of A and C nothing is known, 3 bits against it, as often as A has records: (4 - 3) / 2, (4 - 9) / 4."""
    size = np.array([records, 1, 1])
    assert similar._linked(size, np.array([0, 1]), np.array([1, 2]), np.array([5.0, 4.0]))[0].tolist() == labels


@pytest.mark.parametrize(
    ("births", "ids", "people"),
    [(["1900-01-01"], False, 200), (["1900-01-01"], True, 200), ([f"{1950 + n}-03-{n % 28 + 1:02}" for n in range(50)], False, 50)],
)  # fmt: skip
def test_a_birth_date_that_a_form_fills_in_tells_nothing(births: list[str], ids: bool, people: int) -> None:
    """Fifty names on four records each: one day of birth for all is none, and they stay 200 people; days of their own make them fifty."""
    rows = [{"first_name": f"Maria{'abcde'[n % 5]}", "last_name": f"Garcia{'abcdefghij'[n // 5 % 10]}", "birth_date": births[n % 50 % len(births)], **({"person_key": [f"00Q{n:012}"]} if ids else {})} for n in range(200)]  # fmt: skip
    names = sorted({name for row in rows for name in row})
    found = resolve(pa.table({"source": ["s"] * 200, "record_id": [f"r{n:03}" for n in range(200)]} | {name: [row[name] for row in rows] for name in names}))  # fmt: skip
    assert found.golden_person.num_rows == people


@pytest.mark.parametrize("other", [{"country": "DE"}, {"person_key": ["00Q1"]}, {"website": "lee.example"}])
def test_equal_rows_are_equal_in_all(other: dict[str, Any]) -> None:
    """One that is of another country, bears an id or names a site of its own is not of the very same."""
    home = {"first_name": "Ann", "last_name": "Lee", "birth_date": "1980-02-03", "country": "US"}
    assert "same_home" not in equal(1, home, home | other).crosswalk["joined_by"].to_pylist()
    assert "same_home" in equal(2, home, home | other).crosswalk["joined_by"].to_pylist()


def test_records_count_that_tell_the_same_of_a_company() -> None:
    """An id has the domain of most of its records, though three of five tell the very same of it and the others differ."""
    same = [{"record_id": f"a{n}", "email": f"a{n}@acme.com", "company": "Acme"} for n in range(3)]
    other = [{"record_id": f"g{n}", "email": f"g{n}@globex.com", "company": f"Globex {n}"} for n in range(2)]
    declared = [row | {"account_key": ["acc-1"]} for row in (*same, *other)]
    alone = [{"record_id": "x", "email": "x@acme.com"}, {"record_id": "y", "email": "y@globex.com"}]
    found = resolve(pa.Table.from_pylist([{"source": "s"} | row for row in (*declared, *alone)])).crosswalk.to_pylist()
    account = {row["record_id"]: row["account_id"] for row in found}
    assert account["x"] == account["a0"] == account["g0"] != account["y"]
