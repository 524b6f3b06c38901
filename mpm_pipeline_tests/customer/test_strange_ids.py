"""Ids that mean two things: numbers that two sources give alike, ids given anew, names that numbers tell apart, a contact person's name.

What one id rightly joins (a rename, a marriage, another job, another script) stays joined.
"""

from typing import Any

import pyarrow as pa
import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution.aside import scopes
from mpm_pipeline.customer.resolution.explanation import explained, in_words
from mpm_pipeline.customer.resolution.tables import Resolution
from mpm_pipeline_tests.customer.increments import Story, groups
from mpm_pipeline_tests.customer.test_overmerge import word
from mpm_pipeline_tests.customer.test_strange_companies import FIRMS, own


def told(*rows: dict[str, Any]) -> Resolution:
    """Resolve rows, each under its place where it has no record_id; `source` is s where none is told."""
    every = [{"source": "s", "record_id": f"r{place:03}"} | row for place, row in enumerate(rows)]
    names = sorted({name for row in every for name in row})
    return resolve(pa.Table.from_pylist([{name: row.get(name) for name in names} for row in every]))


def whose(found: Resolution, kind: str) -> dict[str, str]:
    return {row["record_id"]: row[f"{kind}_id"] for row in found.crosswalk.to_pylist()}


def contacts(source: str, names: list[str], form: str = "{}") -> list[dict[str, Any]]:
    """One contact of each company, with a number that the source counts from 100001."""
    return [{"source": source, "record_id": f"{source}{n}", "last_name": f"{source} {word(n)}", "company": name, "account_key": [form.format(100001 + n)], "email": f"a@{name.replace(' ', '')}.com"} for n, name in enumerate(names)]  # fmt: skip


@pytest.mark.parametrize("form", ["{}", "C-{}"])
def test_two_sources_that_number_companies_alike_share_no_company(form: str) -> None:
    """Number 100001 is one company to the CRM and another one to billing; a third source, which agrees with the CRM, is of its numbers."""
    rows = [*contacts("crm", FIRMS[:6], form), *contacts("billing", FIRMS[6:12], form), *contacts("ma", FIRMS[:6], form)]  # fmt: skip
    found = told(*rows)
    account = whose(found, "account")
    assert account["crm0"] == account["ma0"] != account["billing0"] and len(set(account.values())) == 12
    number = form.format("#")
    guards = {row["key_value"]: row for row in found.key_guard_report.to_pylist()}
    assert set(guards) == {f"billing and crm: {number}", f"billing and ma: {number}"}
    assert guards[f"billing and crm: {number}"]["reason"].startswith(
        "two sources number alike: of 6 ids that both bear 6"
    )
    assert any("two sources number alike" in line for line in in_words(explained(found, "crm::crm0")))


def test_a_companys_own_number_is_declared_within_its_source() -> None:
    """Both sources have a company 100001 of their own; each one's contacts, who tell the number alone, are of the company of their source."""
    rows = []
    for source, names in (("crm", FIRMS[:6]), ("billing", FIRMS[6:12])):
        rows += [row | {"source": source, "record_id": str(100001 + n), "object": source} for n, row in enumerate(own(names))]  # fmt: skip
        rows += [row | {"email": None, "company": None if n < 2 else row["company"]} for n, row in enumerate(contacts(source, names))]  # fmt: skip
    found = told(*({**row, "truth": None} for row in rows))
    account = {(row["source"], row["record_id"]): row["account_id"] for row in found.crosswalk.to_pylist()}
    assert account["crm", "crm0"] == account["crm", "100001"] != account["billing", "100001"] == account["billing", "billing0"]  # fmt: skip


def test_a_parent_is_meant_as_its_source_numbers() -> None:
    """Both sources have a company 100001 of their own: a daughter's mother is the one of the daughter's source."""
    rows: list[dict[str, Any]] = []
    for source, names in (("crm", FIRMS[:6]), ("billing", FIRMS[6:12])):
        rows += [row | {"source": source, "record_id": str(100001 + n), "object": source, "truth": None} for n, row in enumerate(own(names))]  # fmt: skip
        rows += contacts(source, names)
        rows.append({"source": source, "record_id": f"d{source}", "company": f"Daughter {word(len(source))}", "is_company": True, "parent_account_key": "100001"})  # fmt: skip
    found = told(*rows)
    account = {(row["source"], row["record_id"]): row["account_id"] for row in found.crosswalk.to_pylist()}
    parent = dict(zip(found.golden_account["account_id"].to_pylist(), found.golden_account["parent_account_id"].to_pylist(), strict=True))  # fmt: skip
    assert all(parent[account[source, f"d{source}"]] == account[source, "100001"] for source in ("crm", "billing"))


