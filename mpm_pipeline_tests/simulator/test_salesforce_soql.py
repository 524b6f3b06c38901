"""The SOQL subset over a world of five accounts, by a table of queries and what they find."""

from datetime import timedelta
from pathlib import Path

import pytest

from mpm_pipeline.simulator.salesforce.errors import Refused
from mpm_pipeline.simulator.salesforce.org import Org
from mpm_pipeline.simulator.salesforce.query import QueryEngine
from mpm_pipeline_tests.simulator.worlds import site, write_world

BASE = "/services/data/v66.0"
ADA, BOB = "005000000000001AAA", "005000000000002AAA"


def account(number: int, name: str | None, **fields: object) -> dict:
    """An account whose id ends in its number."""
    stamp = f"2026-05-{number:02d}T12:00:00.000+0000"
    return {"Id": f"00100000000000{number}AAA", "Name": name, "SystemModstamp": stamp, "CreatedDate": stamp, **fields}


ACCOUNTS = [
    account(1, "Acme", Industry="Steel", AnnualRevenue=100.0, OwnerId=ADA, IsPartner__c=True, Tags__c="A;B"),
    account(2, "acme East", Industry="Steel", AnnualRevenue=300, OwnerId=BOB, IsPartner__c=False, Tags__c="B;C"),
    account(3, "Bolt_1", Industry=None, AnnualRevenue=None, OwnerId=None, IsPartner__c=None, Tags__c=None),
    account(4, "O'Neill", Industry="Food", AnnualRevenue=50.5, OwnerId=ADA, Founded__c="1999-05-01", Tags__c="C"),
    account(5, "Zeta", Industry="", AnnualRevenue=0, OwnerId=BOB, Founded__c="2026-06-01"),
]
USERS = [{"Id": ADA, "Name": "Ada", "UserRoleId": "00E000000000001AAA"}, {"Id": BOB, "Name": "Bob"}]
ROLES = [{"Id": "00E000000000001AAA", "Name": "West"}]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> QueryEngine:
    """The queries' org at 2026-06-01."""
    streams = {"salesforce/Account": ACCOUNTS, "salesforce/User": USERS, "salesforce/UserRole": ROLES}
    return QueryEngine(Org(site(write_world(tmp_path_factory.mktemp("world"), streams))))


