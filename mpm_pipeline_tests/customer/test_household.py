"""Who shares an address is no more than a neighbour: names and birth date say whether it is the same person."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution import settle
from mpm_pipeline.customer.resolution.household import TIMES, _share_of_slips, strangers
from mpm_pipeline.customer.resolution.similar import HOUSEHOLD, _linked
from mpm_pipeline.warehouse import engine
from mpm_pipeline_tests.customer.test_overmerge import at_one_door, judged

Told = tuple[str | None, str | None, str | None]
"""Given name, family name, birth date."""


def are_strangers(one: Told, other: Told, couples: int = 30, generations: tuple[int | None, int | None] = (None, None)) -> bool:  # fmt: skip
    """Compare two records at one address, in a set with so many couples beside."""
    couple: list[Told] = [("ann", "lee", None), ("robert", "lee", None)]
    people = [one, other, *couple * couples]
    given, family, born = zip(*people, strict=True)
    names = [" ".join(filter(None, told[:2])) for told in people]
    with engine.connect() as connection:
        settle.bring_lists(connection)
        candidate = pa.table({"row": range(len(people)), "name_words": [name.split() for name in names], "given_key": given, "family": family, "generation": pa.array([*generations, *[None] * (2 * couples)], pa.int8()), "birth_date": pa.array(born, pa.string())})  # fmt: skip
        settle.put(connection, "candidate", candidate)
        settle.put(connection, "born", pa.table({"birth_date": ["1900-01-01"], "is_filled_in": [True]}))
        connection.execute(
            "INSERT INTO born SELECT DISTINCT birth_date, false FROM candidate WHERE birth_date <> '1900-01-01'"
        )
        settle.put(connection, "home", pa.table({"row": pa.array([], pa.int64()), "head": pa.array([], pa.int64())}))
        first = np.arange(0, len(people), 2)
        found = strangers(connection, pa.table({"one": first, "other": first + 1, "bits": np.full(len(first), 9.0)}))
    return bool(found.of_two[0] or found.household[0])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("john", "smith", None), ("mary", "smith", None), True),
        (("john", "smith", None), ("john", "jones", None), True),
        (("john", "smith", None), ("jonh", "smith", None), False),
        (("john", "smith", None), ("smith", "john", None), False),
        (("john", "smith", None), ("j", "smith", None), False),
        (("john", "smith", None), ("", "smith", None), False),
        (("john peter", "smith", None), ("peter", "smith", None), False),
        (("paul", "smith", None), ("paula", "smith", None), True),
        (("john", "smith", "1970-01-02"), ("mary", "smith", "1970-01-02"), False),
        (("john", "smith", "1900-01-01"), ("mary", "smith", "1900-01-01"), True),
        (("john", "smith", "1970-01-02"), ("mary", "smith", "1983-05-07"), True),
        (("mark", "smith", "1970-01-02"), ("marc", "smith", "1983-05-07"), True),
        (("john", "smith", "1950-01-02"), ("john", "smith", "1983-05-07"), True),
        (("john", "smith", "1950-01-02"), ("john", "smith", "1951-05-07"), False),
        (("john", "smith", "1970-01-02"), ("john", "smith", "1970-02-01"), False),
    ],
)  # fmt: skip
def test_what_is_ones_own_tells_people_of_a_house_apart(one: Told, other: Told, expected: bool) -> None:
    """Another name without the birth date, a name only alike beside another birth date, and two generations are two people."""
    assert are_strangers(one, other) is expected


@pytest.mark.parametrize(("generations", "expected"), [((1, 2), True), ((2, 2), False), ((2, None), False)])
def test_two_generations_are_two_people_where_nobody_lives_together_too(
    generations: tuple[int | None, int | None], expected: bool
) -> None:
    """Father and son are told apart by `Sr` and `Jr` alone, also where no household is seen; one that is told beside none says nothing."""
    john = ("john", "smith", "1970-01-02")
    assert are_strangers(john, john, couples=0, generations=generations) is expected


def test_two_strangers_do_not_meet_through_a_third() -> None:
    """A record that is like both of a couple (`J Smith`) is with one of them, and brings the other one no nearer."""
    size, j_smith = np.ones(3, dtype=np.int64), np.array([2, 2])
    assert len(set(_linked(size, np.array([0, 1]), j_smith, np.array([9.0, 8.0]))[0].tolist())) == 1
    assert _linked(size, np.array([0, 1]), j_smith, np.array([9.0, 8.0]), [(0, 1)])[0].tolist() == [0, 1, 0]


def test_only_likely_pairs_say_whether_there_are_households() -> None:
    """Strangers that nothing speaks for are no household: blocking brings them together by chance."""
    same, strange = np.array([True] * 100 + [False] * 100), np.array([True] * 100 + [False] * 100)
    assert _share_of_slips(same, strange, same) == 1.0
    assert _share_of_slips(same, strange, np.ones(200, dtype=bool)) * TIMES < 1


def test_without_households_two_slips_are_one_person() -> None:
    """Of 1,000 pairs 200 tell another name and 100 of the others another birth date; so some 25 tell both by slips alone."""
    named = np.array([True] * 800 + [False] * 200)
    born = np.array([False] * 100 + [True] * 875 + [False] * 25)
    likely = np.ones(1000, dtype=bool)
    assert _share_of_slips(named, born, likely) * TIMES >= 1
    assert (
        _share_of_slips(np.append(named, [False] * 60), np.append(born, [False] * 60), np.ones(1060, dtype=bool))
        * TIMES
        < 1
    )


def test_a_couple_alone_is_two_people() -> None:
    """Two names at one address and nothing else to learn from: nothing says that they are one."""
    home = {"last_name": "Lee", "street": "1 High Street", "postal_code": "10001", "city": "Rome"}
    found = resolve(pa.Table.from_pylist([home | {"source": "s", "record_id": name, "first_name": name} for name in ("Ann", "Robert", "Ann B")]))  # fmt: skip
    ids = dict(zip(found.crosswalk["record_id"].to_pylist(), found.crosswalk["person_id"].to_pylist(), strict=True))
    assert ids["Ann"] != ids["Robert"]


def test_who_lives_together_is_told_in_the_review_queue() -> None:
    """A couple whom likeness would have joined stands there with its reason, and with few pairs expected to be one."""
    queue = judged(at_one_door(40, 2, births=True))[2].review_queue
    couples = queue.filter(pc.equal(queue["reason"], HOUSEHOLD)).to_pylist()
    assert len(couples) == 40
    assert all(row["bits"] < -5 and row["expected_pairs"] < 0.05 for row in couples)


@pytest.mark.parametrize(("names", "people"), [(("John", "Mary"), 2), (("Peggy", "Margaret"), 1), (("Piotr", "Priya"), 2), (("John", "Mary", "Edward", ""), 3)])  # fmt: skip
def test_a_family_shares_the_mailbox_of_its_firm(names: tuple[str, ...], people: int) -> None:
    """Two names are two people on a mailbox that is named after neither; a nickname is no other name."""
    told = {"source": "s", "last_name": "Smith", "email": "smith@smithplumbing.com"}
    rows = [told | {"record_id": f"r{place}", "first_name": name} for place, name in enumerate(names)]
    assert resolve(pa.Table.from_pylist(rows)).golden_person.num_rows == people


def test_an_office_makes_nobody_alike() -> None:
    """Two names a letter apart at one address are a slip of the pen at home, and colleagues where an employer is told."""
    other = [{"first_name": f"Per{n}", "last_name": f"Sonne{n}", "street": f"{n} Side Road", "postal_code": f"{2000 + n}", "city": f"Town{n}"} for n in range(20)]  # fmt: skip
    door = {"street": "1 High Street", "postal_code": "10001", "city": "Rome", "last_name": "Leewood"}
    pair = [door | {"first_name": name} for name in ("Johan", "Johann")]
    rows = [row | {"source": "s", "record_id": f"r{place}"} for place, row in enumerate([*pair, *other])]
    assert resolve(pa.Table.from_pylist(rows)).golden_person.num_rows == 21
    at_work = [row | {"company": "Acme"} for row in rows]
    assert resolve(pa.Table.from_pylist(at_work)).golden_person.num_rows == 22