def test_renamed_companies_do_not_part_two_sources() -> None:
    """Of eight shared numbers three name a company that was renamed and moved: all eight are joined."""
    later = [FIRMS[20 + n] if n < 3 else name for n, name in enumerate(FIRMS[:8])]
    found = told(*contacts("crm", FIRMS[:8]), *contacts("billing", later))
    account = whose(found, "account")
    assert all(account[f"crm{n}"] == account[f"billing{n}"] for n in range(8)) and not found.key_guard_report.num_rows


@pytest.mark.parametrize(("website", "companies"), [(None, 6), ("{}.com", 12)])
def test_names_in_two_scripts_tell_no_strangers(website: str | None, companies: int) -> None:
    """The CRM writes names in Cyrillic and billing in Latin letters: the numbers are shared, but where each tells another domain."""
    here = ["Сбербанк", "Газпром", "Лукойл", "Роснефть", "Яндекс", "Магнит"]
    there = ["Sberbank", "Gazprom", "Lukoil", "Rosneft", "Yandex", "Magnit"]
    rows = [row | {"email": None, "website": website and website.format(row["source"] + str(place))} for place, row in enumerate([*contacts("crm", here), *contacts("billing", there)])]  # fmt: skip
    assert len(set(whose(told(*rows), "account").values())) == companies


def people(source: str, start: int, number: int = 8, **same: Any) -> list[dict[str, Any]]:
    return [{"source": source, "record_id": f"{source}{n}", "first_name": word(start + n), "last_name": word(start * 7 + n * 13), "email": f"{word(start + n)}@gmail.com", "person_key": [str(700001 + n)], **same} for n in range(number)]  # fmt: skip


def test_two_sources_that_number_people_alike_share_nobody() -> None:
    """Number 700001 is one person to the CRM and another one to the shop, with a mailbox or without."""
    found = told(*people("crm", 0), *people("shop", 49, email=None))
    assert len(set(whose(found, "person").values())) == 16
    (guard,) = found.key_guard_report.to_pylist()
    assert (guard["kind"], guard["key_type"], guard["names"]) == ("person", "numbering", 8)


def test_a_number_of_the_crms_is_its_records_whoever_declares_it() -> None:
    """The CRM's own records are called by the numbers which marketing declares, and a shop counts alike: marketing's are the CRM's."""
    crm = [row | {"record_id": row["person_key"][0], "person_key": None} for row in people("crm", 0)]
    found = told(*crm, *people("ma", 0, email=None), *people("shop", 49))
    person = whose(found, "person")
    assert all(person[str(700001 + n)] == person[f"ma{n}"] != person[f"shop{n}"] for n in range(8))


ANN: dict[str, Any] = {"first_name": "Ann", "last_name": "Lee", "email": "ann.lee@acme.com"}


@pytest.mark.parametrize(("other", "is_one"), [
    ({"first_name": "Igor", "last_name": "Pavlov", "email": "igor@globex.com"}, False),
    ({"first_name": "Ann", "last_name": "Pavlov", "email": "ann@globex.com"}, True),
    ({"first_name": "Igor", "last_name": "Leee", "email": "igor@globex.com"}, True),
    ({"first_name": "Анна", "last_name": "Ли", "email": "igor@globex.com"}, True),
    ({"first_name": "Igor", "last_name": "Pavlov", "email": None}, True),
])  # fmt: skip
def test_an_id_given_anew_is_two_people(other: dict[str, Any], is_one: bool) -> None:
    """Where ids mean people, one under which given name, family name and mailbox all contradict joins nobody, and the pair is asked about; a marriage, a slip and another script are no such thing."""
    key = {"person_key": ["EMP-99"]}
    rest = people("hr", 0) + people("hr2", 0)
    found = told(ANN | key, ANN | key | {"last_name": "Leigh"}, other | key, *({**row, "person_key": [f"K-{row['person_key'][0]}"]} for row in rest))  # fmt: skip
    person = whose(found, "person")
    assert person["r000"] == person["r001"] and (person["r000"] == person["r002"]) is is_one
    assert found.review_queue.num_rows == found.key_guard_report.num_rows == (not is_one)
    if not is_one:
        (asked,) = found.review_queue.to_pylist()
        assert asked["reason"] == "one declared id, but neither name nor mailbox in common"
        assert any(line.startswith("Set aside: id EMP-99") for line in in_words(explained(found, "s::r000")))


