"""Marketo's bulk extracts as served: the life of a job, the files, ranges, the queue, and what is refused."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mpm_pipeline_tests.simulator.marketo_worlds import STREAMS, Subscription, served

MARCH = {"startAt": "2026-03-01T00:00:00Z", "endAt": "2026-03-31T00:00:00Z"}
JANUARY = {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-31T00:00:00Z"}
LEADS = {"fields": ["id", "email", "leadScore", "unsubscribed"], "filter": {"createdAt": MARCH}}


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[Subscription]:
    with served(tmp_path, STREAMS) as found:
        yield found


def create(marketo: Subscription, kind: str, body: Any) -> str:
    answer = marketo.post(f"/bulk/v1/{kind}/export/create.json", body)
    assert answer["success"], answer
    return f"/bulk/v1/{kind}/export/{answer['result'][0]['exportId']}"


def status(answer: dict[str, Any]) -> str:
    return str(answer["result"][0]["status"])


def fetch(marketo: Subscription, kind: str, body: Any) -> list[dict[str, str]]:
    job = create(marketo, kind, body)
    marketo.post(f"{job}/enqueue.json")
    assert "Completed" in [status(marketo.get(f"{job}/status.json")) for _ in range(2)]
    text = marketo.client.get(f"{job}/file.json", headers=marketo.headers).text
    return list(csv.DictReader(io.StringIO(text)))


def test_the_life_of_a_job(marketo: Subscription) -> None:
    """Created, Queued, Processing, Completed, one step a call; no file before; then its size, count and checksum."""
    job = create(marketo, "leads", LEADS | {"filter": {"createdAt": JANUARY}})
    early = marketo.client.get(f"{job}/file.json", headers=marketo.headers)
    assert (early.status_code, early.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert status(marketo.post(f"{job}/enqueue.json")) == "Queued"
    assert status(marketo.get(f"{job}/status.json")) == "Processing"
    done = marketo.get(f"{job}/status.json")["result"][0]
    data = marketo.client.get(f"{job}/file.json", headers=marketo.headers).content
    assert data == b"id,email,leadScore,unsubscribed\n1,ada@acme.example,20,null\n"
    checksum = f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert (done["status"], done["numberOfRecords"], done["fileSize"], done["fileChecksum"]) == (
        "Completed", 1, len(data), checksum,
    )  # fmt: skip


def test_ranges_of_a_file(marketo: Subscription) -> None:
    """Two ranges make the file; one past its end is refused."""
    body = {"fields": ["id", "email"], "filter": {"staticListId": 50}}
    fetch(marketo, "leads", body)
    job = f"/bulk/v1/leads/export/{marketo.get('/bulk/v1/leads/export.json')['result'][0]['exportId']}/file.json"
    whole = marketo.client.get(job, headers=marketo.headers).content
    first = marketo.client.get(job, headers=marketo.headers | {"Range": "bytes=0-9"})
    rest = marketo.client.get(job, headers=marketo.headers | {"Range": "bytes=10-"})
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-9/{len(whole)}")
    assert first.content + rest.content == whole
    assert marketo.client.get(job, headers=marketo.headers | {"Range": "bytes=9999-"}).status_code == 416


def test_activities_file(marketo: Subscription) -> None:
    """Attributes are one JSON object in a cell, where REST gives an array; absent values are the word null."""
    filters = {"createdAt": MARCH, "activityTypeIds": [2]}
    rows = fetch(marketo, "activities", {"filter": filters})
    assert [row["marketoGUID"] for row in rows] == ["201", "202"]
    assert json.loads(rows[0]["attributes"]) == {"Form Fields": 'a:"b"', "Success": False}
    assert (rows[0]["primaryAttributeValue"], rows[0]["campaignId"]) == ("Form, the first", "null")
    narrowed = filters | {"primaryAttributeValueIds": [902]}
    assert [row["marketoGUID"] for row in fetch(marketo, "activities", {"filter": narrowed})] == ["202"]


def test_members_file(marketo: Subscription) -> None:
    """Booleans are digits; several programmes put their id first; headers can be renamed."""
    body = {"fields": ["leadId", "reachedSuccess"], "filter": {"programId": 1107}}
    assert fetch(marketo, "program/members", body) == [
        {"leadId": "1", "reachedSuccess": "1"},
        {"leadId": "2", "reachedSuccess": "0"},
    ]
    several = {
        "fields": ["leadId"],
        "columnHeaderNames": {"leadId": "person"},
        "filter": {"programIds": [1107, 1108], "statusNames": ["Attended"]},
    }
    assert fetch(marketo, "program/members", several) == [{"programId": "1107", "person": "1"}]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"createdAt": JANUARY}, ["1"]),
        ({"updatedAt": MARCH}, ["1"]),
        ({"updatedAt": JANUARY}, []),
        ({"staticListName": "Newsletter"}, ["1", "2"]),
    ],
)
def test_lead_filters(marketo: Subscription, filters: dict[str, Any], expected: list[str]) -> None:
    """Leads by creation, update or static list; booleans are words."""
    rows = fetch(marketo, "leads", LEADS | {"filter": filters})
    assert [row["id"] for row in rows] == expected
    assert all(row["unsubscribed"] in ("null", "true") for row in rows)


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("leads", {"fields": ["id"]}, "1003"),
        ("leads", {"filter": {"createdAt": MARCH}}, "1003"),
        ("leads", LEADS | {"format": "XML"}, "1003"),
        ("leads", LEADS | {"fields": ["colour"]}, "1006"),
        ("leads", LEADS | {"filter": {"createdAt": MARCH, "updatedAt": MARCH}}, "1003"),
        ("leads", LEADS | {"filter": {"createdAt": MARCH | {"endAt": "2026-04-01T00:00:01Z"}}}, "1003"),
        ("leads", LEADS | {"filter": {"createdAt": MARCH | {"endAt": "2026-02-01T00:00:00Z"}}}, "1003"),
        ("leads", LEADS | {"filter": {"createdAt": MARCH | {"endAt": "2026-03-02T00:00:00.000Z"}}}, "1003"),
        ("activities", {"filter": {"activityTypeIds": [2]}}, "1003"),
        ("activities", {"filter": {"createdAt": MARCH, "activityTypeIds": [37]}}, "1003"),
        ("activities", {"filter": {"createdAt": MARCH, "primaryAttributeValueIds": [1]}}, "1003"),
        ("program/members", {"fields": ["leadId"], "filter": {"updatedAt": MARCH}}, "1003"),
        ("program/members", {"fields": ["leadId"], "filter": {"programId": 9}}, "1013"),
    ],
)  # fmt: skip
def test_wrong_requests(marketo: Subscription, kind: str, body: Any, code: str) -> None:
    """What the vendor refuses at creation is refused with its code: 31 days at most, one filter, known fields."""
    answer = marketo.post(f"/bulk/v1/{kind}/export/create.json", body)
    assert (answer["success"], answer["errors"][0]["code"]) == (False, code)


def test_two_run_and_ten_wait(marketo: Subscription) -> None:
    """The eleventh in the queue is refused; a status call starts two; a cancelled one makes room."""
    jobs = [create(marketo, "leads", LEADS) for _ in range(11)]
    assert [marketo.post(f"{job}/enqueue.json")["success"] for job in jobs] == [True] * 10 + [False]
    refused = marketo.post(f"{jobs[10]}/enqueue.json")["errors"][0]
    assert (refused["code"], "queue" in refused["message"]) == ("1029", True)
    assert status(marketo.get(f"{jobs[9]}/status.json")) == "Queued"
    listed = marketo.get("/bulk/v1/leads/export.json?status=Processing")["result"]
    assert len(listed) == 2
    assert status(marketo.post(f"{jobs[9]}/cancel.json")) == "Cancelled"
    assert marketo.post(f"{jobs[10]}/enqueue.json")["success"]
    again = marketo.post(f"{jobs[10]}/enqueue.json")["errors"][0]
    assert (again["code"], again["message"]) == ("1029", "Job already queued")


def test_jobs_that_hang_fail_or_exceed_the_quota(marketo: Subscription) -> None:
    """The control port can let jobs hang, fail, or run into the daily quota; older subscriptions lack filters."""
    job = create(marketo, "leads", LEADS)
    marketo.limit(exports_stuck=1)
    marketo.post(f"{job}/enqueue.json")
    assert [status(marketo.get(f"{job}/status.json")) for _ in range(3)] == ["Queued"] * 3
    marketo.limit(exports_stuck=0, exports_failed=1)
    assert [status(marketo.get(f"{job}/status.json")) for _ in range(2)] == ["Processing", "Failed"]
    marketo.limit(exports_failed=0, export_bytes_per_day=1, older_subscription=1)
    refused = marketo.post("/bulk/v1/leads/export/create.json", LEADS | {"filter": {"updatedAt": MARCH}})
    assert refused["errors"][0]["code"] == "1035"
    fetch(marketo, "leads", LEADS)
    full = marketo.post("/bulk/v1/leads/export/create.json", LEADS)["errors"][0]
    assert (full["code"], "quota" in full["message"]) == ("1029", True)


def test_a_file_is_kept_seven_days_and_unknown_jobs_are_not_found(marketo: Subscription) -> None:
    """After seven days the file is 404 again; an unknown job is an error inside 200."""
    fetch(marketo, "leads", LEADS)
    key = marketo.get("/bulk/v1/leads/export.json")["result"][0]["exportId"]
    marketo.move({"advance": "8d"})
    marketo.token()
    gone = httpx.get(f"{marketo.url}/bulk/v1/leads/export/{key}/file.json", headers=marketo.headers, timeout=60)
    assert gone.status_code == 404
    assert marketo.get("/bulk/v1/leads/export/nothing/status.json")["errors"][0]["code"] == "1013"