def ask(engine: QueryEngine, text: str) -> dict:
    """The first page of a query."""
    return engine.first_page(text, False, 2000, BASE)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'ACME'", "1"),
        ("name != 'Acme'", "2345"),
        ("Name <> 'Acme'", "2345"),
        ("Name LIKE 'acme%'", "12"),
        ("Name LIKE '_cme'", "1"),
        (r"Name LIKE 'Bolt\_%'", "3"),
        (r"Name LIKE 'Acme\_%'", ""),
        (r"Name = 'O\'Neill'", "4"),
        ("Name > 'b'", "345"),
        ("Industry = null", "35"),
        ("Industry = ''", "35"),
        ("Industry != null", "124"),
        ("Industry IN ('steel', 'Food')", "124"),
        ("Industry NOT IN ('Steel')", "345"),
        ("Industry IN ('Food', null)", "345"),
        ("NOT Industry = 'Steel'", "345"),
        ("AnnualRevenue >= 50.5", "124"),
        ("AnnualRevenue < 1e2", "45"),
        ("AnnualRevenue = -0", "5"),
        ("AnnualRevenue = null", "3"),
        ("IsPartner__c = TRUE", "1"),
        ("IsPartner__c = false", "2345"),
        ("IsDeleted = false", "12345"),
        ("Tags__c INCLUDES ('A;B', 'C')", "124"),
        ("Tags__c EXCLUDES ('B')", "345"),
        ("SystemModstamp >= 2026-05-03T12:00:00Z", "345"),
        ("SystemModstamp > 2026-05-03T12:00:00.000Z", "45"),
        ("SystemModstamp >= 2026-05-03T14:00:00+02:00 AND SystemModstamp < 2026-05-04T12:00:00Z", "3"),
        ("SystemModstamp = 2026-05-02T12:00:00Z", "2"),
        ("SystemModstamp != 2026-05-02T12:00:00Z", "1345"),
        ("(SystemModstamp = 2026-05-02T12:00:00Z AND Id > '001000000000002AAA')"
         " OR SystemModstamp > 2026-05-03T12:00:00Z", "45"),
        ("CreatedDate = LAST_N_DAYS:29", "345"),
        ("CreatedDate < LAST_N_DAYS:29", "12"),
        ("CreatedDate = LAST_MONTH", "12345"),
        ("CreatedDate >= THIS_MONTH", ""),
        ("CreatedDate = N_DAYS_AGO:30", "2"),
        ("Founded__c = TODAY", "5"),
        ("Founded__c = YESTERDAY", ""),
        ("Founded__c > YESTERDAY", "5"),
        ("Founded__c < 2000-01-01", "4"),
        ("Founded__c = null", "123"),
        ("Id = '001000000000003'", "3"),
        ("Id != '001000000000003'", "1245"),
        ("Id IN ('001000000000003', '001000000000004AAA')", "34"),
        ("Owner.Name = 'ada'", "14"),
        ("Owner.UserRole.Name = 'West'", "14"),
        ("Account.Name = 'Zeta'", "5"),
        ("Owner.Name = null", "3"),
        ("OwnerId IN (SELECT Id FROM User WHERE Name = 'Bob')", "25"),
        ("(Industry = 'Steel' OR Industry = 'Food') AND (NOT (Name LIKE 'acme%'))", "4"),
    ],
)  # fmt: skip
def test_where(engine: QueryEngine, where: str, found: str) -> None:
    """Each condition finds exactly the accounts whose numbers stand beside it."""
    page = ask(engine, " ".join(["SELECT Id FROM Account WHERE", where, "ORDER BY Id"]))
    assert "".join(record["Id"][14] for record in page["records"]) == found
    assert (page["totalSize"], page["done"]) == (len(found), True)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("Name", "12345"),
        ("Name DESC", "54321"),
        ("AnnualRevenue", "35412"),
        ("AnnualRevenue DESC NULLS LAST", "21453"),
        ("Industry ASC NULLS LAST, Name DESC", "42153"),
        ("SystemModstamp DESC LIMIT 2 OFFSET 1", "43"),
        ("Owner.Name DESC NULLS LAST, Id", "25143"),
    ],
)
def test_order_limit_offset(engine: QueryEngine, order: str, found: str) -> None:
    """Text sorts without case, nulls come first unless asked otherwise, limits cut after sorting."""
    page = ask(engine, " ".join(["SELECT Id FROM Account ORDER BY", order]))
    assert "".join(record["Id"][14] for record in page["records"]) == found


def test_records_come_as_selected_with_their_parents(engine: QueryEngine) -> None:
    """Fields stand in the vendor's spelling, parents nested with their own type, an absent parent as null."""
    page = ask(engine, "select id, NAME, owner.name, Owner.UserRole.Name from account where Name in ('Acme', 'Bolt_1')")
    first, second = page["records"]
    assert first == {
        "attributes": {"type": "Account", "url": f"{BASE}/sobjects/Account/001000000000001AAA"},
        "Id": "001000000000001AAA",
        "Name": "Acme",
        "Owner": {
            "attributes": {"type": "User", "url": f"{BASE}/sobjects/User/{ADA}"},
            "Name": "Ada",
            "UserRole": {
                "attributes": {"type": "UserRole", "url": f"{BASE}/sobjects/UserRole/00E000000000001AAA"},
                "Name": "West",
            },
        },
    }
    assert second["Owner"] is None


def test_counts_and_groups(engine: QueryEngine) -> None:
    """COUNT() gives a size alone; aggregates leave nulls out and name themselves expr0, expr1 or by alias."""
    assert ask(engine, "SELECT COUNT() FROM Account WHERE Industry = 'Steel'") == {
        "totalSize": 2, "done": True, "records": [],
    }  # fmt: skip
    page = ask(
        engine,
        "SELECT Industry, COUNT(Id) n, SUM(AnnualRevenue), MAX(SystemModstamp), MIN(Name) FROM Account"
        " GROUP BY Industry ORDER BY COUNT(Id) DESC, Industry DESC",
    )
    marker = {"type": "AggregateResult"}
    assert page["records"] == [
        {"attributes": marker, "Industry": "Steel", "n": 2, "expr0": 400.0, "expr1": "2026-05-02T12:00:00.000+0000",
         "expr2": "Acme"},
        {"attributes": marker, "Industry": None, "n": 2, "expr0": 0, "expr1": "2026-05-05T12:00:00.000+0000",
         "expr2": "Bolt_1"},
        {"attributes": marker, "Industry": "Food", "n": 1, "expr0": 50.5, "expr1": "2026-05-04T12:00:00.000+0000",
         "expr2": "O'Neill"},
    ]  # fmt: skip
    assert ask(engine, "SELECT COUNT(OwnerId), AVG(AnnualRevenue) a FROM Account")["records"] == [
        {"attributes": marker, "expr0": 4, "a": 112.625}
    ]


