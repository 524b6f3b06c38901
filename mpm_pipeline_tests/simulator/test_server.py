"""The simulator as a whole: state, clock, Date header, faults, log, ports, empty vendors."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.simulator.server import SOURCES, Simulator
from mpm_pipeline_tests.simulator.worlds import write_world

DATA = "/services/data"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator over two accounts and nothing else."""
    root = write_world(tmp_path_factory.mktemp("world"), {"salesforce/Account": [{"Id": "001A"}, {"Id": "001B"}]})
    with Simulator(root) as running:
        yield running


@pytest.fixture
def control(simulator: Simulator) -> Iterator[httpx.Client]:
    """The control port; clock and faults are put back afterwards."""
    with httpx.Client(base_url=simulator.control_url, timeout=60) as client:
        yield client
        client.put("/clock", json={"now": "2026-06-01T00:00:00Z"})
        client.delete("/faults")


@pytest.fixture
def org(simulator: Simulator, control: httpx.Client) -> Iterator[httpx.Client]:
    """A client with a session in the org."""
    source = simulator.state()["sources"]["salesforce"]
    with httpx.Client(base_url=source["url"], timeout=60) as client:
        answer = client.post(
            "/services/oauth2/token", data={"grant_type": "client_credentials", **source["credentials"]}
        )
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def accounts(client: httpx.Client) -> httpx.Response:
    """Ask for all accounts."""
    return client.get(f"{DATA}/v66.0/query", params={"q": "SELECT Id FROM Account"})


def test_state_names_clock_authority_and_every_source(control: httpx.Client) -> None:
    """GET /state holds exactly now, ca_file and the sources, each with two loopback URLs and its credentials."""
    state = control.get("/state").json()
    assert set(state) == {"now", "ca_file", "sources"}
    assert state["now"] == "2026-06-01T00:00:00Z"
    assert tuple(state["sources"]) == SOURCES
    for source in state["sources"].values():
        assert set(source) == {"url", "tls_url", "credentials"}
        assert source["url"].startswith("http://127.0.0.1:")
        assert source["tls_url"].startswith("https://127.0.0.1:")
    names = {name: set(source["credentials"]) for name, source in state["sources"].items()}
    assert names == {
        "salesforce": {"client_id", "client_secret"},
        "marketo": {"client_id", "client_secret"},
        "linkedin": {"access_token", "client_id", "client_secret", "refresh_token"},
        "stripe": {"api_key"},
        "files": set(),
    }
    urls = [source[scheme] for source in state["sources"].values() for scheme in ("url", "tls_url")]
    assert len(set(urls)) == len(urls)


def test_credentials_are_the_same_in_every_run_of_a_world(simulator: Simulator) -> None:
    """A client set up once for a world can talk to it after a restart."""
    again = Simulator(simulator.world)
    assert {name: site.credentials for name, site in again.sites.items()} == {
        name: site.credentials for name, site in simulator.sites.items()
    }


def test_tls_ports_are_verified_by_the_authority(simulator: Simulator) -> None:
    """Each TLS port shows a certificate for 127.0.0.1 that the stated authority signed, and no other trusts it."""
    state = simulator.state()
    url = state["sources"]["salesforce"]["tls_url"]
    assert httpx.get(url + DATA, verify=state["ca_file"], timeout=60).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url + DATA, timeout=60)


def test_the_clock_moves_and_every_answer_is_dated_by_it(control: httpx.Client, org: httpx.Client) -> None:
    """The Date header is the simulated clock, set and advanced over the control port."""
    assert org.get(DATA).headers.get_list("date") == ["Mon, 01 Jun 2026 00:00:00 GMT"]
    assert control.put("/clock", json={"advance": "1d2h30m"}).json() == {"now": "2026-06-02T02:30:00Z"}
    assert org.get(DATA).headers.get_list("date") == ["Tue, 02 Jun 2026 02:30:00 GMT"]
    assert control.put("/clock", json={"now": "2025-12-31T15:00:00+09:00"}).json() == {"now": "2025-12-31T06:00:00Z"}
    assert control.get("/state").headers["date"] == "Wed, 31 Dec 2025 06:00:00 GMT"


