"""One name, mailbox or day of birth written in several ways is one; a generation behind a name is none of the name, and tells father from son."""

from typing import Any

import pyarrow as pa
import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution.suffixes import bare

PHONE = {"phone": "+1 212 555 0199"}


def people(*rows: dict[str, Any]) -> str:
    """Resolve records and write a letter for the person of each."""
    told = {name: [row.get(name) for row in rows] for name in sorted({name for row in rows for name in row})}
    found = resolve(pa.table({"source": ["s"] * len(rows), "record_id": [f"r{n}" for n in range(len(rows))]} | told))
    ids = dict(zip(found.crosswalk["record_id"].to_pylist(), found.crosswalk["person_id"].to_pylist(), strict=True))
    letters: dict[str, str] = {}
    return "".join(letters.setdefault(ids[f"r{n}"], "ABCDEFGH"[len(letters)]) for n in range(len(rows)))


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Smith Jr.", 1, ("Smith", 2)),
        ("John Smith, Sr", 2, ("John Smith", 1)),
        ("Smith, John III", 2, ("Smith, John", 3)),
        ("Ann Lee, Ph.D., CPA", 2, ("Ann Lee", 0)),
        ("Ann Lee MBA Jr", 2, ("Ann Lee", 2)),
        ("Junior", 1, ("Junior", 0)),
        ("Peter Senior", 2, ("Peter Senior", 0)),
        ("Jack Esquivel", 2, ("Jack Esquivel", 0)),
        ("João Silva Júnior", 2, ("João Silva", 2)),
        ("Md Rahman", 2, ("Md Rahman", 0)),
        ("Rahman, Md", 2, ("Rahman, Md", 0)),
        ("Kenji Ii", 2, ("Kenji Ii", 0)),
        (None, 1, (None, 0)),
    ],
)
def test_what_stands_behind_a_name(text: str | None, words: int, expected: tuple[str | None, int]) -> None:
    """Generations and degrees behind a name go, but never so much that no name is left."""
    names, generation = bare(pa.array([text, "Ann Lee"], pa.string()), words)
    assert (names[0].as_py(), generation[0]) == expected
    assert names[1].as_py() == "Ann Lee"


def test_father_and_son() -> None:
    """All ways to write the son's name are one person; the father is another, and who tells no generation is with one of them."""
    sons = [
        {"full_name": "John Smith Jr"},
        {"full_name": "John Smith, Jr."},
        {"full_name": "Smith Jr, John"},
        {"full_name": "Smith, Jr., John"},
        {"first_name": "John", "last_name": "Smith II"},
    ]
    assert people(*({**PHONE, **son} for son in sons)) == "AAAAA"
    assert people(PHONE | sons[0], PHONE | {"full_name": "John Smith Sr"}) == "AB"
    home = {"street": "1 High Street", "postal_code": "10001", "city": "Rome"}
    assert people(home | sons[0], home | {"full_name": "John Smith Senior"}) == "AB"


def test_degrees_tell_nothing() -> None:
    """Somebody is the same before and after a degree."""
    assert people(*(PHONE | {"full_name": name} for name in ("Ann Lee", "Ann Lee, PhD", "Dr. Ann Lee MD"))) == "AAA"


def test_a_mailbox_with_its_name() -> None:
    """An address is what stands between the signs."""
    assert people({"email": "Ann Lee <Ann.Lee@acme.com>"}, {"email": "ann.lee@acme.com"}, {"email": "<>"}) == "AAB"


def test_of_several_addresses_none_is_ones_own() -> None:
    """Who writes to two, or bears two, has no mailbox of its own: neither is joined to the other."""
    several = ("Ann <ann@acme.com>, Bo <bo@acme.com>", "ann@acme.com, Bo <bo@acme.com>")
    assert people(*({"email": one} for one in ("bo@acme.com", "ann@acme.com", *several))) == "ABCD"
    assert people({"email": "ann@acme.com <ann@acme.com>"}, {"email": "ann@acme.com"}) == "AA"


@pytest.mark.parametrize("noughts", ["00/00/0000", "0000-00-00", "0000-00-00 00:00:00", "00000000"])
def test_noughts_are_no_birth_date(noughts: str) -> None:
    """Two of one name that a form says to be born on no day are not one by that."""
    assert people(*[{"full_name": "Ann Lee", "birth_date": noughts}] * 2) == "AB"


BORN = (
    "1980-02-03",
    "02/03/1980",
    "3 Feb 1980",
    "19800203",
    "1980/02/03",
    "1980-2-3",
    "3.2.1980",
    "February 3, 1980",
    "03-Feb-80",
    "1980-02-03T00:00:00",
)


def test_birth_dates_are_written_in_many_ways() -> None:
    """One day in ten ways is one day."""
    assert people(*({"full_name": "Ann Lee", "postal_code": "10001", "birth_date": born} for born in BORN)) == "A" * 10


@pytest.mark.parametrize(("short", "long"), [("3-Feb-19", "2019-02-03"), ("3-Feb-20", "1920-02-03")])
def test_two_digits_of_a_year(short: str, long: str) -> None:
    """Below 20 they are of this century."""
    assert people(*({"full_name": "Ann Lee", "postal_code": "10001", "birth_date": born} for born in (short, long))) == "AA"  # fmt: skip


def test_a_source_says_by_its_other_dates_what_comes_first() -> None:
    """Where a source tells of a 25th in first place, its 3/2 is the third of February; elsewhere it is the second of March."""
    ann = {"full_name": "Ann Lee", "postal_code": "10001"}
    european = [
        ann | {"birth_date": "3/2/1980"},
        {"full_name": "Bo Berg", "postal_code": "20002", "birth_date": "25/7/1981"},
    ]
    assert people(*european, ann | {"birth_date": "1980-02-03"}) == "ABA"
    assert people({**european[0], "postal_code": "10001"}, ann | {"birth_date": "1980-03-02"}) == "AA"


def test_each_source_has_its_own_habit() -> None:
    """One writes days first and one months first, as often as each other: each is read in its own way."""
    ann, other = {"full_name": "Ann Lee", "postal_code": "10001"}, {"full_name": "Bo Berg", "postal_code": "20002"}
    european = [ann | {"source": "eu", "birth_date": "3/2/1980"}, other | {"source": "eu", "birth_date": "25/7/1981"}]
    american = [ann | {"source": "us", "birth_date": "2/3/1980"}, other | {"source": "us", "birth_date": "7/25/1981"}]
    assert people(*european, *american) == "ABAB"
