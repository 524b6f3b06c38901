"""What companies with nothing in common share (a mail host, an accountant's mailbox, a directory's page, `TEST`) joins none of them.

What one company's records share under several names stays its own: renamed, misspelt, abbreviated, a group's or a university's.
"""

from typing import Any

import pytest

from mpm_pipeline.customer.resolution.explanation import explained, in_words
from mpm_pipeline_tests.customer.increments import Story, groups
from mpm_pipeline_tests.customer.test_overmerge import judged, word

TRADES = ["Bakery", "Dental", "Logistics", "Steel", "Travel"]


def firm(number: int) -> str:
    return f"{word(number * 3 + 1).title()} {TRADES[number % 5]}"


def staff(names: list[str], each: int = 1, mailbox: str = "p{}@{}", at: str = "smallisp.net", **same: Any) -> list[dict[str, Any]]:  # fmt: skip
    """So many people of each of these companies, one after the other, each of them with a mailbox at one host."""
    return [{"last_name": word(n), "company": names[n // each], "email": mailbox.format(n, at), "truth": names[n // each], **same} for n in range(len(names) * each)]  # fmt: skip


def own(names: list[str], **same: Any) -> list[dict[str, Any]]:
    """Each company's own record, with what they share."""
    return [{"company": name, "city": f"town {name}", "is_company": True, "truth": name, **same} for name in names]


FIRMS = [firm(number) for number in range(30)]
STRANGERS = {
    "mail host": staff(FIRMS, 2),
    "mail host, companies' own records": [*own(FIRMS, email="office@smallisp.net"), *staff(FIRMS)],
    "accountant": own(FIRMS, email="accounts@ledgerpartners.com"),
    "directory": own(FIRMS, website="https://localpages.com/acme"),
    "site builder": own(FIRMS, website="https://acme.sitefactory.com"),
    "default id": [row | {"account_key": ["TEST"], "email": f"a@{row['truth'].replace(' ', '')}.com"} for row in staff(FIRMS, 2)],
    "default id, domains alone": [row | {"account_key": ["12345"], "company": None, "email": f"a@{row['truth'].replace(' ', '')}.com"} for row in staff(FIRMS, 2)],
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGERS)
def test_what_strangers_share_makes_no_company(name: str) -> None:
    """Thirty companies are no one company, and what they share is told with a reason."""
    precision, largest, found = judged(STRANGERS[name], "account_id")
    assert precision == 1.0 and largest <= 3
    (guard,) = (row for row in found.key_guard_report.to_pylist() if row["kind"] == "account")
    assert guard["names"] >= 20 and guard["records"] >= 20 and "nothing in common" in guard["reason"]


def test_an_agency_keeps_its_domain_and_its_clients_their_names() -> None:
    """Twenty staff at the agency's domain are the agency; eight clients whose own records bear its mailbox are none of it."""
    agency = [*own(["Ledger Partners"], website="ledgerpartners.com"), *staff(["Ledger Partners"], 20, at="ledgerpartners.com")]  # fmt: skip
    precision, largest, found = judged([*agency, *own(FIRMS[:8], email="accounts@ledgerpartners.com")], "account_id")
    assert (precision, largest) == (1.0, 21)
    assert [(row["key_value"], row["records"]) for row in found.key_guard_report.to_pylist()] == [("ledgerpartners.com", 8)]  # fmt: skip


def test_a_guest_of_a_domain_keeps_its_own_website() -> None:
    """What is taken from eight clients is the agency's mailbox alone: each is one still with its staff at its own domain."""
    sites = [f"{name.replace(' ', '').lower()}.com" for name in FIRMS[:8]]
    clients = [row | {"website": site} for row, site in zip(own(FIRMS[:8], email="accounts@ledgerpartners.com"), sites, strict=True)]  # fmt: skip
    staff_of = [{"last_name": word(n), "email": f"p@{site}", "truth": name} for n, (name, site) in enumerate(zip(FIRMS, sites, strict=False))]  # fmt: skip
    agency = [*own(["Ledger Partners"], website="ledgerpartners.com"), *staff(["Ledger Partners"], 20, at="ledgerpartners.com")]  # fmt: skip
    precision, largest, found = judged([*agency, *clients, *staff_of], "account_id")
    assert (precision, largest) == (1.0, 21)
    assert len(set(found.crosswalk["account_id"].to_pylist())) == 9


def test_an_agency_of_many_branches_keeps_each() -> None:
    """Of more names than are compared with each other all that are akin to the domain's owner stay."""
    branches = own([f"Bolta {word(n * 7)}" for n in range(60)], email="office@bolta.com")
    guests = own([f"{word(n * 31 + 1)} {word(n * 17)}" for n in range(80)], email="office@bolta.com")
    found = judged([*staff(["Bolta"], 300, at="bolta.com"), *branches, *guests], "account_id")[2]
    account = {row["record_id"]: row["account_id"] for row in found.crosswalk.to_pylist()}
    assert len({account[f"r{n:06}"] for n in range(360)}) == 1 and len(set(account.values())) > 70


ONE = {
    "renamed": staff(["Old Steel", "Brandnew Foods"], 4, at="oldsteel.com"),
    "three brands": staff(["Alpha Foods", "Brone Labs", "Citra Media"], 3, at="delta.com"),
    "owner and three": staff(["Delta Foods", "Brone Labs", "Citra Media", "Alfin Steel"], at="delta.com"),
    "group": staff([f"Bolta {land}" for land in ("GmbH Holding", "Iberia", "Nordic", "Polska", "Italia", "France")], at="odd.com"),
    "abbreviation": staff(["International Business Machines", "IBM", "IBM Deutschland", "Intl Business Machines", "Bigblue", "IBM Global Services"], at="ibm.com"),
    "misspelt": staff(["Farrar Mills", "Farar Mills", "Farrar Mils", "Farrra Mills", "Frarar Mills", "Farrar", "Ferrar Mills"], at="odd.com"),
    "university": staff(["Universität Halle", "Halle University", "Library", "Law", "Uni Halle, Physics", "Klinikum Halle", "Student Union", "Chemistry"], at="uni-halle.de"),
    "brands of an owner": staff(["Unilever", "Knorr", "Dove", "Magnum", "Lipton", "Rexona"], at="unilever.com"),
    "one in ten tells the owner": staff(["Delta Foods", *(firm(number) for number in range(9))], at="delta.com"),
    "chairs of a university": staff(["TU München", "Institut für Physik", "Lehrstuhl Informatik", "Rechenzentrum", "Mensa", "Bibliothek"], at="tum.de"),
    "two scripts": staff(["Сбербанк", "Sberbank", "ПАО Сбербанк", "Sberbank of Russia"], at="sberbank.ru"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_a_company_of_several_names_keeps_its_domain(name: str) -> None:
    """Everybody at the domain is of one account, and no key is set aside."""
    found = judged([row | {"truth": "one"} for row in ONE[name]], "account_id")[2]
    assert len(set(found.crosswalk["account_id"].to_pylist())) == 1
    assert not found.key_guard_report.num_rows


def test_a_name_told_everywhere_is_no_strangers() -> None:
    """`Freelancer`, `IT dept` and other words of forms beside a company's name do not make its domain nobody's."""
    junk = ["IT dept", "Home office", "Acquisition", "Me", "The firm", "Consultant"]
    rows = [row | {"truth": at} for at in (f"{word(n)}.com" for n in range(5)) for row in staff(["Bolta", *junk], at=at)]  # fmt: skip
    found = judged(rows, "account_id")[2]
    assert found.golden_account.num_rows == 5 and not found.key_guard_report.num_rows


def test_an_id_with_two_names_and_two_domains_is_a_rename() -> None:
    """A CRM id is a must-link: a company that was renamed and moved to another domain stays one account."""
    rows = [*staff(["Old Steel"], 3, at="oldsteel.com"), *staff(["Brandnew Foods"], 3, at="brandnew.com")]
    found = judged([row | {"account_key": ["ACC-7001"], "truth": "one"} for row in rows], "account_id")[2]
    assert found.golden_account.num_rows == 1 and not found.key_guard_report.num_rows


def test_an_id_whose_largest_company_tells_two_in_five_is_its() -> None:
    """Six contacts of one id have other words for their company, four name it: more than a third is enough."""
    names = [FIRMS[0]] * 4 + FIRMS[1:7]
    rows = [{"last_name": word(n), "company": name, "email": f"a@{word(n * 7)}.com", "account_key": ["ACC-7001"], "truth": "one"} for n, name in enumerate(names)]  # fmt: skip
    assert judged(rows, "account_id")[2].golden_account.num_rows == 1


@pytest.mark.parametrize("site", ["https://wa.me/49301234567", "https://acme.business.site/", "http://acme.weebly.com", "https://www.yelp.com/biz/acme"])  # fmt: skip
def test_a_page_at_a_builders_or_a_directorys_is_no_domain(site: str) -> None:
    """Two companies with a page at one known host are two."""
    assert judged(own(FIRMS[:2], website=site), "account_id")[2].golden_account.num_rows == 2


def test_a_builders_own_site_is_the_builders() -> None:
    """What stands in no place of its own at a builder's host is the builder's."""
    assert judged(own(["Weebly", "Weebly"], website="https://www.weebly.com/pricing"), "account_id")[2].golden_account.num_rows == 1  # fmt: skip


def test_the_words_tell_a_domain_that_joins_nobody() -> None:
    """Whoever asks why a company is alone reads that its mail host is many companies'."""
    found = judged(STRANGERS["mail host"], "account_id")[2]
    told = explained(found, "s::r000000")
    account = found.crosswalk.to_pylist()[0]["account_id"]
    for one in (told, explained(found, account)):
        assert "Set aside: domain smallisp.net, borne by 60 records: a domain of companies with nothing in common." in in_words(one)  # fmt: skip


def test_the_words_tell_a_domain_of_one_company_to_its_guests_alone() -> None:
    """An agency, its staff and the people among them are told nothing of their own domain; a client that has its mailbox there is."""
    agency = [*own(["Ledger Partners"], email="office@ledgerpartners.com"), *staff(["Ledger Partners"], 20, at="ledgerpartners.com")]  # fmt: skip
    found = judged([*agency, *own(FIRMS[:8], email="accounts@ledgerpartners.com")], "account_id")[2]
    crosswalk = {row["record_id"]: row for row in found.crosswalk.to_pylist()}
    (guard,) = found.key_guard_report.to_pylist()
    line = f"Set aside: domain ledgerpartners.com, borne by 8 records: {guard['reason']}."
    owner = [crosswalk["r000000"]["account_id"], crosswalk["r000001"]["account_id"], crosswalk["r000001"]["person_id"]]
    assert owner[0] == owner[1]
    assert [line in in_words(explained(found, one)) for one in (*owner, "s::r000000", "s::r000021")] == [False] * 4 + [True]  # fmt: skip


@pytest.mark.parametrize(("column", "one", "lines"), [("account_key", "ACC-7001-XYZ-00123", 1), ("person_key", "ACC-7001-XYZ-00123", 0)])  # fmt: skip
def test_the_words_tell_an_id_of_companies_to_those_who_bear_it(column: str, one: str, lines: int) -> None:
    """An id of eighteen signs with a dash stands as it is; who bears it as a person's id is not concerned."""
    rows = [row | {"account_key": ["ACC-7001-XYZ-00123"], "email": f"a@{word(n)}.com"} for n, row in enumerate(staff(FIRMS))]  # fmt: skip
    found = judged([{"company": "Zuluminor", "last_name": "Oxbow", column: [one], "truth": "z"}, *rows], "account_id")[2]  # fmt: skip
    assert len([line for line in in_words(explained(found, "s::r000000")) if "Set aside: id" in line]) == lines


def test_a_guard_that_comes_and_goes_is_that_of_a_rebuild() -> None:
    """A domain of one record becomes many companies' with news, and one company's again with deletions: as if all had come at once."""
    story = Story()
    rows = [("put", n, {name: row[name] for name in ("last_name", "company", "email")}) for n, row in enumerate(staff(FIRMS[:6]))]  # fmt: skip
    for some in (rows[:1], rows[1:]):
        story.tell(some)
    story.check_end()
    assert story.found and story.found.key_guard_report.num_rows == 1
    assert len(groups(story.found, "account_id")) == 6
    story.tell([("drop", number) for number in range(3)])
    story.check_end(again=True)
    assert not story.found.key_guard_report.num_rows and len(groups(story.found, "account_id")) == 1


def test_another_domain_that_is_taken_is_told_anew() -> None:
    """A company whose website's host was nobody's already, and whose mail host becomes so with news, has no domain any more."""
    story = Story()
    hosts = [[("put", 10 * turn + n, {name: row[name] for name in ("last_name", "company", "email")}) for n, row in enumerate(staff(FIRMS[6 * turn : 6 * turn + 6], at=at))] for turn, at in enumerate(("hosta.net", "hostb.net"))]  # fmt: skip
    company = {"company": "Zuluminor Oxbow", "is_company": True, "website": "hosta.net", "email": "x@hostb.net"}
    found = story.tell([*hosts[0], ("put", 30, company)])
    assert "hostb.net" in found.golden_account["domain"].to_pylist()
    found = story.tell(hosts[1])
    story.check_end()
    assert "hostb.net" not in found.golden_account["domain"].to_pylist()


def test_many_names_of_one_beginning_hide_nobody() -> None:
    """Of a host of hundreds of companies forty are looked at, and not those forty that come first by the alphabet and are alike."""
    found = judged(staff([f"Aalborg {word(n)}" for n in range(60)] + [firm(n) for n in range(240)]), "account_id")[2]
    assert [row["key_value"] for row in found.key_guard_report.to_pylist()] == ["smallisp.net"]