@pytest.mark.parametrize("body", [{"advance": "soon"}, {"now": "soon"}, {"now": 5}, {}, [], {"later": "1d"}])
def test_a_wrong_clock_order_changes_nothing(control: httpx.Client, body: object) -> None:
    """The control port says what it takes, and the clock stays."""
    answer = control.put("/clock", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert control.get("/state").json()["now"] == "2026-06-01T00:00:00Z"


def test_the_fault_meets_exactly_the_request_it_names(control: httpx.Client, org: httpx.Client) -> None:
    """at_request counts the requests that match source and path; others neither count nor suffer."""
    fault = {
        "source": "salesforce",
        "path": "/query",
        "at_request": 2,
        "kind": "status",
        "status": 500,
        "body": {"a": 1},
    }
    assert control.put("/faults", json=[fault]).status_code == 200
    seen = [accounts(org).status_code, org.get(DATA).status_code, accounts(org).status_code, accounts(org).status_code]
    assert seen == [200, 200, 500, 200]
    assert [(found["seen"], found["fired"]) for found in control.get("/faults").json()["faults"]] == [(3, 1)]


def test_times_and_deletion(control: httpx.Client, org: httpx.Client) -> None:
    """`times` makes a fault last, no at_request means every match, DELETE ends it."""
    fault = {"source": "salesforce", "path": "/query", "kind": "unavailable"}
    control.put("/faults", json=[{**fault, "at_request": 2, "times": 2}])
    assert [accounts(org).status_code for _ in range(4)] == [200, 503, 503, 200]
    control.put("/faults", json=[fault])
    assert [accounts(org).status_code for _ in range(2)] == [503, 503]
    control.delete("/faults")
    assert accounts(org).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ({"kind": "rate_limit"}, 403, "REQUEST_LIMIT_EXCEEDED"),
        ({"kind": "unavailable"}, 503, "SERVER_UNAVAILABLE"),
        ({"kind": "unauthorized"}, 401, "INVALID_SESSION_ID"),
        ({"kind": "error_200"}, 200, "UNKNOWN_EXCEPTION"),
        ({"kind": "html"}, 200, "<!DOCTYPE html>"),
        ({"kind": "status", "status": 502, "body": "bad gateway", "headers": {"Retry-After": "7"}}, 502, "bad gateway"),
        ({"kind": "empty_page"}, 200, '"totalSize":2,"done":true,"records":[]'),
        ({"kind": "delay", "seconds": 0.0}, 200, '"001B"'),
    ],
)
def test_each_kind_of_fault(control: httpx.Client, org: httpx.Client, fault: dict, status: int, text: str) -> None:
    """Every kind answers as it should, in Salesforce's words, still dated by the clock."""
    control.put("/faults", json=[{"source": "salesforce", "path": "/query", **fault}])
    answer = accounts(org)
    assert (answer.status_code, answer.headers["date"]) == (status, "Mon, 01 Jun 2026 00:00:00 GMT")
    assert text in answer.text
    assert answer.headers.get("retry-after") == fault.get("headers", {}).get("Retry-After")


