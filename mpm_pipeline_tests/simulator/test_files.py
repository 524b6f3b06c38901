"""Files as of the clock: rows that come and go, columns, cells, validators, what is not served."""

from collections.abc import Iterator

import httpx
import pytest

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.worlds import version, write_world

BUDGET_HEADER = "entry_id,budget_line_id,parent_line_id,level,name,owner,month,view,amount,currency"
STREAMS = {
    "finance/actuals": [
        version({"amount": "12.50", "line_id": "a", "note": 'say "hi"'}, at="2026-02-01T00:00:00Z"),
        version({"amount": "13.00", "line_id": "a", "is_shadow_marketing": False}, at="2026-05-01T00:00:00Z"),
        version({"amount": "7", "line_id": "b", "is_shadow_marketing": None}, at="2026-02-01T00:00:00Z"),
        version({"line_id": "b"}, at="2026-05-02T00:00:00Z", deleted=True),
        version({"amount": "9", "line_id": "c"}, at="2026-02-01T00:00:00Z", until="2026-05-03T00:00:00Z"),
    ],
    "hr/reps": [{"email": "a@b.example", "regions": ["EMEA", "APAC"], "segments": [], "is_a_rep": True, "quota": 5}],
    "finance/budget": [],
    "truth/persons": [{"id": "secret"}],
    "stripe/customers": [{"id": "cus_1"}],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client under the stated base URL; the clock is moved by `at`."""
    with Simulator(write_world(tmp_path_factory.mktemp("world"), STREAMS)) as simulator:
        with httpx.Client(base_url=simulator.state()["sources"]["files"]["url"], timeout=60) as client:
            client.headers["x-control"] = simulator.control_url
            yield client


def at(files: httpx.Client, now: str, path: str = "/finance/actuals.csv", **headers: str) -> httpx.Response:
    """Ask for a file at an instant."""
    httpx.put(f"{files.headers['x-control']}/clock", json={"now": now})
    return files.get(path, headers=headers)


def test_a_file_is_a_snapshot_of_its_instant(files: httpx.Client) -> None:
    """Changed rows show their newest version, deleted and lost ones are gone; documented columns come first."""
    assert at(files, "2026-02-01T00:00:00Z").text.splitlines() == [
        "line_id,amount,is_shadow_marketing,note",
        'a,12.50,,"say ""hi"""',
        "b,7,,",
        "c,9,,",
    ]
    assert at(files, "2026-05-02T12:00:00Z").text == "line_id,amount,is_shadow_marketing\na,13.00,false\nc,9,\n"
    assert at(files, "2026-05-03T00:00:00Z").text == "line_id,amount,is_shadow_marketing\na,13.00,false\n"


def test_cells_are_written_as_the_files_contract_says(files: httpx.Client) -> None:
    """Lists are joined by semicolons, booleans are true and false, numbers as given; an empty file has its header."""
    reps = at(files, "2026-06-01T00:00:00Z", "/hr/reps.csv")
    assert reps.text == "email,regions,segments,quota,is_a_rep\na@b.example,EMEA;APAC,,5,true\n"
    assert reps.headers["content-type"] == "text/csv; charset=utf-8"
    assert at(files, "2026-06-01T00:00:00Z", "/finance/budget.csv").text == BUDGET_HEADER + "\n"


def test_validators_follow_the_content(files: httpx.Client) -> None:
    """ETag and Last-Modified change with the file and only then; a conditional request saves the body."""
    first = at(files, "2026-05-03T00:00:00Z")
    assert first.headers["last-modified"] == "Sun, 03 May 2026 00:00:00 GMT"
    again = at(files, "2026-05-09T00:00:00Z", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert at(files, "2026-05-09T00:00:00Z", **{"If-Modified-Since": first.headers["last-modified"]}).status_code == 304
    earlier = at(files, "2026-05-01T00:00:00Z", **{"If-None-Match": first.headers["etag"]})
    assert earlier.status_code == 200
    assert earlier.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    "path", ["/finance/goals.csv", "/truth/persons.csv", "/stripe/customers.csv", "/finance/actuals"]
)
def test_what_is_no_file_of_the_world_is_not_found(files: httpx.Client, path: str) -> None:
    """Absent files, the truth and vendors' folders are 404."""
    assert at(files, "2026-06-01T00:00:00Z", path).status_code == 404