def torn(*others: dict[str, Any], ids: int = 8) -> Resolution:
    """Ann and others under one id, among so many ids that mean people."""
    rest = [row | {"person_key": [f"K-{row['person_key'][0]}"]} for row in people("hr", 0, ids) + people("hr2", 0, ids)]
    return told(*(row | {"person_key": ["EMP-99"]} for row in (ANN, *others)), *rest)


IGOR: dict[str, Any] = {"first_name": "Igor", "last_name": "Pavlov", "email": "igor@globex.com"}


def test_an_id_of_two_people_is_told_once() -> None:
    """Of an id that is two people's, one with many names, the report has one row."""
    found = torn(IGOR, *({"first_name": name, "last_name": "Lee"} for name in ("Bob", "Cyd", "Dora", "Emil", "Frank")))
    (guard,) = found.key_guard_report.to_pylist()
    assert (guard["key_value"], guard["records"], guard["names"]) == ("EMP-99", 7, 2)


@pytest.mark.parametrize(("others", "asked"), [
    ([{"first_name": "Ann", "last_name": "Pavlov", "email": "annp@globex.com"}, IGOR], "r002"),
    ([IGOR, {"title": "Buyer"}, {"title": "Seller"}], "r001"),
])  # fmt: skip
def test_the_pair_of_an_id_is_two_people_who_are_told(others: list[dict[str, Any]], asked: str) -> None:
    """Who is like the one and like the other is in no pair, nor is a record without name and mailbox."""
    found = torn(*others)
    (pair,) = found.review_queue.to_pylist()
    assert (pair["record_id"], pair["other_record_id"]) == ("r000", asked)
    assert found.key_guard_report["names"].to_pylist() == [2]


def test_an_id_of_two_people_and_a_million_visits_is_compared_by_people() -> None:
    """Records that tell the same are compared once: thirty thousand under one id are no billion pairs."""
    found = torn(IGOR, *({"title": "visit"} for _ in range(30_000)))
    assert found.review_queue.num_rows == 1 and found.key_guard_report["names"].to_pylist() == [2]


def test_an_id_of_two_people_joins_them_when_somebody_says_so() -> None:
    """A yes is a must-link, whatever contradicts it."""
    rows = [ANN | {"person_key": ["EMP-99"]}, {"first_name": "Igor", "last_name": "Pavlov", "email": "i@globex.com", "person_key": ["EMP-99"]}]  # fmt: skip
    rest = [row | {"person_key": ["K-" + row["person_key"][0]]} for row in people("hr", 0) + people("hr2", 0)]
    table = pa.Table.from_pylist([{"source": "s", "record_id": f"r{n}"} | row for n, row in enumerate([*rows, *rest])])
    said = pa.table({"source": ["s"], "record_id": ["r0"], "other_source": ["s"], "other_record_id": ["r1"], "decision": ["yes"]})  # fmt: skip
    found = resolve(table, decisions=said)
    assert len({whose(found, "person")[name] for name in ("r0", "r1")}) == 1
    assert not found.review_queue.num_rows


def test_an_id_that_names_its_object_is_the_vendors_word() -> None:
    """A lead that names the contact which it became is that contact, whatever contradicts it (identity 2 and 5)."""
    rows = [row | {"person_key": ["crm_contact:C99"]} for row in (ANN, IGOR)]
    rest = [row | {"person_key": [f"crm_contact:{row['person_key'][0]}"]} for row in people("hr", 0) + people("hr2", 0)]
    found = told(*rows, *rest)
    assert len({whose(found, "person")[name] for name in ("r000", "r001")}) == 1 and not found.key_guard_report.num_rows


@pytest.mark.parametrize(("ids", "is_one"), [(6, True), (7, False)])
def test_eight_ids_tell_what_an_id_means(ids: int, is_one: bool) -> None:
    """With seven ids that two records bear, the one in question among them, it joins; with eight it is two people's."""
    rest: list[dict[str, Any]] = [{"person_key": [f"K-{n}"], "title": "visit"} for n in range(9)]
    person = whose(torn(IGOR, *rest, ids=ids), "person")
    assert (person["r000"] == person["r001"]) is is_one


