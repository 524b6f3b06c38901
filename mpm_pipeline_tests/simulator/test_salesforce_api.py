"""Salesforce's REST protocol over HTTP: sessions, paging, deletes and their purge, describe, quota, limits."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.worlds import version, write_world

V66 = "/services/data/v66.0"
MAY = "2026-05-{:02d}T00:00:00.000+0000"


def lead(number: int, stamp: int, **fields: object) -> dict:
    """A lead changed on a day of May."""
    return {"Id": f"00Q{number:012d}AAA", "LastName": f"Lead {number}", "SystemModstamp": MAY.format(stamp), **fields}


STREAMS = {
    "salesforce/Account": [
        version({"Id": f"001{number:012d}AAA", "Name": f"Account {number}"}, at="2026-02-01T00:00:00Z")
        for number in range(1_000)
    ]
    + [version({"Id": "001000000009999AAA", "Name": "Late"}, at="2026-06-01T00:30:00Z")],
    "salesforce/Lead": [
        version(lead(1, 1, Email="a@x.example"), at="2026-05-01T00:00:00Z"),
        version(lead(2, 2), at="2026-05-02T00:00:00Z"),
        version(lead(2, 2), at="2026-05-25T10:20:30Z", deleted=True),
        version(lead(3, 3), at="2026-05-03T00:00:00Z"),
        version({"Id": "00Q000000000003AAA"}, at="2026-05-10T00:00:00Z", deleted=True),
        version(lead(4, 28, IsDeleted=True, MasterRecordId="00Q000000000001AAA"), at="2026-05-28T00:00:00Z"),
    ],
    "salesforce/CampaignMember": [
        version({"Id": "00v1", "Status": "Sent"}, at="2026-05-01T00:00:00Z"),
        version({"Id": "00v1", "Status": "Sent"}, at="2026-05-26T00:00:00Z", deleted=True),
    ],
    "salesforce/User": [{"Id": "0051", "Name": "Ada", "IsActive": True}],
    "salesforce/LeadHistory": [{"Id": "0171", "LeadId": "00Q1", "Field": "Status", "CreatedDate": MAY.format(1)}],
    "salesforce/Visit__c": [
        {"Id": "a001", "Minutes__c": 5, "Rate__c": 1, "When__c": MAY.format(4), "Region__c": "EMEA"},
        {"Id": "a002", "Minutes__c": 7, "Rate__c": 1.5, "When__c": None, "Region__c": None},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulator of all tests here."""
    with Simulator(write_world(tmp_path_factory.mktemp("world"), STREAMS)) as running:
        yield running


@pytest.fixture
def org(simulator: Simulator) -> Iterator[httpx.Client]:
    """A client with a session, at the world's own time and with quota to spare."""
    simulator.clock.set(simulator.world.now)
    simulator.sites["salesforce"].limits.clear()
    with httpx.Client(base_url=simulator.state()["sources"]["salesforce"]["url"], timeout=60) as client:
        log_in(client, simulator)
        yield client


def log_in(client: httpx.Client, simulator: Simulator) -> httpx.Response:
    """Open a session and use it from now on."""
    form = {"grant_type": "client_credentials", **simulator.sites["salesforce"].credentials}
    answer = client.post("/services/oauth2/token", data=form)
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return answer


def query(client: httpx.Client, text: str, endpoint: str = "query", **headers: str) -> dict:
    """The first page of a query."""
    return client.get(f"{V66}/{endpoint}", params={"q": text}, headers=headers).json()


def ids(page: dict) -> list[str]:
    """The numbers of the leads on a page."""
    return [record["Id"][-4] for record in page["records"]]


