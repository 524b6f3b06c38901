"""Marketo as served: tokens, errors inside 200, the activity stream, what happened to leads."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.marketo_worlds import NOW, STREAMS, Subscription, activity, codes, lead, served
from mpm_pipeline_tests.simulator.small_worlds import Rows, version, write_world


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subscription]:
    with served(tmp_path_factory.mktemp("world"), STREAMS) as found:
        yield found


def test_token_is_the_same_until_it_expires(tmp_path: Path) -> None:
    """Asked again after ten minutes: the same token with less left; after an hour: another, the old one is 602."""
    with served(tmp_path, {}) as marketo:
        first = marketo.token()
        assert first["expires_in"] == 3599
        marketo.move({"advance": "10m"})
        assert marketo.token() == first | {"expires_in": 2999}
        marketo.move({"advance": "50m"})
        assert codes(marketo.get("/rest/v1/lists.json")) == ["602"]
        assert marketo.token()["access_token"] != first["access_token"]


def test_wrong_credentials_are_a_real_401(marketo: Subscription) -> None:
    """Only the identity endpoint uses the status; it takes POST too."""
    url = f"{marketo.url}/identity/oauth/token"
    form = {"grant_type": "client_credentials", "client_id": marketo.client_id, "client_secret": "wrong"}
    for wrong in (form, form | {"client_id": "wrong", "client_secret": marketo.client_secret}):
        refused = httpx.get(url, params=wrong, timeout=60)
        assert (refused.status_code, refused.json()["error"]) == (401, "unauthorized")
    assert (
        httpx.post(url, data=form | {"client_secret": marketo.client_secret}, timeout=60).json()["token_type"]
        == "bearer"
    )


@pytest.mark.parametrize(
    ("header", "query", "code"),
    [({}, "", "600"), ({"Authorization": "Bearer nonsense"}, "", "601"), (None, "?access_token=x", "600")],
)
def test_bad_tokens_are_errors_inside_200(
    marketo: Subscription, header: dict[str, str] | None, query: str, code: str
) -> None:
    """No token is 600, an unknown one 601, and the parameter is refused even beside a good header."""
    headers = marketo.headers if header is None else header
    answer = httpx.get(f"{marketo.url}/rest/v1/lists.json{query}", headers=headers, timeout=60)
    assert (answer.status_code, codes(answer.json())) == (200, [code])


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/rest/v1/unicorns.json", "610"),
        ("/rest/v1//lists.json", "610"),
        ("/rest/v1/leads.json?filterType=email", "1003"),
        ("/rest/v1/leads.json?filterType=&filterValues=a", "701"),
        ("/rest/v1/leads.json?filterType=colour&filterValues=red", "1006"),
        ("/rest/v1/leads.json?filterType=id&filterValues=1&fields=colour", "1006"),
        ("/rest/v1/lead/999.json", "1004"),
        ("/rest/v1/lists/99/leads.json", "1013"),
        ("/rest/v1/activities/pagingtoken.json", "1003"),
        ("/rest/v1/activities/pagingtoken.json?sinceDatetime=yesterday", "704"),
        ("/rest/v1/activities.json?nextPageToken=GIYDAOBN", "1003"),
        ("/rest/v1/activities.json?nextPageToken=GIYDAOBN&activityTypeIds=1,2,3,4,5,6,7,8,9,10,11", "1003"),
        ("/rest/v1/activities.json?nextPageToken=!&activityTypeIds=1", "1003"),
        ("/rest/v1/programs/1107/members.json", "1003"),
        ("/rest/v1/programs/9/members.json?filterType=leadId&filterValues=1", "1013"),
        ("/rest/v1/programs/1107/members.json?filterType=colour&filterValues=1", "1003"),
        ("/rest/v1/programs/1107/members.json?filterType=updatedAt&startAt=2026-03-01T00:00:00Z", "1003"),
        (
            "/rest/v1/programs/1107/members.json?filterType=updatedAt"
            "&startAt=2026-03-01T00:00:00Z&endAt=2026-03-08T00:00:01Z",
            "1003",
        ),
        ("/rest/asset/v1/programs.json?earliestUpdatedAt=2026-01-01T00:00:00Z", "701"),
        ("/rest/asset/v1/programs.json?maxReturn=201", "701"),
    ],
)
def test_wrong_calls_have_their_codes(marketo: Subscription, path: str, code: str) -> None:
    """Each wrong call is HTTP 200 with its own code as a string."""
    body = marketo.get(path)
    assert codes(body) == [code]
    assert "#" in body["requestId"]


def test_quotas_that_the_control_port_sets(tmp_path: Path) -> None:
    """After two calls of a day 607 until midnight in Chicago; after one in 20 seconds 606."""
    with served(tmp_path, {}) as marketo:
        marketo.limit(daily_calls=2)
        assert [marketo.get("/rest/v1/lists.json")["success"] for _ in range(3)] == [True, True, False]
        assert codes(marketo.get("/rest/v1/lists.json")) == ["607"]
        marketo.move({"now": "2026-04-01T06:00:00Z"})
        marketo.token()
        assert marketo.get("/rest/v1/lists.json")["success"]
        marketo.limit(daily_calls=50_000, calls_per_20_seconds=1)
        assert [marketo.get("/rest/v1/lists.json")["success"] for _ in range(2)] == [True, False]
        assert codes(marketo.get("/rest/v1/lists.json")) == ["606"]


def test_usage_counts_calls_by_day(tmp_path: Path) -> None:
    """Two calls and the question itself are three."""
    with served(tmp_path, {}) as marketo:
        for _ in range(2):
            marketo.get("/rest/v1/lists.json")
        usage = marketo.get("/rest/v1/stats/usage.json")["result"]
        assert [(day["date"], day["total"]) for day in usage] == [("2026-03-30", 3)]


def test_long_queries_are_tunnelled(marketo: Subscription) -> None:
    """A query beyond 8 KB is 414 as GET and answered as POST with `_method=GET`."""
    values = ",".join(f"someone.with.a.long.name.{n}@acme.example" for n in range(290)) + ",ada@acme.example"
    query = {"filterType": "email", "filterValues": values}
    assert (
        httpx.get(f"{marketo.url}/rest/v1/leads.json", params=query, headers=marketo.headers, timeout=60).status_code
        == 414
    )
    posted = httpx.post(
        f"{marketo.url}/rest/v1/leads.json?_method=GET", data=query, headers=marketo.headers, timeout=60
    )
    assert [row["id"] for row in posted.json()["result"]] == [1]


def test_leads_by_filter(marketo: Subscription) -> None:
    """E-mail is matched without case; default fields, absent ones null, dates always there; deleted ones gone."""
    assert marketo.get("/rest/v1/leads.json?filterType=email&filterValues=ADA@acme.example")["result"] == [
        {
            "id": 1, "email": "ada@acme.example", "firstName": "Ada", "lastName": None,
            "createdAt": "2026-01-10T00:00:00Z", "updatedAt": "2026-03-10T12:00:00Z",
        }
    ]  # fmt: skip
    found = marketo.get("/rest/v1/leads.json?filterType=id&filterValues=1,2,3&fields=leadScore,industry")["result"]
    assert found == [{"id": 1, "leadScore": 20, "industry": None}, {"id": 2, "leadScore": None, "industry": None}]


def test_more_than_a_thousand_matches_are_refused(tmp_path: Path) -> None:
    """1,000 come in four pages of 300, one more is code 1003."""
    rows: Rows = [lead(n, company="Acme") for n in range(1, 1001)]
    path = "/rest/v1/leads.json?filterType=company&filterValues=Acme"
    with served(tmp_path / "a", {"marketo/leads": rows}) as marketo:
        pages = marketo.pages(path)
        assert [len(page["result"]) for page in pages] == [300, 300, 300, 100]
        assert [row["id"] for page in pages for row in page["result"]] == list(range(1, 1001))
    with served(tmp_path / "b", {"marketo/leads": [*rows, lead(1001, company="Acme")]}) as marketo:
        assert codes(marketo.get(path)) == ["1003"]


def test_describe_names_the_fields_that_occur(marketo: Subscription) -> None:
    """Standard fields have the vendor's names and types, others theirs from the values."""
    found = {row["rest"]["name"]: row for row in marketo.get("/rest/v1/leads/describe.json")["result"]}
    assert (found["leadScore"]["dataType"], found["leadScore"]["displayName"]) == ("score", "Lead Score")
    assert found["solutionInterest"]["displayName"] == "Solution Interest"
    assert "industry" not in found


