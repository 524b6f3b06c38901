"""`resolve`: which records are one customer, which must not be, and ids that stay. Every case is small enough to see."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpm_pipeline.cli import call
from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution.crosswalk import current
from mpm_pipeline.customer.resolution.tables import Resolution
from mpm_pipeline.errors import ConfigError


def table(*rows: dict[str, Any]) -> pa.Table:
    """Records of source `s`, named r0, r1 and so on, with the fields that a case needs."""
    names = {name for row in rows for name in row}
    filled = [{"source": "s", "record_id": f"r{place}"} | row for place, row in enumerate(rows)]
    return pa.table(
        {
            name: [row.get(name) for row in filled]
            for name in ["source", "record_id", *sorted(names - {"source", "record_id"})]
        }
    )


def groups(found: Resolution, column: str = "person_id") -> set[frozenset[str]]:
    """The records that are one customer, as sets of their names."""
    members: dict[str, set[str]] = {}
    for row in current(found.crosswalk).to_pylist():
        members.setdefault(row[column], set()).add(row["record_id"])
    return {frozenset(names) for names in members.values()}


def sets(*texts: str) -> set[frozenset[str]]:
    return {frozenset(text.split()) for text in texts}


def person(name: str, email: str | None = None, **more: Any) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    return {"first_name": first or None, "last_name": last or None, "email": email, **more}


CASES = {
    "one mailbox, written twice": ([person("Ann Lee", "Ann.Lee+x@Acme.com"), person("ann lee", "ann.lee@acme.com ")], sets("r0 r1")),
    "gmail has no dots": ([person("Ann Lee", "a.nn@gmail.com"), person("Ann Lee", "ann@googlemail.com")], sets("r0 r1")),
    "a declared id joins what nothing else does": ([person("Bob", person_key=["lead:1"]), person("X", person_key=["lead:1"])], sets("r0 r1")),
    "15 and 18 signs of a CRM id are one": (
        [person("Bob", person_key=["00Q000000000001"]), person("X", person_key=["00Q000000000001AAA"])],
        sets("r0 r1"),
    ),
    "a nickname at one company": (
        [person("Bill Brown", "bill@acme.com"), person("William Brown", None, company="Acme Inc", website="acme.com")],
        sets("r0 r1"),
    ),
    "one name from another script is spelt in several ways": ([person("Mohamed Antoun", "m@acme.com"), person("Muhammed Antoun", company="Acme Inc", website="acme.com")], sets("r0 r1")),
    "blank and missing keys join nobody": ([person("", ""), person("", " "), person("", None, phone="", handle="@")], sets("r0", "r1", "r2")),
    "a placeholder mailbox joins nobody": ([person("Ann Lee", "na@na.com"), person("Bo Ray", "na@na.com")], sets("r0", "r1")),
    "a role mailbox is nobody's": ([person("Ann Lee", "info@acme.com"), person("Bo Ray", "info@acme.com")], sets("r0", "r1")),
    "a couple shares a free mailbox": ([person("Ann Lee", "lees@gmail.com"), person("Bo Lee", "lees@gmail.com")], sets("r0", "r1")),
    "colleagues of a double name": (
        [person("Jean-Paul Dupont", "jpd@acme.com"), person("Jean-Marc Dupont", "jmd@acme.com")],
        sets("r0", "r1"),
    ),
    "colleagues with a title": (
        [{"full_name": "Dr. Anna Schmidt", "email": "a@acme.com"}, {"full_name": "Dr. Peter Schmidt", "email": "p@acme.com"}],
        sets("r0", "r1"),
    ),
    "a blank name hides no other": (
        [{"first_name": "", "last_name": "", "full_name": "Ann Lee", "email": "fam@gmail.com"}, {"first_name": "", "last_name": "", "full_name": "Bob Lee", "email": "fam@gmail.com"}],
        sets("r0", "r1"),
    ),
    "a mailbox of a company with two people": ([person("John Doe", "booking@acme.com"), person("Ida Poe", "booking@acme.com")], sets("r0", "r1")),
    "a telephone needs a name": ([person("Ann Lee", phone="+49 30 1234 5678"), person("Bo Ray", phone="+49 30 1234 5678")], sets("r0", "r1")),
    "name and telephone": ([person("Ann Lee", phone="+49 30 1234 5679"), person("A. Lee", phone="030 12345679")], sets("r0 r1")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_who_is_one_person(case: str) -> None:
    """Each case's records are one person exactly where its sets say so."""
    rows, expected = CASES[case]
    assert groups(resolve(table(*rows))) == expected