def test_where_few_ids_are_told_each_joins() -> None:
    """Two records that declare one id and share nothing else are one where no other ids tell what an id means."""
    found = told(ANN | {"person_key": ["EMP-99"]}, {"first_name": "Igor", "last_name": "Pavlov", "email": "i@globex.com", "person_key": ["EMP-99"]})  # fmt: skip
    assert len(set(whose(found, "person").values())) == 1


def test_sources_that_agree_are_one_scope() -> None:
    """Where a agrees with two that number alike, each stands alone; who is in no quarrel needs no scope."""
    pair = {"form": "#", "same": 0, "strange": 0}
    alike = [pair | {"one": "a", "other": "b", "same": 9}, pair | {"one": "b", "other": "c", "strange": 9}]
    assert list(scopes(alike)) == [("#", "a", "a"), ("#", "b", "a"), ("#", "c", "c")]
    ring = [*alike, pair | {"one": "a", "other": "c", "same": 9}, pair | {"one": "x", "other": "y", "same": 9}]
    assert list(scopes(ring)) == [("#", "a", "a"), ("#", "b", "b"), ("#", "c", "c")]
    assert list(scopes([pair | {"one": "a", "other": "b", "same": 4, "strange": 4}])) == []


def test_numbers_that_come_to_contradict_are_those_of_a_rebuild() -> None:
    """With news an id is two people's and with a deletion one person's again: as if all had come at once."""
    story = Story()
    rest = [("put", 10 + n, {name: row[name] for name in ("first_name", "last_name", "email")} | {"person_key": ["K-" + row["person_key"][0]]}) for n, row in enumerate(people("a", 0) + people("b", 0))]  # fmt: skip
    story.tell([("put", 0, ANN | {"person_key": ["EMP-99"]}), ("put", 1, ANN | {"email": None, "person_key": ["EMP-99"]}), *rest])  # fmt: skip
    story.tell([("put", 2, {"first_name": "Igor", "last_name": "Pavlov", "email": "i@globex.com", "person_key": ["EMP-99"]})])  # fmt: skip
    assert story.found and len(groups(story.found, "person_id")) == 10
    story.tell([("drop", 0), ("drop", 1)])
    story.check_end(again=True)
    assert not story.found.key_guard_report.num_rows


PLACE = {"street": "9 Works Road", "postal_code": "20001", "city": "Milltown", "phone": "+49 30 5555 1234", "is_company": True}  # fmt: skip


def test_companies_are_compared_by_their_own_names() -> None:
    """Three companies of one contact person at one address are three; one company of two contact persons is one."""
    contact = {"first_name": "Ann", "last_name": "Lee"}
    found = told(*(PLACE | contact | {"company": name} for name in FIRMS[:3]), *({"company": f"Filler {word(n)}", **PLACE, "street": f"{n} Oak Road", "postal_code": f"{30000 + n}", "phone": f"+49 30 6666 {1000 + n}"} for n in range(8)))  # fmt: skip
    assert len({whose(found, "account")[f"r{n:03}"] for n in range(3)}) == 3
    found = told(*(PLACE | {"first_name": name, "last_name": word(n), "company": "Bolta Steel"} for n, name in enumerate(("Ann", "Igor"))))  # fmt: skip
    assert found.golden_account.num_rows == 1


@pytest.mark.parametrize("names", [("Bolta Growth Fund I", "Bolta Growth Fund II", "Bolta Growth Fund III"), ("Bolta Store #101", "Bolta Store #102", "Bolta Store #117")])  # fmt: skip
def test_numerals_tell_companies_apart(names: tuple[str, ...]) -> None:
    """Funds and stores at one address that differ by a number are different; so are those that people name by a letter's slip."""
    found = told(*(PLACE | {"company": name} for name in names for _ in range(2)))
    assert found.golden_account.num_rows == 3
    found = told({"company": names[0], "website": "bolta.com", "is_company": True}, {"last_name": "Lee", "company": names[1]})  # fmt: skip
    assert found.golden_account.num_rows == 2


@pytest.mark.parametrize(("one", "other"), [("Wei", "Wen"), ("Li", "Lin"), ("Min", "Ming")])
def test_short_names_a_letter_apart_are_two(one: str, other: str) -> None:
    """Wei and Wen Zhang on one telephone are two people."""
    rows = [{"first_name": name, "last_name": "Zhang", "phone": "+86 10 7777 1234"} for name in (one, other)]
    assert told(*rows).golden_person.num_rows == 2
