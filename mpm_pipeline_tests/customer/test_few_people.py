"""Likeness in files of a few records, where the two records of one person are half of all that share anything."""

from typing import Any

import pyarrow as pa
import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution import chance
from mpm_pipeline.warehouse import engine

HOME = {"street": "12 High Street", "postal_code": "40213", "city": "Leeds"}
ELSEWHERE = {"street": "7 Elm Road", "postal_code": "90210", "city": "Bath"}
BORN = {"birth_date": "1980-03-04"}
FIRM = {**HOME, "is_company": True}
JON = {"first_name": "Jonathan", "last_name": "Smith"}
TEN = [("Mary", "Baker"), ("Omar", "Haddad"), ("Yuki", "Tanaka"), ("Ines", "Costa"), ("Paolo", "Rossi"), ("Greta", "Larsen"), ("Liam", "Byrne"), ("Olga", "Petrov")]  # fmt: skip


def customers(*rows: dict[str, Any]) -> int:
    """Return how many customers the first two of some records are."""
    records = [row | {"source": "s", "record_id": f"r{place}"} for place, row in enumerate(rows)]
    names = sorted({name for row in records for name in row})
    found = resolve(pa.table({name: [row.get(name) for row in records] for name in names})).crosswalk.to_pylist()
    return len({row["account_id"] or row["person_id"] for row in found if row["record_id"] in ("r0", "r1")})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (JON | HOME | BORN, JON | HOME | BORN | {"last_name": "Smyth"}, 1),
        (JON | HOME | BORN, JON | HOME | {"birth_date": "1980-03-05"}, 1),
        (JON | HOME | BORN, JON | HOME | BORN | {"last_name": "Jones"}, 1),
        (JON | BORN, BORN | {"first_name": "Smith", "last_name": "Jonathan"}, 1),
        (JON | HOME, JON | HOME | {"first_name": "Jonathon"}, 1),
        (JON | HOME | BORN, JON | HOME, 1),
        (FIRM | {"company": "Universal Exports", "phone": "800-111-1234"}, FIRM | {"company": "Univrsl Export Inc", "phone": "800-111-1234"}, 1),
        (JON | HOME | BORN, JON | HOME | {"first_name": "Mary", "birth_date": "1981-07-14"}, 2),
        (JON | HOME, JON | HOME | {"first_name": "Mary"}, 2),
        (JON | HOME | BORN, JON | HOME | {"birth_date": "1950-11-23"}, 2),
        (JON | HOME | BORN, BORN | ELSEWHERE | {"first_name": "Olga", "last_name": "Petrov"}, 2),
        (FIRM | {"company": "Baker Foods"}, FIRM | {"company": "Haddad Optics"}, 2),
    ],
)  # fmt: skip
def test_two_records_are_one_or_two(one: dict[str, Any], other: dict[str, Any], expected: int) -> None:
    """Of two records alone a slip of the pen is one customer; who shares an address or a day of birth alone is not."""
    assert customers(one, other) == expected


def test_a_slip_among_ten() -> None:
    """Two spellings of a name with one birth date and address are one person, whoever else is in the file."""
    others = [{"first_name": first, "last_name": last, "birth_date": f"19{50 + n}-0{n + 1}-1{n}", "street": f"{n} {last} Street", "postal_code": f"{n}{n}{n}11", "city": "Derby"} for n, (first, last) in enumerate(TEN)]  # fmt: skip
    assert customers(JON | HOME | BORN, JON | HOME | BORN | {"last_name": "Smithe"}, *others) == 1


@pytest.mark.parametrize(("times", "expected"), [(1, 1), (2, 1), (3, 2)])
def test_birth_dates_that_three_records_tell_are_no_slips(times: int, expected: int) -> None:
    """One sign between the birth dates of two of one name and house: a slip, unless each is told three times alike."""
    other = JON | HOME | {"birth_date": "1980-03-05"}
    assert customers(JON | HOME | BORN, other, *[JON | HOME | BORN, other] * (times - 1)) == expected


def test_what_a_crowd_bears_is_common_and_what_few_bear_is_rare() -> None:
    """Of eight records: a street of four names is borne by half of them, one of three by 3 in 500; a name goes by its birth dates."""
    street = ["a"] * 4 + ["b"] * 3 + [None]
    rows = {"name": ["n1", "n2", "n3", "n4", "n1", "n2", "n5", "n5"], "birth_date": ["1", "2", "3", "4", "5", "6", "7", "7"], "street_key": street}  # fmt: skip
    weighed = ("name", "street_key")
    settings = {"comparisons": [{"comparison_levels": [{"tf_adjustment_column": name}, {}]} for name in weighed]}
    with engine.connect() as connection:
        connection.register("candidate", pa.table(rows | {"name": ["m"] * 4 + rows["name"][4:]}))
        names = dict(zip(*chance.terms(connection, settings, 8)["name"].to_pydict().values(), strict=True))
        connection.register("candidate", pa.table(rows))
        streets = dict(zip(*chance.terms(connection, settings, 8)["street_key"].to_pydict().values(), strict=True))
    assert streets == {"a": 4 / 8, "b": 3 / 500}
    assert names == {"m": 4 / 8, "n1": 1 / 500, "n2": 1 / 500, "n5": 2 / 500}


def test_chance_of_few_and_of_many_meet() -> None:
    """A level that one of 45 pairs reaches is as rare as usual; one that 30 reach is counted; at 500 records all are."""
    level = {"label_for_charts": "nearly the same", "m_probability": 0.2, "u_probability": 1 / 45}
    often = {"label_for_charts": "same", "m_probability": 0.6, "u_probability": 30 / 45}
    pair = {"label_for_charts": "same", "m_probability": 0.8, "u_probability": 2.9 / 45}
    settings = {"comparisons": [{"output_column_name": "name", "comparison_levels": [dict(level), dict(often), pair]}]}
    usual = {("name", "nearly the same"): 0.001, ("name", "same"): 0.001}
    few, many, met_by_one = (entry["u_probability"] for entry in chance.eased(settings, usual, 10, 45)["comparisons"][0]["comparison_levels"])  # fmt: skip
    assert few == pytest.approx(1 / 1045) == met_by_one and 0.5 < many < 30 / 45
    settings["comparisons"][0]["comparison_levels"] = [level, often]
    assert chance.eased(settings, usual, 500, 45)["comparisons"][0]["comparison_levels"][1][
        "u_probability"
    ] == pytest.approx(30 / 45)