def test_accounts_by_id_domain_and_unambiguous_name() -> None:
    """A website, a mailbox, a declared id and a name that only one company bears lead to one account; free mail leads to none."""
    found = resolve(
        table(
            {
                "record_id": "001000000000001AAA",
                "company": "Acme GmbH",
                "website": "https://www.acme.com/de",
                "is_company": True,
            },
            person("Ann Lee", "ann@acme.com"),
            person("Bo Ray", "bo@gmail.com", company="ACME"),
            person("Cy Roe", "cy@gmail.com", account_key=["001000000000001"]),
            person("Di Poe", "di@gmail.com"),
        )
    )
    assert groups(found, "account_id") == sets("001000000000001AAA r1 r2 r3", "r4")
    assert [row["domain"] for row in found.golden_account.to_pylist()] == ["acme.com"]


def test_a_child_company_stays_apart_from_its_parent() -> None:
    """Parent and child under one domain are two accounts; a parent is no identity."""
    parent = {"record_id": "P-000001", "company": "Acme Inc", "website": "acme.com", "is_company": True}
    child = {
        "record_id": "C-000001",
        "company": "Acme GmbH",
        "website": "acme.com",
        "is_company": True,
        "parent_account_key": "P-000001",
    }
    assert groups(resolve(table(parent, child)), "account_id") == sets("P-000001", "C-000001")


def test_a_name_of_two_companies_is_nobodys() -> None:
    """Where two domains bear a name, a record that tells the name alone has no account of theirs."""
    found = resolve(table(person("Ann Lee", "a@acme.com", company="Acme"), person("Bo Ray", "b@acme.de", company="Acme"), person("Cy Roe", company="Acme")))  # fmt: skip
    assert len(groups(found, "account_id")) == 3


def crowd(number: int, **same: Any) -> list[dict[str, Any]]:
    letters = "abcdefghijklmnopqrst"
    word = lambda n: "".join(letters[int(digit)] + "e" for digit in str(n))  # noqa: E731
    return [{"first_name": f"x{word(n)}", "last_name": f"y{word(n * 7 + 13)}", **same} for n in range(number)]


@pytest.mark.parametrize("same", [{"email": "jo@acme.com"}, {"phone": "+49 30 5555 1234"}, {"email": "info@acme.com"}, {"handle": "acme"}, {"person_key": ["lead-0000"]}])  # fmt: skip
def test_a_key_of_many_joins_nobody(same: dict[str, Any]) -> None:
    """200 people who share one mailbox, telephone, handle or id are 200 people, and the key is reported with its counts."""
    found = resolve(table(*crowd(200, **same)))
    assert found.golden_person.num_rows == 200
    told = {(row["records"], row["reason"]) for row in found.key_guard_report.to_pylist()}
    if "info@" in str(same):
        assert told == {(200, "a mailbox of a role is nobody's own")}
    elif "phone" not in same:
        assert told == {(200, "more different names than one person has")}


def test_a_chain_falls_apart() -> None:
    """300 people in a chain, each sharing a mailbox with the one before and a handle with the one after: nobody is more than two."""
    rows = crowd(300)
    for place, row in enumerate(rows):
        row |= {"email": f"m{place // 2}@acme.com", "handle": f"h{(place + 1) // 2}"}
    assert max(len(group) for group in groups(resolve(table(*rows)))) <= 2


def test_namesakes_at_one_company_are_not_one() -> None:
    """30 people of one name and 30 mailboxes at one company are 30 people."""
    rows = [person("John Smith", f"john.smith{place}@acme.com") for place in range(30)]
    assert resolve(table(*rows)).golden_person.num_rows == 30


def test_a_decision_beats_every_key() -> None:
    """A no parts what one mailbox joins, a yes joins what nothing joins, and the refused pair waits in the review queue."""
    rows = table(person("Ann Lee", "a@acme.com"), person("Ann Lee", "a@acme.com"), person("Cy Roe"))
    decided = pa.Table.from_pylist(
        [
            {"source": "s", "record_id": one, "other_source": "s", "other_record_id": other, "decision": said, "at": at}
            for one, other, said, at in [
                ("r0", "r1", "yes", "2026-01-01"),
                ("r1", "r0", "no", "2026-01-02"),
                ("r1", "r2", "yes", "2026-01-01"),
            ]
        ]
    )
    found = resolve(rows, decisions=decided)
    assert groups(found) == sets("r0", "r1 r2")
    assert [row["reason"] for row in found.review_queue.to_pylist()] == ["somebody said that they are two"]