def test_delay_waits_and_close_cuts_the_connection(control: httpx.Client, org: httpx.Client) -> None:
    """A delayed answer is late but whole; a closed one is no answer at all, on TLS too."""
    control.put("/faults", json=[{"source": "salesforce", "kind": "delay", "seconds": 0.1}])
    began = time.monotonic()
    assert accounts(org).status_code == 200
    assert time.monotonic() - began >= 0.1
    control.put("/faults", json=[{"source": "salesforce", "kind": "close"}])
    state = control.get("/state").json()
    with pytest.raises(httpx.TransportError):
        accounts(org)
    with pytest.raises(httpx.TransportError):
        httpx.get(state["sources"]["salesforce"]["tls_url"] + DATA, verify=state["ca_file"], timeout=60)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([{"source": "sales", "kind": "close"}], "allowed: salesforce, marketo, linkedin, stripe, files"),
        ([{"source": "stripe", "kind": "explode"}], "allowed: status, rate_limit, unavailable, unauthorized"),
        ([{"source": "stripe"}], "a fault has source, kind"),
        ([{"source": "stripe", "kind": "close", "where": "/"}], "a fault has source, kind"),
        ([{"source": "stripe", "kind": "close", "at_request": 0}], "counted from 1"),
    ],
)
def test_wrong_faults_are_refused_and_nothing_is_set(control: httpx.Client, body: object, words: str) -> None:
    """A fault that cannot be is a 400 that says what is allowed."""
    answer = control.put("/faults", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert control.get("/faults").json() == {"faults": []}


def test_requests_are_logged_without_secrets(simulator: Simulator, control: httpx.Client, org: httpx.Client) -> None:
    """GET /requests tells method, path, query, status and fault in order; secrets in a query are not kept."""
    control.delete("/requests")
    control.put("/faults", json=[{"source": "salesforce", "path": "/query", "kind": "html"}])
    accounts(org)
    org.post("/services/oauth2/token?client_secret=hush&grant_type=x")
    httpx.get(simulator.state()["sources"]["files"]["url"] + "/finance/actuals.csv", timeout=60)
    log = control.get("/requests").json()
    assert [(entry["source"], entry["method"], entry["path"], entry["status"], entry["fault"]) for entry in log] == [
        ("salesforce", "GET", "/services/data/v66.0/query", 200, "html"),
        ("salesforce", "POST", "/services/oauth2/token", 400, None),
        ("files", "GET", "/files/finance/actuals.csv", 404, None),
    ]
    assert log[0]["query"] == "q=SELECT+Id+FROM+Account"
    assert log[1]["query"] == "client_secret=***&grant_type=x"
    assert [entry["source"] for entry in control.get("/requests?source=files").json()] == ["files"]


def test_unknown_control_paths_and_sources_say_what_there_is(control: httpx.Client) -> None:
    """A wrong path, body or source on the control port is answered in words."""
    assert "PUT /clock" in control.get("/nothing").json()["error"]
    assert control.put("/clock", content=b"{").json()["error"] == "the body is no JSON"
    assert "allowed: salesforce" in control.put("/limits", json={"crm": {"daily_requests": 1}}).json()["error"]


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """A second simulator on the same port is refused with the port's number, and leaves nothing open."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"--port {port}: 127.0.0.1:{port} cannot be bound"):
            Simulator(write_world(tmp_path), port=port).start()


def test_now_overrides_the_worlds_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    """--now is any instant with or without zone; anything else names the option."""
    assert Simulator(write_world(tmp_path), now="2026-02-03").clock.now() == datetime(2026, 2, 3, tzinfo=UTC)
    with pytest.raises(ConfigError, match="--now 'soon'"):
        Simulator(write_world(tmp_path), now="soon")


def test_it_starts_again_after_a_stop_and_gives_its_port_back(tmp_path: Path) -> None:
    """Stopping cuts open connections and frees the control port for the next start."""
    simulator = Simulator(write_world(tmp_path))
    simulator.start()
    state, port = simulator.state(), int(simulator.control_url.rpartition(":")[2])
    with httpx.Client(verify=state["ca_file"], timeout=60) as idle:
        idle.get(state["sources"]["salesforce"]["tls_url"] + DATA)
        simulator.stop()
    assert not Path(state["ca_file"]).exists()
    with Simulator(tmp_path, port=port) as again:
        assert httpx.get(again.control_url + "/state", timeout=60).status_code == 200


def test_a_vendor_without_a_folder_is_an_empty_account(tmp_path: Path) -> None:
    """In a world of Stripe alone the org has its standard objects, without a row."""
    with Simulator(write_world(tmp_path, {"stripe/customers": [{"id": "cus_1"}]})) as simulator:
        source = simulator.state()["sources"]["salesforce"]
        form = {"grant_type": "client_credentials", **source["credentials"]}
        token = httpx.post(source["url"] + "/services/oauth2/token", data=form, timeout=60).json()["access_token"]
        url = f"{source['url']}{DATA}/v66.0/query"
        answer = httpx.get(
            url, params={"q": "SELECT Id, Name FROM Account"}, headers={"authorization": f"Bearer {token}"}, timeout=60
        )
        assert answer.json() == {"totalSize": 0, "done": True, "records": []}


def test_serving_from_a_process_prints_the_control_address_and_ends_on_a_signal(tmp_path: Path) -> None:
    """The first line on standard output is the control port's URL; SIGTERM ends it cleanly."""
    code = f"from mpm_pipeline.simulator.server import serve_forever; serve_forever({str(write_world(tmp_path))!r})"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout and run.stderr
        url = run.stdout.readline().strip()
        state = httpx.get(f"{url}/state", timeout=60).json()
        run.terminate()
        assert run.wait(10) == 0
        assert "Serving hand-made as of 2026-06-01T00:00:00Z" in run.stderr.read()
    assert not Path(state["ca_file"]).exists()