def test_lists_and_programmes_of_leads(marketo: Subscription) -> None:
    """Members come with their lead's fields, a programme's with the membership; a deleted lead is in neither."""
    assert [row["id"] for row in marketo.get("/rest/v1/lists.json")["result"]] == [50]
    assert [row["id"] for row in marketo.get("/rest/v1/lists/50/leads.json")["result"]] == [1, 2]
    rows = marketo.get("/rest/v1/leads/programs/1107.json")["result"]
    assert [(row["id"], row["membership"]["progressionStatus"]) for row in rows] == [(1, "Attended"), (2, "Invited")]


def test_activity_types_are_the_built_in_ones_or_the_worlds(marketo: Subscription, tmp_path: Path) -> None:
    """Without a file the subscription has the usual types; a file replaces them."""
    names = {row["id"]: row["name"] for row in marketo.get("/rest/v1/activities/types.json")["result"]}
    assert (names[2], names[104]) == ("Fill Out Form", "Change Status in Progression")
    with served(tmp_path, {"marketo/activityTypes": [{"id": 100001, "name": "Own"}]}) as other:
        assert [row["id"] for row in other.get("/rest/v1/activities/types.json")["result"]] == [100001]


def test_activities_walk_to_the_end_through_short_and_empty_pages(marketo: Subscription) -> None:
    """Seven visits lie before the forms: with one per page, empty pages without `result` say that there is more."""
    pages = marketo.activities("2026-03-01T00:00:00Z", "activityTypeIds=2&batchSize=1")
    found = [row["marketoGUID"] for page in pages for row in page.get("result", [])]
    assert found == ["201", "202"]
    assert any("result" not in page and page["moreResult"] for page in pages)
    assert not pages[-1]["moreResult"]
    assert pages[-1]["nextPageToken"]