def test_a_no_beats_a_declared_id_and_likeness() -> None:
    """Two records that declare one id, or that are alike in everything, are two once somebody says so."""
    twins = [
        person("Ann Lee", person_key=["lead-00001"], birth_date="1980-01-01", postal_code="AB1", street="1 Long Lane")
    ] * 2
    crowded = [person(f"X{chr(97 + n)}y Z{chr(97 + n)}e", birth_date=f"19{40 + n}-0{1 + n % 9}-11", postal_code=f"CD{n}", street=f"{n} Other Road") for n in range(20)]  # fmt: skip
    said = {"source": "s", "record_id": "r0", "other_source": "s", "other_record_id": "r1", "decision": "no"}
    rows = table(*twins, *crowded)
    assert frozenset({"r0", "r1"}) in groups(resolve(rows))
    assert {frozenset({"r0"}), frozenset({"r1"})} <= groups(resolve(rows, decisions=pa.Table.from_pylist([said])))


def test_one_odd_record_joins_no_two_companies() -> None:
    """Twenty people at each of two companies and one who names the website of the one and writes from the other: two accounts."""
    rows = [person(f"C{n} X", f"c{n}@client.com", website="client.com") for n in range(20)]
    rows += [person(f"A{n} Y", f"a{n}@agency.com", website="agency.com") for n in range(20)]
    assert (
        len(groups(resolve(table(*rows, person("Odd One", "odd@agency.com", website="client.com"))), "account_id")) == 2
    )


def test_an_employees_home_is_not_the_companys() -> None:
    """What a person's record tells of a street is no address of the account."""
    company = {
        "record_id": "A-000001",
        "company": "Acme",
        "website": "acme.com",
        "is_company": True,
        "street": "1 Works Road",
    }
    (account,) = resolve(
        table(company, person("Ann Lee", "a@acme.com", street="9 Private Lane"))
    ).golden_account.to_pylist()
    assert account["street"] == "1 Works Road"


def test_a_retired_id_leads_to_who_bore_it() -> None:
    """B leaves {B, C, D}, which keeps its id; C and D then join A: the old id leads to A, not to B."""
    made = [{"created_at": f"2026-01-0{n}T00:00:00Z"} for n in range(1, 5)]
    a, b, c, d = (
        {**person(f"{name} {name}e"), **day} for name, day in zip(("Ann", "Bob", "Cyd", "Dee"), made, strict=True)
    )
    one, two = {"person_key": ["one-1111"]}, {"person_key": ["two-2222"]}
    first = resolve(table(a, b | one, c | one, d | one))
    second = resolve(table(a, b, c | one, d | one), previous=first)
    third = resolve(table(a | two, b, c | two, d | two), previous=second)
    kept = by_record(second)["r2"]
    told = {row["old_id"]: row["new_id"] for row in third.id_redirect.to_pylist()}
    assert told[kept] == by_record(third)["r0"]


def by_record(found: Resolution) -> dict[str, str]:
    return {row["record_id"]: row["person_id"] for row in current(found.crosswalk).to_pylist()}


def test_ids_stay_through_news_merges_and_deletes() -> None:
    """A new record changes no id; a merge keeps the older id and redirects the other one; a deleted customer's id leads nowhere."""
    ann, bob, cy = (person(name, mail, created_at=f"2026-01-0{n}T00:00:00Z") for n, (name, mail) in enumerate([("Ann Lee", "a@acme.com"), ("Bob Ray", "b@acme.com"), ("Cy Roe", "c@acme.com")], 1))  # fmt: skip
    first = resolve(table(ann, bob, cy))
    before = by_record(first)
    second = resolve(table(ann, bob, cy, person("Di Poe", "d@acme.com")), previous=first)
    assert {name: by_record(second)[name] for name in before} == before and second.id_redirect.num_rows == 0
    key = {"person_key": ["same-1"]}
    third = resolve(table(ann | key, bob | key, cy | {"deleted": True}), previous=second)
    assert by_record(third) == {"r0": before["r0"], "r1": before["r0"], "r3": by_record(second)["r3"]}
    told = {row["old_id"]: (row["new_id"], row["kind"]) for row in third.id_redirect.to_pylist()}
    assert told[before["r1"]] == (before["r0"], "merge") and told[before["r2"]] == (None, "deleted")


def test_a_rebuild_says_what_the_increments_said() -> None:
    """The registry as input, in whatever order records came: the same partition under the same ids."""
    rows = [
        person("Ann Lee", f"m{n % 7}@acme.com", created_at=f"2026-02-{n + 1:02}T00:00:00Z", record_id=f"k{n:02}")
        for n in range(20)
    ]
    grown = resolve(table(*rows[10:]))
    grown = resolve(table(*rows), previous=grown)
    again = resolve(table(*reversed(rows)), previous=grown)
    assert again.crosswalk.equals(grown.crosswalk) and again.id_registry.equals(grown.id_registry)