def test_all_fields_need_a_small_limit(engine: QueryEngine) -> None:
    """FIELDS(ALL) gives every described field, but only with a limit of at most 200."""
    (record,) = ask(engine, "SELECT FIELDS(ALL) FROM Account WHERE Name = 'Zeta' LIMIT 200")["records"]
    assert record["Founded__c"] == "2026-06-01"
    assert record["IsPartner__c"] is None
    assert record["LastModifiedDate"] == "2026-05-05T12:00:00.000+0000"
    with pytest.raises(Refused, match="LIMIT of at most 200"):
        ask(engine, "SELECT FIELDS(ALL) FROM Account LIMIT 201")


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("SELECT Id FRM Account", "MALFORMED_QUERY", "Row:1:Column:11\nunexpected token: 'FRM'"),
        ("SELECT Id, FROM Account", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
        ("SELECT Id FROM Account WHERE Name = Acme AND", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Id = 'a' AND Id = 'b' OR Id = 'c'", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("SELECT Id FROM Account LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT Id FROM Account WHERE Name = 'open", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-01-01T00:00:00", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Account WHERE CreatedDate = SOMEDAY", "MALFORMED_QUERY", "unexpected token: 'SOMEDAY'"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT Id FROM Account, Contact", "MALFORMED_QUERY", "unexpected token: ','"),
        ("SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"),
        ("SELECT Id FROM Account WHERE Nope = 1", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Boss'"),
        ("SELECT Owner.Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'User'"),
        ("SELECT IsDeleted FROM User", "INVALID_FIELD", "No such column 'IsDeleted' on entity 'User'"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        (
            "SELECT Id FROM Account WHERE CreatedDate > '2026-01-01'",
            "INVALID_FIELD",
            "should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Account WHERE AnnualRevenue > '5'", "INVALID_FIELD", "must be of type double"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_FIELD", "invalid operator"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Id FROM Nope__c", "INVALID_TYPE", "sObject type 'Nope__c' is not supported"),
        ("SELECT " + "Id," * 40_000 + "Id FROM Account", "MALFORMED_QUERY", "100000 characters"),
    ],
)
def test_wrong_queries_are_refused_in_the_vendors_words(engine: QueryEngine, text: str, code: str, reason: str) -> None:
    """A wrong query is a 400 with the vendor's code and a message that points at the place."""
    with pytest.raises(Refused) as refused:
        ask(engine, text)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert reason in str(refused.value)


def test_a_damaged_stamp_is_found_by_when_it_shows(tmp_path: Path) -> None:
    """A row whose stamp is no date is still served to a window, by the instant from which it shows."""
    row = {"record": {"Id": "1", "SystemModstamp": "soon", "CreatedDate": "2026-02-01T00:00:00Z"}}
    engine = QueryEngine(Org(site(write_world(tmp_path, {"salesforce/Lead": [row]}))))
    window = "SystemModstamp >= 2026-02-01T00:00:00Z AND SystemModstamp < 2026-02-02T00:00:00Z"
    (record,) = ask(engine, " ".join(["SELECT SystemModstamp FROM Lead WHERE", window]))["records"]
    assert record["SystemModstamp"] == "soon"


def test_later_pages_show_the_parents_of_the_first_ask(tmp_path: Path) -> None:
    """A parent that changes between two pages is shown as it was when the query was asked."""
    owners = [
        {"at": "2026-01-01T00:00:00Z", "record": {"Id": ADA, "Name": "Ada"}},
        {"at": "2026-06-02T00:00:00Z", "record": {"Id": ADA, "Name": "Ada Married"}},
    ]
    accounts = [{"Id": f"001{number:012d}AAA", "OwnerId": ADA} for number in range(3)]
    here = site(write_world(tmp_path, {"salesforce/Account": accounts, "salesforce/User": owners}))
    engine = QueryEngine(Org(here))
    first = engine.first_page("SELECT Owner.Name FROM Account", False, 2, BASE)
    here.clock.advance(timedelta(days=1))
    (last,) = engine.next_page(first["nextRecordsUrl"].rpartition("/")[2], BASE)["records"]
    assert last["Owner"]["Name"] == "Ada"
    (now,) = ask(engine, "SELECT Owner.Name FROM Account LIMIT 1")["records"]
    assert now["Owner"]["Name"] == "Ada Married"
