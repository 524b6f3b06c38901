"""A person is told by each way that is set, once, in words without secrets, and telling never fails a run."""

import json
import logging
import os
import socketserver
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from mpm_pipeline.orchestration import alerts
from mpm_pipeline.orchestration.automation import failed_sensor
from mpm_pipeline.orchestration.runner import run
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.settings import load
from mpm_pipeline_tests.sources.scripted import Scripted, answer

ALERT = alerts.Alert("source_failed", "stripe cannot be read. It refuses.", "home", "r1")


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a sender needs to see."""

    letters: list[str] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().decode().strip():
            if line.upper() == "DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = []
                while (text := self.rfile.readline().decode().rstrip()) != ".":
                    letter.append(text)
                self.letters.append("\n".join(letter))
            self.wfile.write(b"221 bye\r\n" if line.upper() == "QUIT" else b"250 fine\r\n")


@pytest.fixture
def post_office() -> Iterator[str]:
    """A mail server on loopback."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def settings(**values: str):
    return load(None, environment={f"MPM_ALERTS__{name.upper()}": value for name, value in values.items()}).alerts


def writer(file: Path) -> str:
    """A command that writes what it is told to a file."""
    return f"{sys.executable} -c \"import sys; open('{file}', 'a').write(sys.stdin.read() + chr(10))\""


def test_every_way_that_is_set_is_used(tmp_path: Path, post_office: str) -> None:
    """Webhook and command get the same JSON, the e-mail its text under a subject that says what it is."""
    file = tmp_path / "told"
    with Scripted(answer(204)) as hook:
        ways = {"webhook_url": f"{hook.url}/hooks/T1?key=sesame", "command": writer(file), "smtp_url": post_office}
        alerts.send(settings(**ways, email_to="a@own.test;b@own.test"), ALERT)
    document = {"kind": "source_failed", "text": ALERT.text, "home": "home", "run_id": "r1"}
    assert json.loads(hook.requests[0].body) == document and hook.requests[0].target == "/hooks/T1?key=sesame"
    assert json.loads(file.read_text()) == document
    assert "Subject: mpm home: source failed" in Mail.letters[0] and "To: a@own.test, b@own.test" in Mail.letters[0]
    assert ALERT.text in Mail.letters[0]


def test_a_way_that_fails_stops_no_other_and_shows_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A webhook that refuses and a mail server that is not there are logged by name only; the command is still called."""
    caplog.set_level(logging.DEBUG)
    file = tmp_path / "told"
    with Scripted(answer(403)) as hook:
        ways = {"webhook_url": f"{hook.url}/hooks/sesame", "smtp_url": "smtp://me:sesame@127.0.0.1:9", "email_to": "a@own.test"}  # fmt: skip
        alerts.send(settings(**ways, command=writer(file)), ALERT)
    assert file.exists()
    assert "by webhook" in caplog.text and "by e-mail" in caplog.text
    assert "sesame" not in caplog.text


@pytest.fixture
def told(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What a command was told in a home of March 2026."""
    file = tmp_path / "told"
    monkeypatch.setenv("MPM_ALERTS__COMMAND", writer(file))
    return lambda: [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_source_is_told_when_its_state_changes(root: Path, told) -> None:
    """Well from the start: nothing. Failed: told once, not hourly. Back: told. Switched off: nothing."""
    states = [("fresh", ""), ("failed", "It refuses."), ("failed", "It refuses."), ("late", "Read to May."), ("fresh", ""), ("off", "")]  # fmt: skip
    with Session.open(root) as session:
        news = [alerts.of_sources(session, "r", {"stripe": state}) for state in states]
    assert news == [[], ["stripe"], [], ["stripe"], ["stripe"], []]
    assert [one["kind"] for one in told()] == ["source_failed", "source_late", "source_fresh"]
    assert told()[0]["text"] == "stripe cannot be read. It refuses."


def test_a_run_that_failed_in_the_pages_is_told_once(root: Path, told, instance: dg.DagsterInstance) -> None:
    """The sensor tells of it by its id; what a run told itself is not told again."""

    @dg.job
    def breaks() -> None:
        dg.op(name="break_it")(lambda: 1 / 0)()

    result = breaks.execute_in_process(instance=instance, raise_on_error=False)
    look = dg.build_run_status_sensor_context(
        "failed_runs", result.get_run_failure_event(), instance, result.dagster_run
    ).for_run_failure()
    for _ in range(2):
        failed_sensor()(look)
    assert [(one["kind"], one["run_id"]) for one in told()] == [("run_failed", result.run_id)]
    assert "job breaks" in told()[0]["text"] and "division" not in told()[0]["text"]


def test_a_run_that_breaks_tells_somebody(root: Path, told, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect stops `mpm run`: the alert names no detail of it, and the error goes on."""

    def broken(*_: object) -> None:
        raise RuntimeError("value sesame of a record")

    monkeypatch.setattr("mpm_pipeline.orchestration.runner._ranges", broken)
    with pytest.raises(RuntimeError):
        run(root, quiet=True)
    assert [one["kind"] for one in told()] == ["run_failed"]
    assert "sesame" not in json.dumps(told())
    assert os.environ["MPM_HOME"] == str(root)