BAD = {
    "no source": (pa.table({"record_id": ["1"]}), "lack the column source"),
    "no id": (pa.table({"source": ["s"], "record_id": [None]}), "1 of 1 records have no record_id"),
    "twice": (pa.table({"source": ["s", "s"], "record_id": ["1", "1"]}), "there more than once, such as s/1"),
    "no time": (
        pa.table({"source": ["s"], "record_id": ["1"], "created_at": ["soon"]}),
        "the column created_at is string",
    ),
    "no file": (Path("nowhere.parquet"), "there is no file nowhere.parquet"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_words(case: str) -> None:
    """The words say what is wrong and what to do."""
    given, words = BAD[case]
    with pytest.raises(ConfigError, match=words):
        resolve(given)


def test_nothing_and_only_nulls_are_no_failure() -> None:
    """No record gives empty tables; records that tell nothing are customers of their own."""
    none = resolve(pa.table({"source": pa.array([], pa.string()), "record_id": pa.array([], pa.string())}))
    assert none.crosswalk.num_rows == none.golden_person.num_rows == 0
    nulls = pa.table(
        {
            "source": ["s"] * 50,
            "record_id": [str(n) for n in range(50)],
            "email": pa.nulls(50),
            "phone": pa.nulls(50, pa.string()),
        }
    )
    assert resolve(nulls).golden_person.num_rows == 50


def test_equal_records_are_one_person_fast() -> None:
    """20,000 equal rows are one person, not two hundred million pairs."""
    rows = pa.table({"source": ["s"] * 20_000, "record_id": [str(n) for n in range(20_000)], "email": ["a@acme.com"] * 20_000, "first_name": ["Ann"] * 20_000, "last_name": ["Lee"] * 20_000})  # fmt: skip
    assert resolve(rows).golden_person.num_rows == 1


def test_likeness_joins_people_at_home() -> None:
    """A misspelt name with the same birth and address is the same person; a brother at the address is not."""
    address = {"street": "12 Long Lane", "postal_code": "AB1 2CD", "city": "Leeds"}
    others = [
        person(f"{first} {last}", birth_date=f"19{50 + n:02}-0{1 + n % 9}-1{n % 9}", street=f"{n} {last} Road", postal_code=f"{last[:2].upper()}{n} 4ZZ", city=last + "ton")
        for n, (first, last) in enumerate((f, k) for f in ("Ada", "Ben", "Cora", "Dov", "Eve", "Finn", "Gus") for k in ("Ashe", "Birch", "Cole", "Dane", "Egan", "Ford"))
    ]  # fmt: skip
    rows = [*others, person("Margaret Wilson", birth_date="1948-03-17", **address), person("Margret Wilson", birth_date="1948-03-17", **address), person("Peter Wilson", birth_date="1975-11-02", **address)]  # fmt: skip
    found = groups(resolve(table(*rows)))
    assert frozenset({"r42", "r43"}) in found and len(found) == len(rows) - 1


def test_golden_fields_name_the_record_that_told_them() -> None:
    """The newest title stands, the name of most records, and null beats nothing."""
    rows = [
        person("Ann Lee", "a@acme.com", title="CMO", updated_at="2026-01-01T00:00:00Z"),
        person("Ann Lee", "a@acme.com", title=None, updated_at="2026-03-01T00:00:00Z"),
        person("An Lee", "a@acme.com", title="CEO", updated_at="2026-02-01T00:00:00Z"),
    ]
    found = resolve(table(*rows))
    (golden,) = found.golden_person.to_pylist()
    assert (golden["first_name"], golden["title"]) == ("Ann", "CEO")
    told = {
        row["field"]: (row["record_id"], row["beaten"])
        for row in found.golden_field_provenance.to_pylist()
        if row["kind"] == "person"
    }
    assert told["title"] == ("r2", 1) and told["first_name"][1] == 1


def test_evidence_names_key_and_other_record() -> None:
    """Every joined record says which key it shares with which other record."""
    found = resolve(table(person("Ann Lee", "a@acme.com"), person("Ann Lee", "a@acme.com")))
    told = {
        (row["record_id"], row["key_type"], row["other_record_id"])
        for row in found.evidence.to_pylist()
        if row["kind"] == "person"
    }
    assert {("r0", "mailbox", "r1"), ("r1", "mailbox", "r0")} <= told


def test_the_command_writes_every_table(tmp_path: Path) -> None:
    """`mpm customer resolve` writes Parquet files that the next run takes as --previous."""
    pq.write_table(table(person("Ann Lee", "a@acme.com"), person("Ann Lee", "a@acme.com")), tmp_path / "in.parquet")
    for arguments in ([], ["--previous", str(tmp_path / "out")]):
        told = call(
            ["customer", "resolve", str(tmp_path / "in.parquet"), "--out", str(tmp_path / "out"), *arguments, "--json"]
        )
        assert told == 0
    assert Resolution.open(tmp_path / "out").crosswalk.num_rows == 2