@pytest.mark.parametrize(
    ("since", "query", "expected"),
    [
        ("2026-03-05T00:00:00Z", "activityTypeIds=2", ["201", "202"]),
        ("2026-03-05T09:00:00%2B01:00", "activityTypeIds=2", ["201", "202"]),
        ("2026-03-05T08:00:01Z", "activityTypeIds=2", ["202"]),
        ("2026-03-01T00:00:00Z", "activityTypeIds=2&leadIds=2", ["202"]),
        ("2026-03-01T00:00:00Z", "activityTypeIds=2&assetIds=901", ["201"]),
        ("2026-03-01T00:00:00Z", "activityTypeIds=2&activityTypeIds=32", ["201", "202", "301"]),
        ("2026-03-01T00:00:00Z", "activityTypeIds=1,2&listId=50&leadIds=2", ["202"]),
    ],
)
def test_activity_filters(marketo: Subscription, since: str, query: str, expected: list[str]) -> None:
    """Types, leads, assets and lists narrow the stream; the token starts at its instant, in any zone."""
    pages = marketo.activities(since, query)
    assert [row["marketoGUID"] for page in pages for row in page.get("result", [])] == expected


def test_a_late_activity_is_found_only_by_asking_for_its_day(tmp_path: Path) -> None:
    """The token of yesterday's end never gives what is dated before it, though it shows up today."""
    rows = [
        activity(1, 2, "2026-03-30T10:00:00Z"),
        version(activity(2, 2, "2026-03-29T10:00:00Z"), at="2026-03-31T10:00:00Z"),
        activity(3, 2, "2026-03-31T11:00:00Z"),
    ]
    with served(tmp_path, {"marketo/activities": rows}, now="2026-03-31T00:00:00Z") as marketo:
        first = marketo.activities("2026-03-29T00:00:00Z", "activityTypeIds=2")
        assert [row["id"] for row in first[-1]["result"]] == [1]
        marketo.move({"advance": "1d"})
        marketo.token()
        token = first[-1]["nextPageToken"]
        later = marketo.get(f"/rest/v1/activities.json?activityTypeIds=2&nextPageToken={token}")
        assert [row["id"] for row in later["result"]] == [3]
        again = marketo.activities("2026-03-29T00:00:00Z", "activityTypeIds=2")
        assert [row["id"] for row in again[-1]["result"]] == [2, 1, 3]


def changes(marketo: Subscription, fields: str) -> list[tuple[int, int, str, list[tuple[str, str | None, str | None]]]]:
    token = marketo.paging_token("2026-01-01T00:00:00Z")
    rows = marketo.get(f"/rest/v1/activities/leadchanges.json?nextPageToken={token}&fields={fields}")["result"]
    return [
        (
            row["leadId"], row["activityTypeId"], row["activityDate"],
            [(change["name"], change["oldValue"], change["newValue"]) for change in row["fields"]],
        )
        for row in rows
    ]  # fmt: skip


