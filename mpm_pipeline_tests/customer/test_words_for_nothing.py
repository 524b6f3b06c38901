"""What stands where nobody told anything joins nobody: words for no name and no id, telephones that nobody has, pages at others' houses.

And what keeps two apart, or does not: days of birth of two generations, names in two scripts.
"""

from typing import Any

import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline_tests.customer.test_resolution import groups, person, sets, table

CASES = {
    "a word for no id is no id": (
        [person(name, person_key=[word], handle=word) for word in ("n/a", "NULL", "0", "000000000000000", " - ") for name in ("Ann Lee", "Bo Ray")],
        sets(*(f"r{place}" for place in range(10))),
    ),
    "one profile, two addresses of it": (
        [person("Eva Lang", "e@alpha.com", handle="linkedin.com/in/evalang"), person("Eva Lang", "e@beta.com", handle="https://de.LinkedIn.com/in/EvaLang/?trk=x")],
        sets("r0 r1"),
    ),
    "nobody told a name": ([person("Unknown [not provided]", phone="+49 30 1234 5679", company="Acme", website="acme.com") for _ in "12"], sets("r0", "r1")),
    "two letters for a name": ([person("NA NA", phone="+49 30 1234 5679", company="Acme", website="acme.com") for _ in "12"], sets("r0", "r1")),
    "a telephone that nobody has": (
        [person("Ann Lee", phone=number) for number in ("(555) 555-5555", "+1 555 555 5555", "+33 1 00 00 00 00", "+33 1 00 00 00 00", "+48 123 456 789", "0048 123456789")],
        sets("r0", "r1", "r2", "r3", "r4", "r5"),
    ),
    "father and son on one telephone": (
        [person("Jon Lee", "lees@gmail.com", phone="302-555-1212", birth_date=day) for day in ("1950-03-03", "19780721")],
        sets("r0", "r1"),
    ),
    "a birth date with a slip, and one that a form fills in": (
        [person("Jon Lee", phone="302-555-1212", birth_date=day) for day in ("1950-03-03", "1978-03-21", "1900-01-01")],
        sets("r0 r1 r2"),
    ),
    "a mailbox that is a word for none": (
        [person(name, mail) for mail in ("none@email.com", "noemail@acme.com") for name in ("", "")],
        sets("r0", "r1", "r2", "r3"),
    ),
    "one mailbox in two scripts": ([person("Иван Петров", "i.petrov@acme.ru"), person("Ivan Petrov", "i.petrov@acme.ru")], sets("r0 r1")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_who_is_one_person(case: str) -> None:
    """Each case's records are one person exactly where its sets say so."""
    rows, expected = CASES[case]
    assert groups(resolve(table(*rows))) == expected


def test_what_was_refused_has_its_own_reason() -> None:
    """A merge that birth dates or numbered mailboxes forbid is not told as one of given names."""
    pairs = [person("Jon Lee", phone="302-555-1212", birth_date=day) for day in ("1950-03-03", "1978-07-21")]
    pairs += [person("Ada Ray", f"ada.ray{number}@acme.com", phone="302-555-3434") for number in ("", "2")]
    told = {row["record_id"]: row["reason"] for row in resolve(table(*pairs)).review_queue.to_pylist()}
    assert told == {"r0": "birth dates of two generations", "r2": "mailboxes at one company that differ by a number"}


def test_a_word_for_nothing_is_no_golden_value() -> None:
    """Two records that say unknown do not beat the one that knows."""
    odd = person("Unknown [Not Provided]", "a@acme.com", city="n/a")
    (found,) = resolve(table(odd, odd, person("Ann Lee", "a@acme.com", city="Wien"))).golden_person.to_pylist()
    assert (found["first_name"], found["last_name"], found["city"]) == ("Ann", "Lee", "Wien")


@pytest.mark.parametrize(
    "same",
    [{"account_key": ["n/a"]}, {"website": "https://www.linkedin.com/company/x"}, {"website": "bit.ly/x"}],
    ids=str,
)
def test_what_everybody_may_name_is_no_account(same: dict[str, Any]) -> None:
    """A word for no id, or a page at somebody else's house, joins no two companies."""
    found = resolve(table(person("Ann Lee", company="Alpha", **same), person("Bo Ray", company="Beta", **same)))
    assert len({row["account_id"] for row in found.crosswalk.to_pylist() if row["account_id"]}) != 1