def test_the_token_answer_has_the_vendors_shape(org: httpx.Client, simulator: Simulator) -> None:
    """No expires_in, issued_at as text of milliseconds of the simulated clock, instance_url the host that was asked."""
    body = log_in(org, simulator).json()
    assert set(body) == {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
    assert (body["issued_at"], body["token_type"]) == ("1780272000000", "Bearer")
    assert body["instance_url"] == simulator.state()["sources"]["salesforce"]["url"]


def test_credentials_other_than_the_stated_are_refused(org: httpx.Client, simulator: Simulator) -> None:
    """Wrong id, wrong secret and an unknown grant each get their own OAuth error; HTTP Basic works too."""
    good = simulator.sites["salesforce"].credentials
    url, grant = "/services/oauth2/token", {"grant_type": "client_credentials"}

    def refusal(**form: str) -> tuple[int, str]:
        answer = org.post(url, data=form)
        return answer.status_code, answer.json()["error"]

    assert refusal(**grant, client_id="x", client_secret=good["client_secret"]) == (400, "invalid_client_id")
    assert refusal(**grant, client_id=good["client_id"], client_secret="x") == (400, "invalid_client")
    assert refusal(**good, grant_type="magic") == (400, "unsupported_grant_type")
    assert refusal(**good, grant_type="password") == (400, "invalid_grant")
    basic = httpx.BasicAuth(good["client_id"], good["client_secret"])
    assert org.post(url, data=grant, auth=basic).status_code == 200


def test_a_session_ends_after_two_hours_without_use(org: httpx.Client, simulator: Simulator) -> None:
    """Calls without, with a wrong or with an expired token are 401; use keeps a session alive."""
    assert org.get(f"{V66}/limits", headers={"authorization": "Bearer x"}).status_code == 401
    for minutes, status in ((119, 200), (119, 200), (121, 401)):
        httpx.put(f"{simulator.control_url}/clock", json={"advance": f"{minutes}m"})
        answer = org.get(f"{V66}/limits")
        assert answer.status_code == status
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_versions_and_unknown_paths(org: httpx.Client) -> None:
    """v50.0 to v68.0 are served, others and unknown paths are 404 in an array; the list needs no session."""
    listed = org.get("/services/data", headers={"authorization": ""}).json()
    assert (listed[0]["version"], listed[-1]["version"]) == ("50.0", "68.0")
    assert {"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"} in listed
    for path in ("/services/data/v49.0/limits", "/services/data/v69.0/limits", f"{V66}/nothing", "/elsewhere"):
        answer = org.get(path)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    assert org.delete(f"{V66}/limits").json()[0]["errorCode"] == "METHOD_NOT_ALLOWED"


def test_paging_is_fixed_at_the_first_ask(org: httpx.Client, simulator: Simulator) -> None:
    """All rows come once, over pages that may be short, even though the clock moves and a row appears meanwhile."""
    page = query(org, "SELECT Id FROM Account", **{"Sforce-Query-Options": "batchSize=200"})
    sizes, seen = [len(page["records"])], [record["Id"] for record in page["records"]]
    httpx.put(f"{simulator.control_url}/clock", json={"advance": "1h"})
    while not page["done"]:
        page = org.get(page["nextRecordsUrl"]).json()
        sizes.append(len(page["records"]))
        seen += [record["Id"] for record in page["records"]]
    assert (sum(sizes), len(set(seen)), page["totalSize"]) == (1000, 1000, 1000)
    assert "nextRecordsUrl" not in page
    assert max(sizes) == 200
    assert min(sizes[:-1]) < 200
    assert query(org, "SELECT COUNT() FROM Account")["totalSize"] == 1001


def test_a_cursor_outlives_its_session_but_not_two_days(org: httpx.Client, simulator: Simulator) -> None:
    """After a new login the old cursor goes on; unknown and old ones are INVALID_QUERY_LOCATOR."""
    url = query(org, "SELECT Id FROM Account", **{"Sforce-Query-Options": "batchSize=1"})["nextRecordsUrl"]
    httpx.put(f"{simulator.control_url}/clock", json={"advance": "3h"})
    assert org.get(url).status_code == 401
    log_in(org, simulator)
    assert len(org.get(url).json()["records"]) == 150
    assert org.get(f"{V66}/query/01gNone-200").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    httpx.put(f"{simulator.control_url}/clock", json={"advance": "2d"})
    log_in(org, simulator)
    assert org.get(url).json()[0] == {"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}


def test_deleted_rows_lie_in_the_bin_for_fifteen_days(org: httpx.Client, simulator: Simulator) -> None:
    """query hides them, queryAll shows them with their fields and a new stamp, after 15 days they are gone."""
    text = "SELECT Id, IsDeleted, LastName, SystemModstamp FROM Lead ORDER BY Id"
    assert ids(query(org, text)) == ["1"]
    page = query(org, text, "queryAll")
    assert ids(page) == ["1", "2", "4"]
    gone = page["records"][1]
    assert (gone["IsDeleted"], gone["LastName"]) == (True, "Lead 2")
    assert gone["SystemModstamp"] == "2026-05-25T10:20:30.000+0000"
    recent = "SELECT Id FROM Lead WHERE IsDeleted = true AND SystemModstamp >= 2026-05-25T00:00:00Z ORDER BY Id"
    assert ids(query(org, recent, "queryAll")) == ["2", "4"]
    for day, found in (("2026-05-12", "123"), ("2026-06-09", "124"), ("2026-06-10", "14")):
        httpx.put(f"{simulator.control_url}/clock", json={"now": f"{day}T00:00:00Z"})
        log_in(org, simulator)
        assert "".join(ids(query(org, text, "queryAll"))) == found


def test_deleted_and_updated_tell_ids_of_a_window(org: httpx.Client) -> None:
    """Windows are cut to minutes, reach back 15 days at most, and say up to where they cover."""
    window = {"start": "2026-05-25T10:20:59Z", "end": "2026-06-01T00:00:30Z"}
    assert org.get(f"{V66}/sobjects/Lead/deleted/", params=window).json() == {
        "deletedRecords": [
            {"id": "00Q000000000002AAA", "deletedDate": "2026-05-25T10:20:30.000+0000"},
            {"id": "00Q000000000004AAA", "deletedDate": "2026-05-28T00:00:00.000+0000"},
        ],
        "earliestDateAvailable": "2026-05-17T00:00:00.000+0000",
        "latestDateCovered": "2026-06-01T00:00:00.000+0000",
    }
    later = {**window, "start": "2026-05-28T00:00:00+00:00"}
    assert [
        row["id"][-4] for row in org.get(f"{V66}/sobjects/Lead/deleted", params=later).json()["deletedRecords"]
    ] == ["4"]
    updated = org.get(f"{V66}/sobjects/Lead/updated", params=window).json()
    assert updated == {"ids": [], "latestDateCovered": "2026-06-01T00:00:00.000+0000"}
    for wrong in ({**window, "start": "2026-05-16T00:00:00Z"}, {**window, "end": window["start"]}):
        assert (
            org.get(f"{V66}/sobjects/Lead/deleted", params=wrong).json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
        )


def test_a_campaign_member_is_deleted_for_good(org: httpx.Client) -> None:
    """No recycle bin holds a deleted campaign member; /deleted alone tells."""
    assert query(org, "SELECT COUNT() FROM CampaignMember", "queryAll")["totalSize"] == 0
    window = {"start": "2026-05-25T00:00:00Z", "end": "2026-06-01T00:00:00Z"}
    found = org.get(f"{V66}/sobjects/CampaignMember/deleted", params=window).json()["deletedRecords"]
    assert [row["id"] for row in found] == ["00v1"]


def test_describe_tells_the_keys_that_occur(org: httpx.Client) -> None:
    """Fields are those of the records, typed by the vendor's names, else by their values, with the derived ones."""

    def fields(name: str) -> dict[str, str]:
        return {field["name"]: field["type"] for field in org.get(f"{V66}/sobjects/{name}/describe").json()["fields"]}

    system = {"Id": "id", "CreatedDate": "datetime", "LastModifiedDate": "datetime", "SystemModstamp": "datetime"}
    deletable = system | {"IsDeleted": "boolean"}
    assert fields("Lead") == deletable | {"LastName": "string", "Email": "email", "MasterRecordId": "reference"}
    assert fields("User") == system | {"Name": "string", "IsActive": "boolean"}
    assert fields("LeadHistory") == {
        "Id": "id", "CreatedDate": "datetime", "LeadId": "reference", "Field": "picklist",
    }  # fmt: skip
    custom = {"Minutes__c": "int", "Rate__c": "double", "When__c": "datetime", "Region__c": "string"}
    assert fields("visit__C") == deletable | custom
    assert fields("Opportunity")["StageName"] == "picklist"


def test_objects_exist_without_a_file_if_they_are_standard(org: httpx.Client) -> None:
    """A standard object without a file is empty; an unknown one is no object."""
    listed = {summary["name"]: summary for summary in org.get(f"{V66}/sobjects").json()["sobjects"]}
    assert listed["Lead"]["keyPrefix"] == "00Q"
    assert listed["Visit__c"]["custom"] is True
    assert "Nope" not in listed
    assert query(org, "SELECT Id, StageName FROM Opportunity")["totalSize"] == 0
    assert query(org, "SELECT Id FROM Nope")[0]["errorCode"] == "INVALID_TYPE"
    assert org.get(f"{V66}/sobjects/Nope/describe").status_code == 404


def test_single_records(org: httpx.Client) -> None:
    """A record by its id, whole or some fields; a deleted or unknown one is 404."""
    assert org.get(f"{V66}/sobjects/Lead/00Q000000000001", params={"fields": "LastName,Email"}).json() == {
        "attributes": {"type": "Lead", "url": f"{V66}/sobjects/Lead/00Q000000000001AAA"},
        "LastName": "Lead 1",
        "Email": "a@x.example",
    }
    assert "SystemModstamp" in org.get(f"{V66}/sobjects/Lead/00Q000000000001AAA").json()
    assert org.get(f"{V66}/sobjects/Lead/00Q000000000002AAA").json()[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert org.get(f"{V66}/sobjects/Lead/00Q000000000009AAA").json()[0]["errorCode"] == "NOT_FOUND"


def test_the_quota_is_counted_over_a_day_and_can_be_set(org: httpx.Client, simulator: Simulator) -> None:
    """Each call shows in Sforce-Limit-Info; over the quota it is 403, and a day later it works again."""
    simulator.clock.advance(timedelta(days=100))
    log_in(org, simulator)
    httpx.put(f"{simulator.control_url}/limits", json={"salesforce": {"daily_requests": 2}})
    first = org.get(f"{V66}/limits")
    assert first.headers["sforce-limit-info"] == "api-usage=1/2"
    assert first.json()["DailyApiRequests"] == {"Max": 2, "Remaining": 1}
    assert "sforce-limit-info" not in org.get("/services/data").headers
    assert query(org, "SELECT COUNT() FROM Lead")["totalSize"] == 1
    over = org.get(f"{V66}/limits")
    assert (over.status_code, over.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    httpx.put(f"{simulator.control_url}/clock", json={"advance": "1d"})
    log_in(org, simulator)
    assert org.get(f"{V66}/limits").status_code == 200


def test_a_long_uri_is_refused(org: httpx.Client) -> None:
    """Beyond 16,384 bytes a request is 414, as long field lists meet it."""
    answer = org.get(f"{V66}/query", params={"q": "LastName," * 1_900})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (414, "URI_TOO_LONG")


def test_odd_values_go_through_untouched(tmp_path: Path) -> None:
    """A NaN and a repeated name in a record arrive on the wire as the world has them."""
    row = '{"record": {"Id": "0061", "Amount": NaN, "Name": "a", "Name": "b"}}'
    with Simulator(write_world(tmp_path, {"salesforce/Opportunity": [row]})) as simulator:
        with httpx.Client(base_url=simulator.state()["sources"]["salesforce"]["url"], timeout=60) as org:
            log_in(org, simulator)
            answer = org.get(f"{V66}/query", params={"q": "SELECT Id, Amount, Name FROM Opportunity WHERE Name = 'b'"})
    assert '"Id":"0061","Amount":NaN,"Name":"a","Name":"b"}' in answer.text