def test_lead_changes_are_derived_from_versions(marketo: Subscription) -> None:
    """Three leads were made, one score changed; dates are the record's own, written with an offset."""
    assert changes(marketo, "leadScore") == [
        (1, 12, "2026-01-10T00:00:00+0000", [("leadScore", None, "10")]),
        (2, 12, "2026-02-01T00:00:00+0000", []),
        (3, 12, "2026-02-02T00:00:00+0000", []),
        (1, 13, "2026-03-10T12:00:00+0000", [("leadScore", "10", "20")]),
    ]


def test_a_given_change_is_not_derived_again(tmp_path: Path) -> None:
    """The world's own activity 13 on "Lead Status" stands for the change that the versions show too."""
    attributes = [{"name": "Old Value", "value": "New"}, {"name": "New Value", "value": "MQL"}]
    told = activity(7, 13, "2026-03-10T00:00:00Z", primaryAttributeValue="Lead Status", attributes=attributes)
    rows: Rows = [
        version(lead(1, leadStatus="New"), at="2026-01-10T00:00:00Z"),
        version(lead(1, leadStatus="MQL"), at="2026-03-10T00:00:00Z"),
    ]
    with served(tmp_path, {"marketo/leads": rows, "marketo/activities": [told]}) as marketo:
        found = [row for row in changes(marketo, "leadStatus") if row[1] == 13]
        assert found == [(1, 13, "2026-03-10T00:00:00+0000", [("leadStatus", "New", "MQL")])]


def test_deleted_leads(marketo: Subscription) -> None:
    """A deleted version is a delete activity at its instant, with the lead's name."""
    token = marketo.paging_token("2026-03-01T00:00:00Z")
    rows = marketo.get(f"/rest/v1/activities/deletedleads.json?nextPageToken={token}")["result"]
    assert [(row["leadId"], row["activityTypeId"], row["activityDate"], row["primaryAttributeValue"]) for row in rows] == [
        (3, 37, "2026-03-20T00:00:00+0000", "Bob Gone")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("rate_limit", 200, "606"), ("unauthorized", 200, "602"), ("error_200", 200, "608"), ("unavailable", 503, None)],
)
def test_faults_speak_marketo(tmp_path: Path, kind: str, status: int, code: str | None) -> None:
    """The control port's faults are Marketo's own errors inside 200, an outage apart."""
    with served(tmp_path, {}) as marketo:
        fault = {"source": "marketo", "path": "/rest/v1/lists", "kind": kind}
        httpx.put(f"{marketo.control_url}/faults", json=[fault]).raise_for_status()
        answer = httpx.get(f"{marketo.url}/rest/v1/lists.json", headers=marketo.headers, timeout=60)
        assert answer.status_code == status
        assert code is None or codes(answer.json()) == [code]


def test_what_json_cannot_carry_is_served_as_written(tmp_path: Path) -> None:
    """A NaN and a doubled name of a damaged row reach the client as the world has them."""
    world = write_world(tmp_path, {"marketo/lists": [{"id": 1}]}, now=NOW)
    row = '{"record": {"id": 1, "size": NaN, "name": "a", "name": "b"}}'
    (world / "marketo" / "lists.jsonl").write_text(row + "\n")
    with Simulator(world) as simulator:
        marketo = Subscription(simulator)
        text = marketo.client.get("/rest/v1/lists.json", headers=marketo.headers).text
        assert '"size":NaN' in text
        assert text.count('"name":') == 2
        marketo.client.close()


def test_a_subscription_without_a_folder_is_empty(tmp_path: Path) -> None:
    """Everything answers, with nothing in it; the clock is in the Date header."""
    with served(tmp_path, {}) as marketo:
        answer = httpx.get(f"{marketo.url}/rest/v1/lists.json", headers=marketo.headers, timeout=60)
        assert answer.json()["result"] == []
        assert answer.headers["date"] == "Tue, 31 Mar 2026 00:00:00 GMT"
        assert "result" not in marketo.get("/rest/asset/v1/programs.json")
        assert marketo.activities("2026-01-01T00:00:00Z", "activityTypeIds=1")[-1]["result"] == []
